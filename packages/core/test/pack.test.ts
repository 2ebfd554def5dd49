import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, it } from "@vobiz-effect/test-support"

const core = fileURLToPath(new URL("../", import.meta.url))
const root = join(core, "../..")

const run = (command: string, args: ReadonlyArray<string>, cwd: string) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })

/** pnpm as this test was started by it, or as anybody would get it: only pnpm applies `publishConfig`. */
const pnpm = (args: ReadonlyArray<string>, cwd: string) => {
  const started = process.env["npm_execpath"]
  return started !== undefined && /pnpm/.test(started)
    ? run(
        ...(/\.[cm]?js$/.test(started)
          ? ([process.execPath, [started, ...args]] as const)
          : ([started, args] as const)),
        cwd
      )
    : run("npx", ["-y", "pnpm@12.21.0", ...args], cwd)
}

const program = `
import { Effect, Redacted, Stream } from "effect"
import { Recordings, Vobiz } from "@vobiz-effect/core"
import { VobizError } from "@vobiz-effect/core/VobizError"

const first: Effect.Effect<string, VobizError> = Effect.gen(function*() {
  const recordings = yield* Recordings.Recordings
  const error = yield* Effect.flip(recordings.page({ limit: 101 }))
  return error.message
}).pipe(Effect.provide(Vobiz.layer({ authId: "MA_X", authToken: Redacted.make("t") })), Effect.orDie)

Effect.runPromise(first).then((text) => console.log(text, typeof Stream.empty))
`

it("packs into what an empty project can install, type-check and run", () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "vobiz-pack-")))
  try {
    run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", core], root)
    // The core, and the one package of ours that it depends on.
    const installed = ["core", "files"].map((name) => {
      pnpm(["pack", "--pack-destination", folder], join(core, "..", name))
      const tarball = readdirSync(folder).find((file) => file.startsWith(`vobiz-effect-${name}-`))
      assert.match(tarball ?? "", /\.tgz$/)
      const place = join(folder, "node_modules/@vobiz-effect", name)
      mkdirSync(place, { recursive: true })
      run("tar", ["xzf", join(folder, tarball ?? ""), "-C", place, "--strip-components=1"], folder)
      return place
    })
    for (const name of ["effect", "libphonenumber-js"]) {
      symlinkSync(realpathSync(join(core, "node_modules", name)), join(folder, "node_modules", name))
    }
    for (const place of installed) assert.includeMembers(readdirSync(place), ["dist", "package.json", "src"])

    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }))
    writeFileSync(join(folder, "main.ts"), program)
    const tsc = ["--module", "nodenext", "--target", "es2024", "--strict", "--skipLibCheck", "--lib", "es2024,dom"]
    run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...tsc, "main.ts"], folder)
    assert.include(
      run(process.execPath, ["main.js"], folder),
      "limit must be a whole number from 1 to 100, not 101 object"
    )

    const internal = () => run(process.execPath, ["--eval", 'import("@vobiz-effect/core/internal/walk")'], folder)
    assert.throws(internal, /ERR_PACKAGE_PATH_NOT_EXPORTED/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
