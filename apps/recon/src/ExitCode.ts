/**
 * How the command ends, in one table.
 *
 * | Exit code | Means                                                                                          |
 * | --------- | ---------------------------------------------------------------------------------------------- |
 * | 0         | it ran, and all is well: the verdict is assured                                                |
 * | 1         | it ran, and something is wrong: the verdict is breached                                        |
 * | 2         | it could not run; standard error says why                                                      |
 * | 3         | it ran, and cannot tell: the verdict is unknown                                                |
 * | 130       | it was interrupted (SIGINT)                                                                    |
 * | 143       | it was ended (SIGTERM)                                                                         |
 *
 * @since 0.1.0
 */
import type { Verdict } from "@vobiz-effect/reconcile"
import * as Effect from "effect/Effect"
import { CannotTell, FindingsFound } from "./Failure.ts"

/**
 * The exit code of each end. Node itself makes those of signals.
 *
 * @category constants
 * @since 0.1.0
 */
export const codes = { assured: 0, breached: 1, couldNotRun: 2, unknown: 3, interrupted: 130, terminated: 143 } as const

/**
 * The verdict on two runs together.
 *
 * @category combining
 * @since 0.1.0
 */
export const worst = (a: Verdict.Verdict["_tag"], b: Verdict.Verdict["_tag"]): Verdict.Verdict["_tag"] =>
  (["breached", "unknown", "assured"] as const).find((state) => state === a || state === b) ?? "unknown"

/**
 * Ends a program as its verdict says. What the verdict is must have been shown already.
 *
 * @category ending
 * @since 0.1.0
 */
export const end = (state: Verdict.Verdict["_tag"]): Effect.Effect<void, FindingsFound | CannotTell> =>
  state === "assured"
    ? Effect.void
    : Effect.fail(state === "breached" ? new FindingsFound() : new CannotTell({ reasons: [] }))
