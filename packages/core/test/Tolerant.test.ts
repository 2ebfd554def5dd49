import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Effect, Metric, Redacted, Stream } from "effect"

import {
  CallDetailRecords,
  Checkpoint,
  type ExtractProof,
  ProviderRow,
  Recordings,
  Trunks,
  type VobizConfig
} from "../src/index.ts"
import { services, standIn } from "./utils.ts"

const noon = Date.parse("2026-08-14T12:00:00Z")

const recording = (n: number, odd: object = {}) => ({
  recording_id: `r${n}`,
  call_uuid: `c${n}`,
  recording_type: "call",
  add_time: new Date(noon - n * 1000).toISOString(),
  recording_duration_ms: "7880.00000",
  from_number: "+918045670012",
  ...odd
})

const cdr = (n: number, odd: object = {}) => ({
  id: 1000 - n,
  uuid: `c${n}`,
  start_time: new Date(noon - n * 1000).toISOString(),
  duration: 40,
  billsec: 35,
  ...odd
})

const window = { from: DateTime.makeUnsafe("2026-08-14T00:00:00Z"), to: DateTime.makeUnsafe("2026-08-15T00:00:00Z") }

interface Shape {
  readonly total?: unknown
  readonly bare?: boolean
  readonly cap?: number
}

/** Answers every list with these rows; `total` takes the place of its count, and `bare` leaves all but the rows out. */
const listing = (rows: ReadonlyArray<unknown>, { bare = false, cap = 100, ...shape }: Shape = {}) =>
  standIn(({ url }) => {
    const number = (name: string) => Number(url.searchParams.get(name))
    const isCdr = url.pathname.endsWith("/cdr")
    const limit = Math.min(cap, isCdr ? number("per_page") : number("limit"))
    const offset = isCdr ? (number("page") - 1) * limit : number("offset")
    const page = rows.slice(offset, offset + limit)
    if (bare) return Response.json(page)
    const total = "total" in shape ? shape.total : rows.length
    const more = offset + limit < rows.length
    return Response.json(
      isCdr
        ? { data: page, pagination: { page: number("page"), per_page: limit, total, has_next: more } }
        : { meta: { limit, offset, total_count: total, total, next: more ? "/more" : null }, objects: page }
    )
  })

const extracted = <R>(
  list: Effect.Effect<
    {
      readonly rows: Stream.Stream<unknown, unknown>
      readonly rejects: Stream.Stream<{ readonly raw: Redacted.Redacted<string>; readonly field: string }>
      readonly proof: Effect.Effect<ExtractProof.ExtractProof>
    },
    never,
    R
  >
) =>
  Effect.gen(function* () {
    const { proof, rejects, rows } = yield* list
    return { rows: yield* Stream.runCollect(rows), rejects: yield* Stream.runCollect(rejects), proof: yield* proof }
  })

const recordings = Effect.flatMap(Recordings.Recordings, (service) => service.extract())
const cdrs = Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) => service.extract(window))
const trunks = Effect.flatMap(Trunks.Trunks, (service) => service.extract)

const over = (rows: ReadonlyArray<unknown>, shape?: Shape, config: Partial<VobizConfig.Options> = {}) =>
  services(listing(rows, shape).layer, config)

const rows = (count: number) => Array.from({ length: count }, (_, n) => recording(n))

