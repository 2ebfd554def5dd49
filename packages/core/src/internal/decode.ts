/** Decodes bodies of the provider, says where one is not of the known form, and counts what could not be read. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"

import type { Reject } from "../Extract.ts"
import type { VobizResponse } from "../VobizClient.ts"
import { DecodeFailure, RowsSetAside, VobizError } from "../VobizError.ts"
import * as VobizMetrics from "../VobizMetrics.ts"
import { type Cut, excerpt } from "./foreign.ts"
import * as ListBody from "./listBody.ts"
import { type Decoded, isObject, type RowTable, type Tolerant } from "./rowTable.ts"

/** A page of a list: the rows that could be read, and those that were set aside. */
export interface Page<Row> extends Decoded<Row>, Omit<ListBody.ListBody, "rows"> {}

type Body = Pick<VobizResponse, "json" | "requestId">

/** A body that is not of the known form, and where. */
export const unknownForm = (
  operation: string,
  { path, expected }: ListBody.Fault,
  { json, requestId }: Body,
  cut: Cut
) =>
  new VobizError({
    operation,
    requestId,
    reason: new DecodeFailure({ path, expected, syntax: false, body: cut(excerpt(json)) })
  })

/** Rows set aside as a failure. It names the first, and shows nothing of what it holds but its id. */
export const rowsSetAside = (
  operation: string,
  rejects: ReadonlyArray<Pick<Reject, "id" | "field" | "expected">>,
  cut: Cut,
  requestId: string | null = null,
  count = rejects.length
): VobizError => {
  const [first] = rejects
  const id = first?.id ?? null
  return new VobizError({
    operation,
    requestId,
    reason: new RowsSetAside({
      count,
      field: first?.field ?? "",
      expected: first?.expected ?? "a row",
      id: id === null ? null : cut(id)
    })
  })
}

/** A reader of list bodies for one operation. */
export const listDecoder = <Row extends Tolerant>(
  operation: string,
  table: RowTable<Row>,
  keys: ListBody.Keys,
  cut: Cut
) => {
  const count = counter(operation, table)
  return Effect.fnUntraced(function* (
    response: Body,
    { limit, offset }: { readonly limit: number; readonly offset: number }
  ): Effect.fn.Return<Page<Row>, VobizError> {
    const body = ListBody.read(response.json, keys, offset, limit)
    if ("path" in body) return yield* unknownForm(operation, body, response, cut)
    const decoded = table.many(body.rows)
    yield* count(body.rows, decoded, body.total)
    return { ...body, ...decoded }
  })
}

/** A reader of bodies of one row. */
export const oneDecoder = <Row extends Tolerant>(
  operation: string,
  table: RowTable<Row>,
  rowOf: (json: unknown) => unknown,
  cut: Cut
) => {
  const count = counter(operation, table)
  return Effect.fnUntraced(function* (response: Body): Effect.fn.Return<Row, VobizError> {
    const raw = rowOf(response.json)
    if (!isObject(raw)) return yield* unknownForm(operation, { path: "", expected: "a row" }, response, cut)
    const { rejects, rows } = table.many([raw])
    yield* count([raw], { rejects, rows })
    const [row] = rows
    return row ?? (yield* rowsSetAside(operation, rejects, cut, response.requestId))
  })
}

/**
 * Counts rows read and set aside, fields that could not be read, instants without a zone, keys that no field of ours stands
 * for, and the rows that the whole list is said to have.
 */
export const counter = <Row extends Tolerant>(operation: string, { known }: Pick<RowTable<Row>, "known">) => {
  const attributes = Metric.withAttributes({ operation })
  const fields = (metric: typeof VobizMetrics.unreadableFields, counts: Readonly<Record<string, number>>) =>
    Effect.forEach(
      Object.entries(counts),
      ([field, count]) => Metric.update(metric.pipe(Metric.withAttributes({ operation, field })), count),
      { discard: true }
    )
  return Effect.fnUntraced(function* (
    raw: ReadonlyArray<unknown>,
    { rejects, rows }: Decoded<Row>,
    total?: number | null
  ) {
    yield* Metric.update(VobizMetrics.rows.pipe(attributes), rows.length)
    if (total !== undefined && total !== null) yield* Metric.update(VobizMetrics.listRows.pipe(attributes), total)
    if (rejects.length > 0) yield* Metric.update(VobizMetrics.rowsSetAside.pipe(attributes), rejects.length)
    const { unreadable, zoneless } = countFields(rows)
    if (unreadable !== undefined) yield* fields(VobizMetrics.unreadableFields, unreadable)
    if (zoneless !== undefined) yield* fields(VobizMetrics.zonelessInstants, zoneless)
    let unknown = 0
    for (const row of raw) if (isObject(row)) for (const key in row) if (!known.has(key)) unknown++
    if (unknown > 0) yield* Metric.update(VobizMetrics.unknownKeys.pipe(attributes), unknown)
  })
}

/** How often each field could not be read, or named no zone; `undefined` where none did. */
const countFields = (rows: ReadonlyArray<Tolerant>) => {
  let unreadable: Record<string, number> | undefined
  let zoneless: Record<string, number> | undefined
  for (const row of rows) {
    if (row.unreadable.length > 0) addNames((unreadable ??= {}), row.unreadable)
    if (row.zoneless.length > 0) addNames((zoneless ??= {}), row.zoneless)
  }
  return { unreadable, zoneless }
}

/** Counts the names in. */
export const addNames = (counts: Record<string, number>, names: ReadonlyArray<string>) => {
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
}
