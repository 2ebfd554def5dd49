import { readFileSync } from "node:fs"

import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration, Effect, Option, Stream } from "effect"

import { TestClock } from "effect/testing"
import { CallDetailRecords, Money, RetryPolicy } from "../src/index.ts"
import { type Reply, services, standIn, token } from "./utils.ts"

const sample = JSON.parse(readFileSync(new URL("fixtures/cdr-list.json", import.meta.url), "utf8")) as {
  readonly data: ReadonlyArray<Readonly<Record<string, unknown>>>
}

const cdr = (n: number, startTime: string) => ({ ...sample.data[0], id: n, uuid: `cdr-${n}`, start_time: startTime })

const listing =
  (rows: ReadonlyArray<object>, cap = 100): Reply =>
  ({ url }) => {
    const page = Number(url.searchParams.get("page"))
    const perPage = Math.min(cap, Number(url.searchParams.get("per_page")))
    return Response.json({
      success: true,
      data: rows.slice((page - 1) * perPage, page * perPage),
      pagination: { page, per_page: perPage, total: rows.length, pages: 0, has_next: page * perPage < rows.length }
    })
  }

const at = DateTime.makeUnsafe
const window = { from: at("2026-05-10T18:30:00Z"), to: at("2026-05-11T18:30:00Z") }

const uuids = (query: CallDetailRecords.CdrQuery) =>
  Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) =>
    service.stream(query).pipe(
      Stream.map(({ uuid }) => uuid),
      Stream.runCollect
    )
  )

