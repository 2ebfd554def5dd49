/**
 * The two relations that are reconciled, CDRs and recordings, and the trunks, as tables.
 *
 * Instants and durations are whole milliseconds; money is decimal. An empty text is NULL, so that it equals nothing.
 * `arrival` numbers the rows as they came.
 *
 * @since 0.1.0
 */
import type { CallDetailRecord } from "@vobiz-effect/core/CallDetailRecord"
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import type { Recording } from "@vobiz-effect/core/Recording"
import type { Trunk } from "@vobiz-effect/core/Trunk"
import * as BigDecimal from "effect/BigDecimal"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import * as Column from "./Column.ts"
import { DuckDb } from "./DuckDb.ts"
import type { DuckDbError } from "./DuckDbError.ts"
import type * as Finding from "./Finding.ts"
import { lengthOf } from "./internal/lengthOf.ts"
import * as Sql from "./internal/sql.ts"

const revealed = (number: PhoneNumber.PhoneNumber | null, of: (number: PhoneNumber.PhoneNumber) => string | null) =>
  number === null ? null : of(number)

const number = <A>(name: string, of: (row: A) => PhoneNumber.PhoneNumber | null): ReadonlyArray<Column.Column<A>> => [
  Column.text(`${name}_raw`, (row: A) => revealed(of(row), PhoneNumber.revealRaw)),
  Column.text(`${name}_e164`, (row: A) => revealed(of(row), PhoneNumber.revealE164))
]

/**
 * The columns of table `cdr`. `talk_ms` is `billsec`; `cost` is the total cost, and `call_cost` that without
 * streaming, both in `currency`; `oddities` names the fields that could not be read, parted by spaces. `talk_unread` is true where
 * `talk_ms` stands for a talk time that is not known.
 *
 * @category tables
 * @since 0.1.0
 */
export const cdr: ReadonlyArray<Column.Column<CallDetailRecord>> = [
  Column.arrival("arrival"),
  Column.text("uuid", (row) => row.uuid),
  Column.text("id", (row) => row.id),
  Column.text("account_id", (row) => row.accountId),
  Column.text("sip_call_id", (row) => row.sipCallId),
  Column.text("bridge_uuid", (row) => row.bridgeUuid),
  Column.text("direction", (row) => row.direction),
  ...number("from", (row: CallDetailRecord) => row.from),
  ...number("to", (row: CallDetailRecord) => row.to),
  Column.text("trunk_id", (row) => row.trunkId),
  Column.text("context", (row) => row.context),
  Column.instant("start_ms", (row) => row.startTime),
  Column.flag("zone_stated", (row) => row.zoneStated),
  Column.instant("end_ms", (row) => row.endTime),
  Column.millis("duration_ms", lengthOf),
  Column.millis("talk_ms", (row) => row.billsec ?? Duration.zero),
  Column.decimal("cost", (row) => row.totalCost?.amount ?? null),
  Column.text("currency", (row) => row.totalCost?.currency ?? null),
  Column.text("hangup_cause", (row) => row.hangupCause),
  Column.decimal("call_cost", (row) => row.cost?.amount ?? null),
  Column.text("campaign_id", (row) => row.campaignId),
  Column.text("customer_endpoint", (row) => row.customerEndpoint),
  Column.text("hangup_disposition", (row) => row.hangupDisposition),
  Column.instant("updated_ms", (row) => row.updatedAt),
  Column.text("hangup_source", (row) => row.hangupSource),
  Column.text("oddities", (row) => row.unreadable.join(" ")),
  Column.flag("talk_unread", (row) => (row.billsec === null ? true : null))
]