describe("an odd field", () => {
  const odd: ReadonlyArray<readonly [string, object]> = [
    ["recording_duration_ms", { recording_duration_ms: "-1.00000" }],
    ["recording_duration_ms", { recording_duration_ms: 1e300 }],
    ["recording_end_ms", { recording_end_ms: "N/A" }],
    ["from_number", { from_number: 918045670012 }],
    ["recording_url", { recording_url: ["x"] }],
    ["call_uuid", { call_uuid: {} }]
  ]
  for (const [field, fields] of odd) {
    it.effect(`is null and counted: ${JSON.stringify(fields)}`, () =>
      Effect.gen(function* () {
        const { proof, rejects, rows: found } = yield* extracted(recordings)
        assert.deepStrictEqual([found.length, rejects.length], [3, 0])
        assert.deepStrictEqual([proof.verdict, proof.unreadable, proof.setAside], ["complete", { [field]: 1 }, 0])
      }).pipe(Effect.provide(over([recording(0), recording(1, fields), recording(2)])))
    )
  }

  it.effect("that is absent is no odd one", () =>
    Effect.gen(function* () {
      const { proof, rows: found } = yield* extracted(recordings)
      assert.deepStrictEqual(proof.unreadable, {})
      assert.deepInclude(found[0], { callUuid: null, recordingUrl: null, unreadable: [] })
    }).pipe(Effect.provide(over([recording(0, { call_uuid: null, recording_url: "" })])))
  )

  it.effect("is counted by name in a metric", () =>
    Effect.gen(function* () {
      yield* extracted(cdrs)
      const snapshot = yield* Metric.snapshot
      const found = snapshot.flatMap((metric) =>
        metric.id === "vobiz_unreadable_fields_total" ? [[metric.attributes?.field, metric.state]] : []
      )
      assert.deepInclude(found, ["trunk_id", { count: 2, incremental: true }])
      assert.deepInclude(found, ["hangup_cause", { count: 1, incremental: true }])
    }).pipe(
      Effect.provide(over([cdr(0, { trunk_id: 7 }), cdr(1, { trunk_id: 7, hangup_cause: 16 })])),
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
  )

  it.effect("of a CDR or a trunk does not end the list", () =>
    Effect.gen(function* () {
      const { proof, rows: found } = yield* extracted(cdrs)
      assert.deepStrictEqual([found.length, proof.verdict], [2, "complete"])
      assert.deepStrictEqual(proof.unreadable, { billsec: 1, ring_time: 1, total_cost: 1, trunk_id: 1 })
      assert.deepInclude(found[0], { billsec: null, trunkId: null, totalCost: null })
    }).pipe(
      Effect.provide(
        over([cdr(0, { billsec: "?", trunk_id: 7, total_cost: "free", currency: "INR", ring_time: 99 }), cdr(1)])
      )
    )
  )
})

describe("a row that lacks what it needs", () => {
  const broken = [recording(0), recording(1, { add_time: "yesterday" }), recording(2), { call_uuid: "c9" }, 7]

  it.effect("is set aside with its raw text, and in doubt", () =>
    Effect.gen(function* () {
      const { proof, rejects, rows: found } = yield* extracted(recordings)
      assert.deepStrictEqual(
        found.map((row) => (row as { readonly recordingId: string }).recordingId),
        ["r0", "r2"]
      )
      assert.deepStrictEqual(
        rejects.map(({ field }) => field),
        ["add_time", "recording_id", ""]
      )
      assert.deepStrictEqual(
        rejects.map(({ raw }) => JSON.parse(Redacted.value(raw))),
        [broken[1], broken[3], broken[4]]
      )
      assert.deepStrictEqual([proof.verdict, proof.rowsInDoubt, proof.setAside, proof.rows], ["in-doubt", 3, 3, 5])
      assert.notInclude(JSON.stringify(rejects), "8045670012")
    }).pipe(Effect.provide(over(broken)))
  )

  it.effect("makes a stream fail in the end, with its id", () =>
    Effect.gen(function* () {
      let seen = 0
      const stream = (yield* Recordings.Recordings).stream().pipe(Stream.tap(() => Effect.sync(() => void seen++)))
      const { message, reason } = yield* Effect.flip(Stream.runDrain(stream))
      assert.strictEqual(seen, 2)
      assert.deepInclude(reason, { _tag: "RowsSetAside", count: 3, field: "add_time", id: "r1" })
      assert.include(message, "row r1 has no add_time that is a timestamp such as")
      assert.include(message, "and 2 more")
      assert.isFalse((yield* Effect.flip(Stream.runDrain(stream))).isRetryable)
    }).pipe(Effect.provide(over(broken)))
  )

  it.effect("does not shift the pages", () =>
    Effect.gen(function* () {
      const { proof, rows: found } = yield* extracted(recordings)
      assert.deepStrictEqual([found.length, proof.setAside, proof.rowsInDoubt], [230, 20, 20])
      assert.deepStrictEqual(
        proof.doubts.map(({ kind }) => kind),
        ["set-aside"]
      )
    }).pipe(
      Effect.provide(
        over(
          Array.from({ length: 250 }, (_, n) => recording(n, n % 12 === 10 && n < 240 ? { add_time: {} } : {})),
          { cap: 20 }
        )
      )
    )
  )

  it.effect("is a CDR without an id, or without its start", () =>
    Effect.gen(function* () {
      const { rejects, rows: found } = yield* extracted(cdrs)
      assert.deepStrictEqual(
        found.map((row) => (row as { readonly uuid: string }).uuid),
        ["c0", "999"]
      )
      assert.deepStrictEqual(
        rejects.map(({ field }) => field),
        ["uuid", "start_time"]
      )
    }).pipe(
      Effect.provide(
        over([cdr(0), cdr(1, { uuid: null }), cdr(2, { uuid: "", id: " " }), cdr(3, { start_time: "now" })])
      )
    )
  )

  it.effect("is a trunk without an id", () =>
    Effect.gen(function* () {
      const { proof, rows: found } = yield* extracted(trunks)
      assert.deepStrictEqual([found.length, proof.setAside, proof.verdict], [1, 1, "in-doubt"])
      assert.deepInclude(found[0], { trunkId: "t", recording: null, unreadable: ["recording"] })
    }).pipe(Effect.provide(over([{ trunk_id: "t", recording: "perhaps" }, { name: "nameless" }])))
  )

  it.effect("ends the reading where there are more than 10,000", () =>
    Effect.gen(function* () {
      const { rejects, rows: found } = yield* recordings
      const { reason } = yield* Effect.flip(Stream.runDrain(found))
      assert.strictEqual(reason._tag, "RowsSetAside")
      const count = yield* Stream.runCount(rejects)
      assert.isAbove(count, 10_000)
      assert.isBelow(count, 10_200)
    }).pipe(Effect.provide(over(Array.from({ length: 12_000 }, (_, n) => recording(n, { add_time: null })))))
  )

  it.effect("is kept along with a reading that was stopped", () =>
    Effect.gen(function* () {
      const checkpoint = yield* Checkpoint.Checkpoint
      const service = yield* Recordings.Recordings
      const resumed = service.resume({ checkpoint, name: "nightly" })
      const first = yield* resumed
      assert.strictEqual(yield* first.rows.pipe(Stream.take(45), Stream.runCount), 45)
      const second = yield* resumed
      assert.isAbove(yield* Stream.runCount(second.rejects), 1)
      yield* Stream.runDrain(second.rows)
      const proof = yield* second.proof
      assert.deepStrictEqual([proof.setAside, proof.rowsInDoubt, proof.unreadable], [10, 10, { from_number: 90 }])
      assert.strictEqual((yield* Stream.runCollect(second.rejects)).length, 10)
    }).pipe(
      Effect.provide([
        over(
          Array.from({ length: 100 }, (_, n) => recording(n, n % 10 === 5 ? { add_time: 7 } : { from_number: 7 })),
          { cap: 20 }
        ),
        Checkpoint.Checkpoint.layerMemory
      ])
    )
  )

  it.effect("can be archived if it has an id and an address", () =>
    Effect.gen(function* () {
      const { rejects } = yield* recordings
      const { rows: found } = yield* recordings
      yield* Stream.runDrain(found)
      const extract = yield* recordings
      yield* Stream.runDrain(extract.rows)
      assert.deepStrictEqual(yield* Stream.runCollect(rejects), [])
      const archivable = (yield* Stream.runCollect(extract.rejects)).map((reject) =>
        ProviderRow.archivable(reject, DateTime.makeUnsafe(0))
      )
      assert.deepStrictEqual(
        archivable.map((row) => row && [row.recordingId, row.addTime.epochMilliseconds, row.unreadable]),
        [["r1", noon, ["add_time"]], null, null]
      )
    }).pipe(
      Effect.provide(
        over([
          recording(0),
          recording(1, { add_time: "?", recording_url: "https://media.vobiz.ai/r1.mp3" }),
          recording(2, { add_time: "?" }),
          { recording_url: "https://media.vobiz.ai/r3.mp3" }
        ])
      )
    )
  )
})

describe("the envelope of a list", () => {
  it.effect("may hold null for no rows", () =>
    Effect.gen(function* () {
      const service = yield* Recordings.Recordings
      const { proof, rows: found } = yield* extracted(service.extract())
      assert.deepStrictEqual([found.length, proof.verdict, proof.total], [0, "complete", 0])
    }).pipe(
      Effect.provide(
        services(standIn(() => Response.json({ meta: { limit: 20, offset: 0, total_count: 0 }, objects: null })).layer)
      )
    )
  )

  it.effect("may hold its count as text", () =>
    Effect.gen(function* () {
      const { proof } = yield* extracted(recordings)
      assert.deepStrictEqual([proof.verdict, proof.total], ["complete", 150])
    }).pipe(Effect.provide(over(rows(150), { total: "150" })))
  )

  for (const [name, list, shape] of [
    ["recordings without a count", recordings, { total: undefined }],
    ["recordings without a count, of small pages", recordings, { total: null, cap: 20 }],
    ["recordings of a bare array", recordings, { bare: true }],
    ["recordings of a bare array of small pages", recordings, { bare: true, cap: 20 }]
  ] as const) {
    it.effect(`${name}: all are read, and nothing is proved`, () =>
      Effect.gen(function* () {
        const { proof, rows: found } = yield* extracted(list)
        assert.strictEqual(found.length, 250)
        assert.deepStrictEqual([proof.verdict, proof.total, proof.rowsInDoubt], ["in-doubt", null, null])
        assert.include(proof.doubts.map(({ detail }) => detail).join(), "does not say how many rows")
      }).pipe(Effect.provide(over(rows(250), shape)))
    )
  }

  for (const shape of [{ total: undefined }, { total: undefined, cap: 20 }, { bare: true }]) {
    it.effect(`CDRs of ${JSON.stringify(shape)}: all are read, and nothing is proved`, () =>
      Effect.gen(function* () {
        const { proof, rows: found } = yield* extracted(cdrs)
        assert.strictEqual(found.length, 250)
        assert.deepStrictEqual([proof.verdict, proof.total], ["in-doubt", null])
      }).pipe(
        Effect.provide(
          over(
            Array.from({ length: 250 }, (_, n) => cdr(n)),
            shape
          )
        )
      )
    )
  }

  it.effect("of another form is a typed error", () =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip((yield* Recordings.Recordings).page())
      assert.deepInclude(reason, { _tag: "DecodeFailure", path: "objects" })
    }).pipe(Effect.provide(services(standIn(() => Response.json({ meta: {}, recordings: [] })).layer)))
  )
})

