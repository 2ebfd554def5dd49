/**
 * What came of archiving, for people and programs.
 *
 * @since 0.1.0
 */
import type { Archive } from "@vobiz-effect/archive"
import { count } from "@vobiz-effect/review/Format"
import * as ArchiveRun from "./ArchiveRun.ts"
import * as Terminal from "./internal/terminal.ts"

const lines: ReadonlyArray<readonly [Exclude<keyof Archive.Summary, "bytes">, string]> = [
  ["Stored", "stored"],
  ["Kept", "held already"],
  ["Removed", "deleted from the archive before, by a rule or with their person"],
  ["Flawed", "stored but not whole; the next run fetches them again"],
  ["NotReady", "not ready yet: still being made by the provider, or just added"],
  ["Gone", "gone at the provider"],
  ["Quarantined", "in quarantine; the lines above say why"],
  ["Failed", "not fetched whole; the next run goes on"]
]

/**
 * The counts, for a terminal.
 *
 * @category rendering
 * @since 0.1.0
 */
export const counts = (summary: Archive.Summary): string => {
  const shown = lines.filter(([tag]) => summary[tag] > 0)
  if (shown.length === 0) return "No recordings"
  const width = Math.max(...shown.map(([tag]) => count(summary[tag]).length))
  return shown
    .map(([tag, words]) => {
      const bytes = tag === "Stored" ? ` (${count(Math.ceil(summary.bytes / 1000))} kB)` : ""
      return `${count(summary[tag]).padStart(width)} ${words}${bytes}`
    })
    .join("\n")
}

/**
 * The counts and the verdict, for a terminal.
 *
 * @category rendering
 * @since 0.1.0
 */
export const text = (result: ArchiveRun.Result): string => `${counts(result.summary)}\n${line(result)}`

/**
 * The verdict and the counts, as plain data.
 *
 * @category rendering
 * @since 0.1.0
 */
export const report = (result: ArchiveRun.Result) => ({
  verdict: { state: ArchiveRun.stateOf(result), line: line(result) },
  ...result.summary
})

/**
 * The verdict, the counts and whatever else is to be shown, as JSON.
 *
 * @category rendering
 * @since 0.1.0
 */
export const json = (result: ArchiveRun.Result, more: object = {}): string =>
  Terminal.json({ ...report(result), ...more }, 2)

/**
 * The verdict in one line.
 *
 * @category rendering
 * @since 0.1.0
 */
export const line = (result: ArchiveRun.Result): string => {
  const { Failed, Flawed, Gone, Kept, NotReady, Quarantined, Removed, Stored } = result.summary
  const parts = [
    ArchiveRun.isEmpty(result)
      ? `no recordings are ${result.proof === null ? "named" : "listed"}`
      : `${count(Stored + Kept)} held`,
    ...(
      [
        [Removed, "deleted here before"],
        [Flawed, "not whole"],
        [Failed, "not fetched"],
        [Gone, "gone at the provider"],
        [Quarantined, "in quarantine"],
        [NotReady, "not ready yet"]
      ] as const
    ).flatMap(([n, words]) => (n === 0 ? [] : [`${count(n)} ${words}`])),
    ...(result.proof === null || result.proof.verdict === "complete" ? [] : ["the list is not proved complete"])
  ]
  return `${verdictWords[ArchiveRun.stateOf(result)]}: ${parts.join(", ")}`
}

const verdictWords = { assured: "Assured", breached: "Breached", unknown: "Unknown" } as const
