import { assert, describe, it } from "@vobiz-effect/test-support"
import { CallDetailRecords, Recordings, RetryPolicy, Vobiz } from "@vobiz-effect/core"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { type DateTime, Effect, Redacted, Schema, Stream } from "effect"

import {
  ask,
  askJson,
  audio,
  cdrs,
  type Json,
  recordings,
  sample,
  shape,
  small,
  trunks,
  until,
  withFake
} from "./utils.ts"

const faulty = (fault: FaultPlan.Fault, when?: Parameters<typeof FaultPlan.one>[1]) =>
  withFake({ faults: FaultPlan.one(fault, when) })

const shown = Simulator.recordingsAt(small, until).map((row) => row.recording_id)
const uuids = Simulator.cdrsAt(small, until).map((row) => row.uuid)

/** Reads all recordings as a client does that knows no better: by offset until `next` is null. */
const walkRecordings = Effect.gen(function* () {
  const ids: Array<string> = []
  for (let pages = 0; pages < 20; pages++) {
    const { json } = yield* askJson(recordings(`?limit=20&offset=${ids.length}`))
    ids.push(...json.objects.map((row: Json) => row.recording_id))
    if (json.meta.next === null) return ids
  }
  return assert.fail("no end")
})

const walkCdrs = Effect.gen(function* () {
  const ids: Array<string> = []
  for (let page = 1; page < 20; page++) {
    const { json } = yield* askJson(cdrs(`?per_page=20&page=${page}`))
    ids.push(...json.data.map((row: Json) => row.uuid))
    if (!json.pagination.has_next) return ids
  }
  return assert.fail("no end")
})

const statuses = (count: number) =>
  Effect.all(Array.from({ length: count }, () => Effect.map(ask(recordings("?limit=1")), ({ status }) => status)))

/** What core's services make of a fault, without retries. */
const core = <A, E>(
  program: Effect.Effect<A, E, Vobiz.Vobiz>,
  settings: Partial<Vobiz.Options> = {},
  retry: RetryPolicy.Options = {}
) =>
  Effect.gen(function* () {
    const fake = yield* FakeVobiz.FakeVobiz
    return yield* Effect.provide(program, Vobiz.layer({ ...fake.settings, ...settings })).pipe(
      RetryPolicy.with(RetryPolicy.make(retry))
    )
  })

const page = Effect.flatMap(Recordings.Recordings, (service) => service.page({ limit: 5 }))

