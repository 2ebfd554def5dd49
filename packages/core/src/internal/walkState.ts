/** What the walk over a list works on, and its state. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Doubt, type ExtractProof } from "../ExtractProof.ts"
import * as Fingerprint from "./fingerprint.ts"

/** The id of a row and the instant that orders it. */
export interface RowKeys<Row> {
  readonly id: (row: Row) => string
  /** The instant that the list is sorted by, in epoch milliseconds. */
  readonly at: (row: Row) => number
}

/** A stretch of the list, as one answer of the server showed it. */
export interface Window<Row> {
  readonly rows: ReadonlyArray<Row>
  /** How many rows lie before it. */
  readonly offset: number
  /** The most rows that the server says a page has. */
  readonly limit: number
  /** How many were asked for. */
  readonly asked: number
  /** The server's count of the whole list; `null` where it gives none. */
  readonly total: number | null
  /** The server's word that more follows. */
  readonly hasNext: boolean
  /** When it was asked for, in epoch milliseconds. */
  readonly askedAt: number
  /** Whether it was asked for before the window above it had come. */
  readonly ahead: boolean
}

export interface Rules {
  /** How many rows a window shares with the one above it; 0 where the list can only be asked for in whole pages. */
  readonly overlap: number
  /** How far from the newest row a new row may enter the list, in milliseconds. */
  readonly lookBack: number
  /** Rows of before this instant need not be read, if the list is sorted newest first; in epoch milliseconds. */
  readonly since?: number | undefined
}

/** The state of a walk: plain data, so that it can be saved and resumed. */
export const Walk = Schema.Struct({
  /** `down` the list, one page `past` its end, over its `head` again for what came meanwhile, then `done`. */
  phase: Schema.Literals(["down", "past", "head", "done"]),
  /** Where the next window is to start. */
  ask: Schema.Finite,
  /** Where the rows read so far end; in the head, where the rows read again end. */
  end: Schema.Finite,
  /** The furthest that the way down has come. */
  furthest: Schema.Finite,
  /** The most rows that a page was seen to have. */
  size: Schema.Finite,
  /** Whether `size` was learnt from a first page that was shorter than the server says, and may have lost rows. */
  learntShort: Schema.Boolean,
  /** How far to step back when the next window does not join. */
  step: Schema.Finite,
  /** Where the rows ended that the walk last stepped back to join. */
  failedAt: Schema.Finite,
  /** How often the next window was asked for and came too short. */
  shortTries: Schema.Finite,
  /** The last row given, and how many rows of its page have its instant. */
  last: Schema.NullOr(Schema.Struct({ id: Schema.String, at: Schema.Finite, ties: Schema.Finite })),
  startedAt: Schema.Finite,
  /** The newest instant of the first page: no later row may enter further from it than the look-back. */
  newest: Schema.NullOr(Schema.Finite),
  asOf: Schema.NullOr(Schema.Finite),
  /** Whether the way down was ended at rows of before `Rules.since`, with more of the list below. */
  cutShort: Schema.Boolean,
  firstTotal: Schema.Finite,
  total: Schema.Finite,
  /** Whether an answer did not say how many rows the list has: then nothing is settled by a count. */
  uncounted: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  /** By how much the server's count was seen to fall and to rise. */
  falls: Schema.Finite,
  rises: Schema.Finite,
  /** By how many rows the list was pushed down and is not read past yet. */
  pushed: Schema.Finite,
  /** Pages in a row that held nothing new, and nothing explains it. */
  idle: Schema.Finite,
  /** Pages since the last new row that brought the walk no further. */
  stalled: Schema.Finite,
  /** Seams that nothing but an unchanged count holds together. */
  softSeams: Schema.Finite,
  /** Rows that the head held and the way down did not. */
  headRows: Schema.Finite,
  descending: Schema.Boolean,
  ascending: Schema.Boolean,
  doubts: Schema.Array(Doubt),
  rows: Schema.Finite,
  windows: Schema.Finite,
  repeats: Schema.Finite,
  stepBacks: Schema.Finite,
  firstId: Schema.NullOr(Schema.String),
  lastId: Schema.NullOr(Schema.String),
  fingerprint: Fingerprint.Fingerprint
})

export type Walk = typeof Walk.Type

export const start = (startedAt: number): Walk => ({
  phase: "down",
  ask: 0,
  end: 0,
  furthest: 0,
  size: 0,
  learntShort: false,
  step: 0,
  failedAt: -1,
  shortTries: 0,
  last: null,
  startedAt,
  newest: null,
  asOf: null,
  cutShort: false,
  firstTotal: 0,
  total: 0,
  uncounted: false,
  falls: 0,
  rises: 0,
  pushed: 0,
  idle: 0,
  stalled: 0,
  softSeams: 0,
  headRows: 0,
  descending: true,
  ascending: true,
  doubts: [],
  rows: 0,
  windows: 0,
  repeats: 0,
  stepBacks: 0,
  firstId: null,
  lastId: null,
  fingerprint: Fingerprint.empty
})

/** Whether the list was seen to stand still. */
export const isQuiet = ({ falls, headRows, rises }: Walk) => falls === 0 && rises === 0 && headRows === 0

/** How the rows read so far are sorted. */
export const orderOf = ({ ascending, descending, rows }: Walk): ExtractProof["order"] =>
  rows < 2 || (ascending && descending) ? "unknown" : descending ? "newest-first" : ascending ? "oldest-first" : "none"
