/** The three lists as files have them. */
import type { CallDetailRecord } from "@vobiz-effect/core/CallDetailRecord"
import * as ProviderRow from "@vobiz-effect/core/ProviderRow"
import type { Recording } from "@vobiz-effect/core/Recording"
import type { Trunk } from "@vobiz-effect/core/Trunk"
import * as Duration from "effect/Duration"

import type * as Column from "../../Column.ts"
import * as Relations from "../../Relations.ts"
import type * as Records from "../records.ts"

/**
 * What the rows of a relation's files must be like. `required` are the columns that a file must have, `filled` those of
 * them that every row must have.
 */
export interface Relation<A> {
  readonly name: string
  /** The name of the list, for whoever keeps the rows set aside. */
  readonly list: string
  readonly columns: ReadonlyArray<Column.Column<A>>
  readonly required: ReadonlyArray<string>
  readonly filled: ReadonlyArray<string>
  readonly provider: ProviderRow.Kind<A>
  /** Why a row of the provider's is none all the same. */
  readonly wrong?: (row: A, cells: Records.Row) => ProviderRow.Fault | undefined
}

/** A CDR that takes time back is of no call: files have those as corrections. */
export const takesBack = ({ unreadable }: CallDetailRecord, cells: Records.Row): ProviderRow.Fault | undefined => {
  if (unreadable.length === 0) return undefined
  const field = ["duration", "billsec"].find(
    (field) => unreadable.includes(field) && /^\s*-\s*[\d.]/.test(String(cells[field]))
  )
  return field === undefined ? undefined : { field, expected: "a duration, not below zero" }
}

export const dayMillis = 86_400_000

/** A start that the row's end and length contradict by days stands for none, such as the zero of a clock: it would hide the call. */
export const startsElsewhere = ({ duration, endTime, startTime }: CallDetailRecord): ProviderRow.Fault | undefined => {
  if (endTime === null) return undefined
  const length = duration === null ? 0 : Duration.toMillis(duration)
  const apart = Math.abs(endTime.epochMilliseconds - startTime.epochMilliseconds - length)
  return apart > dayMillis
    ? { field: "start_time", expected: "an instant that end_time and duration agree with" }
    : undefined
}

export const cdr: Relation<CallDetailRecord> = {
  name: "cdr",
  list: "CallDetailRecords.files",
  columns: Relations.cdr,
  required: ["uuid", "start_ms", "duration_ms", "talk_ms"],
  filled: ["uuid", "start_ms", "duration_ms", "talk_ms"],
  provider: ProviderRow.cdr,
  wrong: (row, cells) => takesBack(row, cells) ?? startsElsewhere(row)
}

export const recording: Relation<Recording> = {
  name: "recording",
  list: "Recordings.files",
  columns: Relations.recording,
  required: ["recording_id", "call_uuid", "add_ms"],
  filled: ["recording_id", "add_ms"],
  provider: ProviderRow.recording
}

export const trunk: Relation<Trunk> = {
  name: "trunk",
  list: "Trunks.files",
  columns: Relations.trunk,
  required: ["trunk_id"],
  filled: ["trunk_id"],
  provider: ProviderRow.trunk
}

/** The columns that files have: the rows' order is that of the file. */
export const stored = ({ columns }: Pick<Relation<never>, "columns">) =>
  columns.filter(({ name }) => name !== "arrival")

/** The names that a list's columns have in files: its own, and the provider's. */
export const namesOf = <A>({ columns, provider }: Relation<A>): ReadonlyArray<string> => [
  ...columns.map(({ name }) => name).filter((name) => name !== "arrival"),
  ...provider.known
]

export const everyName = new Set([...namesOf(cdr), ...namesOf(recording), ...namesOf(trunk)])
