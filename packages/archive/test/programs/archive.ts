/**
 * Archives all recordings of a server into a folder: a program to be killed. It prints a line when it begins, and one with
 * the outcomes at its end. Arguments: base URL, account id, token, folder, key in hexadecimal digits or nothing.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Archive from "@vobiz-effect/archive/Archive"
import * as ArchiveIndex from "@vobiz-effect/archive/ArchiveIndex"
import * as AudioStore from "@vobiz-effect/archive/AudioStore"
import * as Manifest from "@vobiz-effect/archive/Manifest"
import * as Recordings from "@vobiz-effect/core/Recordings"
import * as Vobiz from "@vobiz-effect/core/Vobiz"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

/** Tries again at once: waits of up to 20 seconds are cut. Time limits are longer. */
const impatient = Layer.effect(
  Clock.Clock,
  Effect.map(Clock.Clock, (clock): Clock.Clock =>
    Object.create(clock, {
      sleep: {
        value: (duration: Duration.Duration) =>
          clock.sleep(Duration.isGreaterThan(duration, Duration.seconds(20)) ? duration : Duration.millis(5))
      }
    })
  )
)

/** Archives by these arguments, and gives the outcomes. */
export const archive = ([baseUrl = "", authId = "", token = "", directory = "", key = ""]: ReadonlyArray<string>) => {
  const program = Effect.gen(function* () {
    const recordings = yield* Recordings.Recordings
    const run = yield* (yield* Manifest.Manifest).run("archive")
    return yield* Archive.run({
      recordings: recordings.stream(),
      directory,
      manifest: run,
      concurrency: 3,
      settle: 0
    }).pipe(Archive.summarize)
  }).pipe(Effect.scoped)

  const keys = key === "" ? null : Redacted.make(new Uint8Array(Buffer.from(key, "hex")))

  const services = Layer.mergeAll(
    Vobiz.layer({ authId, authToken: Redacted.make(token), baseUrl: new URL(baseUrl), rateLimit: 10_000 }),
    AudioStore.AudioStore.layerFolder({
      directory,
      syncEvery: 4096,
      key: keys
    }),
    Manifest.Manifest.layerFolder({ directory }).pipe(
      Layer.provideMerge(ArchiveIndex.ArchiveIndex.layerFolder({ directory, key: keys }))
    )
  )

  return Effect.provide(
    program,
    Layer.provideMerge(services, Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, impatient))
  )
}

if (process.argv[1] === import.meta.filename) {
  await Effect.runPromise(
    Console.log("begun").pipe(
      Effect.andThen(archive(process.argv.slice(2))),
      Effect.flatMap((summary) => Console.log(JSON.stringify(summary)))
    )
  )
}
