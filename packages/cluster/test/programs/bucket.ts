/** A run in a process of its own, whose lake is a bucket. What it is to do stands in its environment. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Layer, Schema } from "effect"

import * as Random from "../../../reconcile/test/accounts.ts"
import { Capacity, JobRunner, LakeS3, type Spec } from "../../src/index.ts"
import * as Lists from "../accounts.ts"

export const Setup = Schema.fromJsonString(
  Schema.Struct({ seed: Schema.Int, file: Schema.String, scratch: Schema.String, endpoint: Schema.String })
)

/** A random account, and what is to be found of it. */
export const account = (seed: number): { readonly lists: Lists.Lists; readonly spec: Spec.Spec } => {
  const { account: lists, parameters } = Random.make(seed)
  const { asOf, settings, window } = parameters
  return { lists, spec: { account: "MA_TEST", ...window, asOf, settings, rowsPerBucket: 4 } }
}

/** The lake in the bucket of a server of `s3.ts`. */
export const lake = (options: { readonly endpoint: string; readonly scratch: string }) =>
  LakeS3.layer({
    client: {
      endpoint: options.endpoint,
      region: "us-east-1",
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" }
    },
    bucket: "lake",
    prefix: "cdrs/",
    scratch: options.scratch
  })

const program = Effect.gen(function* () {
  const setup = yield* Schema.decodeUnknownEffect(Setup)(process.env["SETUP"])
  const { lists, spec } = account(setup.seed)
  const worker = Layer.mergeAll(lake(setup), Lists.layer(lists), Capacity.Capacity.layer({ duckDb: { threads: 1 } }))
  yield* Effect.gen(function* () {
    const jobs = yield* JobRunner.JobRunner
    yield* jobs.result(yield* jobs.submit(spec))
  }).pipe(
    Effect.provide(
      JobRunner.JobRunner.layerInProcess({ file: setup.file, lease: "1 second" }).pipe(Layer.provide(worker))
    )
  )
}).pipe(Effect.provide(NodeServices.layer))

if (process.env["SETUP"] !== undefined) NodeRuntime.runMain(program)
