/** Rows set aside in a walk: they keep their places, or pages would seem short, and are parted from the rows that were read. */
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import { type Extract, type Reject, RejectTap } from "../Extract.ts"
import { Doubt, ExtractProof } from "../ExtractProof.ts"
import type * as Pager from "./pager.ts"
import type { VobizError } from "../VobizError.ts"
import { addNames, rowsSetAside } from "./decode.ts"
import * as Fingerprint from "./fingerprint.ts"
import type { Cut } from "./foreign.ts"
import type { Decoded, Tolerant } from "./rowTable.ts"

/** A row set aside, at its place in the list. */
class Aside {
  readonly reject: Reject
  readonly id: string
  readonly at: number
  constructor(reject: Reject, at: number) {
    this.reject = reject
    this.id =
      reject.id ?? `set aside ${Fingerprint.toHex(Fingerprint.add(Fingerprint.empty, Redacted.value(reject.raw)))}`
    this.at = at
  }
}

/** A row of the list, read or not. */
export type Entry<Row> = Row | Aside

/** The rows of a page with those set aside in their places. Where no row of the page says when it is, they are of `otherwise`. */
export const entries = <Row>({ rejects, rows }: Decoded<Row>, otherwise: number): ReadonlyArray<Entry<Row>> => {
  if (rejects.length === 0) return rows
  const found: Array<Entry<Row>> = []
  let next = 0
  for (const reject of rejects) {
    while (found.length < reject.index && next < rows.length) found.push(rows[next++] as Row)
    found.push(new Aside(reject, reject.near ?? otherwise))
  }
  return [...found, ...rows.slice(next)]
}

/** A stretch of entries as a page has them. */
export const parted = <Row extends object>(entries: ReadonlyArray<Entry<Row>>): Decoded<Row> => ({
  rows: entries.filter((entry): entry is Row => !(entry instanceof Aside)),
  rejects: entries.flatMap((entry, index) => (entry instanceof Aside ? [{ ...entry.reject, index }] : []))
})

/** How entries are told apart, by how rows are. */
export const keys = <Row extends object>(id: (row: Row) => string, at: (row: Row) => number) => ({
  id: (entry: Entry<Row>) => (entry instanceof Aside ? entry.id : id(entry)),
  at: (entry: Entry<Row>) => (entry instanceof Aside ? entry.at : at(entry))
})

// ---------------------------------------------------------------------------
// What a reading comes to
// ---------------------------------------------------------------------------

/** More rows set aside than this, or more text of them, end a reading: the provider has changed its API. */
const mostRejects = 10_000
const mostText = 64 * 1024 * 1024

const Counts = Schema.Record(Schema.String, Schema.Finite)
const SavedReject = Schema.Struct({
  raw: Schema.String,
  field: Schema.String,
  expected: Schema.String,
  id: Schema.NullOr(Schema.String),
  index: Schema.Finite,
  near: Schema.NullOr(Schema.Finite)
})
const Saved = Schema.Struct({ rejects: Schema.Array(SavedReject), unreadable: Counts, zoneless: Counts })

/** What was set aside, and what could not be read, so far. */
export class Tally implements Pager.Beside {
  rejects: Array<Reject> = []
  unreadable: Record<string, number> = {}
  zoneless: Record<string, number> = {}
  private text = 0

  reject(reject: Reject): void {
    this.rejects.push(reject)
    this.text += Redacted.value(reject.raw).length
  }

  get isFull(): boolean {
    return this.rejects.length > mostRejects || this.text > mostText
  }

  save = (): Schema.Json => ({
    rejects: this.rejects.map(({ expected, field, id, index, near, raw }) => ({
      raw: Redacted.value(raw),
      field,
      expected,
      id,
      index,
      near
    })),
    unreadable: this.unreadable,
    zoneless: this.zoneless
  })