/** A recording's row names its account in its addresses alone (docs/vobiz-api.md, "The recording object"). */
const accountOf = ({ recordingUrl, resourceUri }: Recording): string | null =>
  /\/Account\/([^/?#]+)\//i.exec(resourceUri ?? recordingUrl ?? "")?.[1] ?? null

/**
 * The columns of table `recording`. `account_id` is the account that the recording's address names, `rounded_ms` the
 * length that is billed, and `monthly_amount` what its storage costs, in a currency that is not told.
 *
 * @category tables
 * @since 0.1.0
 */
export const recording: ReadonlyArray<Column.Column<Recording>> = [
  Column.arrival("arrival"),
  Column.text("recording_id", (row) => row.recordingId),
  Column.text("account_id", accountOf),
  Column.text("call_uuid", (row) => row.callUuid),
  Column.text("recording_type", (row) => row.recordingType),
  Column.text("recording_format", (row) => row.recordingFormat),
  Column.text("conference_name", (row) => row.conferenceName),
  ...number("from", (row: Recording) => row.from),
  ...number("to", (row: Recording) => row.to),
  Column.instant("add_ms", (row) => row.addTime),
  Column.instant("start_ms", (row) => row.startTime),
  Column.instant("end_ms", (row) => row.endTime),
  Column.millis("duration_ms", (row) => row.duration),
  Column.millis("rounded_ms", (row) => row.roundedDuration),
  Column.decimal("monthly_amount", ({ monthlyStorageAmount: amount }) =>
    amount === null ? null : BigDecimal.fromNumberUnsafe(amount)
  )
]

/**
 * The columns of table `trunk`.
 *
 * @category tables
 * @since 0.1.0
 */
export const trunk: ReadonlyArray<Column.Column<Trunk>> = [
  Column.arrival("arrival"),
  Column.text("trunk_id", (row) => row.trunkId),
  Column.text("name", (row) => row.name),
  Column.flag("recording", (row) => row.recording),
  Column.instant("updated_ms", (row) => row.updatedAt)
]

/**
 * Something wrong with a recording's audio.
 *
 * @category models
 * @since 0.1.0
 */
export interface AudioFault {
  /** One of `Finding.ofAudio`. */
  readonly code: Finding.Code
  /** What the audio should be, and what it is. */
  readonly detail: string
}

/**
 * A recording whose audio an archive holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Archived {
  readonly recordingId: string
  /** The id of the call, as the provider listed it; `""` where it named none. */
  readonly callUuid: string
  /** Such as `call` or `trunk`, as the provider listed it. */
  readonly recordingType: string | null
  readonly addTime: DateTime.Utc
  /** The length that the provider listed; `null` where it listed none. */
  readonly duration: Duration.Duration | null
  /** What is wrong with the audio; empty where nothing is known to be. */
  readonly faults: ReadonlyArray<AudioFault>
}

interface ArchivedRow {
  readonly archived: Archived
  readonly fault: AudioFault | null
}

/** The columns of table `archived`. */
const archivedRow: ReadonlyArray<Column.Column<ArchivedRow>> = [
  Column.text("recording_id", ({ archived }) => archived.recordingId),
  Column.text("call_uuid", ({ archived }) => archived.callUuid),
  Column.text("recording_type", ({ archived }) => archived.recordingType),
  Column.instant("add_ms", ({ archived }) => archived.addTime),
  Column.millis("duration_ms", ({ archived }) => archived.duration),
  Column.text("code", ({ fault }) => fault?.code ?? null),
  Column.text("detail", ({ fault }) => fault?.detail ?? null)
]

/**
 * The columns of table `archived`: one row for each fault of a recording's audio, or one row without `code` where it has none.
 *
 * @category tables
 * @since 0.1.0
 */
export const archived: ReadonlyArray<Column.Column<never>> = archivedRow

/**
 * A recording that the provider listed at a run before, as a ledger remembers it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Remembered {
  readonly recordingId: string
  /** The id of the call, as the provider listed it; `""` where it named none. */
  readonly callUuid: string
  /** Such as `call` or `trunk`, as the provider listed it. */
  readonly recordingType: string | null
  /** When it began and ended, reckoned where the row did not say. */
  readonly began: DateTime.Utc
  readonly ended: DateTime.Utc
  readonly addTime: DateTime.Utc
  /** The longest that it was listed with; `null` where it never had a length. */
  readonly length: Duration.Duration | null
  /** The instants of the first and of the last list that had it. */
  readonly firstSeen: DateTime.Utc
  readonly lastSeen: DateTime.Utc
}

