/**
 * Removes from the lake what a run does not need any more once it has ended. Its result stays.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import * as Extract from "./internal/extract.ts"
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
 * Removes the rows that a run read of the provider. Tells how many files these were. Receipts go first: a run that failed reads again what is
 * not there when it is retried.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fn("Clean.run")(function* ({
  account,
  run,
  state
}: Pick<JobLog.Run, "account" | "run" | "state">): Effect.fn.Return<number, StillRunning | LakeError, Lake.Lake> {
  if (state === "running") return yield* new StillRunning({ run })
  const lake = yield* Lake.Lake
  const place = Spec.folderOf({ account, run })
  const names = ["receipts/extract", "reading", ...Extract.List.literals]
  const counts = yield* Effect.forEach(names, (name) => lake.remove(`${place}/${name}`))
  return counts.reduce((sum, count) => sum + count, 0)
})