describe("FaultPlan", () => {
  describe("rules", () => {
    const error = { _tag: "ServerError", status: 500 } as const

    it.live("strike the first request of all, once, unless said otherwise", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* statuses(3), [500, 200, 200])
      }).pipe(faulty(error))
    )

    it.live("strike from the nth on, as often as said", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* statuses(5), [200, 500, 500, 200, 200])
      }).pipe(faulty(error, { first: 2, times: 2 }))
    )

    it.live("strike always", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* statuses(4), [200, 200, 500, 500])
      }).pipe(faulty(error, { first: 3, times: "always" }))
    )

    it.live("strike the endpoints named, and count those alone", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* ask(recordings())).status, 200)
        assert.strictEqual((yield* ask(trunks())).status, 200)
        assert.strictEqual((yield* ask(cdrs())).status, 500)
        assert.strictEqual((yield* ask(cdrs())).status, 200)
      }).pipe(faulty(error, { on: ["cdrs.list", "cdrs.search"] }))
    )

    it.live("strike by chance, and the same by the same seed", () =>
      Effect.gen(function* () {
        const plan = (seed: number): FaultPlan.FaultPlan => ({
          seed,
          rules: [{ fault: error, times: "always", probability: 0.4 }]
        })
        const run = (seed: number) => statuses(40).pipe(withFake({ faults: plan(seed) }))
        const first = yield* run(1)
        assert.sameMembers([...new Set(first)], [200, 500])
        assert.deepStrictEqual(yield* run(1), first)
        assert.notDeepEqual(yield* run(2), first)
      })
    )

    it.live("can be replaced while the server runs", () =>
      Effect.gen(function* () {
        const fake = yield* FakeVobiz.FakeVobiz
        assert.deepStrictEqual(yield* statuses(1), [200])
        yield* fake.setFaults(FaultPlan.one(error))
        assert.deepStrictEqual(yield* statuses(1), [500])
        yield* fake.setFaults(FaultPlan.none)
        assert.deepStrictEqual(yield* statuses(1), [200])
      }).pipe(withFake())
    )

    it.effect("can be written as JSON", () =>
      Effect.gen(function* () {
        const plan: FaultPlan.FaultPlan = {
          seed: 3,
          rules: [
            { fault: { _tag: "RateLimited", seconds: 2, retryAfter: "body" }, on: ["cdrs.list"], times: "always" },
            { fault: { _tag: "SlowBody", chunkBytes: 10, pauseMillis: 5 }, probability: 0.5 }
          ]
        }
        const decode = Schema.decodeUnknownEffect(FaultPlan.FaultPlan)
        assert.deepStrictEqual(yield* decode(JSON.parse(JSON.stringify(plan))), plan)
        const error = yield* Effect.flip(decode({ rules: [{ fault: { _tag: "Earthquake" } }] }))
        assert.include(String(error), "rules")
      })
    )
  })

  describe("RateLimited", () => {
    const limited = (retryAfter: "header-seconds" | "header-date" | "body" | "none") =>
      Effect.gen(function* () {
        const answer = yield* askJson(recordings())
        assert.strictEqual(answer.status, 429)
        assert.strictEqual(answer.json.error.code, "RATE_LIMIT_EXCEEDED")
        return { header: answer.headers["retry-after"], body: answer.json.error.details.retryAfter, json: answer.json }
      }).pipe(faulty({ _tag: "RateLimited", seconds: 3, retryAfter }))

    it.live("says in seconds, as a date, in the body or nowhere how long to wait", () =>
      Effect.gen(function* () {
        const seconds = yield* limited("header-seconds")
        assert.deepStrictEqual([seconds.header, seconds.body], ["3", undefined])
        const date = yield* limited("header-date")
        assert.match(date.header ?? "", /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)
        assert.isUndefined(date.body)
        const body = yield* limited("body")
        assert.deepStrictEqual([body.header, body.body], [undefined, 3])
        assert.deepStrictEqual(shape(body.json.error), shape(sample("error.documented-envelope.429.json").error))
        const none = yield* limited("none")
        assert.deepStrictEqual([none.header, none.body], [undefined, undefined])
      })
    )
  })

  it.live("ServerError has the status asked for", () =>
    Effect.gen(function* () {
      for (const status of [500, 502, 503, 504] as const) {
        const answer = yield* askJson(recordings()).pipe(faulty({ _tag: "ServerError", status }))
        assert.strictEqual(answer.status, status)
        assert.strictEqual(answer.json.status, "error")
      }
    })
  )

  it.live("Reset closes the connection before any answer", () =>
    Effect.gen(function* () {
      const fake = yield* FakeVobiz.FakeVobiz
      const error = yield* Effect.flip(ask(recordings()))
      assert.strictEqual(error.reason._tag, "TransportError")
      assert.deepStrictEqual(
        (yield* fake.requests).map(({ status }) => status),
        [null]
      )
      assert.strictEqual((yield* ask(recordings())).status, 200)
    }).pipe(faulty({ _tag: "Reset" }))
  )

  const received = Effect.fnUntraced(function* (path: string) {
    const response = yield* ask(path)
    const pieces: Array<Uint8Array> = []
    const exit = yield* Effect.exit(
      Stream.runForEach(response.stream, (piece) => Effect.sync(() => pieces.push(piece)))
    )
    return { exit, bytes: Buffer.concat(pieces), pieces, length: Number(response.headers["content-length"]) }
  })
  const file = audio(
    small.recordings
      .find(({ row }) => row.recording_type === "trunk")
      ?.row.recording_url.split("/")
      .at(-1) ?? ""
  )

  it.live("TruncatedBody sends half of what it promises", () =>
    Effect.gen(function* () {
      for (const path of [recordings(), file]) {
        const { bytes, exit, length } = yield* received(path)
        assert.strictEqual(exit._tag, "Failure", path)
        assert.isAbove(length, 0)
        assert.isAtMost(bytes.length, Math.floor(length / 2))
      }
      const csv = yield* received(cdrs("/export"))
      assert.strictEqual(csv.exit._tag, "Failure")
    }).pipe(faulty({ _tag: "TruncatedBody" }, { times: "always" }))
  )

  it.live("SlowBody sends all of it, piece by piece", () =>
    Effect.gen(function* () {
      const slow = yield* received(recordings("?limit=2"))
      const { json } = yield* askJson(recordings("?limit=2"))
      assert.strictEqual(slow.exit._tag, "Success")
      assert.strictEqual(slow.bytes.length, slow.length)
      assert.isAbove(slow.pieces.length, 1)
      assert.deepStrictEqual(JSON.parse(slow.bytes.toString()).objects, json.objects)
    }).pipe(faulty({ _tag: "SlowBody", chunkBytes: 500, pauseMillis: 15 }))
  )

  it.live("StalledBody sends some of it and keeps the client waiting", () =>
    Effect.gen(function* () {
      const response = yield* ask(recordings())
      let length = 0
      yield* response.stream.pipe(
        Stream.takeUntil((piece) => (length += piece.length) >= 100),
        Stream.runDrain
      )
      assert.strictEqual(length, 100)
      assert.isAbove(Number(response.headers["content-length"]), 100)
      const error = yield* Effect.flip(core(page, { attemptTimeout: "100 millis" }, { deadline: "300 millis" }))
      assert.strictEqual(error.reason._tag, "Timeout")
    }).pipe(faulty({ _tag: "StalledBody", afterBytes: 100 }, { times: "always" }))
  )

  it.live("WrongJson is a page of HTML under 200", () =>
    Effect.gen(function* () {
      const response = yield* ask(recordings())
      assert.strictEqual(response.status, 200)
      assert.match(yield* response.text, /^<!doctype html>/)
    }).pipe(faulty({ _tag: "WrongJson" }))
  )

  it.live("Ok200WithError is an error under 200", () =>
    Effect.gen(function* () {
      const { json, status } = yield* askJson(recordings())
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(json, sample("error.http-200-with-error.json"))
    }).pipe(faulty({ _tag: "Ok200WithError" }))
  )

  const part = (range: string) =>
    Effect.gen(function* () {
      const fake = yield* FakeVobiz.FakeVobiz
      const credentials = { "X-Auth-ID": fake.authId, "X-Auth-Token": Redacted.value(fake.authToken) }
      const response = yield* ask(file, { headers: { ...credentials, range } })
      return { status: response.status, range: response.headers["content-range"] }
    })

  for (const status of [403, 408, 425, 503] as const) {
    it.live(`ServerError asks to wait, in each way: ${status}`, () =>
      Effect.gen(function* () {
        const response = yield* ask(recordings())
        assert.strictEqual(response.status, status)
        assert.strictEqual(response.headers["retry-after"], "7")
        const dated = yield* ask(recordings())
        assert.strictEqual(Date.parse(dated.headers["retry-after"] ?? "") % 1000, 0)
        assert.strictEqual((yield* askJson(recordings())).json.error.details.retryAfter, 7)
        assert.isUndefined((yield* ask(recordings())).headers["retry-after"])
      }).pipe(
        withFake({
          faults: {
            rules: (["header-seconds", "header-date", "body", "none"] as const).map((retryAfter, n) => ({
              fault: { _tag: "ServerError", status, seconds: 7, retryAfter },
              first: n + 1
            }))
          }
        })
      )
    )
  }

  it.live("OtherBody is whatever is wanted", () =>
    Effect.gen(function* () {
      const response = yield* ask(cdrs("/export"))
      assert.strictEqual(response.headers["content-type"], "text/plain")
      assert.strictEqual(yield* response.text, "Rate limit exceeded")
    }).pipe(faulty({ _tag: "OtherBody", contentType: "text/plain", body: "Rate limit exceeded" }))
  )

  it.live("HugeBody is as long as said, also compressed", () =>
    Effect.gen(function* () {
      for (const { length } of [yield* (yield* ask(recordings())).text, yield* (yield* ask(recordings())).text]) {
        assert.isAtLeast(length, 3_000_000)
        assert.isAtMost(length, 4_200_000)
      }
    }).pipe(
      withFake({
        faults: {
          rules: [
            { fault: { _tag: "HugeBody", bytes: 3_000_000 } },
            { fault: { _tag: "HugeBody", bytes: 3_000_000, gzip: true }, first: 2 }
          ]
        }
      })
    )
  )

  it.live("NestedBody is as deep as said", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* (yield* ask(recordings())).text, "[[[]]]")
    }).pipe(faulty({ _tag: "NestedBody", depth: 3 }))
  )

  it.live("EchoedSecrets says what no message may show", () =>
    Effect.gen(function* () {
      const { json, status } = yield* askJson(recordings())
      assert.strictEqual(status, 422)
      for (const text of [json.requestId, json.error.code, json.error.message, json.error.details.errors[0].field]) {
        for (const secret of ["fake-token", "918045670012", "\u001b[31m", "\u202e"]) assert.include(text, secret)
      }
    }).pipe(faulty({ _tag: "EchoedSecrets", status: 422 }))
  )

  it.live("LowerCap gives fewer rows per page, and says so", () =>
    Effect.gen(function* () {
      const { json } = yield* askJson(recordings("?limit=50"))
      assert.deepStrictEqual([json.meta.limit, json.objects.length], [3, 3])
      const page = yield* askJson(cdrs("?per_page=50&page=2"))
      assert.deepStrictEqual([page.json.pagination.per_page, page.json.data.length], [3, 3])
    }).pipe(faulty({ _tag: "LowerCap", cap: 3 }, { times: "always" }))
  )

  it.live("RefusedOffset refuses pages that are too deep", () =>
    Effect.gen(function* () {
      const statuses = [recordings("?offset=9"), recordings("?offset=10"), cdrs("?page=1"), cdrs("?page=2&per_page=10")]
      assert.deepStrictEqual(
        yield* Effect.forEach(statuses, (path) => Effect.map(ask(path), ({ status }) => status)),
        [200, 422, 200, 422]
      )
    }).pipe(faulty({ _tag: "RefusedOffset", rows: 10 }, { times: "always" }))
  )

  it.live("HeldBackRows are not in the export, which the client sees", () =>
    Effect.gen(function* () {
      const rows = (from: DateTime.Utc, to: DateTime.Utc) =>
        core(
          Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) =>
            Stream.runCount(service.exportCsv({ from, to }))
          ),
          {},
          RetryPolicy.none
        )
      const error = yield* Effect.flip(rows(small.from, small.until))
      assert.strictEqual(error.reason._tag, "Transport")
      assert.match(error.message, /the CSV has \d+ rows, and the list counts \d+/)
    }).pipe(faulty({ _tag: "HeldBackRows", count: 1 }, { on: ["cdrs.export"], times: "always" }))
  )

  it.live("EmptyBody is an answer of no bytes, whatever is asked", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* (yield* ask(recordings())).text, "")
    }).pipe(faulty({ _tag: "EmptyBody" }))
  )

  it.live("EmptyBody is audio of no bytes", () =>
    Effect.gen(function* () {
      const { bytes, exit } = yield* received(file)
      assert.deepStrictEqual([exit._tag, bytes.length], ["Success", 0])
    }).pipe(faulty({ _tag: "EmptyBody" }))
  )

  it.live("EmptyBody and TruncatedBody at once come to an end", () =>
    Effect.gen(function* () {
      const { bytes } = yield* received(file)
      assert.strictEqual(bytes.length, 0)
    }).pipe(
      withFake({
        faults: { rules: [{ fault: { _tag: "EmptyBody" } }, { fault: { _tag: "TruncatedBody" } }] }
      })
    )
  )

  it.live("WrongRange gives another part than was asked for", () =>
    Effect.gen(function* () {
      const { range, status } = yield* part("bytes=100-")
      assert.strictEqual(status, 206)
      assert.match(range ?? "", /^bytes 99-/)
    }).pipe(faulty({ _tag: "WrongRange" }))
  )

  it.live("RangeRefused answers 416 to a part that there is", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* part("bytes=100-")).status, 416)
      assert.strictEqual((yield* received(file)).exit._tag, "Success")
    }).pipe(faulty({ _tag: "RangeRefused" }, { times: "always" }))
  )

  it.live("MalformedRow breaks the first row of a page", () =>
    Effect.gen(function* () {
      const { json } = yield* askJson(recordings("?limit=2"))
      assert.isNull(json.objects[0].recording_id)
      assert.strictEqual(json.objects[1].recording_id, shown[1])
      const { recordings: read, rejects } = yield* core(page)
      assert.deepStrictEqual([read.length > 0, rejects.map(({ field }) => field)], [true, ["recording_id"]])
      const cdr = yield* askJson(cdrs())
      assert.isNull(cdr.json.data[0].uuid)
    }).pipe(faulty({ _tag: "MalformedRow" }, { times: "always" }))
  )

  it.live("OddFields changes fields of rows, and no list is ended by them", () =>
    Effect.gen(function* () {
      const { recordings: read, rejects } = yield* core(page)
      assert.deepStrictEqual([read.length > 1, rejects.length], [true, 0])
      assert.deepStrictEqual(
        read.map(({ unreadable }) => unreadable),
        read.map((_, n) => (n === 1 ? ["recording_end_ms", "recording_duration_ms", "from_number"] : []))
      )
    }).pipe(
      faulty({
        _tag: "OddFields",
        nth: 2,
        fields: { recording_duration_ms: "-1.00000", recording_end_ms: "N/A", from_number: 918045670012 }
      })
    )
  )

  it.live("NullList, BareList and OddTotal wrap a list otherwise", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      const under = (fault: FaultPlan.Fault) =>
        Effect.andThen(server.setFaults(FaultPlan.one(fault, { on: ["recordings.list"] })), core(page))
      const usual = yield* core(page)
      assert.deepInclude(yield* under({ _tag: "NullList" }), { recordings: [], totalCount: usual.totalCount })
      assert.deepInclude(yield* under({ _tag: "BareList" }), { recordings: usual.recordings, totalCount: null })
      assert.strictEqual((yield* under({ _tag: "OddTotal", as: "text" })).totalCount, usual.totalCount)
      assert.isNull((yield* under({ _tag: "OddTotal", as: "absent" })).totalCount)
    }).pipe(withFake({}))
  )

  it.live("InsertBetweenPages makes a walk meet rows again", () =>
    Effect.gen(function* () {
      const ids = yield* walkRecordings
      assert.deepStrictEqual(ids, [...shown.slice(0, 20), ...shown.slice(17)])
      assert.deepStrictEqual(yield* walkCdrs, [...uuids.slice(0, 20), ...uuids.slice(17)])
    }).pipe(
      withFake({
        faults: {
          rules: (["recordings.list", "cdrs.list"] as const).map((endpoint) => ({
            fault: { _tag: "InsertBetweenPages", count: 3 },
            on: [endpoint],
            first: 2
          }))
        }
      })
    )
  )

  it.live("DeleteBetweenPages makes a walk miss rows", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* walkRecordings, [...shown.slice(0, 20), ...shown.slice(24)])
      assert.deepStrictEqual(yield* walkCdrs, [...uuids.slice(0, 20), ...uuids.slice(24)])
    }).pipe(
      withFake({
        faults: {
          rules: (["recordings.list", "cdrs.list"] as const).map((endpoint) => ({
            fault: { _tag: "DeleteBetweenPages", count: 4 },
            on: [endpoint],
            first: 2
          }))
        }
      })
    )
  )

  it.live("DuplicateRows repeats rows and loses none", () =>
    Effect.gen(function* () {
      const ids = yield* walkRecordings
      assert.lengthOf(ids, shown.length + 5)
      assert.sameMembers([...new Set(ids)], shown)
      const repeated = ids.filter((id, index) => ids.indexOf(id) !== index)
      assert.sameMembers(repeated, shown.slice(20, 25))
      const fake = yield* FakeVobiz.FakeVobiz
      yield* fake.setFaults(FaultPlan.one({ _tag: "DuplicateRows", count: 2 }, { on: ["cdrs.list"] }))
      const found = yield* walkCdrs
      assert.lengthOf(found, uuids.length + 2)
      assert.sameMembers([...new Set(found)], uuids)
    }).pipe(faulty({ _tag: "DuplicateRows", count: 5 }, { on: ["recordings.list"], first: 2 }))
  )

  it.live("NeverNullNext promises more forever, and gives the last page again", () =>
    Effect.gen(function* () {
      const start = Math.floor((shown.length - 1) / 20) * 20
      for (const offset of [start, start + 20, start + 4000]) {
        const { json } = yield* askJson(recordings(`?limit=20&offset=${offset}`))
        assert.isNotNull(json.meta.next)
        assert.deepStrictEqual(
          json.objects.map((row: Json) => row.recording_id),
          shown.slice(start)
        )
      }
      const { json } = yield* askJson(cdrs("?page=500"))
      assert.isTrue(json.pagination.has_next)
      assert.deepStrictEqual(
        json.data.map((row: Json) => row.uuid),
        uuids.slice(Math.floor((uuids.length - 1) / 20) * 20)
      )
    }).pipe(faulty({ _tag: "NeverNullNext" }, { times: "always" }))
  )

  it.live("LyingTotal counts wrong and lists right", () =>
    Effect.gen(function* () {
      const { json } = yield* askJson(recordings())
      assert.strictEqual(json.meta.total_count, shown.length - 9)
      assert.strictEqual((yield* askJson(cdrs())).json.pagination.total, uuids.length - 9)
      assert.deepStrictEqual(yield* walkRecordings, shown)
    }).pipe(faulty({ _tag: "LyingTotal", delta: -9 }, { times: "always" }))
  )

  it.live("HeldBackRows counts its last rows and never gives them", () =>
    Effect.gen(function* () {
      const { json } = yield* askJson(recordings())
      assert.strictEqual(json.meta.total_count, shown.length)
      assert.deepStrictEqual(yield* walkRecordings, shown.slice(0, -9))
    }).pipe(faulty({ _tag: "HeldBackRows", count: 9 }, { times: "always" }))
  )

  it.live("EarlyEnd counts and links to an end too early, and gives what lies past it if asked", () =>
    Effect.gen(function* () {
      const end = shown.length - 9
      const last = yield* askJson(recordings(`?offset=${end - 2}&limit=20`))
      assert.deepStrictEqual(
        [last.json.meta.total_count, last.json.meta.next, last.json.objects.length],
        [end, null, 2]
      )
      const past = yield* askJson(recordings(`?offset=${end}&limit=20`))
      assert.deepStrictEqual(
        past.json.objects.map((row: Json) => row.recording_id),
        shown.slice(end)
      )
    }).pipe(faulty({ _tag: "EarlyEnd", count: 9 }, { times: "always" }))
  )

  it.live("core reads every row once through a storm of passing faults", () =>
    Effect.gen(function* () {
      yield* core(
        Effect.gen(function* () {
          const all = yield* Stream.runCollect((yield* Recordings.Recordings).stream())
          assert.deepStrictEqual(
            all.map(({ recordingId }) => recordingId),
            shown
          )
          const calls = yield* Stream.runCollect(
            (yield* CallDetailRecords.CallDetailRecords).stream({ from: small.from, to: until })
          )
          assert.deepStrictEqual(
            calls.map(({ uuid }) => uuid),
            uuids
          )
        })
      )
      const fake = yield* FakeVobiz.FakeVobiz
      const failed = (yield* fake.requests).filter(({ status }) => status !== 200).map(({ status }) => status)
      assert.includeMembers(failed, [503, null, 429])
    }).pipe(
      withFake({
        pageCap: 20,
        faults: {
          rules: [
            { fault: { _tag: "ServerError", status: 503 }, first: 1 },
            { fault: { _tag: "Reset" }, first: 3 },
            { fault: { _tag: "RateLimited", seconds: 0.05, retryAfter: "body" }, first: 5 },
            { fault: { _tag: "TruncatedBody" }, first: 7 }
          ]
        }
      })
    )
  )
})
