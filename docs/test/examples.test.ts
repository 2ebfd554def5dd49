import { readFileSync } from "node:fs"
import { basename } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, Child, describe, it } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, Redacted } from "effect"
import * as Examples from "../../scripts/examples.ts"

const account = Simulator.make({
  seed: 1,
  calls: 500,
  days: 4,
  until: DateTime.makeUnsafe("2026-05-12T06:00:00Z")
})

const clock = new URL("clock.ts", import.meta.url).href

/** Runs a program against the fake provider, by whose clock it goes, and returns its exit code and what it printed. */
const run = (file: string) =>
  Effect.gen(function* () {
    const { authId, authToken, url } = yield* FakeVobiz.FakeVobiz
    const child = yield* Child.start(pathToFileURL(file), [], {
      node: ["--import", clock],
      err: "kept",
      env: {
        CLOCK: DateTime.formatIso(account.until),
        VOBIZ_AUTH_ID: authId,
        VOBIZ_AUTH_TOKEN: Redacted.value(authToken),
        VOBIZ_BASE_URL: url.origin
      }
    })
    const { code } = yield* child.end
    return { code, out: child.out(), err: child.err() }
  }).pipe(Effect.scoped, Effect.provide(FakeVobiz.FakeVobiz.layer({ account })))

/** What the example says it prints, in comments such as `// => 3 calls`. */
const promised = (text: string) => Array.from(text.matchAll(/\/\/ => (.*)$/gm), ([, line]) => line)

const examples = Examples.write().map((file) => ({ file, text: readFileSync(file, "utf8") }))
const programs = examples.filter(({ text }) => Examples.isProgram(text))

describe("examples of the docs", () => {
  for (const { file, text } of programs) {
    it.live(`${basename(file)} runs against the fake provider and prints what it says`, () =>
      Effect.gen(function* () {
        const { code, err, out } = yield* run(file)
        assert.strictEqual(code, 0, err)
        assert.isAbove(promised(text).length, 0)
        assert.deepStrictEqual(out.trimEnd().split("\n"), promised(text))
      })
    )
  }

  it("has a program in the README", () => {
    assert.isTrue(programs.some(({ file }) => basename(file).startsWith("README")))
  })

  it("awaits no multiplication: a formatter turns a yield outside a generator into one", () => {
    const broken = examples.filter(({ text }) => text.includes("yield *"))
    assert.deepStrictEqual(
      broken.map(({ file }) => basename(file)),
      []
    )
  })
})
