/** A run in a process of its own, whose lake is a bucket. What it is to do stands in its environment. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

import * as Capacity from "../../src/Capacity.ts"
import * as JobRunner from "../../src/JobRunner.ts"
import * as LakeS3 from "../../src/LakeS3.ts"
import * as Lists from "../accounts.ts"
import * as Runs from "../runs.ts"

export const Setup = Schema.fromJsonString(
  Schema.Struct({ seed: Schema.Int, file: Schema.String, scratch: Schema.String, endpoint: Schema.String })
)

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
  const { lists, spec } = Runs.random(setup.seed)
  const worker = Layer.mergeAll(
    lake(setup),
    Lists.layer(lists),
    Capacity.Capacity.layer({ duckDb: { threads: 1 }, rowsPerFile: 4 })
  )
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
