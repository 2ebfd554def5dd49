import { readFileSync } from "node:fs"
import { assert, it } from "@vobiz-effect/test-support"

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")

it("the tables of settings name every setting with its key in the file", () => {
  const keys = Array.from(
    read("apps/recon/src/Settings.ts").matchAll(/^ {2}(\w+): "((?:RECON|VOBIZ)_\w+)",?$/gm),
    ([, key = "", variable = ""]) => ({ key, variable })
  )
  assert.isAbove(keys.length, 30)
  const rows = ["settings", "operations"].flatMap((page) =>
    read(`docs/${page}.md`)
      .split("\n")
      .filter((line) => line.startsWith("|"))
  )
  const undocumented = keys.filter(
    ({ key, variable }) => !rows.some((row) => row.includes(`\`${variable}\``) && row.includes(`\`${key}\``))
  )
  assert.deepStrictEqual(undocumented, [])
})
