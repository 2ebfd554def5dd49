/** A disk that does nothing more after so many changes, as if the process had been killed: nothing that runs later can tidy up. */
import { NodeServices } from "@effect/platform-node"
import { ArchiveIndex, AudioStore, type Encryption, Manifest } from "@vobiz-effect/archive"
import { Effect, FileSystem, Layer, PlatformError } from "effect"

const isRead = (options?: { readonly flag?: string | undefined }) => (options?.flag ?? "r") === "r"

export const after = (changes: number) => {
  let made = 0
  const dead = PlatformError.systemError({ _tag: "Unknown", module: "FileSystem", method: "killed" })
  const change = <A, R>(self: Effect.Effect<A, PlatformError.PlatformError, R>) =>
    Effect.suspend(() => (made++ < changes ? self : Effect.fail(dead)))
  const layer = Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs): FileSystem.FileSystem => ({
      ...fs,
      open: (file, options) =>
        Effect.map(
          isRead(options) ? fs.open(file, options) : change(fs.open(file, options)),
          (handle): FileSystem.File =>
            Object.create(handle, {
              // The place in the file is the handle's own.
              seek: { value: (...args: Parameters<typeof handle.seek>) => handle.seek(...args) },
              read: { value: (...args: Parameters<typeof handle.read>) => handle.read(...args) },
              readAlloc: { value: (...args: Parameters<typeof handle.readAlloc>) => handle.readAlloc(...args) },
              write: { value: (bytes: Uint8Array) => change(handle.write(bytes)) },
              writeAll: { value: (bytes: Uint8Array) => change(handle.writeAll(bytes)) },
              truncate: { value: (length?: number) => change(handle.truncate(length)) }
            })
        ),
      rename: (from, to) => change(fs.rename(from, to)),
      link: (from, to) => change(fs.link(from, to)),
      remove: (path, options) => change(fs.remove(path, options)),
      truncate: (path, length) => change(fs.truncate(path, length)),
      writeFileString: (path, data, options) => change(fs.writeFileString(path, data, options)),
      makeDirectory: (path, options) => change(fs.makeDirectory(path, options))
    }))
  ).pipe(Layer.provideMerge(NodeServices.layer))
  return { layer, wasKilled: () => made > changes, changes: () => made }
}

/** An archive on such a disk. */
export const archive = (
  directory: string,
  killed: ReturnType<typeof after>,
  key: Manifest.FolderOptions["key"] = null,
  encryption: Encryption.Keyring | null = null
) =>
  Manifest.Manifest.layerFolder({ directory, key }).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        AudioStore.AudioStore.layerFolder({ directory, key: encryption }),
        ArchiveIndex.ArchiveIndex.layerFolder({ directory, key: encryption })
      )
    ),
    Layer.provideMerge(killed.layer)
  )
