/** What all lists of the provider share: order, pages, faults, and changes while a client reads. */
import type { Fault } from "../FaultPlan.ts"
import type { Call, Options } from "./endpoint.ts"
import * as Injector from "./injector.ts"
import * as Reply from "./reply.ts"
import type * as TimedRows from "./timedRows.ts"

export const inOrder = <Entry>(
  order: Options["order"],
  instant: (entry: Entry) => number,
  key: (entry: Entry) => string
): ((a: Entry, b: Entry) => number) => {
  switch (order) {
    case "newest":
      return (a, b) => instant(b) - instant(a)
    case "oldest":
      return (a, b) => instant(a) - instant(b)
    case "unordered":
      // Ids are random, so their order is independent of time.
      return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0)
  }
}

/** Changes a list while a client reads it: inserts, deletes or repeats rows. */
export const disturb = <Entry>(
  rows: TimedRows.TimedRows<Entry>,
  { fired, now }: Call,
  position: number,
  { key, more }: { readonly key: (entry: Entry) => string; readonly more: (count: number) => ReadonlyArray<Entry> }
) => {
  const added = Injector.find(fired, "InsertBetweenPages")
  const deleted = Injector.find(fired, "DeleteBetweenPages")
  const repeated = Injector.find(fired, "DuplicateRows")
  if (added) rows.insert(more(added.count))
  const { entries } = rows.at(now)
  if (deleted) rows.remove(new Set(entries.slice(0, deleted.count).map(key)))
  if (repeated) rows.insert(entries.slice(position, position + repeated.count))
}

/** A page of a list: its rows, the total of the list, and whether there is a next page. */
export const stretchOf = <Entry>(
  fired: ReadonlyArray<Fault>,
  all: ReadonlyArray<Entry>,
  offset: number,
  limit: number
): { readonly rows: ReadonlyArray<Entry>; readonly total: number; readonly hasNext: boolean } => {
  const given = all.slice(0, all.length - Math.min(all.length, Injector.find(fired, "HeldBackRows")?.count ?? 0))
  const end = given.length - Math.min(given.length, Injector.find(fired, "EarlyEnd")?.count ?? 0)
  const endless = Injector.find(fired, "NeverNullNext") !== undefined
  // An endless list repeats its last page.
  const lastPage = Math.max(0, (Math.ceil(given.length / limit) - 1) * limit)
  const at = endless && offset >= given.length ? lastPage : offset
  // Pages stop at the pretended end. A page that starts after it has the remaining rows.
  const rows = given.slice(at, at < end ? Math.min(at + limit, end) : at + limit)
  return {
    rows,
    total: all.length - (given.length - end) + (Injector.find(fired, "LyingTotal")?.delta ?? 0),
    hasNext: endless || offset + rows.length < end
  }
}

export const wholeNumber = (text: string | undefined, minimum: number): number | undefined => {
  if (text === undefined || !/^\d+$/.test(text)) return undefined
  const value = Number(text)
  return value >= minimum ? value : undefined
}

export const capOf = ({ fired }: Call) => Injector.find(fired, "LowerCap")?.cap ?? Infinity

export const isTooDeep = ({ fired }: Call, offset: number) =>
  offset >= (Injector.find(fired, "RefusedOffset")?.rows ?? Infinity)

export const tooDeep = (offset: number) => Reply.invalid("offset", "is too large", String(offset))

export const malform = <Row>(fired: ReadonlyArray<Fault>, rows: ReadonlyArray<Row>, damage: object) =>
  Injector.find(fired, "MalformedRow") === undefined
    ? rows
    : rows.map((row, index) => (index === 0 ? { ...row, ...damage } : row))

/** The body of a list, with the faults of its rows and of its envelope. */
export const listReply = (
  fired: ReadonlyArray<Fault>,
  rowsAt: string,
  metaAt: string,
  totalAt: string,
  body: Readonly<Record<string, unknown>>
): Reply.Reply => {
  const odd = Injector.find(fired, "OddFields")
  const rows = (body[rowsAt] as ReadonlyArray<object>).map((row, index) =>
    odd !== undefined && (odd.nth === undefined || odd.nth === index + 1) ? Object.assign({}, row, odd.fields) : row
  )
  if (Injector.find(fired, "BareList") !== undefined) return Reply.json(rows)
  const { [totalAt]: total, ...meta } = body[metaAt] as Readonly<Record<string, unknown>>
  const as = Injector.find(fired, "OddTotal")?.as
  return Reply.json({
    ...body,
    [rowsAt]: Injector.find(fired, "NullList") === undefined ? rows : null,
    [metaAt]: { ...meta, ...(as === "absent" ? {} : { [totalAt]: as === "text" ? String(total) : total }) }
  })
}
