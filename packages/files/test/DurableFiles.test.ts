import { NodeServices } from "@effect/platform-node"
import { assert, DiskLog, it } from "@vobiz-effect/test-support"
import { Data, Effect, FileSystem, Layer, PlatformError, Stream } from "effect"

import { DurableFiles } from "../src/index.ts"

class Broken extends Data.TaggedError("Broken")<{}> {}

const encode = (text: string) => new TextEncoder().encode(text)

/** A folder, and what is done to it. */
const watched = <A, E>(
  body: (
    folder: string,
    log: DiskLog.DiskLog,
    durable: DurableFiles.DurableFiles
  ) => Effect.Effect<A, E, FileSystem.FileSystem>
) =>
  Effect.gen(function* () {
    const log = DiskLog.make()
    const folder = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
    yield* Effect.flatMap(DurableFiles.make, (durable) => body(folder, log, durable)).pipe(Effect.provide(log.layer))
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

/** All names below a folder. */
const namesIn = (folder: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(folder, { recursive: true }))

const modeOf = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.map(fs.stat(path), ({ mode }) => mode & 0o777))

it.effect("writes a text: open, write, sync, rename, sync of the folder, in new folders that are on the disk too", () =>
  watched((folder, log, durable) =>
    Effect.gen(function* () {
      const file = `${folder}/a/b/file`
      yield* durable.write(file, "one")
      DiskLog.assertSettled(log, file)
      assert.deepStrictEqual(
        log.operations.map(({ did }) => did),
        ["sync", "make folder", "sync", "make folder", "sync", "open", "write", "sync", "rename", "sync"]
      )
      assert.strictEqual(yield* modeOf(file), 0o600)
      assert.strictEqual(yield* modeOf(`${folder}/a`), 0o700)
      yield* durable.write(file, "two", { mode: 0o644 })
      assert.strictEqual(yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(file)), "two")
      assert.strictEqual(yield* modeOf(file), 0o644)
      assert.deepStrictEqual(yield* namesIn(`${folder}/a/b`), ["file"])
    })
  )
)

it.effect("writes a stream, and leaves the old file and nothing else where the stream fails", () =>
  watched((folder, log, durable) =>
    Effect.gen(function* () {
      const file = `${folder}/file`
      yield* durable.write(file, Stream.make(encode("a"), encode("b")))
      DiskLog.assertSettled(log, file)
      const failing = Stream.concat(Stream.make(encode("c")), Stream.fail(new Broken()))
      const error = yield* Effect.flip(durable.write(file, failing))
      assert.strictEqual(error._tag, "Broken")
      assert.strictEqual(yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(file)), "ab")
      assert.deepStrictEqual(yield* namesIn(folder), ["file"])
    })
  )
)

it.effect("lets a file be filled by its path, and named by what it has", () =>
  watched((folder, log, durable) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const filled = yield* durable.fill(
        `${folder}/kept`,
        (temporary) => Effect.as(fs.writeFileString(temporary, "text"), "name"),
        (name) => `${folder}/kept/below/${name}`
      )
      assert.strictEqual(filled, "name")
      DiskLog.assertSettled(log, `${folder}/kept/below/name`)
      const failed = durable.fill(
        folder,
        () => Effect.fail(new Broken()),
        () => `${folder}/never`
      )
      assert.strictEqual((yield* Effect.flip(failed))._tag, "Broken")
      assert.deepStrictEqual((yield* namesIn(folder)).toSorted(), ["kept", "kept/below", "kept/below/name"])
    })
  )
)

it.effect("never writes through a link that somebody planted, and follows none at its own place", () =>
  watched((folder, log, durable) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(`${folder}/victim`, "theirs")
      yield* fs.symlink(`${folder}/victim`, `${folder}/file.part`)
      yield* fs.symlink(`${folder}/victim`, `${folder}/file`)
      yield* durable.write(`${folder}/file`, "ours")
      yield* durable.write(`${folder}/file`, "ours")
      assert.strictEqual(yield* fs.readFileString(`${folder}/victim`), "theirs")
      const opened = log.operations.filter(({ did }) => did === "open")
      // Names that cannot be guessed, each another one.
      assert.strictEqual(new Set(opened.map(({ path }) => path)).size, 2)
      for (const { flag, path } of opened) assert.match(`${flag} ${path}`, /^wx .*\/\.[0-9a-f-]{36}\.part$/)
    })
  )
)

