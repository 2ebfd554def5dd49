/** Checks the types, and what Effect's own rules say of them, in one pass. What has not changed is not checked again. */
import { execFileSync, spawnSync } from "node:child_process"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const tsgo = join(root, "node_modules/@effect/tsgo/dist/effect-tsgo.cjs")
const compiler = execFileSync(process.execPath, [tsgo, "get-exe-path"], { cwd: root, encoding: "utf8" }).trim()

const { status } = spawnSync(compiler, ["-b"], { cwd: root, stdio: "inherit" })
process.exitCode = status ?? 1
