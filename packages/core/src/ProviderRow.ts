/**
 * Rows of the provider that were kept elsewhere, such as its CDR export or list bodies saved to a file, read just as the
 * services read answers.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

import type { CallDetailRecord } from "./CallDetailRecord.ts"
import type { Reject } from "./Extract.ts"
import * as CdrWire from "./internal/cdrWire.ts"
import * as Json from "./internal/json.ts"
import * as ListBody from "./internal/listBody.ts"
import type { Reading } from "./internal/reading.ts"
import * as RecordingWire from "./internal/recordingWire.ts"
import * as RowTable from "./internal/rowTable.ts"
import * as TrunkWire from "./internal/trunkWire.ts"
import type { Recording } from "./Recording.ts"
import type { Trunk } from "./Trunk.ts"

/**
 * Why a row is set aside: the field it lacks, and what was expected there. The value itself is not told: it may be a number
 * of a person.
 *
 * @category models
 * @since 0.1.0
 */
export interface Fault {
  /** The wire name; empty where the row is no object. */
  readonly field: string
  readonly expected: string
}

/**
 * How rows are read.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Calling code of the account's country, such as `"91"`, for numbers in national form. @default null: these are unknown */
  readonly callingCode?: string | null | undefined
  /** The zone of instants that name none. @default null: UTC is assumed */
  readonly rowsZone?: DateTime.TimeZone | null | undefined
}

/**
 * A kind of row. Cells may be text, as in CSV, where the provider's JSON has numbers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Kind<A> {
  /** The fields that no row can do without, each as the keys of which one must be there. */
  readonly required: ReadonlyArray<ReadonlyArray<string>>
  /** All keys that are known. */
  readonly known: ReadonlySet<string>
  reader(options?: Options): (row: unknown) => Result.Result<A, Fault>
  /**
   * The row by the provider's key names, with each field that is known, so that a reader takes it again. Instants are in UTC, durations and
   * amounts as the provider has them. Telephone numbers are masked unless `reveal` is set, also in text; ids and addresses stay.
   */
  toJson(
    row: A,
    options?: { readonly reveal?: boolean | undefined }
  ): Readonly<Record<string, string | number | boolean | null>>
}

const readingOf = ({ callingCode = null, rowsZone = null }: Options = {}): Reading => ({ callingCode, rowsZone })

const kind = <A extends RowTable.Tolerant>(
  table: (reading: Reading) => RowTable.RowTable<A>,
  rowOf: (json: unknown) => unknown = (json) => json
): Kind<A> => {
  const { known, required, write } = table(readingOf())
  return {
    toJson: (row, { reveal = false } = {}) => write(row, reveal),
    required,
    known,
    reader: (options) => {
      const { one } = table(readingOf(options))
      return (json) => {
        const row = one(rowOf(json))
        return RowTable.isFault(row) ? Result.fail(row) : Result.succeed(row)
      }
    }
  }
}

/**
 * A CDR, by the key names of the list and of the CSV export (docs/vobiz-api.md, "The CDR object").
 *
 * @category kinds
 * @since 0.1.0
 */
export const cdr: Kind<CallDetailRecord> = kind(CdrWire.table)

/**
 * A recording (docs/vobiz-api.md, "The recording object").
 *
 * @category kinds
 * @since 0.1.0
 */
export const recording: Kind<Recording> = kind(RecordingWire.table, RecordingWire.rowOf)

/**
 * A trunk (docs/vobiz-api.md, "Trunks").
 *
 * @category kinds
 * @since 0.1.0
 */
export const trunk: Kind<Trunk> = kind(TrunkWire.table)

/**
 * A row out of a line of JSON, for a reader: whole numbers that a JavaScript number cannot hold become text, so that two ids stay two.
 * What is no JSON, or is nested too deep, is `null`, which no reader takes.
 *
 * @category reading
 * @since 0.1.0
 */
export const fromJson = (text: string): unknown => {
  const parsed = Json.parse(text)
  return parsed._tag === "json" ? parsed.value : null
}

/**
 * The rows of a document of JSON, read like `fromJson`: a list, or the body of one of the provider's lists. `null` for any other.
 *
 * @category reading
 * @since 0.1.0
 */
export const rowsOf = (json: unknown): ReadonlyArray<unknown> | null => {
  if (Array.isArray(json)) return json
  if (!RowTable.isObject(json)) return null
  for (const keys of [RecordingWire.list, CdrWire.list, TrunkWire.list]) {
    const rows = json[keys.rows]
    if (Array.isArray(rows)) return rows
    if (rows === null && RowTable.isObject(json[keys.meta])) return []
  }
  return null
}

/**
 * How many rows the whole list has, by the body of one of its pages; `null` where the document does not say.
 *
 * @category reading
 * @since 0.1.0
 */
export const totalOf = (json: unknown): number | null => {
  for (const keys of [RecordingWire.list, CdrWire.list, TrunkWire.list]) {
    const total = ListBody.totalOf(json, keys)
    if (total !== null) return total
  }
  return null
}

/**
 * The recording of a row set aside, as far as its audio can be fetched: it has an id and an address, and lacks its instant
 * alone. That is taken from where it stood in the list, or else is `otherwise`; `unreadable` names it. `null` for any other row.
 *
 * @category salvage
 * @since 0.1.0
 */
export const archivable = ({ near, raw }: Reject, otherwise: DateTime.Utc, options?: Options): Recording | null =>
  RecordingWire.salvage(JSON.parse(Redacted.value(raw)), near, otherwise, readingOf(options))
