/**
 * The reconciliation of an account as durable workflows: one of the whole, and one for each unit of work.
 *
 * Each unit is a workflow of its own with one activity, so that the units of one run spread over all runners. An activity is done
 * at least once: what it makes is known by the digests of its inputs (`Lake.once`), so that a second time gives what the first
 * did, and is at once done.
 *
 * @since 0.1.0
 */
import { VobizError } from "@vobiz-effect/core"
import { DuckDbError } from "@vobiz-effect/reconcile"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Activity, Workflow, type WorkflowEngine } from "effect/workflow"

import * as Accounts from "./Accounts.ts"
import * as Capacity from "./Capacity.ts"
import * as Extract from "./Extract.ts"
import * as Digest from "./internal/digest.ts"
import * as JobLog from "./JobLog.ts"
import * as Lake from "./Lake.ts"
import { LakeError } from "./LakeError.ts"
import * as Match from "./Match.ts"
import * as Merge from "./Merge.ts"
import * as Spec from "./Spec.ts"
import * as Split from "./Split.ts"

/**
 * What a unit of work can fail with; it travels and is kept as it is.
 *
 * @category errors
 * @since 0.1.0
 */
export const JobError = Schema.Union([
  VobizError.VobizError,
  Accounts.UnknownAccount,
  LakeError,
  DuckDbError.DuckDbError
])

/**
 * @category errors
 * @since 0.1.0
 */
export type JobError = typeof JobError.Type

/** `attempt` counts the submissions of a run: what failed in one is begun again in the next. */
const job = { spec: Spec.Spec, attempt: Schema.Int }

interface Job {
  readonly spec: Spec.Spec
  readonly attempt: number
}

const key = ({ attempt, spec }: Job, unit: string) => `${Spec.runOf(spec)}/${attempt}/${unit}`

const extractPayload = Schema.Struct({ ...job, part: Extract.Part })
const splitPayload = Schema.Struct({ ...job, extracts: Schema.Array(Extract.Receipt) })
const matchPayload = Schema.Struct({
  ...job,
  split: Split.Receipt,
  trunks: Schema.Array(Extract.Receipt),
  verdicts: Match.Verdicts,
  bucket: Schema.Int
})
const mergePayload = Schema.Struct({
  ...job,
  extracts: Schema.Array(Extract.Receipt),
  split: Split.Receipt,
  matches: Schema.Array(Match.Receipt)
})

const extract = Workflow.make("recon/Extract", {
  payload: extractPayload,
  success: Extract.Receipt,
  error: JobError,
  idempotencyKey: (payload) => key(payload, Extract.nameOf(payload.part))
})
const split = Workflow.make("recon/Split", {
  payload: splitPayload,
  success: Split.Receipt,
  error: JobError,
  idempotencyKey: (payload) => key(payload, "split")
})
const match = Workflow.make("recon/Match", {
  payload: matchPayload,
  success: Match.Receipt,
  error: JobError,
  idempotencyKey: (payload) => key(payload, `match ${payload.bucket}`)
})
const merge = Workflow.make("recon/Merge", {
  payload: mergePayload,
  success: Merge.Result,
  error: JobError,
  idempotencyKey: (payload) => key(payload, "merge")
})

/**
 * The whole reconciliation of an account.
 *
 * @category workflows
 * @since 0.1.0
 */
export const reconcile = Workflow.make("recon/Reconcile", {
  payload: Schema.Struct(job),
  success: Merge.Result,
  error: JobError,
  idempotencyKey: (payload) => key(payload, "reconcile")
})

/** What runs units. */
type Worker = Capacity.Capacity | Lake.Lake | JobLog.JobLog | Accounts.Accounts | FileSystem.FileSystem | Path.Path

/**
 * The one activity of a unit: `inputs` are all that its outcome depends on.
 */
