/** The end of what a reconciliation shows. */
import { Account, Kernel } from "@vobiz-effect/reconcile"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import type * as Reconcile from "../../Reconcile.ts"
import * as ReconcileView from "../../ReconcileView.ts"
import * as Session from "../session.ts"

/** How many tasks are shown on the terminal. */
const tasksShown = 5

/**
 * The findings that have least time left, the critical ones first. Of those whose time is over, nothing can be saved: they come
 * last.
 */
const urgent = (result: Reconcile.Result, now: DateTime.Utc) =>
  Account.attention(result).length === 0
    ? Effect.succeed([])
    : Stream.runCollect(Kernel.findings(result.schema, { order: { urgentAt: now }, asking: true, most: tasksShown }))

/** Ends what the terminal shows: what to do first, where the page is, and the verdict. */
export const print = Effect.fnUntraced(function* (result: Reconcile.Result, out: string | undefined) {
  const path = yield* Path.Path
  const now = yield* DateTime.now
  const page = out === undefined ? null : path.join(out, "findings.html")
  yield* Console.log(
    `\n${ReconcileView.closing(result, {
      ...(yield* Session.terminal),
      now,
      tasks: yield* urgent(result, now),
      page: page === null ? null : { path: page, url: yield* Effect.orDie(path.toFileUrl(path.resolve(page))) }
    })}`
  )
})
