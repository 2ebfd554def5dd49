/**
 * Units of work, and the queue from which all runners take them.
 *
 * One runner at a time holds a unit, on a lease. If the runner is lost, the lease ends and another takes the unit: each unit runs at
 * least once. The digest of its inputs identifies its receipt (`Lake.once`), so a second execution returns the first outcome.
 *
 * @since 0.1.0
 */
import { Digest } from "@vobiz-effect/files"
import { StoreError } from "@vobiz-effect/archive"
import { VobizError } from "@vobiz-effect/core"
import { DuckDbError } from "@vobiz-effect/reconcile"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import { PersistedQueue } from "effect/persistence"
import * as Schema from "effect/Schema"
import { DurableDeferred, type WorkflowEngine } from "effect/workflow"

import * as Accounts from "../Accounts.ts"
import * as Audio from "../Audio.ts"
import * as Capacity from "../Capacity.ts"
import * as JobLog from "../JobLog.ts"
import * as Lake from "../Lake.ts"
import { LakeError } from "../LakeError.ts"
import * as Result from "../Result.ts"
import * as Spec from "../Spec.ts"
import * as Extract from "./extract.ts"
import * as Reconcile from "./reconcile.ts"

/**
 * The unit did not run, or not to its end, because its run was cancelled.
 *
 * @category errors
 * @since 0.1.0
 */
export class Cancelled extends Schema.TaggedError<Cancelled>()("Cancelled", { run: Schema.String }) {
  override get message(): string {
    return `run ${this.run} was cancelled. Retry it to resume it`
  }
}

/**
 * The unit lost its runner each time that it was started.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunnersLost extends Schema.TaggedError<RunnersLost>()("RunnersLost", { times: Schema.Int }) {
  override get message(): string {
    return `the unit lost its runner ${this.times} times. If runners run out of memory, let each run fewer units at once; then retry the run`
  }
}

/**
 * The errors of units of work. They are encoded whole, so waiting clients get them with their fields.
 *
 * @category errors
 * @since 0.1.0
 */
export const UnitError = Schema.Union([
  VobizError.VobizError,
  Accounts.UnknownAccount,
  LakeError,
  DuckDbError.DuckDbError,
  Audio.AudioNotFetched,
  StoreError.StoreError,
  RunnersLost,
  Cancelled
])

/**
 * @category errors
 * @since 0.1.0
 */
export type UnitError = typeof UnitError.Type

/**
 * The kinds of units: read a list, reconcile the lists, or fetch a day's audio.
 *
 * @category models
 * @since 0.1.0
 */
export const Work = Schema.Union([
  Schema.TaggedStruct("Extract", { list: Extract.List }),
  Schema.TaggedStruct("Reconcile", { cdr: Extract.Receipt, recording: Extract.Receipt, trunk: Extract.Receipt }),
  Schema.TaggedStruct("Archive", { recordings: Extract.Receipt, day: Audio.Day })
])

/**
 * @category models
 * @since 0.1.0
 */
export type Work = typeof Work.Type

/**
 * The outcome of a unit, for each kind.
 *
 * @category models
 * @since 0.1.0
 */
export const Outcome = Schema.Union([
  Schema.TaggedStruct("Extract", { receipt: Extract.Receipt }),
  Schema.TaggedStruct("Reconcile", { receipt: Result.Result }),
  Schema.TaggedStruct("Archive", { receipt: Audio.Receipt })
])

/**
 * @category models
 * @since 0.1.0
 */
export type Outcome = typeof Outcome.Type

/**
 * The name of a unit, unique within its run.
 *
 * @category getters
 * @since 0.1.0
 */
export const nameOf = (work: Work): string => {
  switch (work._tag) {
    case "Extract":
      return `extract ${work.list}`
    case "Reconcile":
      return "reconcile"
    case "Archive":
      return `archive ${DateTime.formatIso(work.day.from)}`
  }
}

/** How many units a run has: each list, the reconciliation, and each day of audio with `archive`. */
export const countOf = (spec: Spec.Spec): number =>
  Extract.List.literals.length + 1 + (spec.archive === true ? Audio.daysOf(spec).length : 0)

/**
 * A unit of work in the queue. `token` resumes the workflow that waits for its outcome.
 *
 * @category models
 * @since 0.1.0
 */
export const Item = Schema.Struct({ spec: Spec.Spec, attempt: Schema.Int, work: Work, token: DurableDeferred.Token })

/**
 * @category models
 * @since 0.1.0
 */
export type Item = typeof Item.Type

/** How often a unit is started when its runners are lost. */
const mostStarts = 10

/**
 * The queue of units.
 *
 * It allows more attempts than `mostStarts`, so that a unit that lost too many runners is taken once more, to fail.
 *
 * @category queues
 * @since 0.1.0
 */
export const queue: Effect.Effect<
  PersistedQueue.PersistedQueue<Item>,
  never,
  PersistedQueue.PersistedQueueFactory
