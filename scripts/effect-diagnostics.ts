/** Runs the Effect diagnostics over every TypeScript project of the workspace; any finding fails. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"

const { references } = JSON.parse(readFileSync("tsconfig.packages.json", "utf8")) as {
  readonly references: ReadonlyArray<{ readonly path: string }>
}
const projects = [...references.map(({ path }) => `${path}/tsconfig.json`), "tsconfig.tests.json", "docs/tsconfig.json"]

const failed = projects.filter((project) => {
  const { status } = spawnSync("effect-tsgo", ["diagnostics", "--project", project, "--format", "text", "--strict"], {
    stdio: "inherit"
  })
  return status !== 0
})

process.exitCode = failed.length === 0 ? 0 : 1
