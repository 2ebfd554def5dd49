/** A copy of the checkout to break. The checkout itself is never changed. */
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** The files of the checkout, from its root, without what git ignores. */
export const files = (root: string): ReadonlyArray<string> =>
  execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" })
    .split("\0")
    .filter((file) => file !== "" && existsSync(join(root, file)))

/**
 * Copies the checkout to a folder for temporary files, and gives that folder. Packages are shared with the checkout, but the
 * links between those of the workspace lead to the copy.
 */
export const make = (root: string): string => {
  const copy = mkdtempSync(join(tmpdir(), "mutants-"))
  const all = files(root)
  for (const file of all) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(root, file), join(copy, file))
  }
  const packages = all.filter((file) => file.endsWith("package.json")).map(dirname)
  for (const folder of packages
    .map((name) => join(name, "node_modules"))
    .filter((one) => existsSync(join(root, one)))) {
    mkdirSync(join(copy, folder), { recursive: true })
    for (const name of readdirSync(join(root, folder))) {
      if (name === ".cache") continue
      if (name === ".pnpm") symlinkSync(join(root, folder, name), join(copy, folder, name))
      else cpSync(join(root, folder, name), join(copy, folder, name), { recursive: true, verbatimSymlinks: true })
    }
  }
  return copy
}

export const remove = (copy: string): void => rmSync(copy, { recursive: true, force: true, maxRetries: 3 })