describe("ids of CDRs", () => {
  it.effect("above 2^53 are told apart", () =>
    Effect.gen(function* () {
      const { proof, rows: found } = yield* extracted(cdrs)
      assert.deepStrictEqual(
        found.map((row) => (row as { readonly id: string }).id),
        ["9007199254740993", "9007199254740992"]
      )
      assert.strictEqual(proof.rows, 2)
    }).pipe(
      Effect.provide(
        services(
          standIn(
            () =>
              new Response(
                `{"data":[${["9007199254740993", "9007199254740992"].map((id) => `{"id":${id},"uuid":"a","start_time":"2026-08-14T12:00:00Z"}`).join()}],"pagination":{"page":1,"per_page":100,"total":2,"has_next":false}}`
              )
          ).layer
        )
      )
    )
  )
})

describe("instants without a zone", () => {
  const zoneless = [recording(0, { add_time: "2026-08-14 12:00:00" }), recording(1)]

  it.effect("are counted, and read as UTC where no zone is set", () =>
    Effect.gen(function* () {
      const { proof, rows: found } = yield* extracted(recordings)
      assert.deepStrictEqual([proof.zoneless, proof.rowsZone], [{ add_time: 1 }, null])
      assert.strictEqual((found[0] as { readonly addTime: DateTime.Utc }).addTime.epochMilliseconds, noon)
    }).pipe(Effect.provide(over(zoneless)))
  )

  for (const rowsZone of ["Asia/Kolkata", "+05:30"]) {
    it.effect(`are of the zone that is set: ${rowsZone}`, () =>
      Effect.gen(function* () {
        const { proof, rows: found } = yield* extracted(recordings)
        assert.deepStrictEqual(proof.zoneless, { add_time: 1 })
        assert.include(["Asia/Kolkata", "Asia/Calcutta", "+05:30"], proof.rowsZone)
        const [at, other] = (found as ReadonlyArray<{ readonly addTime: DateTime.Utc }>).map(
          ({ addTime }) => addTime.epochMilliseconds
        )
        assert.deepStrictEqual([at, other], [noon - 5.5 * 3_600_000, noon - 1000])
      }).pipe(Effect.provide(over(zoneless, {}, { rowsZone })))
    )
  }

  it("follow the hours that the zone changes", () => {
    const zone = DateTime.zoneMakeNamedUnsafe("Europe/Berlin")
    const at = (text: string) => {
      const row = ProviderRow.cdr.reader({ rowsZone: zone })({ uuid: "u", start_time: text })
      return row._tag === "Success" ? DateTime.formatIso(row.success.startTime) : "none"
    }
    assert.strictEqual(at("2026-03-29 01:59:59"), "2026-03-29T00:59:59.000Z")
    assert.strictEqual(at("2026-03-29 03:00:00"), "2026-03-29T01:00:00.000Z")
    assert.strictEqual(at("2026-10-25 03:00:00.5"), "2026-10-25T02:00:00.500Z")
  })
})

