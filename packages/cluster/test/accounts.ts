/** Accounts whose lists are known, instead of the provider's. */
import { CallDetailRecords, ExtractProof, Recordings, Trunks } from "@vobiz-effect/core"
import type { CallDetailRecord } from "@vobiz-effect/core/CallDetailRecord"
import type { Extract as Reading } from "@vobiz-effect/core/Extract"
import type { Recording } from "@vobiz-effect/core/Recording"
import type { Trunk } from "@vobiz-effect/core/Trunk"
import type { VobizError } from "@vobiz-effect/core/VobizError"
import { DateTime, Effect, Layer, Stream } from "effect"

import { Accounts, Extract, type Spec } from "../src/index.ts"

export interface Lists {
  readonly cdrs: ReadonlyArray<CallDetailRecord>
  readonly recordings: ReadonlyArray<Recording>
  readonly trunks: ReadonlyArray<Trunk>
}

const proof = (list: string, rows: number) =>
  new ExtractProof.ExtractProof({
    list,
    verdict: "complete",
    startedAt: DateTime.makeUnsafe(0),
    asOf: DateTime.makeUnsafe(0),
    since: null,
    doubts: [],
    rowsInDoubt: 0,
    rows,
    total: rows,
    gone: 0,
    pages: 1,
    repeats: 0,
    stepBacks: 0,
    pageSize: 100,
    order: "newest-first",
    firstId: null,
    lastId: null,
    digest: String(rows)
  })

const extract = <A, E>(list: string, rows: ReadonlyArray<A>): Reading<A, E> => ({
  rows: Stream.fromIterable(rows),
  rejects: Stream.empty,
  proof: Effect.succeed(proof(list, rows.length))
})

const isIn = (at: DateTime.Utc, from: DateTime.Utc, to: DateTime.Utc) =>
  DateTime.isGreaterThanOrEqualTo(at, from) && DateTime.isLessThan(at, to)

/** The lists as they are read part by part, in that order. */
export const inParts = (lists: Lists, spec: Spec.Spec): Lists => {
  const parts = Extract.partsOf(spec)
  return {
    cdrs: parts.flatMap(({ from, list, to }) =>
      list === "cdr" ? lists.cdrs.filter(({ startTime }) => isIn(startTime, from, to)) : []
    ),
    recordings: parts.flatMap(({ from, list, to }) =>
      list === "recording" ? lists.recordings.filter(({ addTime }) => isIn(addTime, from, to)) : []
    ),
    trunks: lists.trunks
  }
}

/** Each account has these lists. */
export const layer = (lists: Lists): Layer.Layer<Accounts.Accounts> =>
  Layer.succeed(Accounts.Accounts, {
    open: () =>
      Layer.build(
        Layer.mergeAll(
          Layer.mock(CallDetailRecords.CallDetailRecords, {
            extract: ({ from, to }) =>
              Effect.succeed(
                extract(
                  "cdrs",
                  lists.cdrs.filter(({ startTime }) => isIn(startTime, from, to))
                )
              )
          }),
          Layer.mock(Recordings.Recordings, {
            extract: ({ since } = {}) =>
              Effect.succeed(
                extract(
                  "recordings",
                  lists.recordings.filter(
                    ({ addTime }) => since === undefined || DateTime.isGreaterThanOrEqualTo(addTime, since)
                  )
                )
              )
          }),
          Layer.mock(Trunks.Trunks, { extract: Effect.succeed(extract<Trunk, VobizError>("trunks", lists.trunks)) })
        )
      )
  })
