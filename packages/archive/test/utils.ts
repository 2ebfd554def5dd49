import { NodeServices } from "@effect/platform-node"
import { ArchiveIndex, AudioStore, type Encryption } from "@vobiz-effect/archive"
import { Effect, FileSystem, Layer, Stream } from "effect"
import { createHash } from "node:crypto"

export const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex")

export interface FolderOptions {
  readonly directory: string
  readonly key?: Encryption.Keyring | null
  readonly syncEvery?: number
}

/** The services of an archive in a folder. */
export const folder = (options: FolderOptions) =>
  Layer.mergeAll(AudioStore.AudioStore.layerFolder(options), ArchiveIndex.ArchiveIndex.layerFolder(options)).pipe(
    Layer.provideMerge(NodeServices.layer)
  )

/** A folder that is gone after the test. */
export const temporary = Effect.provide(
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "archive-" })),
  NodeServices.layer
)

/** All bytes of a stream. */
export const collect = <E, R>(stream: Stream.Stream<Uint8Array, E, R>) =>
  Effect.map(Stream.runCollect(stream), (pieces) => Buffer.concat(pieces))

/** Every file below a folder, by its path in it. */
export const tree = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const names = yield* fs.readDirectory(directory, { recursive: true })
  const files = yield* Effect.filter(names, (name) =>
    Effect.map(fs.stat(`${directory}/${name}`), ({ type }) => type === "File")
  )
  return files.toSorted()
})
