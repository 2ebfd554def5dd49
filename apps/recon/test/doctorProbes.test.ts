/** What the doctor makes of answers that the fake server never gives. */
import { assert, describe, it } from "@vobiz-effect/test-support"
import { VobizClient, VobizConfig } from "@vobiz-effect/core"
import { DateTime, Effect, Layer, Redacted, Stream } from "effect"
import * as Contract from "../src/Contract.ts"
import * as Account from "../src/internal/doctor/account.ts"
import * as Audio from "../src/internal/doctor/audio.ts"
import * as Cdrs from "../src/internal/doctor/cdrs.ts"
import * as Examiner from "../src/internal/doctor/examiner.ts"
import * as Finding from "../src/internal/doctor/finding.ts"
import * as Recordings from "../src/internal/doctor/recordings.ts"
import { type Exchange, makeWire } from "../src/internal/doctor/watchedClient.ts"

type Params = Readonly<Record<string, string | number | undefined>>

/** Answers of a provider: its JSON by what is asked for, and its export. */
interface Provider {
  readonly json: (target: string, params: Params) => unknown
  readonly csv?: (params: Params) => string
}

const client = ({ csv = () => "", json }: Provider) =>
  Layer.merge(
    Layer.succeed(
      VobizClient.VobizClient,
      VobizClient.VobizClient.of({
        json: ({ params = {}, target }) =>
          Effect.sync(() => ({
            status: 200,
            headers: {},
            json: json(String(target), params),
            requestId: null,
            askedAt: DateTime.makeUnsafe("2026-11-20T00:00:00Z")
          })),
        open: ({ params = {} }) =>
          Effect.sync(() => ({
            status: 200,
            host: "api.example",
            headers: {},
            bytes: Stream.make(new TextEncoder().encode(csv(params)))
          }))
      })
    ),
    VobizConfig.VobizConfig.layer({ authId: "MA_TEST", authToken: Redacted.make("secret") })
  )

/** What an examination finds of a provider: its part of the contract, and each check without its name by that name. */
const examined = <A>(provider: Provider, examine: (examiner: Examiner.Examiner) => Effect.Effect<A>, budget = 100) =>
  Effect.gen(function* () {
    const examiner = yield* Examiner.make(makeWire(budget))
    const found = yield* examine(examiner)
    const checks = Object.fromEntries(examiner.checks.map(({ name, ...check }) => [name, check]))
    return { found, checks }
  }).pipe(Effect.provide(client(provider)))

describe("the doctor's judgements", () => {
  it("only a page that is not the last one shows the page cap", () => {
    const told = (rows: number, hasMore: boolean, total: number) => {
      const { concern, found, value } = Finding.capOf(rows, hasMore, total)
      return [value, found, concern]
    }
    const few = [null, "unknown", undefined]
    assert.deepStrictEqual(told(0, true, 10), few)
    assert.deepStrictEqual(told(101, true, 200), few)
    assert.deepStrictEqual(told(20, false, 200), few)
    assert.deepStrictEqual(told(20, true, 20), few)
    assert.deepStrictEqual(told(100, true, 101), [100, "100 or more", undefined])
    assert.deepStrictEqual(told(1, true, 2), [1, "1", "the server gives 1 rows a page where 100 are documented"])
    assert.strictEqual(Finding.capOf(0, true, 7).evidence, "asked for 100 rows, got 0 of 7: too few to tell")
  })

  it("only neighbours of different instants show an order", () => {
    const told = (instants: ReadonlyArray<number | null>) => {
      const { concern, evidence, found, value } = Finding.orderOf("add_time", instants)
      return [value, found, evidence, concern?.slice(0, 43)]
    }
    const unsorted = "the list is not sorted newest first, which "
    assert.deepStrictEqual(told([]), [
      "unknown",
      "unknown",
      "of 0 neighbours by add_time, 0 go back in time and 0 forward",
      undefined
    ])
    assert.deepStrictEqual(told([5, null, 5]), [
      "unknown",
      "unknown",
      "of 1 neighbours by add_time, 0 go back in time and 0 forward",
      undefined
    ])
    assert.deepStrictEqual(told([5, null, 4, 4]), [
      "newest-first",
      "newest first",
      "of 2 neighbours by add_time, 1 go back in time and 0 forward",
      undefined
    ])
    assert.deepStrictEqual(told([4, 5]), [
      "oldest-first",
      "oldest first",
      "of 1 neighbours by add_time, 0 go back in time and 1 forward",
      unsorted
    ])
    assert.deepStrictEqual(told([4, 5, 4]), [
      "none",
      "none",
      "of 2 neighbours by add_time, 1 go back in time and 1 forward",
      unsorted
    ])
  })
})

