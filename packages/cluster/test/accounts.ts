/** Accounts whose lists are known, instead of the provider's. */
import * as CallDetailRecords from "@vobiz-effect/core/CallDetailRecords"
import * as ExtractProof from "@vobiz-effect/core/ExtractProof"
import * as Recordings from "@vobiz-effect/core/Recordings"
import * as Trunks from "@vobiz-effect/core/Trunks"
import type { CallDetailRecord } from "@vobiz-effect/core/CallDetailRecord"
import type { Extract as Reading } from "@vobiz-effect/core/Extract"
import type { Recording } from "@vobiz-effect/core/Recording"
import type { Trunk } from "@vobiz-effect/core/Trunk"
import type { CheckpointError } from "@vobiz-effect/core/Checkpoint"
import type * as OffsetPager from "@vobiz-effect/core/OffsetPager"
import type { VobizError } from "@vobiz-effect/core/VobizError"
import * as Account from "@vobiz-effect/reconcile/Account"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import * as Accounts from "../src/Accounts.ts"
import type * as Spec from "../src/Spec.ts"

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

const perPage = 3

/** The same, page by page, each kept when the next is asked for. */
const resumed = <A>(list: string, rows: ReadonlyArray<A>, { checkpoint, name }: OffsetPager.NamedCheckpoint) =>
  Effect.map(checkpoint.load(name), (kept) => {
    const first = Number(kept ?? 0)
    const page = Effect.fnUntraced(function* (from: number) {
      if (from > first) yield* checkpoint.save(name, String(from))
      const next = from + perPage
      return [rows.slice(from, next), next < rows.length ? Option.some(next) : Option.none()] as const
    })
    return { ...extract<A, VobizError | CheckpointError>(list, rows), rows: Stream.paginate(first, page) }
  })

const isIn = (at: DateTime.Utc, from: DateTime.Utc, to: DateTime.Utc) =>
  DateTime.isGreaterThanOrEqualTo(at, from) && DateTime.isLessThan(at, to)

/** The rows of the lists that a run reads. */
export const within = (lists: Lists, spec: Spec.Spec): Lists => {
  const { cdrs, recordings } = Account.spans(spec, spec.settings)
  return {
    cdrs: lists.cdrs.filter(({ startTime }) => isIn(startTime, cdrs.from, cdrs.to)),
    recordings: lists.recordings.filter(({ addTime }) => isIn(addTime, recordings.since, recordings.until)),
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
            resume: (named, { from, to }) =>
              resumed(
                "cdrs",
                lists.cdrs.filter(({ startTime }) => isIn(startTime, from, to)),
                named
              )
          }),
          Layer.mock(Recordings.Recordings, {
            resume: (named, { since } = {}) =>
              resumed(
                "recordings",
                lists.recordings.filter(
                  ({ addTime }) => since === undefined || DateTime.isGreaterThanOrEqualTo(addTime, since)
                ),
                named
              )
          }),
          Layer.mock(Trunks.Trunks, { extract: Effect.succeed(extract<Trunk, VobizError>("trunks", lists.trunks)) })
        )
      )
  })
