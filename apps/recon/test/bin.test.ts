import { assert, Child, it } from "@vobiz-effect/test-support"
import { Effect } from "effect"

const program = new URL("../src/bin.ts", import.meta.url)

/** Code that a process runs before anything else. */
const first = (code: string) => [`--import=data:text/javascript,${encodeURIComponent(code)}`]

/** Code that makes Node.js say that it is of a version. */
const isVersion = (version: string) =>
  `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`

/** How the command starts where Node.js says that it is of this version. */
const startedBy = Effect.fnUntraced(function* (version: string) {
  const child = yield* Child.start(program, ["--version"], { node: first(isVersion(version)), err: "kept" })
  const { code } = yield* child.end
  return { code, out: child.out(), err: child.err() }
})

it.effect("an old Node.js gets one line that names the version needed", () =>
  Effect.gen(function* () {
    for (const version of ["20.20.2", "22.18.9"]) {
      const { code, err, out } = yield* startedBy(version)
      assert.deepStrictEqual([code, out], [2, ""])
      assert.strictEqual(err, `recon: needs Node.js 22.19 or newer; this is ${version}\n`)
    }
    for (const version of ["22.19.0", "24.0.0"]) assert.strictEqual((yield* startedBy(version)).code, 0)
  }).pipe(Effect.scoped)
)

it.effect("an archive has 64 threads for the disk, unless their number is set already", () =>
  Effect.gen(function* () {
    const printed = `process.on("exit", () => process.stdout.write(String(process.env.UV_THREADPOOL_SIZE)))`
    // An old version ends before it loads the command.
    const old = isVersion("20.20.2")
    const unset = "delete process.env.UV_THREADPOOL_SIZE"
    for (const [command, set, size] of [
      ["archive", unset, "64"],
      ["cluster", unset, "64"],
      ["reconcile", unset, "undefined"],
      ["archive", `process.env.UV_THREADPOOL_SIZE = "8"`, "8"]
    ] as const) {
      const child = yield* Child.start(program, [command], { node: first(`${set}; ${printed}; ${old}`), err: "kept" })
      assert.deepStrictEqual(yield* child.end, { code: 2, signal: null })
      assert.strictEqual(child.out(), size)
    }
  }).pipe(Effect.scoped)
)

it.effect("playing the provider needs a package that need not be installed, and says so", () =>
  Effect.gen(function* () {
    const node = first(`
      import { registerHooks } from "node:module"
      registerHooks({
        resolve: (name, context, next) => {
          if (!name.startsWith("@vobiz-effect/testing")) return next(name, context)
          throw Object.assign(new Error("Cannot find package '" + name + "'"), { code: "ERR_MODULE_NOT_FOUND" })
        }
      })
    `)
    for (const command of ["fake", "demo"]) {
      const child = yield* Child.start(program, [command], { node, err: "kept" })
      assert.deepStrictEqual(yield* child.end, { code: 2, signal: null })
      assert.match(child.err(), /^recon: the package @vobiz-effect\/testing is needed to play the provider.*\n$/)
    }
    const other = yield* Child.start(program, ["report", "--help"], { node, err: "kept" })
    assert.deepStrictEqual(yield* other.end, { code: 0, signal: null })
  }).pipe(Effect.scoped)
)
