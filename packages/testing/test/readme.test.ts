import { assert, it } from "@effect/vitest"
import { FaultPlan } from "@vobiz-effect/testing"
import { readFileSync } from "node:fs"

const textOf = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")
const readme = textOf("../README.md")

it("the README's example is the one that runs as a test", () => {
  assert.include(readme, textOf("Example.test.ts").trim())
})

it("the README names every fault", () => {
  const tags = FaultPlan.Fault.members.map((member) => member.fields._tag.schema.literal)
  for (const tag of tags) assert.include(readme, `| \`${tag}\``)
  assert.isAbove(tags.length, 10)
})