describe("CallDetailRecords.stream", () => {
  it.effect("asks for a day more on each side, and cuts exactly at the instants", () => {
    const rows = [
      cdr(1, "2026-05-11T18:30:00Z"),
      cdr(2, "2026-05-11T18:29:59Z"),
      cdr(3, "2026-05-10T18:30:00Z"),
      cdr(4, "2026-05-10T18:29:59Z"),
      // The same instant as row 3, as another zone prints it.
      cdr(5, "2026-05-11 00:00:00+05:30")
    ]
    const { layer, sent } = standIn(listing(rows))
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* uuids(window), ["cdr-2", "cdr-3", "cdr-5"])
      const params = sent[0]?.url.searchParams
      assert.deepStrictEqual([params?.get("start_date"), params?.get("end_date")], ["2026-05-09", "2026-05-12"])
    }).pipe(Effect.provide(services(layer)))
  })

  for (const { asked, endDate, zone } of [
    { zone: "UTC", endDate: "inclusive", asked: ["2026-05-10", "2026-05-11"] },
    { zone: "UTC", endDate: "exclusive", asked: ["2026-05-10", "2026-05-12"] },
    { zone: "+05:30", endDate: "inclusive", asked: ["2026-05-11", "2026-05-11"] },
    { zone: "+05:30", endDate: "exclusive", asked: ["2026-05-11", "2026-05-12"] }
  ] as const) {
    it.effect(`asks for no day more where days are known to be of ${zone} with an ${endDate} end`, () => {
      const { layer, sent } = standIn(listing([cdr(1, "2026-05-11T18:29:59Z"), cdr(2, "2026-05-10T18:30:00Z")]))
      const cdrDays = { zone: Option.getOrThrow(DateTime.zoneFromString(zone)), endDate }
      return Effect.gen(function* () {
        assert.deepStrictEqual(yield* uuids(window), ["cdr-1", "cdr-2"])
        const params = sent[0]?.url.searchParams
        assert.deepStrictEqual<ReadonlyArray<unknown>>([params?.get("start_date"), params?.get("end_date")], [...asked])
      }).pipe(Effect.provide(services(layer, { cdrDays })))
    })
  }

  it.effect("says so where a call shows that the days are not as they were taken to be", () => {
    const { layer } = standIn(listing([cdr(1, "2026-05-11T19:00:00Z"), cdr(2, "2026-05-11T10:00:00Z")]))
    const cdrDays = { zone: Option.getOrThrow(DateTime.zoneFromString("+05:30")), endDate: "inclusive" } as const
    return Effect.gen(function* () {
      const error = yield* Effect.flip(uuids(window))
      assert.strictEqual(error.reason._tag, "DecodeFailure")
      assert.include(error.message, "[0].start_time")
      assert.include(error.message, "2026-05-11 to 2026-05-11 by the setting cdrDays")
    }).pipe(Effect.provide(services(layer, { cdrDays })))
  })

  it.effect("reads every page, of a server that gives fewer a page than asked", () => {
    const rows = Array.from({ length: 50 }, (_, n) => cdr(n, `2026-05-11T10:00:${59 - n}Z`))
    const { layer, sent } = standIn(listing(rows, 20))
    return Effect.gen(function* () {
      // The window is past: its list stands still, so that whole pages will do.
      yield* TestClock.setTime(Date.parse("2026-06-01T00:00:00Z"))
      assert.strictEqual((yield* uuids(window)).length, 50)
      assert.deepStrictEqual(
        sent.map(({ url }) => `${url.searchParams.get("page")} of ${url.searchParams.get("per_page")}`),
        // After the last page the one that starts just past its end: 50 rows are 5 pages of 10.
        ["1 of 100", "2 of 20", "3 of 20", "6 of 10", "1 of 20"]
      )
    }).pipe(Effect.provide(services(layer)))
  })

  it.effect("proves a list that may still grow, whose pages overlap by their sizes", () => {
    const rows = Array.from({ length: 543 }, (_, n) =>
      cdr(n, new Date(Date.parse("2026-05-11T10:00:00Z") - n * 7000).toISOString())
    )
    const { layer } = standIn(listing(rows))
    return Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-05-11T12:00:00Z"))
      const service = yield* CallDetailRecords.CallDetailRecords
      const { proof, rows } = yield* service.extract(window)
      assert.strictEqual(yield* Stream.runCount(rows), 543)
      const { pages, verdict } = yield* proof
      // A call may come in late by as long as it lasted: the last hours, here all, are read twice.
      assert.deepStrictEqual([verdict, pages], ["complete", 13])
    }).pipe(Effect.provide(services(layer)))
  })

  it.effect("lets pages overlap until the last day asked for is over everywhere", () => {
    const rows = Array.from({ length: 150 }, (_, n) => cdr(n, "2026-05-11T10:00:00Z"))
    const { layer, sent } = standIn(listing(rows))
    return Effect.gen(function* () {
      /** The sizes of the pages asked for: those that overlap differ in size. */
      const pages = Effect.fnUntraced(function* (now: string) {
        sent.length = 0
        yield* TestClock.setTime(Date.parse(now))
        yield* uuids(window)
        return [...new Set(sent.map(({ url }) => url.searchParams.get("per_page")))]
      })
      // Asked for until the end of May 12, which is over in the last zone at noon of the 13th in UTC.
      assert.isAbove((yield* pages("2026-05-13T15:59:59Z")).length, 2)
      // Else all are of one size, except the one just past the end.
      assert.deepStrictEqual(yield* pages("2026-05-13T16:00:00Z"), ["100", "75"])
    }).pipe(Effect.provide(services(layer)))
  })

  it.effect("keeps two rows of one leg: each was billed", () => {
    const rows = [cdr(1, "2026-05-11T10:00:00Z"), { ...cdr(2, "2026-05-11T10:00:00Z"), uuid: "cdr-1" }]
    const { layer } = standIn(listing(rows))
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* uuids(window), ["cdr-1", "cdr-1"])
    }).pipe(Effect.provide(services(layer)))
  })

  it.effect("reads a ring time that makes no sense as none, and names it", () => {
    const rows = [5, -2, 66, null].map((ring_time, n) =>
      Object.assign(cdr(n, "2026-05-11T10:00:00Z"), { duration: 65, billsec: 60, ring_time })
    )
    const { layer } = standIn(listing(rows))
    return Effect.gen(function* () {
      const service = yield* CallDetailRecords.CallDetailRecords
      const found = yield* Stream.runCollect(service.stream(window))
      assert.deepStrictEqual(
        found.map(({ unreadable, ringTime }) => [ringTime === null ? null : Duration.toSeconds(ringTime), unreadable]),
        [
          [5, []],
          [null, ["ring_time"]],
          [null, ["ring_time"]],
          [null, []]
        ]
      )
    }).pipe(Effect.provide(services(layer)))
  })

  it.effect("passes the filters on", () => {
    const { layer, sent } = standIn(listing([]))
    return Effect.gen(function* () {
      yield* uuids({
        ...window,
        direction: "inbound",
        minDuration: Duration.millis(1500),
        sipCallId: "sip",
        bridgeUuid: "bridge",
        hangupCause: "NORMAL_CLEARING"
      })
      const { end_date: _end, start_date: _start, ...rest } = Object.fromEntries(sent[0]?.url.searchParams ?? [])
      assert.deepStrictEqual(rest, {
        page: "1",
        per_page: "100",
        call_direction: "inbound",
        min_duration: "1",
        sip_call_id: "sip",
        bridge_uuid: "bridge",
        hangup_cause: "NORMAL_CLEARING"
      })
      assert.strictEqual(sent[0]?.url.pathname, "/api/v1/Account/MA_DEMO4821/cdr")
    }).pipe(Effect.provide(services(layer)))
  })

  it.effect("refuses a window that ends before it starts", () => {
    const { layer, sent } = standIn(listing([]))
    return Effect.gen(function* () {
      const error = yield* Effect.flip(uuids({ from: window.to, to: window.from }))
      assert.include(error.message, "to must be later than from")
      assert.strictEqual(sent.length, 0)
    }).pipe(Effect.provide(services(layer)))
  })

  it.effect("marks a start without a zone, which is read as UTC", () => {
    const { layer } = standIn(listing([cdr(1, "2026-05-11 10:00:00")]))
    return Effect.gen(function* () {
      const service = yield* CallDetailRecords.CallDetailRecords
      const [record] = yield* Stream.runCollect(service.stream(window))
      assert.isFalse(record?.zoneStated)
      assert.strictEqual(record?.startTime.epochMilliseconds, Date.parse("2026-05-11T10:00:00Z"))
    }).pipe(Effect.provide(services(layer)))
  })
})