/**
 * The columns of table `remembered`.
 *
 * @category tables
 * @since 0.1.0
 */
export const remembered: ReadonlyArray<Column.Column<Remembered>> = [
  Column.text("recording_id", (row) => row.recordingId),
  Column.text("call_uuid", (row) => row.callUuid),
  Column.text("recording_type", (row) => row.recordingType),
  Column.instant("began_ms", (row) => row.began),
  Column.instant("ended_ms", (row) => row.ended),
  Column.instant("add_ms", (row) => row.addTime),
  Column.millis("length_ms", (row) => row.length),
  Column.instant("first_seen_ms", (row) => row.firstSeen),
  Column.instant("last_seen_ms", (row) => row.lastSeen)
]

/**
 * A trunk as it was listed from one run to another, as a ledger remembers it.
 *
 * @category models
 * @since 0.1.0
 */
export interface TrunkSeen {
  readonly trunkId: string
  readonly name: string | null
  /** How its recording switch stood; `null` where the list did not say. */
  readonly recording: boolean | null
  /** When it was last changed, as the list said. */
  readonly updatedAt: DateTime.Utc | null
  /** The instants of the first and of the last list that had it so, with no other between. */
  readonly firstSeen: DateTime.Utc
  readonly lastSeen: DateTime.Utc
}

/**
 * The columns of table `trunk_seen`.
 *
 * @category tables
 * @since 0.1.0
 */
export const trunkSeen: ReadonlyArray<Column.Column<TrunkSeen>> = [
  Column.text("trunk_id", (row) => row.trunkId),
  Column.text("name", (row) => row.name),
  Column.flag("recording", (row) => row.recording),
  Column.instant("updated_ms", (row) => row.updatedAt),
  Column.instant("first_seen_ms", (row) => row.firstSeen),
  Column.instant("last_seen_ms", (row) => row.lastSeen)
]

const rowsOf = (archived: Archived): ReadonlyArray<ArchivedRow> =>
  archived.faults.length === 0 ? [{ archived, fault: null }] : archived.faults.map((fault) => ({ archived, fault }))

/**
 * What a run saw of the provider's lists, for a ledger to remember. It is written to Parquet files, as there may be more of it than
 * fits into memory.
 *
 * @category models
 * @since 0.1.0
 */
export interface Seen<E> {
  /** Writes the recordings that the provider listed to a file. */
  recordings(path: string): Effect.Effect<void, E>
  /** Writes the trunks, each as it was listed last. */
  trunks(path: string): Effect.Effect<void, E>
}

/**
 * What a reconciliation saw, by its schema.
 *
 * @category running
 * @since 0.1.0
 */
export const seen = (schema: string, db: DuckDb["Service"]): Seen<DuckDbError> => ({
  recordings: (path) =>
    db.run(
      Sql.copy(
        `SELECT recording_id, call_uuid, recording_type, began_ms, ended_ms, add_ms, length_ms FROM ${schema}.audio WHERE source = 'provider'`,
        path,
        "parquet"
      )
    ),
  trunks: (path) =>
    db.run(
      Sql.copy(
        `SELECT trunk_id, name, recording, updated_ms FROM ${schema}.trunk QUALIFY row_number() OVER (PARTITION BY trunk_id ORDER BY arrival DESC) = 1`,
        path,
        "parquet"
      )
    )
})

/**
 * How many rows each relation was given.
 *
 * @category models
 * @since 0.1.0
 */
export interface Loaded {
  readonly cdrs: number
  readonly recordings: number
  readonly trunks: number
  /** What of them was set aside, and is not among these rows. */
  readonly setAside: Readonly<Record<"cdrs" | "recordings" | "trunks", SetAside | null>>
  /** How many rows each list has by the word of its own files: kept pages of the provider's say so. `null` where none does. */
  readonly stated: Readonly<Record<"cdrs" | "recordings" | "trunks", number | null>>
}

