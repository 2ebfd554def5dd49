/** Finds the worst phrases in what people read: `node scripts/prose.ts`, a part of `pnpm lint`. */
import { globSync, readFileSync } from "node:fs"
import { basename } from "node:path"

/** A phrase, and what to say instead. */
const phrases: ReadonlyArray<readonly [RegExp, string]> = [
  [/\bg(?:o|oes|oing|one) on with\b/gi, "resume, or continue"],
  [/\b(?:is|are|was|were|be) told of\b/gi, "say who reports, logs or notifies"],
  [/\btells? of\b/gi, "report, log, name or count"],
  [/\bfor ever\b/gi, "permanently, or forever"],
  [/\bthereof\b/gi, "of it"],
  [/\bwhether [^.;,:]{1,60} is not known\b/gi, "cannot tell whether"],
  [/\bbut for (?:the|those|rows|what|their)\b/gi, "except"],
  [/\btaken away\b/gi, "removed"],
  [/\byield \*/g, "yield* (the formatter makes a multiplication of it at the top of an example)"]
]

const left = new Set(["node_modules", "dist", "out", "fixtures", ".changeset", ".examples"])

/** A test that looks for such a phrase has to have it. */
const quoting = new Set(["scripts/prose.ts", "docs/test/examples.test.ts"])

const files = globSync("**/*.{md,ts}", { exclude: (name) => left.has(basename(name)) }).filter(
  (file) => !quoting.has(file)
)

const found = files.flatMap((file) =>
  readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line, n) =>
      phrases.flatMap(([phrase, instead]) =>
        Array.from(line.matchAll(phrase), ([words]) => `${file}:${n + 1}: "${words}": say ${instead}`)
      )
    )
)

for (const one of found) process.stderr.write(`${one}\n`)
if (found.length > 0) process.exitCode = 1