describe("instants", () => {
  const forms = [
    "2026-05-07 09:45:35+00",
    "2026-05-07 09:45:35.000+00",
    "2026-05-07 15:15:35+05:30",
    "2026-05-07 15:15:35+0530",
    "2026-05-07 14:45:35+05",
    "2026-05-07 15:15:35+05:30:00",
    "2026-05-07t09:45:35z",
    "2026-05-07T09:45:35,000Z",
    "2026-05-07T09:45:35.0000000000Z",
    "2026-05-07 09:45:35 UTC",
    "2026-05-07 09:45:35 gmt",
    " 2026-05-07 09:45:35Z ",
    "2026-05-07T15:15:35+05:30[Asia/Kolkata]",
    "2026-127T09:45:35Z",
    "2026-W19-4T09:45:35Z",
    "20260507T094535Z",
    "2026127T094535Z",
    "2026W194T094535Z",
    "Thu, 07 May 2026 09:45:35 +0000",
    "Thu, 7 May 2026 15:15:35 +0530",
    "7 May 2026 09:45:35 GMT (Coordinated)",
    "Thu May 07 09:45:35 2026 UTC",
    "Thu May 07 09:45:35.000 2026 UTC",
    "07.05.2026 09:45:35 UTC"
  ]
  for (const form of forms) {
    it(`are read in the form ${JSON.stringify(form)}`, () => {
      const row = ProviderRow.cdr.reader()({ uuid: "u", start_time: form })
      assert.strictEqual(row._tag, "Success")
      if (row._tag === "Failure") return
      assert.strictEqual(DateTime.formatIso(row.success.startTime), "2026-05-07T09:45:35.000Z")
      assert.isTrue(row.success.zoneStated)
    })
  }

  it("may lack their seconds, or end a day", () => {
    const at = (text: string) => {
      const row = ProviderRow.cdr.reader()({ uuid: "u", start_time: text })
      return row._tag === "Success" ? [DateTime.formatIso(row.success.startTime), row.success.zoneless] : []
    }
    assert.deepStrictEqual(at("2026-05-07 09:45+00"), ["2026-05-07T09:45:00.000Z", []])
    assert.deepStrictEqual(at("2026-05-07T09:45"), ["2026-05-07T09:45:00.000Z", ["start_time"]])
    assert.deepStrictEqual(at("2026-12-31T24:00:00Z"), ["2027-01-01T00:00:00.000Z", []])
    assert.deepStrictEqual(at("2024-366T00:00Z"), ["2024-12-31T00:00:00.000Z", []])
    assert.deepStrictEqual(at("2027-W01-1T00:00Z"), ["2027-01-04T00:00:00.000Z", []])
  })
})
