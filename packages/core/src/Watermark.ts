/**
 * Reads only what is new since the last time.
 *
 * @since 0.1.0
 */
import * as CanonicalJson from "@vobiz-effect/files/CanonicalJson"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { CallDetailRecord } from "./CallDetailRecord.ts"
import { CallDetailRecords, type CdrQuery } from "./CallDetailRecords.ts"
import { Checkpoint, CheckpointError } from "./Checkpoint.ts"

import type * as OffsetPager from "./OffsetPager.ts"
import type { Recording } from "./Recording.ts"
import { Recordings, type RecordingsQuery } from "./Recordings.ts"
import { VobizConfig } from "./VobizConfig.ts"
import type { VobizError } from "./VobizError.ts"

/**
 * How a watermark is kept and used.
 *
 * - `name`: under which it is kept in `Checkpoint`; one for each account and list.
 * - `lookBack`: how far below the watermark is read again, for rows that came late; rows of there come again.
 * - `start`: where to begin when there is no watermark yet.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly name: string
  readonly lookBack: Duration.Input
  readonly start: DateTime.Utc
}

/**
 * The rows that are new since a watermark.
 *
 * The watermark moves once `rows` is read to its end and proved complete. Otherwise it stays, so no row is skipped.
 *
 * @category models
 * @since 0.1.0
 */
export interface Increment<Row> {
  /** The instant of the watermark: rows from then on are read. */
  readonly since: DateTime.Utc
  readonly rows: Stream.Stream<Row, VobizError | CheckpointError>
  /** How completely the rows were read; there once they are. */
  readonly proof: OffsetPager.Extract<Row>["proof"]
}

const Mark = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.Literal(1),
    identity: Schema.String,
    asOf: Schema.DateTimeUtcFromString
  })
)

const decodeMark = Schema.decodeUnknownEffect(Mark)
const encodeMark = Schema.encodeEffect(Mark)

const load = Effect.fnUntraced(function* (name: string, identity: string) {
  const text = yield* Effect.flatMap(Checkpoint, (checkpoint) => checkpoint.load(name))
  if (text === null) return undefined
  const refuse = (detail: string) =>
    new CheckpointError({ name, detail: `${detail}. Take it away to begin at the start, or use another name` })
  const mark = yield* decodeMark(text).pipe(Effect.mapError(() => refuse("it is damaged, or no watermark")))
  if (mark.identity !== identity) {
    return yield* refuse(`it is of another account or list: ${mark.identity}, and this is ${identity}`)
  }
  return mark.asOf
})

const news = Effect.fnUntraced(function* <Row>(
  { lookBack, name, start }: Options,
  identity: string,
  extract: (since: DateTime.Utc) => Effect.Effect<OffsetPager.Extract<Row>>
): Effect.fn.Return<Increment<Row>, CheckpointError, Checkpoint> {
  const checkpoint = yield* Checkpoint
  const mark = yield* load(name, identity)
  const since = mark === undefined ? start : DateTime.max(start, DateTime.subtractDuration(mark, lookBack))
  const { proof, rows } = yield* extract(since)
  const move = Effect.gen(function* () {
    const { asOf, verdict } = yield* proof
    if (verdict !== "complete" || asOf === null) return
    yield* checkpoint.save(name, yield* Effect.orDie(encodeMark({ version: 1, identity, asOf })))
  })
  return { since, proof, rows: Stream.concat(rows, Stream.drain(Stream.fromEffect(move))) }
})

/**
 * The recordings added since the last time. The provider has no filter for that: the list is read from its newest row down to
 * there. Fails with a `CheckpointError` where the watermark is damaged, or of another account or query.
 *
 * @example
 * ```ts
 * import { DateTime, Effect, Stream } from "effect"
 * import { Watermark } from "@vobiz-effect/core"
 *
 * const daily = Effect.gen(function*() {
 *   const start = DateTime.makeUnsafe("2026-05-01")
 *   const { proof, rows } = yield* Watermark.recordings({ name: "recordings", lookBack: "1 hour", start })
 *   yield* Stream.runForEach(rows, (recording) => Effect.log(recording.recordingId))
 *   return yield* proof
 * })
 * ```
 *
 * @category reading
 * @since 0.1.0
 */
export const recordings = (
  options: Options,
  query: Omit<RecordingsQuery, "since"> = {}
): Effect.Effect<Increment<Recording>, CheckpointError, Recordings | Checkpoint | VobizConfig> =>
  Effect.gen(function* () {
    const service = yield* Recordings
    const { authId } = yield* VobizConfig
    return yield* news(options, `recordings of ${authId} by ${CanonicalJson.stringify(query)}`, (since) =>
      service.extract({ ...query, since })
    )
  })

/**
 * The CDRs of calls that started since the last time, up to now. Let the look-back be no shorter than the longest call and
 * the time until a CDR is written: a CDR is there when its call has ended, and is asked for by its call's start.
 *
 * @category reading
 * @since 0.1.0
 */
export const callDetailRecords = (
  options: Options,
  query: Omit<CdrQuery, "from" | "to"> = {}
): Effect.Effect<Increment<CallDetailRecord>, CheckpointError, CallDetailRecords | Checkpoint | VobizConfig> =>
  Effect.gen(function* () {
    const service = yield* CallDetailRecords
    const { authId } = yield* VobizConfig
    const now = yield* DateTime.now
    return yield* news(options, `CDRs of ${authId} by ${CanonicalJson.stringify(query)}`, (from) =>
      service.extract({ ...query, from, to: now })
    )
  })