describe("CallDetailRecords.stream", () => {
  it.effect("gives two rows whose ids a number cannot tell apart", () => {
    const rows = ["9007199254740992", "9007199254740993"].map((id) =>
      JSON.stringify({ ...cdr(1, "2026-05-11T10:00:00Z"), id: "ID", uuid: `leg-${id}` }).replace('"ID"', id)
    )
    const body = `{"data":[${rows}],"pagination":{"page":1,"per_page":100,"total":2,"has_next":false}}`
    return Effect.gen(function* () {
      const service = yield* CallDetailRecords.CallDetailRecords
      const { proof, rows } = yield* service.extract(window)
      assert.strictEqual((yield* Stream.runCollect(rows)).length, 2)
      assert.strictEqual((yield* proof).rows, 2)
    }).pipe(Effect.provide(services(standIn(() => new Response(body)).layer)))
  })
})

describe("CallDetailRecords.exportCsv", () => {
  const exporting = (body: string, status = 200, type = "text/csv", total = 0) =>
    services(
      standIn(({ url }) =>
        url.pathname.endsWith("/cdr")
          ? Response.json({ data: [], pagination: { page: 1, per_page: 1, total, has_next: total > 0 } })
          : new Response(body, { status, headers: { "content-type": type } })
      ).layer,
      {},
      RetryPolicy.none
    )
  const rows = Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) =>
    Stream.runCollect(service.exportCsv(window))
  )

  it.effect("reads columns by their names, in any order, with unknown ones beside", () =>
    Effect.gen(function* () {
      const [record, ...rest] = yield* rows
      assert.strictEqual(rest.length, 0)
      assert.strictEqual(record?.uuid, "a,b")
      assert.strictEqual(record?.totalCost && Money.format(record.totalCost), "0.45 INR")
      assert.isNull(record?.answerTime)
    }).pipe(
      Effect.provide(
        exporting(
          'billsec,new_column,uuid,start_time,duration,total_cost,currency,answer_time\n7,x,"a,b",2026-05-11T06:59:26Z,9,0.45,INR,\n'
        )
      )
    )
  )

  for (const [name, body] of [
    ["an empty body", ""],
    ["a header alone", "uuid,start_time,duration,billsec\n"]
  ] as const) {
    it.effect(`gives no rows for ${name}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* rows, [])
      }).pipe(Effect.provide(exporting(body)))
    )
  }

  it.effect("takes the account's token out of cells", () =>
    Effect.gen(function* () {
      const [record] = yield* rows
      assert.strictEqual(record?.hangupCause, "for <redacted>")
      assert.notInclude(JSON.stringify(record), token)
    }).pipe(
      Effect.provide(
        exporting(`uuid,start_time,duration,billsec,hangup_cause\na,2026-05-11T06:59:26Z,9,7,for ${token}\n`)
      )
    )
  )

  it.effect("names the line that is no CSV", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(rows)
      assert.strictEqual(error.reason._tag === "DecodeFailure" && error.reason.syntax, true)
      assert.include(error.message, "line 2")
    }).pipe(Effect.provide(exporting('uuid,start_time,duration,billsec\n"a,1\n')))
  )

  it.effect("says which column is missing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(rows)
      assert.strictEqual(error.reason._tag === "DecodeFailure" && error.reason.path, "start_time")
    }).pipe(Effect.provide(exporting("uuid,billsec,duration\na,1,1\n")))
  )

  const header = "uuid,start_time,duration,billsec"
  const row = "a,2026-05-11T06:59:26Z,9,7"
  for (const [name, body, type] of [
    ["a web page", "<!doctype html>\n<title>Vobiz</title>\n", "text/html"],
    ["a refusal in words", "Rate limit exceeded", "text/plain"],
    ["a refusal in words, called CSV", "Rate limit exceeded\n", "text/csv"],
    ["another header", "call_id,started,seconds\n1,2,3\n", "text/csv"],
    ["rows without a header", `${row}\n`, "text/csv"]
  ] as const) {
    it.effect(`refuses ${name}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(rows)
        assert.strictEqual(error.reason._tag, "DecodeFailure")
        assert.include(error.message, "uuid or id, start_time")
      }).pipe(Effect.provide(exporting(body, 200, type)))
    )
  }

  for (const [name, body, total] of [
    ["fewer rows than the list counts", `${header}\n${row}\n`, 2],
    ["nothing, of a list that has rows", "", 2],
    ["a header alone, of a list that has rows", `${header}\n`, 1],
    ["no last line end", `${header}\n${row}`, 1],
    ["a header that is cut", header, 0]
  ] as const) {
    it.effect(`takes a body for cut: ${name}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(rows)
        assert.strictEqual(error.reason._tag, "Transport")
        assert.isTrue(error.isRetryable)
      }).pipe(Effect.provide(exporting(body, 200, "text/csv", total)))
    )
  }

  it.effect("takes a row for cut that has fewer cells", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(rows)
      assert.include(error.message, "row 2: 4 cells, as in the header (got 2)")
    }).pipe(Effect.provide(exporting(`${header}\n${row}\nb,2026-05-11\n`, 200, "text/csv", 2)))
  )

  it.effect("does not fill the memory with a quote that is never closed", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(rows)
      assert.strictEqual(error.reason._tag, "DecodeFailure")
    }).pipe(Effect.provide(exporting(`${header}\n"${"x\n".repeat(2_000_000)}`)))
  )

  it.effect("has every row of a list that grew since it was counted", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* rows).length, 2)
    }).pipe(Effect.provide(exporting(`${header}\n${row}\n${row}\n`, 200, "text/csv", 1)))
  )

  it.effect("is a failure when a JSON error comes instead, whatever the status", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(rows)).reason._tag, "ServerFault")
    }).pipe(Effect.provide(exporting('{"error":"failed"}', 200, "application/json")))
  )
})

