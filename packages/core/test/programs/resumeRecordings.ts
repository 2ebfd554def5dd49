/**
 * Reads all recordings and appends their ids to a file, keeping how far it has come: a program to be killed.
 * Arguments: base URL, account id, token, folder.
 */
import { appendFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Checkpoint from "../../src/Checkpoint.ts"
import * as ExtractProof from "../../src/ExtractProof.ts"
import * as Recordings from "../../src/Recordings.ts"
import * as Vobiz from "../../src/Vobiz.ts"

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
