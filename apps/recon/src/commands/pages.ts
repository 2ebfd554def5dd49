/** The pages that commands write, and how they link to each other. */
import type { PageLink } from "@vobiz-effect/review/PageLink"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"

export const report: PageLink = { href: "report.html", text: "Calls and recordings in numbers" }
export const findings: PageLink = {
  href: "findings.html",
  text: "Was every call recorded? The answer and all findings"
}

/** Links to those of the pages that are in the folder. */
export const inFolder = Effect.fnUntraced(function* (folder: string, pages: ReadonlyArray<PageLink>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return yield* Effect.filter(pages, ({ href }) =>
    Effect.orElseSucceed(fs.exists(path.join(folder, href)), () => false)
  )
})
