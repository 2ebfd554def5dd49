import { assert, it } from "@vobiz-effect/test-support"
import { FaultPlan } from "@vobiz-effect/testing"
import { readFileSync } from "node:fs"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")

it("the README names every fault", () => {
  const tags = FaultPlan.Fault.members.map((member) => member.fields._tag.schema.literal)
  for (const tag of tags) assert.include(readme, `| \`${tag}\``)
  assert.isAbove(tags.length, 10)
})
