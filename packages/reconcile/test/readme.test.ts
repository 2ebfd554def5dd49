import { assert, it } from "@effect/vitest"
import { readFileSync } from "node:fs"

import { Finding } from "../src/index.ts"

const textOf = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")
const readme = textOf("../README.md")

it("the README's example is the one that runs as a test", () => {
  assert.include(readme, textOf("Example.test.ts").trim())
})

it("the README names every code with its severity", () => {
  const rows = readme.split("\n").map((line) => line.split("|").map((cell) => cell.trim()))
  for (const code of Finding.Code.literals) {
    assert.deepStrictEqual(
      rows.filter(([, name]) => name === `\`${code}\``).map(([, , severity]) => severity),
      [Finding.severities[code]]
    )
  }
})
