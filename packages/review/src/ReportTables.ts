/**
 * The groups of a report as tables, the same on a page and on a terminal.
 *
 * @since 0.1.0
 */
import { PhoneNumber } from "@vobiz-effect/core"
import { clock, count, money } from "./Format.ts"
import { type Calls, type RecordingTotals, type Report, unknown } from "./Report.ts"
import type { Column, TextTable } from "./TextTable.ts"

type Group<Totals> = { readonly key: string; readonly totals: Totals }

const right = (header: string): Column => ({ header, align: "right" })

/** A sum, with the number of rows whose part is unknown: without it, the sum would look complete. */
const sum = (text: string, untold: number, all: number): string =>
  untold === 0 ? text : untold === all ? unknown : `${text} (${count(untold)} ${unknown})`

const ofCalls = (title: string, header: string, groups: ReadonlyArray<Group<typeof Calls.Type>>): TextTable => ({
  title,
  columns: [{ header }, right("Calls"), right("Answered"), right("Talk"), right("Cost")],
  rows: groups.map(({ key, totals }) => [
    key,
    count(totals.calls),
    sum(count(totals.answered), totals.withoutTalk, totals.calls),
    sum(clock(totals.talkSeconds), totals.withoutTalk, totals.calls),
    sum(money(totals.cost), totals.withoutCost, totals.calls)
  ])
})

const ofRecordings = (
  title: string,
  header: string,
  groups: ReadonlyArray<Group<typeof RecordingTotals.Type>>
): TextTable => ({
  title,
  columns: [{ header }, right("Recordings"), right("Length"), right("Billed")],
  rows: groups.map(({ key, totals }) => [
    key,
    count(totals.recordings),
    sum(clock(totals.seconds), totals.withoutSeconds, totals.recordings),
    sum(clock(totals.billedSeconds), totals.withoutBilledSeconds, totals.recordings)
  ])
})

/** A trunk's name and recording switch, if the account's list has the trunk. */
const trunkName = (report: Report, key: string): string => {
  const trunk = report.trunks.find(({ trunkId }) => trunkId === key)
  if (trunk === undefined) return key
  const position = trunk.recording === null ? unknown : trunk.recording ? "on" : "off"
  // The name of a trunk may contain a telephone number.
  return `${PhoneNumber.maskDigits(trunk.name ?? key)} (recording ${position})`
}

/**
 * The calls by day, direction, context and trunk.
 *
 * @category rendering
 * @since 0.1.0
 */
export const calls = (report: Report): ReadonlyArray<TextTable> => [
  ofCalls("Calls by day", "Day", report.callsByDay),
  ofCalls("Calls by direction", "Direction", report.callsByDirection),
  ofCalls("Calls by context", "Context", report.callsByContext),
  ofCalls(
    "Calls by trunk",
    "Trunk",
    report.callsByTrunk.map(({ key, totals }) => ({ key: trunkName(report, key), totals }))
  )
]

/**
 * The recordings by day, type and format.
 *
 * @category rendering
 * @since 0.1.0
 */
export const recordings = (report: Report): ReadonlyArray<TextTable> => [
  ofRecordings("Recordings by day", "Day", report.recordingsByDay),
  ofRecordings("Recordings by type", "Type", report.recordingsByType),
  ofRecordings("Recordings by format", "Format", report.recordingsByFormat)
]
