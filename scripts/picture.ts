/**
 * Takes the picture of the report page that the README shows, of what `pnpm demo` wrote:
 *
 *     pnpm demo && pnpm picture
 *
 * The picture holds the codes of findings that there were when it was taken, so that a test can tell an old one.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { Finding } from "@vobiz-effect/reconcile"
import * as Chromium from "./chromium.ts"
import * as Png from "./png.ts"

const root = join(import.meta.dirname, "..")
const picture = join(root, "docs/report.png")

const chromium = Chromium.find()
if (chromium === undefined) throw new Error(Chromium.advice)
const folder = mkdtempSync(join(tmpdir(), "vobiz-picture-"))
try {
  const file = join(folder, "report.png")
  // Its script would say how long ago the demo was.
  const page = join(folder, "report.html")
  const html = readFileSync(join(root, "out/report.html"), "utf8")
  writeFileSync(page, html.replaceAll(/<script[^>]*>[^]*?<\/script>/g, ""))
  execFileSync(chromium, [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--run-all-compositor-stages-before-draw",
    `--user-data-dir=${folder}/profile`,
    "--window-size=1280,1350",
    `--screenshot=${file}`,
    pathToFileURL(page).href
  ])
  writeFileSync(picture, Png.withText(readFileSync(file), Png.codesOf(Finding.Code.literals)))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
