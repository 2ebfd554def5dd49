/**
 * Reads all recordings and appends their ids to a file, keeping how far it has come: a program to be killed.
 * Arguments: base URL, account id, token, folder.
 */
import { appendFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer, Redacted, Schema, Stream } from "effect"
import { Checkpoint, ExtractProof, Recordings, Vobiz } from "../../src/index.ts"

const [baseUrl = "", authId = "", token = "", folder = ""] = process.argv.slice(2)

const encode = Schema.encodeEffect(Schema.fromJsonString(ExtractProof.ExtractProof))

const program = Effect.gen(function* () {
  const recordings = yield* Recordings.Recordings
  const checkpoint = yield* Checkpoint.Checkpoint
  const { proof, rows } = yield* recordings.resume({ checkpoint, name: "recordings" })
  yield* Stream.runForEach(rows, ({ recordingId }) =>
    Effect.sync(() => appendFileSync(join(folder, "ids"), `${recordingId}\n`))
  )
  const text = yield* encode(yield* proof)
  yield* Effect.sync(() => writeFileSync(join(folder, "proof"), text))
})

await Effect.runPromise(
  Effect.provide(
    program,
    Layer.mergeAll(
      Vobiz.layer({
        authId,
        authToken: Redacted.make(token),
        baseUrl: new URL(baseUrl),
        rateLimit: 10_000,
        concurrency: 3
      }),
      Checkpoint.Checkpoint.layerFile(join(folder, "checkpoints")).pipe(Layer.provide(NodeServices.layer))
    )
  )
)
