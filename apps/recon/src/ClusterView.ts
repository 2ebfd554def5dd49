/**
 * What becomes of runs, as a table and as JSON.
 *
 * @since 0.1.0
 */
import { type JobRunner, Result } from "@vobiz-effect/cluster"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import * as ProofView from "@vobiz-effect/review/ProofView"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Table from "./Table.ts"
import * as Terminal from "./internal/terminal.ts"

const instant = (millis: number, zone = Zone.utc) => Zone.iso(DateTime.makeUnsafe(millis), zone)

const took = ({ endedAt, startedAt }: { readonly endedAt: number | null; readonly startedAt: number }) =>
  endedAt === null ? "" : Duration.format(Duration.millis(endedAt - startedAt))

const count = ({ units }: JobRunner.Status, state: JobRunner.Status["state"]) =>
  String(units.filter((unit) => unit.state === state).length)

const decodeResult = Schema.decodeUnknownOption(Result.Json)

/** A run that is done, and whose lists are not proved complete, is in doubt. */
const stateOf = ({ result, state }: JobRunner.Status) =>
  state === "done" && Option.exists(decodeResult(result), ({ proved }) => proved !== "complete") ? "in doubt" : state

/** The verdict of a run that has a result. */
const verdictOf = ({ result }: JobRunner.Status) =>
  Option.match(decodeResult(result), { onNone: () => "", onSome: ({ verdict }) => verdict })

/** How many of its units are done, of how many. */
const doneOf = (run: JobRunner.Status) => `${count(run, "done")} of ${run.planned ?? "?"}`

/** The runners that are at its units. */
const runnersOf = ({ units }: JobRunner.Status) =>
  Array.from(new Set(units.flatMap(({ runner, state }) => (state === "running" ? [runner] : [])))).join(", ")

const runs: ReadonlyArray<Table.Column> = [
  { header: "run" },
  { header: "account" },
  { header: "state" },
  { header: "verdict" },
  { header: "units", align: "right" },
  { header: "failed", align: "right" },
  { header: "at work" },
  { header: "submitted" },
  { header: "took", align: "right" }
]

const failures: ReadonlyArray<Table.Column> = [
  { header: "run" },
  { header: "failed unit" },
  { header: "runner" },
  { header: "error" },
  { header: "what it says" }
]

/**
 * Why the verdict of a run is not assured, one line for each reason: first which of its lists are not proved complete.
 *
 * @category rendering
 * @since 0.1.0
 */
export const reasons = ({ reasons, run, unproved }: Result.Result): ReadonlyArray<string> => [
  ...unproved.map(({ proof }) => `run ${run}: ${ProofView.doubt(proof)}`),
  ...reasons.map((reason) => `run ${run}: ${reason}`)
]

/**
 * The verdict on several runs: that of the worst.
 *
 * @category getters
 * @since 0.1.0
 */
export const worst = (results: ReadonlyArray<Result.Result>): Result.Result["verdict"] =>
  (["breached", "unknown"] as const).find((state) => results.some(({ verdict }) => verdict === state)) ?? "assured"

const kinds = ["Stored", "Kept", "Removed", "NotReady", "Gone", "Quarantined", "Flawed", "Failed"] as const

const audio: ReadonlyArray<Table.Column> = [
  { header: "audio of run" },
  { header: "days", align: "right" },
  { header: "stored", align: "right" },
  { header: "held already", align: "right" },
  { header: "deleted here", align: "right" },
  { header: "not made yet", align: "right" },
  { header: "gone", align: "right" },
  { header: "quarantined", align: "right" },
  { header: "not whole", align: "right" },
  { header: "not fetched", align: "right" },
  { header: "MB stored", align: "right" }
]

/** What became of the recordings of a run, of the days that were done. */
const fetched = ({ run, units }: JobRunner.Status): ReadonlyArray<ReadonlyArray<string>> => {
  const days = units.flatMap(({ audio }) => (audio === null ? [] : [audio]))
  if (days.length === 0) return []
  const sum = (kind: keyof (typeof days)[number]) => days.reduce((total, day) => total + day[kind], 0)
  const megabytes = (sum("bytes") / 1e6).toFixed(1)
  return [[run, String(days.length), ...kinds.map((kind) => String(sum(kind))), megabytes]]
}

/**
 * A line for each run, then one for the audio of each that fetches it, and then one for each unit of work that failed.
 *
 * @category rendering
 * @since 0.1.0
 */
export const text = (
  status: ReadonlyArray<JobRunner.Status>,
  options: Table.Options & { readonly zone: Zone.Zone }
): string => {
  if (status.length === 0) return "No run was submitted. Submit one by: recon cluster submit"
  const rows = status.map((run) => [
    run.run,
    run.account,
    stateOf(run),
    verdictOf(run),
    doneOf(run),
    count(run, "failed"),
    runnersOf(run),
    instant(run.startedAt, options.zone),
    took(run)
  ])
  const failed = status.flatMap(({ run, units }) =>
    units
      .filter(({ state }) => state === "failed")
      .map(({ errorMessage, errorTag, runner, unit }) => [run, unit, runner, errorTag ?? "", errorMessage ?? ""])
  )
  const parts = [Table.render(runs, rows, options)]
  const archived = status.flatMap(fetched)
  if (archived.length > 0) parts.push(Table.render(audio, archived, options))
  if (failed.length > 0) {
    parts.push(Table.render(failures, failed, options), "Again, what failed alone: recon cluster submit --retry RUN")
  }
  return parts.join("\n\n")
}

/**
 * That a run was done before it was submitted again.
 *
 * @category rendering
 * @since 0.1.0
 */
export const earlier = ({ endedAt, run }: JobRunner.Status, zone: Zone.Zone): string =>
  `run ${run} was done${endedAt === null ? "" : ` at ${instant(endedAt, zone)}`}, and nothing is read anew: --again does that`

/**
 * All runs with their units, as JSON.
 *
 * @category rendering
 * @since 0.1.0
 */
export const json = (status: ReadonlyArray<JobRunner.Status>): string => {
  const times = ({ endedAt, startedAt }: { readonly endedAt: number | null; readonly startedAt: number }) => ({
    startedAt: instant(startedAt),
    endedAt: endedAt === null ? null : instant(endedAt)
  })
  return Terminal.json(
    status.map(({ units, ...run }) => ({
      ...run,
      ...times(run),
      spec: parsed(run.spec),
      result: run.result === null ? null : parsed(run.result),
      units: units.map((unit) => ({ ...unit, ...times(unit) }))
    })),
    2
  )
}

/** Parses JSON, and keeps other text as it is. */
const parsed = (text: string): unknown => Option.getOrElse(decodeJson(text), () => text)

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
