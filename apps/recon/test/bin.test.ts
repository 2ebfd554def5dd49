import { assert, Child, it } from "@vobiz-effect/test-support"
import { Effect } from "effect"

const program = new URL("../src/bin.ts", import.meta.url)

/** How the command starts where Node.js says that it is of this version. */
const startedBy = Effect.fnUntraced(function* (version: string) {
  const versions = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`
  const node = [`--import=data:text/javascript,${encodeURIComponent(versions)}`]
  const child = yield* Child.start(program, ["--version"], { node, err: "kept" })
  const { code } = yield* child.end
  return { code, out: child.out(), err: child.err() }
})

it.effect("an old Node.js is told in one line which one is needed", () =>
  Effect.gen(function* () {
    for (const version of ["20.20.2", "22.18.9"]) {
      const { code, err, out } = yield* startedBy(version)
      assert.deepStrictEqual([code, out], [2, ""])
      assert.strictEqual(err, `recon: needs Node.js 22.19 or newer; this is ${version}\n`)
    }
    for (const version of ["22.19.0", "24.0.0"]) assert.strictEqual((yield* startedBy(version)).code, 0)
  }).pipe(Effect.scoped)
)
