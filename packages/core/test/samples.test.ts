import { readdirSync, readFileSync } from "node:fs"

import { assert, describe, it } from "@vobiz-effect/test-support"
import { BigDecimal, DateTime, Duration, Effect, Stream } from "effect"

import {
  CallDetailRecord,
  CallDetailRecords,
  Money,
  PhoneNumber,
  type Recording,
  Recordings,
  RetryPolicy,
  Trunks,
  type VobizError
} from "../src/index.ts"
import { services, standIn } from "./utils.ts"

const folder = new URL("fixtures/", import.meta.url)
const read = (file: string) => readFileSync(new URL(file, folder), "utf8")

type Services = Recordings.Recordings | CallDetailRecords.CallDetailRecords | Trunks.Trunks

const e164Of = (number: PhoneNumber.PhoneNumber | null | undefined) => (number ? PhoneNumber.revealE164(number) : null)

const none = DateTime.makeUnsafe(0)

const day = { from: DateTime.makeUnsafe("2026-08-14T00:00:00Z"), to: DateTime.makeUnsafe("2026-08-15T00:00:00Z") }

const recordingsPage = Effect.flatMap(Recordings.Recordings, (service) => service.page())
const recordingsGet = Effect.flatMap(Recordings.Recordings, (service) => service.get("0c6f2d1e"))
const cdrPage = Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) => service.page(day))
const cdrGet = Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) => service.get("4d1a7c90"))
const cdrRecent = Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) => service.recent())
const cdrExport = Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) =>
  Stream.runCollect(service.exportCsv(day))
)
const trunksGet = Effect.flatMap(Trunks.Trunks, (service) => service.get("5a0f1c3d"))

interface Sample {
  readonly status: number
  readonly ask: Effect.Effect<unknown, VobizError.VobizError, Services>
  /** The reason's tag where the body is a failure. */
  readonly fails?: VobizError.Reason["_tag"]
  readonly requestId?: string
  readonly check?: (value: never) => void
}

const ids = (page: Recordings.RecordingsPage) => page.recordings.map(({ recordingId }) => recordingId)