const unit = <A, I, E extends JobError, R>(
  { attempt, spec }: Job,
  name: string,
  options: {
    readonly success: Schema.Codec<A, I>
    readonly inputs: ReadonlyArray<unknown>
    readonly work: Effect.Effect<A, E, R>
  }
) =>
  Activity.make({
    name,
    success: options.success,
    error: JobError,
    execute: Effect.gen(function* () {
      const capacity = yield* Capacity.Capacity
      const lake = yield* Lake.Lake
      const log = yield* JobLog.JobLog
      const run = Spec.runOf(spec)
      const kind = name.split(" ", 1)[0]
      const known = Digest.ofText(JSON.stringify([version, kind, run, ...options.inputs]))
      return yield* lake.once(known, options.success, capacity.unit(options.work)).pipe(log.track(run, attempt, name))
    })
  })

/** What a receipt of another version says may not hold. */
const version = 1

const extracted = (extracts: ReadonlyArray<Extract.Receipt>) =>
  extracts.map(({ file, part }) => [part.list, file.sha256])

/** Lets all come to their end, so that a retry begins again only what has failed, and then gives the first failure. */
const all = <A, B, E, R>(inputs: ReadonlyArray<A>, run: (input: A) => Effect.Effect<B, E, R>) =>
  Effect.forEach(inputs, (input) => Effect.result(run(input)), { concurrency: "unbounded" }).pipe(
    Effect.flatMap((results) => Effect.fromResult(Result.all(results)))
  )

/**
 * The programs of all workflows, for a runner.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, Worker | WorkflowEngine.WorkflowEngine> = Layer.mergeAll(
  extract.toLayer((payload) => {
    const { part, spec } = payload
    return unit(payload, Extract.nameOf(part), {
      success: Extract.Receipt,
      inputs: [part.list, part.from.epochMilliseconds, part.to.epochMilliseconds],
      work: Effect.scoped(
        Effect.flatMap(
          Effect.flatMap(Accounts.Accounts, ({ open }) => open(spec.account)),
          (services) => Effect.provideContext(Extract.run(spec, part), services)
        )
      )
    })
  }),
  split.toLayer((payload) =>
    unit(payload, "split", {
      success: Split.Receipt,
      inputs: extracted(payload.extracts),
      work: Split.run(payload.spec, payload.extracts)
    })
  ),
  match.toLayer((payload) =>
    unit(payload, `match ${payload.bucket}`, {
      success: Match.Receipt,
      inputs: [payload.split.directory, payload.bucket, payload.verdicts, ...extracted(payload.trunks)],
      work: Match.run(payload.spec, payload.split, payload.trunks, payload.verdicts, payload.bucket)
    })
  ),
  merge.toLayer((payload) =>
    unit(payload, "merge", {
      success: Merge.Result,
      inputs: [
        payload.split.directory,
        ...extracted(payload.extracts),
        ...payload.matches.map(({ file }) => file.sha256)
      ],
      work: Merge.run(payload.spec, payload.extracts, payload.split, payload.matches)
    })
  ),
  reconcile.toLayer(
    Effect.fnUntraced(function* ({ attempt, spec }) {
      const log = yield* JobLog.JobLog
      return yield* Effect.gen(function* () {
        const extracts = yield* all(Extract.partsOf(spec), (part) => extract.execute({ spec, attempt, part }))
        const parted = yield* split.execute({ spec, attempt, extracts })
        const trunks = extracts.filter(({ part }) => part.list === "trunk")
        const verdicts = Merge.verdictsOf(extracts)
        const matches = yield* all(parted.buckets, (bucket) =>
          match.execute({ spec, attempt, split: parted, trunks, verdicts, bucket })
        )
        return yield* merge.execute({ spec, attempt, extracts, split: parted, matches })
      }).pipe(
        Effect.tap((result) => log.close(Spec.runOf(spec), attempt, Exit.succeed(result))),
        Effect.tapError((error) => log.close(Spec.runOf(spec), attempt, Exit.fail(error)))
      )
    })
  )
)