describe("CallDetailRecords.layerTest", () => {
  it.effect("serves what another layer decoded, and honours its filters", () => {
    const rows = [cdr(1, "2026-05-11T10:00:00Z"), { ...cdr(2, "2026-05-11T11:00:00Z"), call_direction: "inbound" }]
    return Effect.gen(function* () {
      const decoded = yield* Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) =>
        Stream.runCollect(service.stream(window))
      ).pipe(Effect.provide(services(standIn(listing(rows)).layer)))

      yield* Effect.gen(function* () {
        const service = yield* CallDetailRecords.CallDetailRecords
        const count = (query: Partial<CallDetailRecords.CdrQuery>) =>
          Stream.runCount(service.stream({ ...window, ...query }))
        assert.strictEqual(yield* count({}), 2)
        assert.strictEqual(yield* count({ direction: "inbound" }), 1)
        assert.strictEqual(yield* count({ from: at("2026-05-11T10:30:00Z") }), 1)
        assert.strictEqual(yield* count({ fromNumber: "no such" }), 0)
        assert.strictEqual((yield* service.get("cdr-2")).direction, "inbound")
        assert.strictEqual((yield* Effect.flip(service.get("cdr-9"))).reason._tag, "NotFound")
        assert.strictEqual((yield* service.recent(1)).length, 1)
        assert.strictEqual(yield* Stream.runCount(service.exportCsv(window)), 2)
      }).pipe(Effect.provide(CallDetailRecords.CallDetailRecords.layerTest({ records: decoded })))
    })
  })
})
