/** Decodes bodies of the provider, and says where and how one is not of the known form. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

import type { VobizResponse } from "../VobizClient.ts"
import { DecodeFailure, VobizError } from "../VobizError.ts"
import * as VobizMetrics from "../VobizMetrics.ts"
import { type Cut, excerpt } from "./foreign.ts"

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

const printPath = (path: ReadonlyArray<PropertyKey>) =>
  path.reduce<string>(
    (text, key) => text + (typeof key === "number" ? `[${key}]` : `${text === "" ? "" : "."}${String(key)}`),
    ""
  )

/** A decoder of JSON bodies for one operation. */
export const decoder = <T>(operation: string, schema: Schema.ConstraintDecoder<T>, cut: Cut) => {
  const decode = Schema.decodeUnknownEffect(schema)
  return ({ json, requestId }: Pick<VobizResponse, "json" | "requestId">): Effect.Effect<T, VobizError> =>
    decode(json).pipe(
      Effect.mapError(({ issue }) => {
        const [first] = issuesOf(issue).issues
        const path = (first?.path ?? []).map((key) => (typeof key === "object" ? key.key : key))
        const reason = new DecodeFailure({
          path: cut(printPath(path)),
          expected: cut(first?.message ?? "another form"),
          syntax: false,
          body: cut(excerpt(json))
        })
        return new VobizError({ operation, requestId, reason })
      })
    )
}

/** Counts rows read, the keys in them that no field of ours stands for, and the rows the whole list is said to have. */
export const countRows = (operation: string, known: ReadonlySet<string>) =>
  Effect.fnUntraced(function* (rows: ReadonlyArray<object>, total?: number) {
    const attributes = Metric.withAttributes({ operation })
    yield* Metric.update(VobizMetrics.rows.pipe(attributes), rows.length)
    if (total !== undefined) yield* Metric.update(VobizMetrics.listRows.pipe(attributes), total)
    let unknown = 0
    for (const row of rows) for (const key in row) if (!known.has(key)) unknown++
    if (unknown > 0) yield* Metric.update(VobizMetrics.unknownKeys.pipe(attributes), unknown)
  })

/** The rows of a body that was decoded before, with all their keys. */
export const rawRows = (json: unknown, key: string): ReadonlyArray<object> =>
  (json as Readonly<Record<string, ReadonlyArray<object>>>)[key] ?? []