> = PersistedQueue.make({ name: "recon/Units", schema: Item, maxAttempts: 2 * mostStarts })

/**
 * The deferred outcome that a workflow waits for.
 *
 * @category queues
 * @since 0.1.0
 */
export const outcomeOf = (work: Work) =>
  DurableDeferred.make(`unit ${nameOf(work)}`, { success: Outcome, error: UnitError })

/** Part of each receipt's digest. Raise it when older receipts are no longer valid. */
const version = 4

const files = ({ files, list }: Extract.Receipt) => [list, ...files.map(({ sha256 }) => sha256)]

/** Everything that the outcome of a unit depends on, besides its run. */
const inputsOf = (work: Work): ReadonlyArray<unknown> => {
  switch (work._tag) {
    case "Extract":
      return [work.list]
    case "Reconcile":
      return [work.cdr, work.recording, work.trunk].map(files)
    case "Archive":
      return [work.day.from.epochMilliseconds, work.day.to.epochMilliseconds, files(work.recordings)]
  }
}

const perform = Effect.fnUntraced(function* (spec: Spec.Spec, work: Work) {
  switch (work._tag) {
    case "Extract": {
      const services = yield* (yield* Accounts.Accounts).open(spec.account)
      const receipt = yield* Effect.provideContext(Extract.run(spec, work.list), services)
      return { _tag: "Extract" as const, receipt }
    }
    case "Reconcile":
      return { _tag: "Reconcile" as const, receipt: yield* Reconcile.run(spec, work) }
    case "Archive": {
      const services = yield* (yield* Accounts.Accounts).open(spec.account)
      const receipt = yield* Effect.provideContext(Audio.run(spec, work.recordings, work.day), services)
      return { _tag: "Archive" as const, receipt }
    }
  }
}, Effect.scoped)

/** The counts of a day's audio, also if some could not be fetched. */
const audioOf = (exit: Exit.Exit<Outcome, UnitError>) => {
  if (Exit.isSuccess(exit)) return exit.value._tag === "Archive" ? exit.value.receipt.summary : null
  const error = Cause.findErrorOption(exit.cause)
  return Option.isSome(error) && error.value._tag === "AudioNotFetched" ? error.value.summary : null
}

/** Fails when an attempt of a run is cancelled. Ignores errors of the database. */
const cancelled = Effect.fnUntraced(function* (run: string, attempt: number) {
  const { isLive } = yield* JobLog.JobLog
  const look = isLive(run, attempt).pipe(Effect.orElseSucceed(() => true))
  yield* Effect.repeat(Effect.delay(look, "1 second"), { while: (live) => live })
  return yield* new Cancelled({ run })
})

/** Runs a unit, and sends its outcome to the workflow. */
const handle = Effect.fn("Units.handle")(function* (
  { attempt, spec, token, work }: Item,
  { attempts }: { readonly attempts: number }
) {
  const { database } = yield* Capacity.Capacity
  const log = yield* JobLog.JobLog
  const run = Spec.runOf(spec)
  const tell = (exit: Exit.Exit<Outcome, UnitError>) => DurableDeferred.done(outcomeOf(work), { token, exit })
  if (!(yield* log.isLive(run, attempt))) return yield* tell(Exit.fail(new Cancelled({ run })))
  const known = Digest.of(JSON.stringify([version, work._tag, run, ...inputsOf(work)]))
  const receipt = `${Spec.placeOf(spec)}/receipts/${work._tag.toLowerCase()}/${known}.json`
  const done = Effect.gen(function* () {
    if (attempts > mostStarts) return yield* new RunnersLost({ times: mostStarts })
    return yield* perform(spec, work)
  }).pipe(Effect.provide(database))
  const unit = Effect.raceFirst(Lake.once(receipt, Outcome, done), cancelled(run, attempt))
  const exit = yield* Effect.exit(log.track(run, attempt, nameOf(work), unit, audioOf))
  // Interrupted work goes back into the queue.
  if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.interrupt
  yield* tell(exit)
})

/**
 * Takes units from the queue, up to `Capacity.units` at once, until the scope closes.
 *
 * @category layers
 * @since 0.1.0
 */
export const worker: Layer.Layer<
  never,
  never,
  | Capacity.Capacity
  | Lake.Lake
  | JobLog.JobLog
  | Accounts.Accounts
  | FileSystem.FileSystem
  | Path.Path
  | PersistedQueue.PersistedQueueFactory
  | WorkflowEngine.WorkflowEngine
> = Layer.effectDiscard(
  Effect.gen(function* () {
    const { units } = yield* Capacity.Capacity
    const items = yield* queue
    const take = items.take(handle).pipe(
      Effect.catchCause((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.failCause(cause as Cause.Cause<never>)
          : Effect.logWarning("a unit of work failed and goes back into the queue", cause)
      ),
      Effect.forever
    )
    yield* Effect.forkScoped(Effect.replicateEffect(take, units, { concurrency: units, discard: true }))
  })
)