describe("the doctor's view of a list of recordings", () => {
  /** A list of `total` recordings; `next` makes the link of each page. */
  const listed = (total: number, next: (offset: number, isLast: boolean) => unknown, extra: object = {}) => {
    const row = (nth: number) => ({
      recording_id: `r${nth}`,
      call_uuid: `c${nth}`,
      recording_type: "call",
      add_time: `2026-11-${String(19 - nth).padStart(2, "0")}T00:00:00+05:30`,
      ...extra
    })
    return {
      json: (_: string, { limit = 20, offset = 0, ...filters }: Params) => {
        const all = Array.from({ length: total }, (_, nth) => row(nth)).filter((row) =>
          Object.entries(filters).every(([name, value]) => row[name as keyof typeof row] === value)
        )
        const objects = all.slice(Number(offset), Number(offset) + Number(limit))
        const isLast = Number(offset) + objects.length >= all.length
        const link = next(Number(offset), isLast)
        return { meta: { total_count: all.length, ...(link === undefined ? {} : { next: link }) }, objects }
      }
    }
  }
  const of = (provider: Provider) =>
    examined(provider, (examiner) =>
      Effect.flatMap(Effect.result(examiner.recordings({ limit: 100, offset: 0 })), (first) =>
        Recordings.examine(examiner, Effect.fromResult(first))
      )
    )

  it.effect("tells each form of next, and says where there should be one", () =>
    Effect.gen(function* () {
      const ends = "next says that there is no more where there is"
      const at = (link: unknown) => listed(3, (_, isLast) => (isLast ? null : link))
      for (const [link, form, shown, concern] of [
        [
          "/api/v1/Account/MA_TEST/Recording/?offset=1",
          "path",
          '"/api/v1/Account/{account}/Recording/?offset=1"',
          undefined
        ],
        ["/v1/Account/MA_TEST/?offset=1", "path-without-api", '"/v1/Account/{account}/?offset=1"', undefined],
        ["https://api.example/?offset=1", "url", '"https://api.example/?offset=1"', undefined],
        ["more", "other", '"more"', undefined],
        [null, "other", "null", ends],
        [undefined, "other", "absent", ends]
      ] as const) {
        const { checks, found } = yield* of(at(link))
        assert.strictEqual(found.found.nextForm, form)
        assert.deepStrictEqual(checks["recordings: next"], {
          found: form,
          evidence: `of the first of several pages it is ${shown}`,
          concern
        })
      }
    })
  )

  it.effect("tells what next is at the end", () =>
    Effect.gen(function* () {
      const at = (last: unknown) => listed(3, (_, isLast) => (isLast ? last : "/v1/?offset=1"))
      for (const [last, value, shown, concern] of [
        [null, "null", "null", undefined],
        [undefined, "absent", "absent", undefined],
        ["/v1/?offset=3", "never-null", "not null", "next is never null, so that a reader that follows it never ends"]
      ] as const) {
        const { checks, found } = yield* of(at(last))
        assert.strictEqual(found.found.nextAtEnd, value)
        assert.deepInclude(checks["recordings: next at the end"], {
          evidence: `asked for row 3 of 3: 1 rows, and next is ${shown}`
        })
        assert.strictEqual(checks["recordings: next at the end"]?.concern, concern)
      }
      // A list that grows meanwhile tells nothing by a next that is not null.
      let asked = 0
      const growing = {
        json: (target: string, params: Params) => {
          asked += 1
          return listed(asked === 1 ? 3 : 9, () => "/v1/?offset=1").json(target, params)
        }
      }
      const { checks, found } = yield* of(growing)
      assert.strictEqual(found.found.nextAtEnd, "unknown")
      assert.include(checks["recordings: next at the end"]?.evidence, "; the list grew meanwhile")
    })
  )

  it.effect("knows nothing of an empty list, and little of one row", () =>
    Effect.gen(function* () {
      const none = yield* of(listed(0, () => null))
      assert.deepStrictEqual(none.found, {
        found: {
          pageCap: null,
          order: "unknown",
          recordingTypeFilter: "unknown",
          callUuidFilter: "unknown",
          nextForm: "unknown",
          nextAtEnd: "unknown"
        },
        rows: []
      })
      assert.strictEqual(none.checks["recordings: next"]?.evidence, "there is no second page to point at")
      assert.strictEqual(none.checks["recordings: next at the end"]?.evidence, "there are no recordings")
      assert.strictEqual(none.checks["recordings: filter call_uuid"]?.evidence, "there is no recording to filter by")
      const one = yield* of(listed(1, () => null))
      assert.strictEqual(one.found.found.nextForm, "unknown")
      assert.strictEqual(one.found.found.nextAtEnd, "null")
      assert.strictEqual(one.found.found.callUuidFilter, "honoured")
      assert.strictEqual(
        one.checks["recordings: filter call_uuid"]?.evidence,
        "call_uuid=no-such-thing gave 0 rows, call_uuid of a listed recording gave 1, 0 of another value; without there are 1"
      )
    })
  )

  it.effect("says which filter is ignored, and which finds nothing", () =>
    Effect.gen(function* () {
      const whole = listed(3, () => null)
      const ignoring = yield* of({ json: (target, { limit, offset }) => whole.json(target, { limit, offset }) })
      assert.strictEqual(ignoring.found.found.recordingTypeFilter, "ignored")
      assert.strictEqual(
        ignoring.checks["recordings: filter recording_type"]?.concern,
        "the provider ignores the filter recording_type and gives rows that were not asked for: filter here"
      )
      const empty = { meta: { total_count: 0, next: null }, objects: [] }
      const finding = yield* of({
        json: (target, params) => ("call_uuid" in params ? empty : whole.json(target, params))
      })
      assert.strictEqual(finding.found.found.callUuidFilter, "unknown")
      assert.strictEqual(
        finding.checks["recordings: filter call_uuid"]?.concern,
        "the filter call_uuid does not find a recording that was just listed"
      )
      assert.strictEqual(finding.found.found.recordingTypeFilter, "honoured")
    })
  )
})

