/**
 * Copies every TypeScript example of the guides, the READMEs and the docstrings into `docs/.examples`, where the type check
 * and the tests find them. An example is a whole file: it imports what it uses. One that calls `runMain` is run as a program,
 * one that calls `it` as a test; all are compiled.
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const root = join(import.meta.dirname, "..")
const folder = join(root, "docs/.examples")

const sources = ["*.md", "docs/*.md", "packages/*/README.md", "apps/*/README.md", "{packages,apps}/*/src/**/*.ts"]

/** The text of each ```ts block, without the ` * ` of a docstring. */
const blocksOf = (text: string, isCode: boolean): ReadonlyArray<string> => {
  const fences = isCode ? /^ *\* ```ts\n(.*?)^ *\* ```$/gms : /^```ts\n(.*?)^```$/gms
  return Array.from(text.matchAll(fences), ([, block = ""]) => (isCode ? block.replaceAll(/^ *\* ?/gm, "") : block))
}

const isTest = (block: string) => /^it(?:\.\w+)?\(/m.test(block)

/** Whether an example is a program that runs by itself. */
export const isProgram = (block: string): boolean => block.includes("runMain(")

/** Writes the examples, and returns their files. Files that are as they should be stay untouched, for incremental builds. */
export const write = (): ReadonlyArray<string> => {
  const files = globSync(sources, { cwd: root, exclude: ["**/node_modules/**"] }).toSorted()
  const examples = files.flatMap((source) => {
    const name = source.replaceAll("/", "-").replace(/\.(?:md|ts)$/, "")
    return blocksOf(readFileSync(join(root, source), "utf8"), source.endsWith(".ts")).map((block, index) => ({
      path: join(folder, `${name}-${index + 1}${isTest(block) ? ".test" : ""}.ts`),
      text: `// From ${source}\n${block}`
    }))
  })
  mkdirSync(folder, { recursive: true })
  const written = new Set(examples.map(({ path }) => path))
  for (const old of globSync("**/*.ts", { cwd: folder })) {
    if (!written.has(join(folder, old))) rmSync(join(folder, old))
  }
  for (const { path, text } of examples) {
    mkdirSync(dirname(path), { recursive: true })
    if (globSync(path).length === 0 || readFileSync(path, "utf8") !== text) writeFileSync(path, text)
  }
  return Array.from(written)
}

if (import.meta.main) write()
