/** What a command does and reads, written down in an archive's manifest. */
import {
  ArchiveIndex,
  type CanonicalJson,
  Encryption,
  EvidenceKey,
  Manifest,
  type StoreError
} from "@vobiz-effect/archive"
import { VobizClient } from "@vobiz-effect/core"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

import * as Waiting from "./waiting.ts"

/** The manifest of a folder, beside the index that is there. Where another run has it open, that one is waited for. */
export const layer = (directory: string) =>
  patient.pipe(
    Layer.provide(
      Layer.unwrap(Effect.map(EvidenceKey.fromConfig, (key) => Manifest.Manifest.layerFolder({ directory, key })))
    )
  )

const patient = Layer.effect(
  Manifest.Manifest,
  Effect.gen(function* () {
    const manifest = yield* Manifest.Manifest
    const wait = Waiting.whileBusy<StoreError.StoreError>(({ kind }) => kind === "busy", yield* Waiting.patience)
    return Manifest.Manifest.of({ ...manifest, run: (command, options) => wait(manifest.run(command, options)) })
  })
)

/** The manifest of a folder that need not be an archive. */
export const layerAlone = (directory: string) =>
  layer(directory).pipe(
    Layer.provide(
      Layer.unwrap(
        Effect.map(Encryption.keyFromConfig, (key) => ArchiveIndex.ArchiveIndex.layerFolder({ directory, key }))
      )
    )
  )

export const text = (content: string): Stream.Stream<Uint8Array> => Stream.encodeText(Stream.make(content))

/** Keeps each answer of the provider that the effect asks for. It fails where one could not be kept. */
export const withAnswers =
  (run: Manifest.Run) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | StoreError.StoreError, R> =>
    Effect.suspend(() => {
      let failure: StoreError.StoreError | undefined
      const tap = Effect.fnUntraced(function* ({ body, operation, path, status }: VobizClient.RawAnswer) {
        const about: CanonicalJson.Json = {
          what: "answer",
          operation,
          path,
          status,
          heard: DateTime.formatIso(yield* DateTime.now)
        }
        yield* run.object(about, text(body)).pipe(
          Effect.catch((error) =>
            Effect.sync(() => {
              failure ??= error
            })
          )
        )
      })
      return self.pipe(
        Effect.provideService(VobizClient.BodyTap, tap),
        Effect.tap(() => (failure === undefined ? Effect.void : Effect.fail(failure)))
      )
    })
