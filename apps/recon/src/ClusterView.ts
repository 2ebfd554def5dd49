/**
 * What becomes of runs, as a table and as JSON.
 *
 * @since 0.1.0
 */
import type { JobRunner } from "@vobiz-effect/cluster"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Table from "./Table.ts"

const instant = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))

const took = ({ endedAt, startedAt }: { readonly endedAt: number | null; readonly startedAt: number }) =>
  endedAt === null ? "" : Duration.format(Duration.millis(endedAt - startedAt))

const count = ({ units }: JobRunner.Status, state: JobRunner.Status["state"]) =>
  String(units.filter((unit) => unit.state === state).length)

const runs: ReadonlyArray<Table.Column> = [
  { header: "run" },
  { header: "account" },
  { header: "state" },
  { header: "attempt", align: "right" },
  { header: "done", align: "right" },
  { header: "running", align: "right" },
  { header: "failed", align: "right" },
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
 * A line for each run, and then one for each unit of work that failed.
 *
 * @category rendering
 * @since 0.1.0
 */
export const text = (status: ReadonlyArray<JobRunner.Status>, options: Table.Options): string => {
  if (status.length === 0) return "No run was submitted. Submit one by: recon cluster submit"
  const rows = status.map((run) => [
    run.run,
    run.account,
    run.state,
    String(run.attempt),
    count(run, "done"),
    count(run, "running"),
    count(run, "failed"),
    instant(run.startedAt),
    took(run)
  ])
  const failed = status.flatMap(({ run, units }) =>
    units
      .filter(({ state }) => state === "failed")
      .map(({ errorMessage, errorTag, runner, unit }) => [run, unit, runner, errorTag ?? "", errorMessage ?? ""])
  )
  const parts = [Table.render(runs, rows, options)]
  if (failed.length > 0) {
    parts.push(Table.render(failures, failed, options), "Again, what failed alone: recon cluster submit --retry RUN")
  }
  return parts.join("\n\n")
}

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
  return JSON.stringify(
    status.map(({ units, ...run }) => ({
      ...run,
      ...times(run),
      spec: JSON.parse(run.spec) as unknown,
      result: run.result === null ? null : (JSON.parse(run.result) as unknown),
      units: units.map((unit) => ({ ...unit, ...times(unit) }))
    })),
    null,
    2
  )
}