it.effect("removes a file so that it does not come back, and one that is not there is no error", () =>
  watched((folder, log, durable) =>
    Effect.gen(function* () {
      yield* durable.write(`${folder}/file`, "text")
      log.operations.length = 0
      yield* durable.remove(`${folder}/file`)
      yield* durable.remove(`${folder}/file`)
      yield* durable.remove(`${folder}/none/file`)
      assert.deepStrictEqual(
        log.operations.map(({ did, path }) => [did, path]),
        [
          ["remove", `${folder}/file`],
          ["sync", folder],
          // The one before may not have come so far.
          ["remove", `${folder}/file`],
          ["sync", folder],
          ["remove", `${folder}/none/file`]
        ]
      )
    })
  )
)

it.effect("fails with the system's code where a sync fails, and the file does not get its name", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const cause = Object.assign(new Error("fsync"), { code: "EIO" })
    const failure = PlatformError.systemError({ _tag: "Unknown", module: "FileSystem", method: "sync", cause })
    const failing = Layer.succeed(FileSystem.FileSystem, {
      ...fs,
      open: (...[path, options]: Parameters<FileSystem.FileSystem["open"]>) =>
        Effect.map(fs.open(path, options), (file): FileSystem.File =>
          options?.flag === "wx" ? Object.create(file, { sync: { value: Effect.fail(failure) } }) : file
        )
    })
    const durable = yield* Effect.provide(DurableFiles.make, failing)
    const error = yield* Effect.flip(durable.write(`${folder}/file`, "text"))
    assert.strictEqual(DurableFiles.codeOf(error), "EIO")
    assert.deepStrictEqual(yield* namesIn(folder), [])
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
)

it.effect("makes a folder once, and anew where it was removed", () =>
  watched((folder, log, durable) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* durable.write(`${folder}/a/file`, "one")
      yield* fs.remove(`${folder}/a`, { recursive: true })
      yield* durable.write(`${folder}/a/file`, "two")
      DiskLog.assertSettled(log, `${folder}/a/file`)
      assert.strictEqual(yield* fs.readFileString(`${folder}/a/file`), "two")
    })
  )
)

it.effect("does something in a folder that is made first, and anew where it was removed", () =>
  watched((folder, log, durable) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const at = `${folder}/a/b`
      const write = durable.within(at, fs.writeFileString(`${at}/file`, "one"))
      const made = () => log.operations.filter(({ did }) => did === "make folder").length
      yield* write
      yield* write
      assert.strictEqual(made(), 2)
      yield* fs.remove(`${folder}/a`, { recursive: true })
      log.operations.length = 0
      yield* write
      assert.strictEqual(yield* fs.readFileString(`${at}/file`), "one")
      assert.deepStrictEqual(
        log.operations.map(({ did, path }) => [did, path]),
        [
          ["make folder", `${folder}/a`],
          ["sync", folder],
          ["make folder", at],
          ["sync", `${folder}/a`]
        ]
      )
      // What is missing is not always the folder.
      const error = yield* Effect.flip(durable.within(at, fs.rename(`${at}/none`, `${at}/other`)))
      assert.strictEqual(DurableFiles.codeOf(error), "ENOENT")
    })
  )
)

it.effect("sweeps away what killed processes left, and nothing else", () =>
  watched((folder, log, durable) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* durable.write(`${folder}/kept`, "text", { temporaryIn: `${folder}/part` })
      DiskLog.assertSettled(log, `${folder}/kept`)
      yield* fs.writeFileString(`${folder}/part/.${crypto.randomUUID()}.part`, "half")
      yield* fs.writeFileString(`${folder}/part/.mine.part`, "another's")
      yield* durable.sweep(`${folder}/part`)
      yield* durable.sweep(`${folder}/none`)
      assert.deepStrictEqual(yield* fs.readDirectory(`${folder}/part`), [".mine.part"])
    })
  )
)

it.effect.skipIf(process.platform !== "linux")("ends at once where no folder can be made", () =>
  Effect.gen(function* () {
    const durable = yield* DurableFiles.make
    const error = yield* Effect.flip(durable.folder("/proc/none/of/these"))
    assert.strictEqual(DurableFiles.codeOf(error), "ENOENT")
  }).pipe(Effect.provide(NodeServices.layer))
)