describe("the doctor's view of a list of CDRs", () => {
  const call = (uuid: string, start_time: string, more: object = {}) => ({ uuid, start_time, ...more })
  const day = 86_400_000
  const india = 5.5 * 3_600_000

  /** Lists calls by days of India, as the provider is believed to. */
  const listed = (
    calls: ReadonlyArray<{ readonly uuid: string; readonly start_time: string }>,
    more: object = { has_next: false }
  ) => ({
    json: (target: string, { end_date, page = 1, per_page = 100, start_date }: Params) => {
      if (target !== "/cdr") return { data: { ...calls[0], currency: "INR" } }
      const from = start_date === undefined ? -Infinity : Date.parse(`${start_date}T00:00:00Z`) - india
      const to = end_date === undefined ? Infinity : Date.parse(`${end_date}T00:00:00Z`) - india + day
      const within = calls.filter(({ start_time }) => Date.parse(start_time) >= from && Date.parse(start_time) < to)
      const first = (Number(page) - 1) * Number(per_page)
      return {
        data: within.slice(first, first + Number(per_page)),
        pagination: { total: within.length, ...more }
      }
    }
  })

  it.effect("tells the days of India by a single call, and the page cap by nothing that says no more", () =>
    Effect.gen(function* () {
      const { checks, found } = yield* examined(
        {
          ...listed([call("a", "2026-11-18T20:00:00Z")], {}),
          csv: () => "uuid,start_time,duration,billsec\r\na,b,c,d\r\n"
        },
        Cdrs.examine
      )
      assert.deepStrictEqual(found, {
        pageCap: null,
        order: "unknown",
        dayZone: "+05:30",
        endDate: "inclusive",
        csvHeader: ["uuid", "start_time", "duration", "billsec"],
        emptyExport: "unknown",
        currencyInList: null,
        currencyInDetail: null
      })
      assert.strictEqual(checks["cdrs: page cap"]?.evidence, "asked for 100 rows, got 1 of 1: too few to tell")
      assert.strictEqual(checks["cdrs: currency"]?.evidence, "there is no CDR that names a currency")
      assert.strictEqual(
        checks["cdrs: export without rows"]?.evidence,
        "the export of 2000-01-01, when there were no calls, has rows"
      )
      assert.match(
        checks["cdrs: zone of days"]?.evidence ?? "",
        /2026-11-18 to 2026-11-18 gave 0 calls; 2026-11-18 to 2026-11-19 gave 1 calls from 2026-11-18T20:00:00Z to 2026-11-18T20:00:00Z/
      )
    })
  )

  it.effect("says which columns an export lacks, and what its header is", () =>
    Effect.gen(function* () {
      const { checks, found } = yield* examined(
        {
          ...listed([call("a", "2026-11-18T20:00:00Z", { currency: "INR" })]),
          csv: ({ start_date }) => (start_date === "2000-01-01" ? "uuid\r\n" : "uuid,duration\r\na,b\r\n")
        },
        Cdrs.examine
      )
      assert.strictEqual(found.emptyExport, "header")
      assert.deepStrictEqual(checks["cdrs: CSV header"], {
        found: "2 columns",
        evidence: "the export of 2026-11-18 begins: uuid,duration",
        concern: "the CSV export has no column start_time, billsec"
      })
      assert.deepStrictEqual(checks["cdrs: currency"], {
        found: "INR",
        evidence: "CDR a, in the list and got alone",
        concern: undefined
      })
    })
  )

  it.effect("says that days are ignored where a day without calls has some, and that no rule explains others", () =>
    Effect.gen(function* () {
      const all = listed([call("a", "2026-11-18T20:00:00Z")])
      const ignoring = yield* examined({ json: (target) => all.json(target, {}) }, Cdrs.examine)
      assert.deepInclude(ignoring.checks["cdrs: zone of days"], {
        found: "unknown",
        evidence: "asked for 2000-01-01, there are 1 rows: the filter is ignored",
        concern: "the provider ignores the days that CDRs are asked for, and gives all of them"
      })
      // A call of long before, whatever day is asked for.
      const foreign = { data: [call("b", "2026-11-01T12:00:00Z")], pagination: { total: 1 } }
      const none = { data: [], pagination: { total: 0 } }
      const nothing = yield* examined(
        {
          json: (target, params) =>
            params["start_date"] === undefined
              ? all.json(target, {})
              : params["start_date"] === "2000-01-01"
                ? none
                : foreign
        },
        Cdrs.examine
      )
      assert.strictEqual(nothing.found.dayZone, "unknown")
      assert.include(
        nothing.checks["cdrs: end_date"]?.concern,
        "neither days of UTC nor of +05:30 explain which calls are listed for a day"
      )
    })
  )

  it.effect("asks no more than it may, and says so of what it did not ask", () =>
    Effect.gen(function* () {
      const { checks } = yield* examined(listed([call("a", "2026-11-18T20:00:00Z")]), Cdrs.examine, 0)
      assert.include(checks["cdrs: order"]?.evidence, "not asked: the 0 requests of one examination are spent")
    })
  )
})

