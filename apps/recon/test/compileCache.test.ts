import { NodeServices } from "@effect/platform-node"
import { assert, Child, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem } from "effect"

const program = new URL("../src/bin.ts", import.meta.url)
const asking = new URL("programs/compileCache.ts", import.meta.url)

/** Runs `recon --version`, or asks where it would keep compiled code, which is sooner told; the folder of a machine whose user has `cache` for a cache, and `temporary` for temporary files. */
const folders = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const machine = yield* fs.makeTempDirectoryScoped()
  const cache = `${machine}/cache`
  const temporary = `${machine}/temporary`
  yield* fs.makeDirectory(cache)
  yield* fs.makeDirectory(temporary)
  const env = { XDG_CACHE_HOME: cache, TMPDIR: temporary, NODE_COMPILE_CACHE: "" }
  const ask = Effect.gen(function* () {
    const child = yield* Child.start(asking, [], { env })
    assert.deepStrictEqual(yield* child.end, { code: 0, signal: null })
    return child.out()
  })
  const start = Effect.gen(function* () {
    const child = yield* Child.start(program, ["--version"], { env })
    assert.deepStrictEqual(yield* child.end, { code: 0, signal: null })
    assert.match(child.out(), /^recon v\d/)
    assert.deepStrictEqual(yield* fs.readDirectory(temporary), [])
  })
  const modeOf = (folder: string) => Effect.map(fs.stat(folder), ({ mode }) => mode & 0o777)
  return { fs, cache, ask, start, modeOf }
})

it.effect("compiled code is kept in a folder of the user alone, and never in the shared temporary one", () =>
  Effect.gen(function* () {
    const { fs, cache, modeOf, start } = yield* folders
    yield* start
    assert.strictEqual(yield* modeOf(`${cache}/recon`), 0o700)
    assert.strictEqual(yield* modeOf(`${cache}/recon/compiled`), 0o700)
    assert.lengthOf(yield* fs.readDirectory(`${cache}/recon/compiled`), 1)
    yield* start
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
)

it.effect("compiled code is not run from where others could have put it", () =>
  Effect.gen(function* () {
    const { ask, cache, fs, start } = yield* folders
    const compiled = `${cache}/recon/compiled`
    const isUnused = Effect.map(ask, (answer) => assert.strictEqual(answer, "undefined"))
    yield* fs.makeDirectory(compiled, { recursive: true, mode: 0o700 })
    for (const folder of [compiled, `${cache}/recon`]) {
      yield* fs.chmod(folder, 0o750)
      yield* isUnused
      yield* fs.chmod(folder, 0o700)
    }
    yield* fs.chmod(compiled, 0o750)
    yield* start
    assert.deepStrictEqual(yield* fs.readDirectory(compiled), [])
    yield* fs.chmod(compiled, 0o700)
    // Above them, others may look, and not write.
    yield* fs.chmod(cache, 0o777)
    yield* isUnused
    yield* fs.chmod(cache, 0o755)
    yield* fs.rename(compiled, `${cache}/planted`)
    yield* fs.symlink(`${cache}/planted`, compiled)
    yield* isUnused
    yield* fs.remove(compiled)
    yield* fs.rename(`${cache}/planted`, compiled)
    assert.strictEqual(yield* ask, compiled)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
)
