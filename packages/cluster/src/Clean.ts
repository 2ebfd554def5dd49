/**
 * Removes the rows that an ended run read from the provider. Its result stays in the lake.
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
 * The run is under way and still needs its rows.
 *
 * @category errors
 * @since 0.1.0
 */
export class StillRunning extends Schema.TaggedError<StillRunning>()("StillRunning", { run: Schema.String }) {
  override get message(): string {
    return `run ${this.run} is under way and still needs its files in the lake. Wait until it ends, or cancel it`
  }
}

/**
 * Removes the rows that a run read, with their receipts, and returns how many files it removed.
 *
 * Receipts are removed first, so that a retry never finds a receipt without its rows: it reads them again.
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