describe("the doctor's view of the wire", () => {
  const exchange = (of: Partial<Exchange>): Exchange => ({
    host: "api.example",
    status: 200,
    location: undefined,
    retryAfter: undefined,
    skew: 0,
    ...of
  })
  const nothing: Provider = { json: () => ({}) }
  /** A check after these exchanges: all of it. */
  const after = (
    exchanges: ReadonlyArray<Partial<Exchange>>,
    examine: (examiner: Examiner.Examiner) => Effect.Effect<unknown>
  ) =>
    Effect.map(
      examined(nothing, (examiner) => {
        for (const one of exchanges) examiner.wire.exchanges.push(exchange(one))
        examiner.wire.sent = exchanges.length
        return examine(examiner)
      }),
      ({ checks }) => Object.values(checks)[0]
    )

  it.effect("tells how far the first answer's clock is from the one here, from a tolerance on", () =>
    Effect.gen(function* () {
      const of = (skew: number | null) => after([{ skew }, { skew: 99_000 }], Account.clockSkew)
      const header = "the Date header of the first answer was"
      const apart = (seconds: string) =>
        `the provider's clock and the one here are ${seconds} s apart: windows that end now, and settling times, are off by as much`
      const tolerated = Contract.clockTolerance
      assert.deepStrictEqual(yield* of(null), {
        found: "unknown",
        evidence: "the answer had no readable Date header",
        concern: undefined
      })
      const seconds = (tolerated / 1000).toFixed(1)
      assert.deepStrictEqual(yield* of(-tolerated), {
        found: "in step",
        evidence: `${header} ${seconds} s behind the clock here`,
        concern: undefined
      })
      assert.deepStrictEqual(yield* of(tolerated + 1000), {
        found: `${((tolerated + 1000) / 1000).toFixed(1)} s ahead`,
        evidence: `${header} ${((tolerated + 1000) / 1000).toFixed(1)} s ahead of the clock here`,
        concern: apart(((tolerated + 1000) / 1000).toFixed(1))
      })
      assert.strictEqual((yield* of(-90_000))?.found, "90.0 s behind")
      assert.strictEqual((yield* after([], Account.clockSkew))?.found, "unknown")
    })
  )

  it.effect("tells whether an answer that refused named a wait", () =>
    Effect.gen(function* () {
      const often = "the provider answered that it was asked too often: lower VOBIZ_RATE_LIMIT"
      const of = (exchanges: ReadonlyArray<Partial<Exchange>>) => after(exchanges, Account.retryAfter)
      assert.deepStrictEqual(yield* of([{}, { retryAfter: "3" }]), {
        found: "never seen",
        evidence: "0 of 2 requests were answered with status 429",
        concern: undefined
      })
      assert.deepStrictEqual(yield* of([{}, { status: 429 }, { status: 429, retryAfter: "3" }]), {
        found: "sent",
        evidence: "2 of 3 requests were answered with status 429",
        concern: often
      })
      assert.deepStrictEqual(yield* of([{ status: 429 }, { retryAfter: "3" }]), {
        found: "not sent",
        evidence: "1 of 2 requests were answered with status 429",
        concern: often
      })
    })
  )

  it.effect("opens the shortest recording of the host that has most, and tells where it leads", () =>
    Effect.gen(function* () {
      const row = (id: string, host: string, millis: unknown) => ({
        recording_id: id,
        call_uuid: "c",
        recording_type: "call",
        add_time: "",
        recording_url: host === "" ? "none" : `https://${host}/${id}`,
        recording_duration_ms: millis
      })
      const opened: Array<string> = []
      const of = (hops: ReadonlyArray<Partial<Exchange>>, rows: ReadonlyArray<ReturnType<typeof row>>) =>
        Effect.map(
          examined(nothing, (examiner) =>
            Audio.examine(
              {
                ...examiner,
                open: (target) => {
                  opened.push(String(target))
                  examiner.wire.exchanges.push(...hops.map(exchange))
                  return Effect.succeed({ status: 206, host: "", headers: {}, bytes: Stream.empty })
                }
              },
              rows
            )
          ),
          ({ checks, found }) => ({ found, check: checks["audio"] })
        )
      const none = yield* of([], [row("r", "", 1)])
      assert.deepStrictEqual(none.check, {
        found: "unknown",
        evidence: "there is no recording with a URL",
        concern: undefined
      })
      const rows = [
        row("a", "one.example", 1),
        row("b", "two.example", "unread"),
        row("c", "two.example", 2000),
        row("d", "two.example", 0),
        row("e", "two.example", 3000)
      ]
      const straight = yield* of([{ host: "two.example", status: 206 }], rows)
      assert.deepStrictEqual(straight, {
        found: { host: "two.example", redirects: "no", redirectHost: null, ranges: "honoured" },
        check: {
          found: "two.example",
          evidence:
            "asked for the first byte of recording c; two.example answered 206; hosts of the newest recordings: one.example 1, two.example 4",
          concern: undefined
        }
      })
      const led = yield* of(
        [
          { host: "two.example", status: 302, location: "https://first.example/x" },
          { host: "first.example", status: 307, location: "//last.example/y" },
          { host: "last.example", status: 206, location: "https://no.example/" }
        ],
        rows
      )
      assert.deepInclude(led.found, { redirects: "yes", redirectHost: "last.example" })
      assert.deepInclude(led.check, { found: "two.example, redirects to last.example" })
      assert.include(
        led.check?.evidence,
        "two.example answered 302, then first.example answered 307, then last.example answered 206"
      )
      assert.deepStrictEqual(opened, ["https://two.example/c", "https://two.example/c"])
    })
  )

  it.effect("says which fields of rows are lacking, unread, without a zone or not known", () =>
    Effect.gen(function* () {
      const list = (objects: unknown) => ({
        json: (target: string) => (target === "/Recording/" ? { objects } : target === "/trunks" ? {} : { data: null })
      })
      const of = (objects: unknown) => Effect.map(examined(list(objects), Account.formsOfRows), ({ checks }) => checks)
      const good = {
        recording_id: "r",
        call_uuid: "c",
        recording_type: "call",
        add_time: "2026-11-18T20:00:00Z",
        recording_url: "https://x.example/r",
        recording_format: "mp3"
      }
      const cannot = (name: string) => `rows of the list of ${name} are of a form that this version cannot read`
      const empty = yield* of([])
      assert.deepStrictEqual(empty["cdrs: form of rows"], {
        found: "known",
        evidence: "a page of 0 rows was read",
        concern: undefined
      })
      assert.deepStrictEqual(empty["trunks: form of rows"], {
        found: "not known",
        evidence: "the answer holds no list of rows",
        concern: cannot("trunks")
      })
      assert.deepStrictEqual(
        (yield* of([good, { ...good, "919812345678": 1, "a b": 2 }]))["recordings: form of rows"],
        {
          found: "known",
          evidence:
            "a page of 2 rows was read; keys that this version does not know: **********78, one that is no name",
          concern: undefined
        }
      )
      const odd = (yield* of([{ ...good, add_time: "2026-11-18 20:00:00", recording_duration_ms: "long" }]))[
        "recordings: form of rows"
      ]
      assert.deepStrictEqual(odd, {
        found: "known",
        evidence:
          "a page of 1 rows was read; unreadable fields: recording_duration_ms; instants without a zone: add_time",
        concern:
          "the list of recordings has unreadable fields: recording_duration_ms; instants without a zone: add_time"
      })
      const lacking = (yield* of([7, { call_uuid: "c" }]))["recordings: form of rows"]
      assert.deepStrictEqual(lacking, {
        found: "not known",
        evidence: "a page of 2 rows was read; set aside for lack of: an object, recording_id",
        concern: cannot("recordings")
      })
    })
  )
})
