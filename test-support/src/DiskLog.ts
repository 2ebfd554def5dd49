/** A file system that writes down what is done to it, and whether that would survive a power cut. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { dirname, resolve } from "node:path"
import { assert } from "@effect/vitest"

/** What was done, to which absolute path. `to` is the name that a rename gives. */
export interface Operation {
  readonly did: "open" | "write" | "sync" | "rename" | "link" | "make folder" | "remove"
  readonly path: string
  readonly to?: string
  readonly flag?: string
  readonly mode?: number | undefined
}

export interface DiskLog {
  readonly operations: Array<Operation>
  /** The file system at hand, watched. */
  readonly layer: Layer.Layer<FileSystem.FileSystem, never, FileSystem.FileSystem>
}

export const make = (): DiskLog => {
  const operations: Array<Operation> = []
  const note = <A, E, R>(self: Effect.Effect<A, E, R>, operation: Operation) =>
    Effect.tap(self, () => Effect.sync(() => operations.push(operation)))
  const layer = Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs): FileSystem.FileSystem => {
      const open: FileSystem.FileSystem["open"] = (file, options) => {
        const path = resolve(file)
        const watched = Effect.map(fs.open(file, options), (handle): FileSystem.File =>
          Object.create(handle, {
            write: { value: (bytes: Uint8Array) => note(handle.write(bytes), { did: "write", path }) },
            writeAll: { value: (bytes: Uint8Array) => note(handle.writeAll(bytes), { did: "write", path }) },
            sync: { value: note(handle.sync, { did: "sync", path }) }
          })
        )
        const flag = options?.flag ?? "r"
        return flag === "r" ? watched : note(watched, { did: "open", path, flag, mode: options?.mode })
      }
      return {
        ...fs,
        open,
        rename: (from, to) => note(fs.rename(from, to), { did: "rename", path: resolve(from), to: resolve(to) }),
        link: (from, to) => note(fs.link(from, to), { did: "link", path: resolve(from), to: resolve(to) }),
        remove: (path, options) => note(fs.remove(path, options), { did: "remove", path: resolve(path) }),
        makeDirectory: (path, options) =>
          note(fs.makeDirectory(path, options), { did: "make folder", path: resolve(path), mode: options?.mode })
      }
    })
  )
  return { operations, layer }
}

/**
 * Asserts that a file, or a folder of files, came to its name in the order that survives a power cut: it was opened anew for
 * its owner alone, written, synced, renamed, and its folder synced.
 */
export const assertSettled = ({ operations }: DiskLog, file: string): void => {
  const to = resolve(file)
  const renamed = operations.findLastIndex((operation) => operation.did === "rename" && operation.to === to)
  assert.isAtLeast(renamed, 0, `${to} was never renamed into place`)
  const from = operations[renamed]?.path ?? ""
  const isOfIt = ({ path }: Operation) => path === from || path.startsWith(`${from}/`)
  const before = operations.slice(0, renamed)
  const of = (did: Operation["did"]) => before.findLastIndex((one) => one.did === did && isOfIt(one))
  const opened = before.find((one) => (one.did === "open" || one.did === "make folder") && isOfIt(one))
  assert.isDefined(opened, `${from} was never opened`)
  assert.strictEqual(opened?.mode, opened?.did === "open" ? 0o600 : 0o700, "its owner alone may read it")
  if (opened?.did === "open") assert.strictEqual(opened.flag, "wx", "it is opened as a new file")
  assert.isAbove(
    of("sync"),
    Math.max(of("write"), of("open")),
    `${from} was synced after its last write, before the rename`
  )
  assert.isTrue(
    operations.slice(renamed).some(({ did, path }) => did === "sync" && path === dirname(to)),
    `${dirname(to)} was synced after the rename`
  )
  assertFolderKept(operations, dirname(to))
}

/** Asserts that a file that grows was synced after its last write, and that its name cannot be lost. */
export const assertAppended = ({ operations }: DiskLog, file: string): void => {
  const path = resolve(file)
  const of = (did: Operation["did"], at: string) =>
    operations.findLastIndex((one) => one.did === did && one.path === at)
  const opened = operations.findIndex((one) => one.did === "open" && one.path === path)
  const written = operations.findIndex((one) => one.did === "write" && one.path === path)
  assert.isAtLeast(opened, 0, `${path} was opened`)
  assert.isAbove(of("sync", path), of("write", path), `${path} was synced after its last write`)
  const named = operations.findIndex((one, index) => index > opened && one.did === "sync" && one.path === dirname(path))
  assert.isTrue(named > opened && named < written, `${dirname(path)} was synced before the first write to ${path}`)
  assertFolderKept(operations, dirname(path))
}

/** Asserts that each folder that was made here, down to this one, has its entry in the folder above on the disk. */
const assertFolderKept = (operations: ReadonlyArray<Operation>, folder: string): void => {
  const made = operations.findIndex(({ did, path }) => did === "make folder" && path === folder)
  if (made < 0) return
  const above = dirname(folder)
  assert.strictEqual(operations[made]?.mode, 0o700, `${folder} is for its owner alone`)
  assert.isTrue(
    operations.slice(made).some(({ did, path }) => did === "sync" && path === above),
    `${above} was synced after ${folder} was made in it`
  )
  assertFolderKept(operations, above)
}

/** The place of an operation in the log. */
export const indexOf = ({ operations }: DiskLog, did: Operation["did"], file: string): number =>
  operations.findIndex((one) => one.did === did && (one.to ?? one.path) === resolve(file))
