import { readdirSync, readFileSync } from "node:fs"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect } from "effect"
import { run } from "./command.ts"

/** One file for each command, of the name of the command with dashes: what `recon <command> --help > file` writes. */
const folder = new URL("fixtures/help/", import.meta.url)

describe("the help of", () => {
  for (const file of readdirSync(folder)) {
    const command = file.replace(/\.txt$/, "").split("-")
    it.effect(command.join(" "), () =>
      Effect.gen(function* () {
        const { code, err, out } = yield* run([...command.slice(1), "--help"])
        assert.deepStrictEqual([code, err], [0, ""])
        assert.strictEqual(`${out}\n`, readFileSync(new URL(file, folder), "utf8"))
      }).pipe(Effect.provide(NodeServices.layer))
    )
  }

  it("each command that the others name", () => {
    const text = (name: string) => readFileSync(new URL(`${name}.txt`, folder), "utf8")
    const named = (of: string) =>
      Array.from(
        (text(of).split("COMMANDS\n")[1] ?? "").split("\n\n")[0]?.matchAll(/^ {2}(\w+)/gm) ?? [],
        ([, name]) => `${of}-${name}.txt`
      )
    assert.deepStrictEqual(
      ["recon.txt", ...named("recon"), ...named("recon-cluster")].toSorted(),
      readdirSync(folder).toSorted()
    )
  })
})
