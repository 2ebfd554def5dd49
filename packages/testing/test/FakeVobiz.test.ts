import { assert, describe, it } from "@vobiz-effect/test-support"
import { CallDetailRecords, Recordings, Trunks } from "@vobiz-effect/core"
import { FakeVobiz, FaultPlan, Media, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, Layer, Redacted, Stream } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { createServer } from "node:net"

import {
  ask,
  askJson,
  audio,
  cdrs,
  type Json,
  later,
  recordings,
  sample,
  sampleText,
  shape,
  small,
  trunks,
  until,
  withFake
} from "./utils.ts"

const day = 86_400_000

const shownRecordings = Simulator.recordingsAt(small, until)
const shownCdrs = Simulator.cdrsAt(small, until)
const fileOf = (row: { readonly recording_url: string }) => row.recording_url.split("/").at(-1) ?? ""
const entryOf = (id: string) =>
  small.recordings.find(({ row }) => row.recording_id === id) ?? assert.fail(`no recording ${id}`)
const firstOf = (format: "mp3" | "wav", container: "mp3" | "wav") =>
  small.recordings.find(
    (entry) =>
      entry.row.recording_format === format &&
      entry.media.container === container &&
      Simulator.isKept(entry, until.epochMilliseconds)
  ) ?? assert.fail(`no recording of ${container} under .${format}`)

