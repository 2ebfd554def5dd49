/** File systems that lack something, or refuse it. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, DiskLog, it } from "@vobiz-effect/test-support"
import { Data, Effect, FileSystem, PlatformError, Stream } from "effect"
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { hostname } from "node:os"

import { CanonicalJson, Digest, DurableFiles, Lock, SecretFile } from "../src/index.ts"

class Broken extends Data.TaggedError("Broken")<{}> {}

const failure = (code: string) =>
  PlatformError.systemError({
    _tag: "Unknown",
    module: "FileSystem",
    method: "test",
    cause: Object.assign(new Error("test"), { code })
  })

/** A folder, and the file system with some operations replaced. */
const lacking = <A, E>(
  replace: (fs: FileSystem.FileSystem, folder: string) => Partial<FileSystem.FileSystem>,
  use: (folder: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, NodeServices.NodeServices>
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    return yield* Effect.provideService(use(folder, fs), FileSystem.FileSystem, { ...fs, ...replace(fs, folder) })
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

/** Folders whose sync fails with a code: all, or those of this path. */
const unsynced =
  (code: string, only: (folder: string) => string | undefined = () => undefined) =>
  (fs: FileSystem.FileSystem, folder: string): Partial<FileSystem.FileSystem> => ({
    open: (path, options) =>
      Effect.map(fs.open(path, options), (file): FileSystem.File =>
        options?.flag === undefined && (only(folder) ?? path) === path
          ? Object.create(file, { sync: { value: Effect.fail(failure(code)) } })
          : file
      )
  })

describe("a folder that cannot be synced", () => {
  for (const code of ["EISDIR", "EINVAL", "ENOTSUP"]) {
    it.effect(`keeps its entries by itself where the system has no such call: ${code}`, () =>
      lacking(unsynced(code), (folder, fs) =>
        Effect.gen(function* () {
          const durable = yield* DurableFiles.make
          yield* durable.write(`${folder}/new/file`, "text")
          assert.strictEqual(yield* fs.readFileString(`${folder}/new/file`), "text")
        })
      )
    )
  }

  for (const code of ["EIO", "ENOSPC", "EACCES", "EPERM"]) {
    it.effect(`fails the write otherwise: ${code}`, () =>
      lacking(unsynced(code), (folder) =>
        Effect.gen(function* () {
          const durable = yield* DurableFiles.make
          const error = yield* Effect.flip(durable.write(`${folder}/new/file`, "text"))
          assert.strictEqual(DurableFiles.codeOf(error), code)
        })
      )
    )
  }

  const above = (folder: string) => folder.slice(0, folder.lastIndexOf("/"))
  for (const code of ["EACCES", "EPERM"]) {
    it.effect(`above a folder that is there may be another's: ${code}`, () =>
      lacking(unsynced(code, above), (folder, fs) =>
        Effect.gen(function* () {
          const durable = yield* DurableFiles.make
          yield* durable.write(`${folder}/file`, "text")
          assert.strictEqual(yield* fs.readFileString(`${folder}/file`), "text")
        })
      )
    )
  }

  it.effect("above a folder that is there is an error for any other reason", () =>
    lacking(unsynced("EIO", above), (folder) =>
      Effect.gen(function* () {
        const durable = yield* DurableFiles.make
        assert.strictEqual(DurableFiles.codeOf(yield* Effect.flip(durable.write(`${folder}/file`, "text"))), "EIO")
      })
    )
  )
})

describe("a lock", () => {
  for (const code of ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]) {
    it.effect(`is held where there are no links: ${code}`, () =>
      lacking(
        () => ({ link: () => Effect.fail(failure(code)) }),
        (folder, fs) =>
          Effect.gen(function* () {
            yield* Effect.scoped(
              Effect.gen(function* () {
                yield* Lock.hold(`${folder}/lock`)
                assert.strictEqual(yield* fs.readFileString(`${folder}/lock`), `${hostname()} ${process.pid}`)
              })
            )
            assert.deepStrictEqual(yield* fs.readDirectory(folder), [])
          })
      )
    )
  }

  it.effect("is not held where its file cannot be linked for any other reason", () =>
    lacking(
      () => ({ link: () => Effect.fail(failure("EIO")) }),
      (folder, fs) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(Effect.scoped(Lock.hold(`${folder}/lock`)))
          assert.strictEqual(error._tag === "PlatformError" ? DurableFiles.codeOf(error) : error._tag, "EIO")
          assert.deepStrictEqual(yield* fs.readDirectory(folder), [])
        })
    )
  )

  it.effect("has its owner's name on the disk before it has its own", () =>
    Effect.gen(function* () {
      const log = DiskLog.make()
      const folder = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
      yield* Effect.scoped(Lock.hold(`${folder}/lock`)).pipe(Effect.provide(log.layer))
      const linked = DiskLog.indexOf(log, "link", `${folder}/lock`)
      const named = log.operations[linked]?.path ?? ""
      const before = log.operations.slice(0, linked).filter(({ path }) => path === named)
      assert.deepStrictEqual(
        before.map(({ did, mode }) => [did, mode]),
        [
          ["open", 0o600],
          ["write", undefined],
          ["sync", undefined]
        ]
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("whose owner went away between two looks is taken", () => {
    let looks = 0
    return lacking(
      (fs) => ({
        // The first to look finds that it has just been freed.
        stat: (path) =>
          path.endsWith("/lock") && looks++ === 0 ? Effect.andThen(fs.remove(path), fs.stat(path)) : fs.stat(path)
      }),
      (folder, fs) =>
        Effect.gen(function* () {
          yield* fs.writeFileString(`${folder}/lock`, "another 1")
          yield* Effect.scoped(Lock.hold(`${folder}/lock`))
          assert.isAbove(looks, 0)
        })
    )
  })

  it.effect("names its owner wholly or not at all", () =>
    lacking(
      () => ({}),
      (folder, fs) =>
        Effect.gen(function* () {
          const file = `${folder}/lock`
          const { pid } = spawnSync(process.execPath, ["--version"])
          for (const owner of [
            `${hostname()} ${pid} more`,
            `!${hostname()} ${pid}`,
            `${hostname()} ${"1".repeat(11)}`
          ]) {
            yield* fs.writeFileString(file, owner)
            const { message } = yield* Effect.flip(Effect.scoped(Lock.hold(file)))
            assert.strictEqual(
              message,
              `${file}: process unknown on unknown holds it; if that process has ended, remove this file`
            )
          }
        })
    )
  )
})

describe("what killed processes left", () => {
  const part = () => `.${crypto.randomUUID()}.part`

  it.effect("is swept away with all that is in it", () =>
    lacking(
      () => ({}),
      (folder, fs) =>
        Effect.gen(function* () {
          const [left, before, after] = [part(), `x${part()}`, `${part()}x`]
          yield* fs.makeDirectory(`${folder}/${left}`)
          yield* fs.writeFileString(`${folder}/${left}/inner`, "half")
          yield* fs.writeFileString(`${folder}/${before}`, "another's")
          yield* fs.writeFileString(`${folder}/${after}`, "another's")
          yield* (yield* DurableFiles.make).sweep(folder)
          assert.deepStrictEqual((yield* fs.readDirectory(folder)).toSorted(), [before, after].toSorted())
        })
    )
  )

  it.effect("is an error where the folder cannot be read", () =>
    lacking(
      () => ({ readDirectory: () => Effect.fail(failure("EACCES")) }),
      (folder) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip((yield* DurableFiles.make).sweep(folder))
          assert.strictEqual(DurableFiles.codeOf(error), "EACCES")
        })
    )
  )
})

describe("errors", () => {
  it("have the system's code, or else the tag of their reason", () => {
    assert.strictEqual(DurableFiles.codeOf(failure("EDQUOT")), "EDQUOT")
    const of = (cause?: unknown) =>
      PlatformError.systemError({
        _tag: "NotFound",
        module: "FileSystem",
        method: "test",
        ...(cause === undefined ? {} : { cause })
      })
    assert.strictEqual(DurableFiles.codeOf(of()), "NotFound")
    assert.strictEqual(DurableFiles.codeOf(of(new Error("no code"))), "NotFound")
    assert.strictEqual(DurableFiles.codeOf(of({ code: "no error" })), "NotFound")
    assert.strictEqual(
      DurableFiles.codeOf(PlatformError.badArgument({ module: "FileSystem", method: "test" })),
      "BadArgument"
    )
  })

  it.effect("of the system become another, and those of a stream stay", () =>
    Effect.gen(function* () {
      const told = DurableFiles.mapError((error) => DurableFiles.codeOf(error))
      assert.strictEqual(yield* Effect.flip(told(Effect.fail(failure("EIO")))), "EIO")
      const broken: string | Broken = yield* Effect.flip(
        told(Effect.fail(new Broken()) as Effect.Effect<never, Broken | PlatformError.PlatformError>)
      )
      assert.instanceOf(broken, Broken)
    })
  )

  it.effect("of a secret file say what is wrong with which file", () =>
    lacking(
      (fs) => ({
        readFileString: (path) => (path.endsWith("/broken") ? Effect.fail(failure("EIO")) : fs.readFileString(path))
      }),
      (folder, fs) =>
        Effect.gen(function* () {
          const refused = (name: string) =>
            Effect.map(Effect.flip(SecretFile.read(`${folder}/${name}`)), ({ detail, message }) => {
              assert.strictEqual(message, `${folder}/${name}: ${detail}`)
              return detail
            })
          assert.strictEqual(yield* refused("none"), "it cannot be read (ENOENT)")
          assert.strictEqual(yield* refused("."), "it is no plain file")
          yield* fs.writeFileString(`${folder}/broken`, "hunter2", { mode: 0o600 })
          assert.strictEqual(yield* refused("broken"), "it cannot be read (EIO)")
          yield* fs.chmod(`${folder}/broken`, 0o601)
          assert.strictEqual(yield* refused("broken"), "others than its owner may read it: chmod 600")
        })
    )
  )

  it("of JSON say what it has none of", () => {
    const of = (value: unknown) => {
      try {
        return CanonicalJson.encode(value as never)
      } catch (error) {
        return error instanceof TypeError ? error.message : undefined
      }
    }
    assert.strictEqual(of(1n), "JSON has no bigint")
    assert.strictEqual(of([Infinity]), "JSON has no number Infinity")
    assert.strictEqual(of({ a: [Symbol("s")] }), "JSON has no symbol")
  })
})

it.effect("the digest of a stream is that of its bytes, and counts them", () =>
  Effect.gen(function* () {
    const pieces = ["ab", "", "c"].map((text) => new TextEncoder().encode(text))
    const sha256 = createHash("sha256").update("abc").digest("hex")
    assert.deepStrictEqual(yield* Digest.ofStream(Stream.fromIterable(pieces)), { sha256, bytes: 3 })
    assert.deepStrictEqual((yield* Digest.ofStream(Stream.empty)).bytes, 0)
    assert.strictEqual(Digest.of("abc"), sha256)
  })
)
