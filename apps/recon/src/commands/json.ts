/** A report for programs. */
import { type Finding, FindingFiles } from "@vobiz-effect/reconcile"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import * as Terminal from "../internal/terminal.ts"

/** The files that a reconciliation writes into a folder, by what is in them. */
export const files = { findings: "findings.ndjson", csv: "findings.csv", page: "findings.html" } as const

/**
 * Prints a report as JSON: with the paths of its files, or where none were written with the findings. These come one per line, so
 * that any number of them needs little memory.
 */
export const print = Effect.fnUntraced(function* <E, R>(
  report: object,
  findings: Stream.Stream<Finding.Finding, E, R>,
  written: { readonly out: string | undefined; readonly files: Readonly<Record<string, string>> }
) {
  const { out } = written
  if (out !== undefined) {
    const path = yield* Path.Path
    const paths = Object.entries(written.files).map(([what, name]) => [what, path.resolve(out, name)] as const)
    return yield* Console.log(Terminal.json({ ...report, files: Object.fromEntries(paths) }, 2))
  }
  yield* Console.log(`${Terminal.json(report, 2).slice(0, -2)},\n  "findings": [`)
  const last = yield* findings.pipe(
    Stream.map((finding) => `    ${Terminal.json(FindingFiles.encode(finding))}`),
    Stream.runFoldEffect(
      () => "",
      (before, line) => Effect.as(before === "" ? Effect.void : Console.log(`${before},`), line)
    )
  )
  yield* Console.log(`${last}${last === "" ? "" : "\n"}  ]\n}`)
})