/** What each body is the answer to, and what must come of it. */
const samples: Readonly<Record<string, Sample>> = {
  "recordings-list.page1.json": {
    status: 200,
    ask: recordingsPage,
    check: (page: Recordings.RecordingsPage) => {
      assert.isTrue(page.hasNext)
      assert.strictEqual(page.totalCount, 5)
      assert.strictEqual(page.requestId, "c2f0b7a4-8d2e-4f15-9a4e-0e6f5a7b1001")
      const [call, , trunk] = page.recordings
      assert.isNull(call?.conferenceName)
      assert.strictEqual(DateTime.formatIso(call?.addTime ?? none), "2026-08-14T05:32:33.518Z")
      assert.strictEqual(DateTime.formatIso(call?.startTime ?? none), "2026-08-14T05:31:44.954Z")
      assert.strictEqual(Duration.toMillis(call?.duration ?? Duration.zero), 48_260)
      assert.strictEqual(Duration.toSeconds(call?.roundedDuration ?? Duration.zero), 60)
      assert.strictEqual(trunk?.callUuid, trunk?.recordingId)
      assert.isNull(trunk?.startTime)
      const from = trunk?.from ?? PhoneNumber.fromRaw("")
      assert.deepStrictEqual(
        [PhoneNumber.revealRaw(from), PhoneNumber.reveal(from)],
        ["00918045670012", "+918045670012"]
      )
    }
  },
  "recordings-list.last-page.json": {
    status: 200,
    ask: recordingsPage,
    check: (page: Recordings.RecordingsPage) => {
      assert.isFalse(page.hasNext)
      assert.strictEqual(page.recordings[1]?.conferenceName, "standup-room")
      assert.strictEqual(e164Of(page.recordings[0]?.to), "+919812345672")
    }
  },
  "recordings-list.empty.json": {
    status: 200,
    ask: recordingsPage,
    check: (page: Recordings.RecordingsPage) => {
      assert.deepStrictEqual([page.recordings.length, page.totalCount, page.hasNext], [0, 0, false])
    }
  },
  "recordings-list.server-capped.inferred.json": {
    status: 200,
    ask: recordingsPage,
    check: (page: Recordings.RecordingsPage) => assert.deepStrictEqual([ids(page).length, page.limit], [20, 20])
  },
  "recordings-list.old-docs-shape.json": { status: 200, ask: recordingsPage, fails: "DecodeFailure" },
  "recordings-list.openapi-example-shape.json": {
    status: 200,
    ask: recordingsPage,
    // Its rows have no instant, and nothing counts them.
    check: (page: Recordings.RecordingsPage) => {
      assert.deepStrictEqual([page.recordings.length, page.totalCount], [0, null])
      assert.isNotEmpty(page.rejects)
      for (const { field } of page.rejects) assert.strictEqual(field, "add_time")
    }
  },
  "recording-get.flat.json": {
    status: 200,
    ask: recordingsGet,
    check: (recording: Recording.Recording) => assert.strictEqual(recording.recordingType, "call")
  },
  "recording-get.flat-trunk.json": {
    status: 200,
    ask: recordingsGet,
    check: (recording: Recording.Recording) =>
      assert.deepStrictEqual([recording.recordingType, recording.endTime], ["trunk", null])
  },
  "recording-get.enveloped-old.json": {
    status: 200,
    ask: recordingsGet,
    check: (recording: Recording.Recording) =>
      assert.strictEqual(recording.recordingId, "0c6f2d1e-51b7-4a0e-9d7b-2f60a1c3e401")
  },
  "recording-404.json": {
    status: 404,
    ask: recordingsGet,
    fails: "NotFound",
    requestId: "c2f0b7a4-8d2e-4f15-9a4e-0e6f5a7b1008"
  },
  "cdr-list.json": {
    status: 200,
    ask: cdrPage,
    check: (page: CallDetailRecords.CdrPage) => {
      const [answered, unanswered, trunk] = page.records
      assert.isTrue(answered !== undefined && CallDetailRecord.isAnswered(answered))
      assert.strictEqual(answered?.totalCost && Money.format(answered.totalCost), "0.9 INR")
      assert.isFalse(unanswered !== undefined && CallDetailRecord.isAnswered(unanswered))
      assert.isNull(unanswered?.answerTime)
      assert.strictEqual(e164Of(trunk?.to), "+919812345671")
      assert.strictEqual(trunk?.sipCallId, "7QmVbz3rTn8LkPf0Yd2SxAhWcE4u")
      assert.isTrue(trunk?.zoneStated)
    }
  },
  "cdr-list.page1-of-2.json": {
    status: 200,
    ask: cdrPage,
    check: (page: CallDetailRecords.CdrPage) => assert.isTrue(page.hasNext)
  },
  "cdr-list.page2-of-2.json": {
    status: 200,
    ask: cdrPage,
    check: (page: CallDetailRecords.CdrPage) => assert.isFalse(page.hasNext)
  },
  "cdr-list.empty.json": {
    status: 200,
    ask: cdrPage,
    check: (page: CallDetailRecords.CdrPage) => {
      assert.strictEqual(page.records.length, 0)
      assert.strictEqual(page.summary?.totalCalls, 0)
    }
  },
  "cdr-list.currency-usd-observed.json": {
    status: 200,
    ask: cdrPage,
    check: (page: CallDetailRecords.CdrPage) => assert.strictEqual(page.records[0]?.totalCost?.currency, "USD")
  },
  "cdr-list.legs-and-duplicate.inferred.json": {
    status: 200,
    ask: cdrPage,
    check: (page: CallDetailRecords.CdrPage) => {
      assert.strictEqual(page.records.length, 3)
      assert.strictEqual(BigDecimal.format(page.summary?.totalCost ?? BigDecimal.fromBigInt(0n)), "2.04")
    }
  },
  "cdr-list.old-docs-shape.partial.json": {
    status: 200,
    ask: cdrPage,
    check: (page: CallDetailRecords.CdrPage) => {
      assert.deepStrictEqual([page.records.length, page.total], [0, null])
      assert.isNotEmpty(page.rejects)
      for (const { field } of page.rejects) assert.strictEqual(field, "uuid")
    }
  },
  "cdr-search.json": {
    status: 200,
    ask: cdrPage,
    check: (page: CallDetailRecords.CdrPage) => assert.strictEqual(page.perPage, 50)
  },
  "partner-cdr-list.json": {
    status: 200,
    ask: cdrPage,
    check: (page: CallDetailRecords.CdrPage) => assert.strictEqual(page.records.length, 1)
  },
  "cdr-recent.json": {
    status: 200,
    ask: cdrRecent,
    check: (records: ReadonlyArray<unknown>) => assert.strictEqual(records.length, 2)
  },
  "cdr-get.json": {
    status: 200,
    ask: cdrGet,
    check: (record: { readonly uuid: string }) =>
      assert.strictEqual(record.uuid, "4d1a7c90-6f2b-4c77-8a35-b1f0d2e9c501")
  },
  "cdr-get.observed-extra-field.json": {
    status: 200,
    ask: cdrGet,
    check: (record: object) => assert.notProperty(record, "billing_status")
  },
  "partner-cdr-get.flat.json": {
    status: 200,
    ask: cdrGet,
    check: (record: { readonly uuid: string }) => assert.isNotEmpty(record.uuid)
  },
  "cdr-404.inferred.json": { status: 404, ask: cdrGet, fails: "NotFound" },
  "cdr-export.columns-inferred.csv": {
    status: 200,
    ask: cdrExport,
    check: (
      records: ReadonlyArray<{ readonly uuid: string; readonly totalCost: Money.Money | null; readonly codec: unknown }>
    ) => {
      assert.deepStrictEqual(
        records.map(({ totalCost, uuid }) => [uuid.slice(0, 8), totalCost && Money.format(totalCost)]),
        [
          ["4d1a7c90", "0.9 INR"],
          ["f2c81e77", "0 INR"],
          ["3e9b1f44", "1.14 INR"]
        ]
      )
      assert.isNull(records[1]?.codec)
    }
  },
  "trunk-get.json": {
    status: 200,
    ask: trunksGet,
    check: (trunk: { readonly recording: boolean }) => assert.isTrue(trunk.recording)
  },
  "error.documented-envelope.401.json": { status: 401, ask: recordingsPage, fails: "Unauthorized" },
  "error.documented-envelope.402.json": {
    status: 402,
    ask: recordingsPage,
    fails: "PaymentRequired",
    requestId: "req_demo0402"
  },
  "error.documented-envelope.403.json": { status: 403, ask: recordingsPage, fails: "Forbidden" },
  "error.documented-envelope.422.json": { status: 422, ask: recordingsPage, fails: "InvalidRequest" },
  "error.documented-envelope.429.json": {
    status: 429,
    ask: recordingsPage,
    fails: "RateLimited",
    requestId: "req_demo0429"
  },
  "error.documented-envelope.500.inferred.json": {
    status: 500,
    ask: recordingsPage,
    fails: "ServerFault",
    requestId: "req_demo0500"
  },
  "error.flat-error-details.json": { status: 404, ask: recordingsPage, fails: "NotFound" },
  "error.flat-error.json": { status: 401, ask: recordingsPage, fails: "Unauthorized" },
  "error.gateway-message.json": { status: 404, ask: recordingsPage, fails: "NotFound" },
  "error.http-200-with-error.json": { status: 200, ask: recordingsPage, fails: "ServerFault" },
  // Bodies of operations that this package does not have: no list can be read from them, and the failures are failures.
  "export-recording.202.json": { status: 202, ask: recordingsPage, fails: "DecodeFailure" },
  "export-recording.400.json": { status: 400, ask: recordingsPage, fails: "InvalidRequest" },
  "export-recording.403.json": { status: 403, ask: recordingsPage, fails: "Forbidden" },
  "bulk-delete.202.inferred.json": { status: 202, ask: recordingsPage, fails: "DecodeFailure" },
  "conference-record-start.200.json": { status: 200, ask: recordingsPage, fails: "DecodeFailure" },
  "record-start.200.json": { status: 200, ask: recordingsPage, fails: "DecodeFailure" }
}