describe("FakeVobiz", () => {
  describe("credentials and paths", () => {
    it.live("lets in whoever has the account's id and token, and nobody else", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* ask("/api/v1/auth/me")).status, 200)
        const wrong: ReadonlyArray<Readonly<Record<string, string>>> = [
          {},
          { "X-Auth-ID": small.authId },
          { "X-Auth-ID": small.authId, "X-Auth-Token": "another" },
          { "X-Auth-ID": "MA_OTHER", "X-Auth-Token": "sesame" }
        ]
        for (const headers of wrong) {
          for (const path of ["/api/v1/auth/me", recordings(), cdrs(), trunks(), audio("x.wav")]) {
            const { json, status } = yield* askJson(path, { headers })
            assert.strictEqual(status, 401, path)
            assert.deepStrictEqual(shape(json), shape(sample("error.documented-envelope.401.json")))
          }
        }
        assert.strictEqual((yield* ask("/api/v1/Account/MA_OTHER/Recording/")).status, 401)
      }).pipe(withFake({ authToken: Redacted.make("sesame") }))
    )

    it.live("answers 401 to a path in the wrong case or without its last slash, 404 to any other", () =>
      Effect.gen(function* () {
        const slashless = recordings().slice(0, -1)
        for (const path of [slashless, recordings("id"), recordings().toLowerCase(), cdrs().replace("cdr", "CDR")]) {
          assert.strictEqual((yield* ask(path)).status, 401, path)
        }
        for (const path of ["/", "/api/v1/nothing", "/api/v1/Account", cdrs("/a/b")]) {
          const { json, status } = yield* askJson(path)
          assert.strictEqual(status, 404, path)
          assert.deepStrictEqual(json, sample("error.gateway-message.json"))
        }
        assert.strictEqual((yield* ask(recordings(), { method: "POST" })).status, 404)
      }).pipe(withFake())
    )

    it.live("keeps a log of requests, without the values of headers", () =>
      Effect.gen(function* () {
        const fake = yield* FakeVobiz.FakeVobiz
        yield* ask(recordings("?limit=5&offset=10"))
        yield* ask("/nowhere", { headers: {} })
        const [first, second] = yield* fake.requests
        assert.deepInclude(first, {
          method: "GET",
          path: recordings(),
          query: { limit: "5", offset: "10" },
          endpoint: "recordings.list",
          status: 200
        })
        assert.includeMembers([...(first?.headers ?? [])], ["x-auth-id", "x-auth-token"])
        assert.notInclude(JSON.stringify(first), Redacted.value(fake.authToken))
        assert.deepInclude(second, { path: "/nowhere", endpoint: null, status: 404 })
        assert.notInclude(second?.headers ?? [], "x-auth-token")
        yield* fake.forgetRequests
        assert.lengthOf(yield* fake.requests, 0)
      }).pipe(withFake())
    )

    it.live("says which port it cannot listen on", () =>
      Effect.gen(function* () {
        const taken = yield* Effect.acquireRelease(
          Effect.callback<number>((resume) => {
            const server = createServer()
            server.listen(0, "127.0.0.1", () => {
              const address = server.address()
              resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
            })
            return Effect.sync(() => server.close())
          }),
          () => Effect.void
        )
        const error = yield* Effect.flip(Layer.build(FakeVobiz.FakeVobiz.layer({ account: small, port: taken })))
        assert.strictEqual(error._tag, "ListenError")
        assert.include(error.message, String(taken))
        assert.include(error.message, "EADDRINUSE")
      })
    )
  })

  describe("recordings", () => {
    it.live("pages have the form of the provider's", () =>
      Effect.gen(function* () {
        const total = shownRecordings.length
        const first = yield* askJson(recordings("?limit=3"))
        assert.deepStrictEqual(shape(first.json), shape(sample("recordings-list.page1.json")))
        assert.deepInclude(first.json.meta, {
          limit: 3,
          next: `/v1/Account/${small.authId}/Recording/?limit=3&offset=3`,
          offset: 0,
          previous: null,
          total_count: total
        })
        const last = yield* askJson(recordings(`?limit=3&offset=${total - 2}&recording_kind=ignored`))
        assert.lengthOf(last.json.objects, 2)
        assert.isNull(last.json.meta.next)
        assert.strictEqual(
          last.json.meta.previous,
          `/v1/Account/${small.authId}/Recording/?limit=3&offset=${total - 5}`
        )
        const beyond = yield* askJson(recordings(`?offset=${total + 50}`))
        assert.strictEqual(beyond.status, 200)
        assert.deepStrictEqual(beyond.json.objects, [])
        assert.isNull(beyond.json.meta.next)
      }).pipe(withFake())
    )

    it.live("hold 20 rows unless asked, and never more than the cap", () =>
      Effect.gen(function* () {
        const limits: Array<number> = []
        for (const query of ["", "?limit=5", "?limit=100", "?limit=none"]) {
          const { json } = yield* askJson(recordings(query))
          assert.lengthOf(json.objects, json.meta.limit)
          limits.push(json.meta.limit)
        }
        assert.deepStrictEqual(limits, [20, 5, 30, 20])
      }).pipe(withFake({ pageCap: 30 }))
    )

    it.live("are those of the account, with audio at this server", () =>
      Effect.gen(function* () {
        const fake = yield* FakeVobiz.FakeVobiz
        const { json } = yield* askJson(recordings("?limit=100"))
        assert.deepStrictEqual(
          json.objects,
          shownRecordings
            .slice(0, 100)
            .map((row) => Object.assign({}, row, { recording_url: `${fake.url.origin}${audio(fileOf(row))}` }))
        )
      }).pipe(withFake())
    )

    it.live("are filtered by call and type", () =>
      Effect.gen(function* () {
        const several = small.truth.calls.find(({ recordingIds }) => recordingIds.length > 1) ?? assert.fail()
        const ofCall = yield* askJson(recordings(`?call_uuid=${several.cdrUuids[0]}`))
        assert.sameMembers(
          ofCall.json.objects.map((row: Json) => row.recording_id),
          [...several.recordingIds]
        )
        const trunk = yield* askJson(recordings("?recording_type=trunk&limit=100"))
        assert.strictEqual(
          trunk.json.meta.total_count,
          shownRecordings.filter((row) => row.recording_type === "trunk").length
        )
        assert.isTrue(trunk.json.objects.every((row: Json) => row.recording_type === "trunk"))
        const both = yield* askJson(recordings(`?recording_type=trunk&call_uuid=${several.cdrUuids[0]}`))
        assert.strictEqual(both.json.meta.total_count, 0)
        const nobody = yield* askJson(recordings("?call_uuid=nobody"))
        assert.deepStrictEqual(shape(nobody.json), shape(sample("recordings-list.empty.json")))
      }).pipe(withFake())
    )

    it.live("can be got and deleted one by one", () =>
      Effect.gen(function* () {
        const [row] = shownRecordings
        const path = recordings(`${row?.recording_id}/`)
        const got = yield* askJson(path)
        assert.deepStrictEqual(shape(got.json), shape(sample("recording-get.flat.json")))
        assert.strictEqual(got.json.recording_id, row?.recording_id)
        const deleted = yield* ask(path, { method: "DELETE" })
        assert.strictEqual(deleted.status, 204)
        assert.strictEqual(yield* deleted.text, "")
        for (const method of ["GET", "DELETE"] as const) {
          const gone = yield* askJson(path, { method })
          assert.strictEqual(gone.status, 404)
          assert.deepStrictEqual(shape(gone.json), shape(sample("recording-404.json")))
        }
        const list = yield* askJson(recordings())
        assert.strictEqual(list.json.meta.total_count, shownRecordings.length - 1)
      }).pipe(withFake())
    )

    it.live("come and go with time", () =>
      Effect.gen(function* () {
        const fake = yield* FakeVobiz.FakeVobiz
        const total = Effect.map(askJson(recordings()), ({ json }) => json.meta.total_count as number)
        const pending = small.truth.calls.find(({ kind }) => kind === "pending")
        const id = pending?.recordingIds[0]
        const before = yield* ask(recordings(`${id}/`))
        assert.strictEqual(before.status, 404)
        assert.strictEqual(Date.parse(before.headers["date"] ?? ""), small.until.epochMilliseconds)
        yield* fake.setNow(later(60 * 60_000))
        const { headers } = yield* ask(recordings(`${id}/`))
        assert.strictEqual(Date.parse(headers["date"] ?? ""), later(60 * 60_000).epochMilliseconds)
        assert.strictEqual((yield* ask(recordings(`${id}/`))).status, 200)
        assert.strictEqual(yield* total, small.recordings.length)
        yield* fake.setNow(later(29 * day))
        const left = yield* total
        assert.isTrue(left > 0 && left < small.recordings.length)
        yield* fake.setNow(later(31 * day))
        assert.strictEqual(yield* total, 0)
        assert.strictEqual((yield* ask(audio(fileOf(entryOf(id ?? "").row)))).status, 404)
        assert.strictEqual((yield* askJson(cdrs())).json.pagination.total, small.cdrs.length)
      }).pipe(withFake())
    )

    it.effect("follow the Clock when asked to", () =>
      Effect.gen(function* () {
        // The test's clock stands at 1970, when there was nothing yet.
        const { json } = yield* askJson(recordings())
        assert.strictEqual(json.meta.total_count, 0)
      }).pipe(withFake({ now: "clock" }))
    )

    it.live("can be put in and taken out while the server runs", () =>
      Effect.gen(function* () {
        const fake = yield* FakeVobiz.FakeVobiz
        const { cdr, recording } = Simulator.oneMore(small, 0, until)
        yield* fake.insertRecordings([recording])
        yield* fake.insertCdrs([cdr])
        const { json } = yield* askJson(recordings("?limit=1"))
        assert.strictEqual(json.objects[0].recording_id, recording.row.recording_id)
        assert.strictEqual((yield* ask(cdrs(`/${cdr.row.uuid}`))).status, 200)
        yield* fake.deleteRecordings([recording.row.recording_id])
        yield* fake.deleteCdrs([cdr.row.uuid])
        assert.strictEqual((yield* askJson(recordings())).json.meta.total_count, shownRecordings.length)
        assert.strictEqual((yield* ask(cdrs(`/${cdr.row.uuid}`))).status, 404)
      }).pipe(withFake())
    )

    it.live("stand in the order asked for", () =>
      Effect.gen(function* () {
        const { json } = yield* askJson(recordings("?limit=100"))
        assert.deepStrictEqual(
          json.objects.map((row: Json) => row.recording_id),
          shownRecordings
            .toReversed()
            .slice(0, json.objects.length)
            .map((row) => row.recording_id)
        )
      }).pipe(withFake({ order: "oldest" }))
    )

    it.live("stand in no order of time, but always the same, when asked to", () =>
      Effect.gen(function* () {
        const ids = Effect.map(askJson(recordings("?limit=100")), ({ json }): ReadonlyArray<string> =>
          json.objects.map((row: Json) => row.recording_id)
        )
        const first = yield* ids
        assert.deepStrictEqual(yield* ids, first)
        const ranks = first.map((id) => shownRecordings.findIndex((row) => row.recording_id === id))
        assert.notDeepEqual(
          ranks,
          ranks.toSorted((a, b) => a - b)
        )
        assert.notDeepEqual(
          ranks,
          ranks.toSorted((a, b) => b - a)
        )
      }).pipe(withFake({ order: "unordered" }))
    )
  })

  describe("CDRs", () => {
    it.live("pages have the form of the provider's", () =>
      Effect.gen(function* () {
        const total = shownCdrs.length
        const first = yield* askJson(cdrs())
        assert.deepStrictEqual(shape(first.json), shape(sample("cdr-list.json")))
        assert.deepStrictEqual(first.json.data, shownCdrs.slice(0, 20))
        assert.deepStrictEqual(first.json.pagination, {
          page: 1,
          per_page: 20,
          total,
          pages: Math.ceil(total / 20),
          has_next: true,
          has_prev: false
        })
        const pages = Math.ceil(total / 50)
        const last = yield* askJson(cdrs(`?per_page=50&page=${pages}`))
        assert.deepInclude(last.json.pagination, { page: pages, has_next: false, has_prev: true })
        assert.deepStrictEqual(last.json.data, shownCdrs.slice((pages - 1) * 50))
        assert.strictEqual(last.json.count, last.json.data.length)
      }).pipe(withFake())
    )

    it.live("carry figures of all that was found", () =>
      Effect.gen(function* () {
        const { json } = yield* askJson(cdrs("?per_page=1"))
        const answered = shownCdrs.filter((row) => row.billsec > 0).length
        const seconds = shownCdrs.reduce((sum, row) => sum + row.duration, 0)
        assert.strictEqual(json.summary.totalCalls, shownCdrs.length)
        assert.strictEqual(json.summary.answeredCalls, answered)
        assert.closeTo(json.summary.answerRate, (100 * answered) / shownCdrs.length, 0.05)
        assert.strictEqual(json.summary.avgCallDuration, `${Math.round(seconds / shownCdrs.length)}s`)
        assert.strictEqual(json.summary.total_duration_seconds, seconds)
        assert.strictEqual(
          json.summary.total_billable_seconds,
          shownCdrs.reduce((sum, row) => sum + row.billsec, 0)
        )
        assert.closeTo(
          json.summary.total_cost,
          shownCdrs.reduce((sum, row) => sum + row.total_cost, 0),
          1e-6
        )
        assert.strictEqual(json.summary.last_call_at, shownCdrs[0]?.start_time)
        const none = yield* askJson(cdrs("?sip_call_id=nobody"))
        assert.deepStrictEqual({ ...none.json, account_id: "" }, { ...sample("cdr-list.empty.json"), account_id: "" })
      }).pipe(withFake())
    )

    it.live("are filtered by every documented parameter", () =>
      Effect.gen(function* () {
        const [row] = shownCdrs
        if (row === undefined) return assert.fail()
        type Row = (typeof shownCdrs)[number]
        const cases: ReadonlyArray<readonly [string, (row: Row) => boolean]> = [
          ["call_direction=inbound", (row) => row.call_direction === "inbound"],
          ["from_number=%2B918045670011", (row) => row.caller_id_number.endsWith("918045670011")],
          ["to_number=670091", (row) => row.destination_number.includes("670091")],
          ["min_duration=120", (row) => row.duration >= 120],
          [`sip_call_id=${row.sip_call_id}`, (other) => other.sip_call_id === row.sip_call_id],
          [`bridge_uuid=${row.bridge_uuid}`, (other) => other.bridge_uuid === row.bridge_uuid],
          ["hangup_cause=NO_ANSWER", (row) => row.hangup_cause === "NO_ANSWER"],
          ["hangup_disposition=send_bye", (row) => row.hangup_disposition === "send_bye"],
          ["context=sip-trunking", (row) => row.context === "sip-trunking"],
          ["campaign_id=none", () => false],
          [`search=${row.uuid}`, (other) => other.uuid === row.uuid],
          ["call_direction=outbound&min_duration=60", (row) => row.call_direction === "outbound" && row.duration >= 60],
          ["unknown=1", () => true]
        ]
        for (const [query, passes] of cases) {
          const expected = shownCdrs.filter(passes)
          for (const path of [cdrs(`?per_page=100&${query}`), cdrs(`/search?per_page=100&${query}`)]) {
            const { json } = yield* askJson(path)
            assert.strictEqual(json.pagination.total, expected.length, path)
            assert.deepStrictEqual(json.data, expected.slice(0, 100), path)
            assert.strictEqual(json.summary.totalCalls, expected.length, path)
          }
        }
        const found = yield* askJson(cdrs("/search?from_number=%2B918045670011"))
        assert.deepStrictEqual(shape(found.json), shape(sample("cdr-search.json")))
        assert.strictEqual(found.json.filters.from_number, "+918045670011")
      }).pipe(withFake())
    )

    const ofDays = (query: string) =>
      Effect.map(askJson(cdrs(`?per_page=100&${query}`)), ({ json }) => json.pagination.total as number)
    const startedWithin = (from: string, to: string) =>
      shownCdrs.filter(({ start_time }) => {
        const at = Date.parse(start_time)
        return at >= Date.parse(from) && at < Date.parse(to)
      }).length

    it.live("are filtered by days, both or neither", () =>
      Effect.gen(function* () {
        const one = yield* ofDays("start_date=2026-08-14&end_date=2026-08-14")
        assert.strictEqual(one, startedWithin("2026-08-14T00:00:00Z", "2026-08-15T00:00:00Z"))
        assert.isTrue(one > 0 && one < shownCdrs.length)
        assert.strictEqual(yield* ofDays("start_date=2026-08-14"), shownCdrs.length)
        assert.strictEqual(yield* ofDays("end_date=2026-08-13"), shownCdrs.length)
        assert.strictEqual((yield* ask(cdrs("?start_date=14.8.&end_date=2026-08-14"))).status, 422)
      }).pipe(withFake())
    )

    /** Which of two calls, in the nights after the 13th and after the 14th in India, are found on the 14th to the 15th. */
    const nights = Effect.gen(function* () {
      const fake = yield* FakeVobiz.FakeVobiz
      const found: Array<boolean> = []
      for (const [index, at] of ["2026-08-13T20:00:00Z", "2026-08-14T20:00:00Z"].entries()) {
        const { cdr } = Simulator.oneMore(small, index, DateTime.makeUnsafe(at))
        yield* fake.insertCdrs([cdr])
        found.push((yield* ofDays(`start_date=2026-08-14&end_date=2026-08-15&search=${cdr.row.uuid}`)) === 1)
      }
      return found
    })

    it.live("take days in the zone asked for, with or without the last", () =>
      Effect.gen(function* () {
        const found = (zone: "UTC" | "+05:30", endDate: "inclusive" | "exclusive") =>
          nights.pipe(withFake({ cdrDays: { zone, endDate } }))
        assert.deepStrictEqual(yield* found("UTC", "inclusive"), [false, true])
        assert.deepStrictEqual(yield* found("UTC", "exclusive"), [false, true])
        assert.deepStrictEqual(yield* found("+05:30", "inclusive"), [true, true])
        assert.deepStrictEqual(yield* found("+05:30", "exclusive"), [true, false])
      })
    )

    it.live("refuse a page size out of range", () =>
      Effect.gen(function* () {
        const { json, status } = yield* askJson(cdrs("?per_page=500"))
        assert.strictEqual(status, 422)
        assert.deepStrictEqual(shape(json), shape(sample("error.documented-envelope.422.json")))
      }).pipe(withFake())
    )

    it.live("can be got one by one, in the currency of the detail", () =>
      Effect.gen(function* () {
        const [row] = Simulator.cdrsAt(dollars, until)
        const { json } = yield* askJson(cdrs(`/${row?.uuid}`))
        assert.deepStrictEqual(shape(json), shape(sample("cdr-get.json")))
        assert.deepStrictEqual(json.data, { ...row, currency: "INR" })
        assert.strictEqual((yield* askJson(cdrs())).json.data[0].currency, "USD")
        for (const wrong of [row?.id, "nobody"]) {
          const missing = yield* askJson(cdrs(`/${wrong}`))
          assert.strictEqual(missing.status, 404)
          assert.deepStrictEqual(missing.json, sample("cdr-404.inferred.json"))
        }
      }).pipe(withFake({ account: dollars }))
    )

    it.live("can be got bare, as partners get them", () =>
      Effect.gen(function* () {
        const { json } = yield* askJson(cdrs(`/${shownCdrs[0]?.uuid}`))
        assert.deepStrictEqual(json, shownCdrs[0])
      }).pipe(withFake({ cdrGet: "bare" }))
    )

    it.live("have a list of the newest", () =>
      Effect.gen(function* () {
        const { json } = yield* askJson(cdrs("/recent?limit=7"))
        assert.deepStrictEqual(shape(json), shape(sample("cdr-recent.json")))
        assert.deepStrictEqual(json.data, shownCdrs.slice(0, 7))
        assert.strictEqual((yield* askJson(cdrs("/recent"))).json.count, 20)
      }).pipe(withFake())
    )

    it.live("can be exported as CSV", () =>
      Effect.gen(function* () {
        const response = yield* ask(cdrs("/export?call_direction=inbound"))
        assert.match(response.headers["content-type"] ?? "", /^text\/csv/)
        const [header, ...lines] = (yield* response.text).trimEnd().split("\r\n")
        assert.strictEqual(header, sampleText("cdr-export.columns-inferred.csv").split("\r\n")[0])
        const expected = shownCdrs.filter((row) => row.call_direction === "inbound")
        assert.deepStrictEqual(
          lines.map((line) => line.split(",")),
          expected.map((row) => Object.values(row).map((value) => (value === null ? "" : String(value))))
        )
        assert.strictEqual(yield* (yield* ask(cdrs("/export?campaign_id=x"))).text, `${header}\r\n`)
      }).pipe(withFake())
    )

    it.live("can be exported as nothing at all", () =>
      Effect.gen(function* () {
        const response = yield* ask(cdrs("/export?campaign_id=x"))
        assert.strictEqual(response.status, 200)
        assert.strictEqual(yield* response.text, "")
      }).pipe(withFake({ emptyExport: "nothing" }))
    )
  })

  it.live("serves trunks", () =>
    Effect.gen(function* () {
      const list = yield* askJson(trunks("?limit=3&offset=2"))
      assert.deepStrictEqual(list.json, { meta: { limit: 3, offset: 2, total: 4 }, objects: small.trunks.slice(2) })
      const one = yield* askJson(trunks(`/${small.trunks[0]?.trunk_id}`))
      assert.deepStrictEqual(one.json, small.trunks[0])
      assert.strictEqual((yield* ask(trunks("/none"))).status, 404)
    }).pipe(withFake())
  )

  describe("audio", () => {
    const read = Effect.fnUntraced(function* (file: string, headers?: Readonly<Record<string, string>>) {
      const fake = yield* FakeVobiz.FakeVobiz
      const credentials = { "X-Auth-ID": fake.authId, "X-Auth-Token": Redacted.value(fake.authToken) }
      const response = yield* ask(audio(file), { headers: { ...credentials, ...headers } })
      return { response, bytes: Buffer.from(yield* response.arrayBuffer) }
    })

    it.live("is as long as the recording, and may be WAV under .mp3", () =>
      Effect.gen(function* () {
        const cases = [
          [firstOf("wav", "wav"), "audio/wav", "RIFF"],
          [firstOf("mp3", "mp3"), "audio/mpeg", "\u00ff\u00e3"],
          [firstOf("mp3", "wav"), "audio/mpeg", "RIFF"]
        ] as const
        for (const [entry, type, magic] of cases) {
          const { bytes, response } = yield* read(fileOf(entry.row))
          assert.strictEqual(response.status, 200)
          assert.strictEqual(response.headers["content-type"], type)
          assert.strictEqual(bytes.toString("latin1", 0, magic.length), magic)
          assert.strictEqual(bytes.length, Media.byteLength(entry.media))
          const seconds =
            magic === "RIFF" ? bytes.readUInt32LE(40) / bytes.readUInt32LE(28) : (bytes.length / 576) * 0.072
          assert.closeTo(seconds * 1000, Number(entry.row.recording_duration_ms), 72)
        }
        assert.strictEqual((yield* ask(audio("nobody.wav"))).status, 404)
      }).pipe(withFake())
    )

    it.live("can be had in parts", () =>
      Effect.gen(function* () {
        const entry = firstOf("wav", "wav")
        const whole = Buffer.concat([...Media.chunks(entry.media)])
        const parts = [
          ["bytes=0-0", 0, 1],
          ["bytes=100-199", 100, 200],
          [`bytes=${whole.length - 10}-`, whole.length - 10, whole.length],
          ["bytes=-7", whole.length - 7, whole.length],
          ["bytes=40-99999999", 40, whole.length]
        ] as const
        for (const [range, start, end] of parts) {
          const { bytes, response } = yield* read(fileOf(entry.row), { range })
          assert.strictEqual(response.status, 206, range)
          assert.strictEqual(response.headers["content-range"], `bytes ${start}-${end - 1}/${whole.length}`)
          assert.isTrue(bytes.equals(whole.subarray(start, end)), range)
        }
        const beyond = yield* read(fileOf(entry.row), { range: `bytes=${whole.length}-` })
        assert.strictEqual(beyond.response.status, 416)
      }).pipe(withFake())
    )

    it.live("is told by its ETag: a part of another file is not given", () =>
      Effect.gen(function* () {
        const entry = firstOf("wav", "wav")
        const { etag = "" } = (yield* read(fileOf(entry.row))).response.headers
        const part = (tag: string) => read(fileOf(entry.row), { range: "bytes=100-", "if-range": tag })
        assert.match(etag, /^"[0-9a-f]+-\d+"$/)
        assert.strictEqual((yield* part(etag)).response.status, 206)
        assert.strictEqual((yield* part('"another"')).response.status, 200)
      }).pipe(withFake())
    )

    it.live("comes whole where parts are not to be had", () =>
      Effect.gen(function* () {
        const entry = firstOf("wav", "wav")
        const { bytes, response } = yield* read(fileOf(entry.row), { range: "bytes=0-0" })
        assert.strictEqual(response.status, 200)
        assert.strictEqual(bytes.length, Media.byteLength(entry.media))
      }).pipe(withFake({ ranges: false }))
    )

    it.live("can be redirected to another server, which gives it to anybody", () =>
      Effect.gen(function* () {
        const store = yield* Layer.build(FakeVobiz.FakeVobiz.layer({ account: small, publicMedia: true })).pipe(
          Effect.flatMap((context) => Effect.provide(FakeVobiz.FakeVobiz, context))
        )
        const entry = firstOf("wav", "wav")
        yield* Effect.gen(function* () {
          const path = audio(fileOf(entry.row))
          const response = yield* ask(path)
          assert.strictEqual(response.status, 302)
          assert.strictEqual(response.headers.location, `${store.url.origin}${path}`)
          const found = yield* HttpClient.get(new URL(path, store.url))
          assert.strictEqual((yield* found.arrayBuffer).byteLength, Media.byteLength(entry.media))
          const [request] = yield* store.requests
          assert.notInclude(request?.headers ?? [], "x-auth-token")
        }).pipe(withFake({ mediaRedirect: store.url }))
      }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
    )
  })

  it.live("answers after its latency", () =>
    Effect.gen(function* () {
      const slow = ask("/api/v1/auth/me").pipe(Effect.as("slow"), withFake({ latency: "1 hour" }))
      const fast = ask("/api/v1/auth/me").pipe(Effect.as("fast"), withFake({ latency: "10 millis" }))
      assert.strictEqual(yield* Effect.raceFirst(slow, fast), "fast")
    })
  )

  it.live("never closes an idle connection: a client that is slow to ask again is not cut off", () =>
    Effect.gen(function* () {
      const { headers, status } = yield* ask("/api/v1/auth/me")
      assert.strictEqual(status, 200)
      // Node.js names its limit here, if it has one.
      assert.notProperty(headers, "keep-alive")
    }).pipe(withFake())
  )

  it.live("closes though a client still reads, and leaves its port free", () =>
    Effect.gen(function* () {
      const faults = FaultPlan.one({ _tag: "StalledBody", afterBytes: 10 })
      const file = audio(fileOf(firstOf("wav", "wav").row))
      const url = yield* ask(file).pipe(
        Effect.andThen(FakeVobiz.FakeVobiz),
        Effect.map((fake) => fake.url),
        withFake({ faults })
      )
      const again = yield* ask("/api/v1/auth/me").pipe(withFake({ port: Number(url.port) }))
      assert.strictEqual(again.status, 200)
    })
  )

  it.live("is read whole by the services of core", () =>
    Effect.gen(function* () {
      const all = yield* Stream.runCollect((yield* Recordings.Recordings).stream())
      assert.deepStrictEqual(
        all.map(({ recordingId }) => recordingId),
        shownRecordings.map((row) => row.recording_id)
      )
      const calls = yield* Stream.runCollect(
        (yield* CallDetailRecords.CallDetailRecords).stream({ from: small.from, to: until })
      )
      assert.deepStrictEqual(
        calls.map(({ uuid }) => uuid),
        shownCdrs.map((row) => row.uuid)
      )
      const lines = yield* Stream.runCollect((yield* Trunks.Trunks).stream)
      assert.deepStrictEqual(
        lines.map(({ trunkId }) => trunkId),
        small.trunks.map((trunk) => trunk.trunk_id)
      )
      const recording = all.find(({ recordingFormat }) => recordingFormat === "wav") ?? assert.fail()
      const bytes = yield* Stream.runFold(
        (yield* Recordings.Recordings).audio(recording),
        () => 0,
        (sum, chunk) => sum + chunk.length
      )
      assert.strictEqual(bytes, Media.byteLength(entryOf(recording.recordingId).media))
    }).pipe(Effect.provide(FakeVobiz.FakeVobiz.layerVobiz({ account: small, pageCap: 20 })))
  )
})

const dollars = Simulator.make({ seed: 1, calls: 30, days: 1, until, currency: { list: "USD", detail: "INR" } })
