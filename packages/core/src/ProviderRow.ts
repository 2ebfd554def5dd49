/**
 * Rows of the provider that were kept elsewhere, such as its CDR export or list bodies saved to a file, read just as the
 * services read answers.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

import type { CallDetailRecord } from "./CallDetailRecord.ts"
import * as CdrWire from "./internal/cdrWire.ts"
import * as RecordingWire from "./internal/recordingWire.ts"
import * as TrunkWire from "./internal/trunkWire.ts"
import type { Recording } from "./Recording.ts"
import type { Trunk } from "./Trunk.ts"

/**
 * Why a row cannot be read: the field, and what was expected there. The value itself is not told: it may be a number of
 * a person.
 *
 * @category models
 * @since 0.1.0
 */
export interface Fault {
  readonly field: string
  readonly expected: string
}

/**
 * A kind of row: the keys that none can do without, all that are known, and how one is read. Cells may be text, as in
 * CSV, where the provider's JSON has numbers.
 *
 * `callingCode` is the country calling code, such as `"91"`, for national numbers of ten digits; `null` leaves them
 * unknown.
 *
 * @category models
 * @since 0.1.0
 */
export interface Kind<A> {
  readonly required: ReadonlyArray<string>
  readonly known: ReadonlySet<string>
  reader(callingCode: string | null): (row: unknown) => Result.Result<A, Fault>
}

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

const reading = <A>(row: Schema.ConstraintDecoder<A>) => {
  const decode = Schema.decodeUnknownResult(row)
  return (value: unknown): Result.Result<A, Fault> =>
    Result.mapError(decode(value), ({ issue }) => {
      const [first] = issuesOf(issue).issues
      const [field] = first?.path ?? []
      return {
        field: String(typeof field === "object" ? field.key : (field ?? "")),
        expected: first?.message ?? "another form"
      }
    })
}

/**
 * A CDR, by the key names of the list and of the CSV export (docs/vobiz-api.md, "The CDR object").
 *
 * @category kinds
 * @since 0.1.0
 */
export const cdr: Kind<CallDetailRecord> = {
  required: CdrWire.required,
  known: CdrWire.knownKeys,
  reader: (callingCode) => reading(CdrWire.row(callingCode).one)
}

/**
 * A recording (docs/vobiz-api.md, "The recording object").
 *
 * @category kinds
 * @since 0.1.0
 */
export const recording: Kind<Recording> = {
  required: ["recording_id", "call_uuid", "recording_type", "add_time"],
  known: RecordingWire.knownKeys,
  reader: (callingCode) => {
    const read = reading(RecordingWire.one(callingCode))
    return (row) => Result.map(read(row), RecordingWire.recordingOf)
  }
}

/**
 * A trunk (docs/vobiz-api.md, "Trunks").
 *
 * @category kinds
 * @since 0.1.0
 */
export const trunk: Kind<Trunk> = {
  required: ["trunk_id"],
  known: TrunkWire.knownKeys,
  reader: () => reading(TrunkWire.row.one)
}