/** Not answers of the API: the index, a request, and what the provider posts to webhooks. */
const notAnswers = /^(INDEX\.json|export-recording\.request\.json|callback\..*)$/

const layerOf = (body: string, status: number) =>
  services(
    standIn(({ url }) =>
      // Before an export, the rows of the list are counted.
      url.searchParams.get("per_page") === "1"
        ? Response.json({ pagination: { total: 1 } })
        : new Response(body, { status })
    ).layer,
    {},
    RetryPolicy.none
  )

describe("sample bodies", () => {
  it("are all spoken for", () => {
    const files = readdirSync(folder).filter((file) => !notAnswers.test(file))
    assert.deepStrictEqual(files.toSorted(), Object.keys(samples).toSorted())
  })

  for (const [file, { ask, check, fails, requestId, status }] of Object.entries(samples)) {
    it.effect(`${file} ${fails === undefined ? "decodes" : `is a ${fails}`}`, () =>
      Effect.gen(function* () {
        if (fails === undefined) {
          const value = yield* ask
          check?.(value as never)
          return
        }
        const error = yield* Effect.flip(ask)
        assert.strictEqual(error.reason._tag, fails)
        assert.strictEqual("status" in error.reason ? error.reason.status : status, status)
        if (requestId !== undefined) assert.strictEqual(error.requestId, requestId)
      }).pipe(Effect.provide(layerOf(read(file), status)))
    )
  }

  it.effect("tell which field was wrong, and where a body is not of a known form", () =>
    Effect.gen(function* () {
      const wrongField = yield* Effect.flip(recordingsPage).pipe(
        Effect.provide(layerOf(read("error.documented-envelope.422.json"), 422))
      )
      assert.include(wrongField.message, "per_page must be between 1 and 100")
      const unknownForm = yield* Effect.flip(cdrRecent).pipe(
        Effect.provide(layerOf(read("cdr-list.old-docs-shape.partial.json"), 200))
      )
      assert.strictEqual(unknownForm.reason._tag === "RowsSetAside" && unknownForm.reason.field, "uuid")
      assert.notInclude(unknownForm.message, "918045670012")
    })
  )
})
