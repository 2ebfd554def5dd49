import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem } from "effect"

import { Setting } from "../src/index.ts"
import { run } from "./command.ts"

/** The command with these variables alone, and a configuration file if one is given. */
const recon = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  { env = {}, file }: { readonly env?: Readonly<Record<string, string>>; readonly file?: string } = {}
) {
  const fs = yield* FileSystem.FileSystem
  const path = `${yield* fs.makeTempDirectoryScoped()}/recon.yaml`
  if (file !== undefined) yield* fs.writeFileString(path, file)
  const account = { VOBIZ_AUTH_ID: "MA_TEST", VOBIZ_AUTH_TOKEN: "token" }
  return yield* run(file === undefined ? args : [...args, "--config", path], { ...account, ...env })
})

const lines = (text: string) => text.trimEnd().split("\n")

describe("a wrong setting", () => {
  const wrong: ReadonlyArray<readonly [key: string, variable: string, flag: string, value: string, told: string]> = [
    ["settle", "RECON_SETTLE", "--settle", "soon", "must be a length of time such as '10 minutes'"],
    [
      "target",
      "RECON_TARGET",
      "--target",
      "101",
      'must be a percentage from 0 to 100, such as 99.9, or "99.9% of talk"'
    ],
    ["zone", "RECON_ZONE", "--zone", "Mars/North", '"Mars/North" is no time zone'],
    ["every", "RECON_EVERY", "--every", "nightly", '"nightly" is no schedule'],
    ["minimumShare", "RECON_MINIMUM_SHARE", "--minimum-share", "0", "must be a percentage up to 100, such as 95"]
  ]
  for (const [key, variable, flag, value, told] of wrong) {
    it.effect(`is called by the name that the user used: ${key}`, () =>
      Effect.gen(function* () {
        for (const [name, result] of [
          [flag, yield* recon(["reconcile", `${flag}=${value}`])],
          [flag, yield* recon(["reconcile", flag, value], { env: { [variable]: value } })],
          [variable, yield* recon(["reconcile"], { env: { [variable]: value } })],
          [variable, yield* recon(["reconcile"], { env: { [variable]: value }, file: `${key}: "${value}"\n` })],
          [`${key} in the configuration file`, yield* recon(["reconcile"], { file: `${key}: "${value}"\n` })]
        ] as const) {
          assert.strictEqual(result.code, 2)
          assert.isTrue(result.err.startsWith(`recon: ${name}: ${told}`), result.err)
          assert.strictEqual(lines(result.err).length, 1)
        }
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
    )
  }

  it.effect("of choices, or of a switch, lists them in words", () =>
    Effect.gen(function* () {
      const choice = yield* recon(["reconcile"], { env: { RECON_VOICE_API: "should" } })
      assert.strictEqual(choice.err.trimEnd(), "recon: RECON_VOICE_API: must be must, may or unknown")
      const yes = yield* recon(["reconcile"], { file: "complete: perhaps\n" })
      assert.strictEqual(yes.err.trimEnd(), "recon: complete in the configuration file: must be true or false")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("that is missing says how to set it", () =>
    Effect.gen(function* () {
      const { code, err } = yield* run(["list", "trunks"], { VOBIZ_AUTH_TOKEN: "token" })
      assert.strictEqual(code, 2)
      const ways = "--auth-id, VOBIZ_AUTH_ID, or authId in the configuration file"
      assert.strictEqual(err.trimEnd(), `recon: VOBIZ_AUTH_ID is not set. Set it by ${ways}`)
    }).pipe(Effect.provide(NodeServices.layer))
  )
})

describe("a configuration file", () => {
  it.effect("with an unknown key names the nearest one, or all where none is near", () =>
    Effect.gen(function* () {
      const near = yield* recon(["reconcile"], { file: "setle: 1 hour\n" })
      assert.strictEqual(near.code, 2)
      assert.include(near.err, 'there is no setting "setle". Did you mean settle?')
      const far = yield* recon(["reconcile"], { file: "somethingElse: 1\n" })
      assert.include(far.err, 'there is no setting "somethingElse". There are: zone, days, policy')
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("may have every key, whatever the command", () =>
    Effect.gen(function* () {
      const file = Object.keys(Setting.all).map((key) => `${key}: "1"\n`)
      for (const args of [
        ["list", "recordings"],
        ["verify"],
        ["findings"],
        ["cluster", "status"],
        ["export", "--to=x"]
      ]) {
        const { err } = yield* recon(args, { file: file.join("") })
        assert.notInclude(err, "there is no setting", args.join(" "))
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("sets what every command takes from it", () =>
    Effect.gen(function* () {
      const lake = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
      const file = `policy: "nowhere.yaml"\nlake: "${lake}"\n`
      for (const args of [["reconcile"], ["cluster", "submit", "--from=2026-05-10", "--to=2026-05-11"]]) {
        const { code, err } = yield* recon(args, { file })
        assert.strictEqual(code, 2)
        assert.include(err, "policy in the configuration file: nowhere.yaml", args.join(" "))
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})

describe("help", () => {
  const commands = ["list", "report", "reconcile", "findings", "acknowledge", "archive", "prune", "erase", "release"]
  const others = ["media", "export", "verify", "doctor", "fake", "demo", "cluster runner", "cluster submit"]
  for (const command of ["", ...commands, ...others]) {
    it.effect(`fits 100 columns: recon ${command}`, () =>
      Effect.gen(function* () {
        const { code, out } = yield* run([...command.split(" ").filter((word) => word !== ""), "--help"])
        assert.strictEqual(code, 0)
        assert.deepStrictEqual(
          lines(out).filter((line) => line.length > 100 || line !== line.trimEnd()),
          []
        )
      }).pipe(Effect.provide(NodeServices.layer))
    )
  }

  it.effect("says of a setting what it means, its variable, its default and its choices, in its group", () =>
    Effect.gen(function* () {
      const { out } = yield* run(["reconcile", "--help"])
      const text = out.replaceAll(/\s+/g, " ")
      assert.include(
        text,
        "--log-format CHOICE Format of the logs on standard error (RECON_LOG_FORMAT), by default text (choices: json, text)"
      )
      assert.include(text, "--page-size NUMBER Rows to ask for per page, 1 to 100 (VOBIZ_PAGE_SIZE), by default 100")
      const titles = ["FLAGS", "WINDOW", "RULES", "FILES", "ARCHIVE AND EVIDENCE", "JOB", "CONNECTION", "EXAMPLES"]
      assert.deepStrictEqual(
        lines(out).filter((line) => titles.includes(line)),
        titles
      )
      const list = yield* run(["list", "--help"])
      assert.include(list.out, "recordings, cdrs or trunks")
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
