import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { assert, describe, it } from "@vobiz-effect/test-support"

const root = new URL("../..", import.meta.url).pathname

const markdown = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
    .map((entry) => join(folder, entry.name))

const folders = (folder: string) => readdirSync(join(root, folder)).map((name) => join(root, folder, name))

const pages = [
  root,
  join(root, "docs"),
  join(root, "docs/decisions"),
  join(root, "bench"),
  ...folders("packages"),
  ...folders("apps")
]
  .filter((folder) => statSync(folder).isDirectory())
  .flatMap(markdown)

/** The text of a page without its blocks of code. */
const prose = (page: string) => readFileSync(page, "utf8").replaceAll(/^```[\s\S]*?^```/gm, "")

/** How headings are named in addresses. */
const anchors = (page: string) =>
  new Set(
    Array.from(prose(page).matchAll(/^#+ (.*)$/gm), ([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-")
    )
  )

describe("links of the docs", () => {
  for (const page of pages) {
    it(`lead somewhere: ${relative(root, page)}`, () => {
      const links = Array.from(prose(page).matchAll(/\]\(([^)\s]+)\)/g), ([, link = ""]) => link)
      for (const link of links.filter((link) => !/^[a-z]+:/.test(link))) {
        const [path = "", anchor] = link.split("#")
        const target = path === "" ? page : join(dirname(page), path)
        assert.isTrue(existsSync(target), `${link} is no file`)
        if (anchor !== undefined) assert.isTrue(anchors(target).has(anchor), `${link} is no heading`)
      }
    })
  }

  it("are looked at in every page", () => {
    const names = pages.map((page) => relative(root, page))
    assert.includeMembers(names, [
      "README.md",
      "docs/architecture.md",
      "packages/core/README.md",
      "apps/recon/README.md"
    ])
  })
})
