/** Where Chromium is: for the tests and benchmarks that open pages in it, and for the script that installs it for them. */
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

/** The program at `CHROMIUM_PATH`, or the first of these names in `PATH`; `undefined` if there is none. */
export const find = (): string | undefined => {
  const named = process.env["CHROMIUM_PATH"]
  const folders = (process.env["PATH"] ?? "").split(delimiter)
  const candidates =
    named === undefined ? folders.flatMap((folder) => names.map((name) => join(folder, name))) : [named]
  return candidates.find((path) => existsSync(path))
}

/** What to do where there is none. */
export const advice = "Install Chromium, or set CHROMIUM_PATH to its program."
