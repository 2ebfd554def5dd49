/**
 * The tests of what was changed since the last commit, or of one package, without those that start many processes, open a browser or judge very many calls:
 *
 *     pnpm test:quick [package]
 */
import { spawnSync } from "node:child_process"

const [folder] = process.argv.slice(2)

/** These take longer than one cares to wait for between two changes; `pnpm test` runs them. */
const slow = [
  "cluster",
  "clusterStore",
  "cancel",
  "inProcess",
  "LakeS3",
  "crash",
  "processes",
  "pack",
  "VerdictMatrix",
  "FindingCopy",
  "Files",
  "Coverage",
  "FindingsPage.browser"
]

const { status } = spawnSync(
  process.execPath,
  [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--config=vitest.workspace.ts",
    "--passWithNoTests",
    "--reporter=dot",
    ...(folder === undefined ? ["--changed"] : [`/${folder}/test/`]),
    ...slow.map((name) => `--exclude=**/${name}.test.ts`)
  ],
  { stdio: "inherit" }
)
process.stdout.write(`Not run: ${slow.join(", ")}. \`pnpm test\` runs all.\n`)
process.exitCode = status ?? 1
