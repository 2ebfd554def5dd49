/**
 * Removes from the lake what a run does not need any more once it has ended. Its result stays.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import type * as JobLog from "./JobLog.ts"
import * as Lake from "./Lake.ts"
import type { LakeError } from "./LakeError.ts"
import * as Spec from "./Spec.ts"

/**
 * A run that is under way needs all that it has.
 *
 * @category errors
 * @since 0.1.0
 */
export class StillRunning extends Schema.TaggedError<StillRunning>()("StillRunning", { run: Schema.String }) {
  override get message(): string {
    return `run ${this.run} is under way, and needs what it has in the lake. Wait for its end, or cancel it`
  }
}

/**
 * Removes a run's buckets, and their findings, which are in the result too; with `extracts`, also the rows that were read of the
 * provider. Tells how many files these were. Receipts go first: what is not there is made again by a retry of a run that failed.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fn("Clean.run")(function* (
  { account, run, state }: Pick<JobLog.Run, "account" | "run" | "state">,
  { extracts }: { readonly extracts: boolean }
): Effect.fn.Return<number, StillRunning | LakeError, Lake.Lake> {
  if (state === "running") return yield* new StillRunning({ run })
  const lake = yield* Lake.Lake
  const names = ["receipts/split", "receipts/match", "split", "matched"]
  if (extracts) names.unshift("receipts/extract", "cdr", "recording", "trunk")
  const counts = yield* Effect.forEach(names, (name) => lake.remove(`${Spec.folderOf({ account, run })}/${name}`))
  return counts.reduce((sum, count) => sum + count, 0)
})