/**
 * Rows that could not be read, and so are in doubt.
 *
 * @category models
 * @since 0.1.0
 */
export interface SetAside {
  readonly rows: number
  /** How many, of what, and why; no cell is shown. */
  readonly detail: string
}

/**
 * How a table was filled.
 *
 * @category models
 * @since 0.1.0
 */
export interface Filled {
  readonly rows: number
  readonly setAside: SetAside | null
  /** How many rows the whole list has, as its files say. @default none does */
  readonly stated?: number | null | undefined
}

/**
 * What fills a table by itself, as files do (`Files`).
 *
 * @category models
 * @since 0.1.0
 */
export interface Filler<E> {
  fill(table: string): Effect.Effect<Filled, E | DuckDbError, DuckDb>
}

/**
 * Where the rows of a relation come from.
 *
 * @category models
 * @since 0.1.0
 */
export type Source<A, E> = Stream.Stream<A, E> | Filler<E>

/**
 * Where the rows of all relations come from. `archive`: the recordings whose audio an archive holds; none by default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sources<E1, E2 = E1, E3 = E1, E4 = never, E5 = never, E6 = never> {
  readonly cdrs: Source<CallDetailRecord, E1>
  readonly recordings: Source<Recording, E2>
  readonly trunks: Source<Trunk, E3>
  readonly archive?: Stream.Stream<Archived, E4> | undefined
  /**
   * The recordings that runs before saw, such as `Ledger.remembered` has them.
   *
   * @default none: nothing is said to be gone
   */
  readonly remembered?: Source<Remembered, E5> | undefined
  /**
   * The trunks as runs before saw them, such as `Ledger.trunkHistory` has them.
   *
   * @default none: of a trunk that was changed since a call, nobody knows how it stood before
   */
  readonly trunkHistory?: Source<TrunkSeen, E6> | undefined
}

/**
 * Creates the tables in a schema and fills them, all at once. Fails with the first error of any of the sources.
 *
 * @category loading
 * @since 0.1.0
 */
export const load = Effect.fn("Relations.load")(function* <E1, E2, E3, E4 = never, E5 = never, E6 = never>(
  schema: string,
  sources: Sources<E1, E2, E3, E4, E5, E6>
): Effect.fn.Return<Loaded, E1 | E2 | E3 | E4 | E5 | E6 | DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const fill = <A, E>(name: string, columns: ReadonlyArray<Column.Column<A>>, source: Source<A, E>) => {
    const table = `${schema}.${name}`
    return Effect.andThen(
      db.run(Column.createTable(table, columns)),
      Stream.isStream(source)
        ? Effect.map(db.append(table, columns, source), (rows): Filled => ({ rows, setAside: null }))
        : source.fill(table)
    )
  }
  const { cdrs, recordings, trunks } = yield* Effect.all(
    {
      cdrs: fill("cdr", cdr, sources.cdrs),
      recordings: fill("recording", recording, sources.recordings),
      trunks: fill("trunk", trunk, sources.trunks),
      archive: fill(
        "archived",
        archivedRow,
        (sources.archive ?? Stream.empty).pipe(Stream.map(rowsOf), Stream.flattenIterable)
      ),
      remembered: fill("remembered", remembered, sources.remembered ?? Stream.empty),
      trunkHistory: fill("trunk_seen", trunkSeen, sources.trunkHistory ?? Stream.empty)
    },
    { concurrency: "unbounded" }
  )
  return {
    cdrs: cdrs.rows,
    recordings: recordings.rows,
    trunks: trunks.rows,
    setAside: { cdrs: cdrs.setAside, recordings: recordings.setAside, trunks: trunks.setAside },
    stated: { cdrs: cdrs.stated ?? null, recordings: recordings.stated ?? null, trunks: trunks.stated ?? null }
  }
})