  restore = (saved: Schema.Json): boolean => {
    if (!isSaved(saved)) return false
    this.rejects = []
    for (const reject of saved.rejects) this.reject({ ...reject, raw: Redacted.make(reject.raw) })
    this.unreadable = { ...saved.unreadable }
    this.zoneless = { ...saved.zoneless }
    return true
  }
}

const isSaved = Schema.is(Saved)

export interface Options<Row> {
  readonly operation: string
  readonly tally: Tally
  readonly rowsZone: DateTime.TimeZone | null
  readonly cut: Cut
  /** Whether a row is of those asked for. @default all are */
  readonly isWanted?: ((row: Row) => boolean) | undefined
}

/** Parts the rows of a walk from those set aside, and adds these to what it proves. */
export const reading = <Row extends Tolerant, E>(
  walked: Pager.Extract<Entry<Row>, E>,
  { cut, isWanted, operation, rowsZone, tally }: Options<Row>
): Extract<Row, E | VobizError> => {
  const part = (entries: ReadonlyArray<Entry<Row>>): Effect.Effect<ReadonlyArray<Row>, VobizError> => {
    const rows: Array<Row> = []
    const before = tally.rejects.length
    for (const entry of entries) {
      if (entry instanceof Aside) tally.reject(entry.reject)
      else if (isWanted?.(entry) !== false) {
        rows.push(entry)
        if (entry.unreadable.length > 0) addNames(tally.unreadable, entry.unreadable)
        if (entry.zoneless.length > 0) addNames(tally.zoneless, entry.zoneless)
      }
    }
    if (tally.rejects.length === before) return Effect.succeed(rows)
    const told = Effect.flatMap(RejectTap, (tap) =>
      Effect.forEach(tally.rejects.slice(before), (reject) => tap(reject, operation), { discard: true })
    )
    return Effect.andThen(
      told,
      Effect.suspend(() =>
        tally.isFull ? Effect.fail(rowsSetAside(operation, tally.rejects, cut)) : Effect.succeed(rows)
      )
    )
  }
  return {
    rows: walked.rows.pipe(
      Stream.chunks,
      Stream.mapEffect(part),
      Stream.filter(Arr.isReadonlyArrayNonEmpty),
      Stream.flattenArray
    ),
    rejects: Stream.suspend(() => Stream.fromIterable([...tally.rejects])),
    proof: Effect.map(walked.proof, (proof) => prove(proof, tally, rowsZone))
  }
}

const prove = (proof: ExtractProof, tally: Tally, rowsZone: DateTime.TimeZone | null): ExtractProof => {
  const setAside = tally.rejects.length
  const facts = {
    ...proof,
    setAside,
    unreadable: { ...tally.unreadable },
    zoneless: { ...tally.zoneless },
    rowsZone: rowsZone === null ? null : DateTime.zoneToString(rowsZone)
  }
  if (setAside === 0) return new ExtractProof(facts)
  const fields = [...new Set(tally.rejects.map(({ field }) => (field === "" ? "any field" : field)))]
  const detail = `${setAside} ${setAside === 1 ? "row was" : "rows were"} set aside, without a readable ${fields.join(" or ")}`
  return new ExtractProof({
    ...facts,
    verdict: proof.verdict === "complete" ? "in-doubt" : proof.verdict,
    rowsInDoubt: proof.rowsInDoubt === null ? null : proof.rowsInDoubt + setAside,
    doubts: [...proof.doubts, new Doubt({ kind: "set-aside", detail, after: null })]
  })
}

/** The rows, and in the end a failure where some were set aside: who sees the end has seen every row. */
export const strict = <Row, E>(
  { rejects, rows }: Extract<Row, E>,
  { cut, operation }: Pick<Options<Row>, "operation" | "cut">
): Stream.Stream<Row, E | VobizError> =>
  Stream.concat(
    rows,
    Stream.unwrap(
      Effect.map(Stream.runCollect(rejects), (found) =>
        found.length === 0 ? Stream.empty : Stream.fail(rowsSetAside(operation, found, cut))
      )
    )
  )
