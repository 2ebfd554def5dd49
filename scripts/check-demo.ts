/**
 * Holds the files that the demo wrote against what its simulated account really did, and prints how many checks passed
 * and failed.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Simulator from "../packages/testing/src/Simulator.ts"
import { makeAccount, windowOf } from "../apps/recon/src/commands/simulated.ts"

const folder = process.argv[2] ?? "out"
const read = (name: string) => readFileSync(join(folder, name), "utf8")

const account = makeAccount({ calls: 10_000, days: 33, seed: 1, pageCap: 100 })
const until = account.until.epochMilliseconds
const window = { from: account.from.epochMilliseconds, to: windowOf(account).to.epochMilliseconds }

const checks: Array<readonly [name: string, expected: unknown, actual: unknown]> = []
const check = (name: string, expected: unknown, actual: unknown) => checks.push([name, expected, actual])

const reconciliation = JSON.parse(read("reconciliation.json")) as {
  readonly cdrs: number
  readonly counts: Readonly<Record<string, number>>
}

const cdrs = new Map(account.cdrs.map((entry) => [entry.row.uuid, entry]))
const recordings = new Map(account.recordings.map((entry) => [entry.row.recording_id, entry]))
const known = <A>(values: ReadonlyArray<A | undefined>) => values.filter((value) => value !== undefined)

/** Each call with what there is to be seen of it, and whether the provider has deleted what it may have had. */
const calls = account.truth.calls.map(({ cdrUuids, kind, recordingIds }) => {
  const kept = known(recordingIds.map((id) => recordings.get(id))).filter((entry) => Simulator.isKept(entry, until))
  const legs = known(cdrUuids.map((uuid) => cdrs.get(uuid))).filter(
    ({ availableAt, startedAt }) => availableAt <= until && startedAt < window.to
  )
  const ended = Math.max(...legs.map(({ row, startedAt }) => startedAt + row.duration * 1000))
  return { kind, kept, legs, isExpired: kept.length === 0 && ended + Simulator.retentionMillis <= until }
})
type Call = (typeof calls)[number]
const of = (...kinds: ReadonlyArray<Simulator.Scenario>) => calls.filter(({ kind }) => kinds.includes(kind))
const count = (found: ReadonlyArray<unknown>) => found.length

/** A recording without CDR is an orphan when its call must be over and settled: after 4 hours at most, and 1 hour more. */
const began = ({ addedAt, media, row }: Simulator.RecordingEntry) =>
  row.recording_start_ms === null ? addedAt - media.duration : Number(row.recording_start_ms)
const isOrphan = (entry: Simulator.RecordingEntry) => began(entry) <= until - 5 * 3_600_000
const isThere = ({ kept }: Call) => kept.length > 0
const homeless = of("orphan", "unkeyed").flatMap(({ kept }) => kept)
const missing = of("missing", "unkeyed").filter(({ isExpired }) => !isExpired)
/** Scenarios of calls that had to be recorded. */
const required: ReadonlyArray<Simulator.Scenario> = [
  "voice-recorded",
  "trunk-recorded",
  "bridged",
  "bridge-keyed",
  "duplicate-cdr",
  "late",
  "missing",
  "several",
  "duration-mismatch",
  "conference",
  "unkeyed",
  "sub-account",
  "flawed-audio"
]

/** Both legs of a bridged call have to be recorded where both bear the account's number; a row that bills one again does not. */
const recorded = new Set(account.numbers.filter((own) => own.recorded).map(({ number }) => number.replace("+", "")))
const expired = ({ isExpired, kind, legs }: Call) => {
  if (!isExpired) return []
  const own = legs.filter(
    ({ row }) =>
      row.trunk_id !== null ||
      [row.caller_id_number, row.destination_number].some((number) => recorded.has(number.replace("+", "")))
  )
  return kind === "duplicate-cdr" ? own.slice(1) : own
}

/** Whether a recording that was stopped and started again left out too much of the talk: 5 %, or 10 s at once. */
const isInterrupted = ({ kept, legs }: Call) => {
  const [leg] = legs
  if (leg === undefined) return false
  const end = leg.startedAt + leg.row.duration * 1000
  const spans = kept
    .map(({ row }) => ({ from: Number(row.recording_start_ms), to: Number(row.recording_end_ms) }))
    .toSorted((a, b) => a.from - b.from)
  const begin = end - leg.row.billsec * 1000
  const gaps = [...spans.map(({ from }, n) => from - (spans[n - 1]?.to ?? begin)), end - (spans.at(-1)?.to ?? begin)]
  const lost = gaps.reduce((sum, gap) => sum + gap, 0)
  return lost - 1000 > 0.05 * (end - begin) || Math.max(...gaps) > 10_000
}

const truth: Record<string, number> = {
  missing: count(missing),
  expired: count(of(...required).flatMap(expired)),
  candidate: count(of("unkeyed").filter(({ isExpired, kept }) => !isExpired && kept.some(isOrphan))),
  orphan: count(homeless.filter(isOrphan)),
  "other-account": count(of("sub-account").filter(({ isExpired }) => !isExpired)),
  conference: count(of("conference-room").filter(isThere)),
  "duplicate-cdr": count(of("duplicate-cdr")),
  "partly-recorded": count([
    ...of("duration-mismatch").filter(isThere),
    ...of("several").filter((call) => isThere(call) && isInterrupted(call))
  ]),
  "prohibited-recording": count(of("unexpected").filter(isThere)),
  settling:
    count(of("pending").filter(({ legs }) => legs.length > 0)) + count(homeless.filter((entry) => !isOrphan(entry))),
  "several-recordings": count(of("several").filter((call) => isThere(call) && !isInterrupted(call))),
  "outside-window": count(of("straddling"))
}
/** What is wrong with the audio that the demo archives, which is all that is shorter than 8 seconds. */
const faultsOf = ({ media, row }: Simulator.RecordingEntry): ReadonlyArray<string> => {
  if (media.flaw === "noise") return ["audio-unreadable"]
  return [
    ...(media.flaw === "cut" ? ["audio-truncated"] : []),
    ...(media.flaw === "silent" ? ["audio-silent"] : []),
    ...(media.flaw === "one-way" ? ["audio-one-way"] : []),
    ...(media.flaw === "codec" ? ["audio-not-checked"] : []),
    ...(row.recording_format === media.container ? [] : ["audio-wrong-format"]),
    ...(media.flaw === "cut" || media.duration < Number(row.recording_duration_ms) - 2000 ? ["audio-duration"] : [])
  ]
}
const archived = account.recordings.filter(
  (entry) =>
    Simulator.isKept(entry, until) && Number(entry.row.recording_duration_ms) < 8000 && began(entry) < window.to
)
// Each of them is the only recording of its call.
truth["unusable"] = count(archived.filter(({ media }) => ["noise", "cut", "silent"].includes(media.flaw ?? "")))
const faults = Map.groupBy(archived.flatMap(faultsOf), (code) => code)
for (const code of ["unreadable", "truncated", "silent", "one-way", "wrong-format", "duration", "not-checked"]) {
  truth[`audio-${code}`] = faults.get(`audio-${code}`)?.length ?? 0
}
for (const [code, expected] of Object.entries(truth)) check(`there is a ${code}`, true, expected > 0)
for (const [code, expected] of Object.entries(truth)) check(`${code} findings`, expected, reconciliation.counts[code])
const compared = account.cdrs.filter(({ availableAt, startedAt }) => availableAt <= until && startedAt < window.to)
check("CDRs compared", count(compared), reconciliation.cdrs)

const findings = read("findings.ndjson")
  .trim()
  .split("\n")
  .map(
    (line) =>
      JSON.parse(line) as {
        readonly code: string
        readonly cdrs: ReadonlyArray<{ readonly uuid: string }>
        readonly recordings: ReadonlyArray<{ readonly key: string | null }>
      }
  )
check(
  "calls whose recordings name their bridge uuid",
  count(of("bridge-keyed").filter(isThere)),
  count(
    findings.filter(
      ({ code, recordings }) => !code.startsWith("audio-") && recordings.some(({ key }) => key === "bridge_uuid")
    )
  )
)
check(
  "the very calls that are missing",
  missing
    .flatMap(({ legs }) => legs.map(({ row }) => row.uuid))
    .toSorted()
    .join(),
  findings
    .filter(({ code }) => code === "missing")
    .map(({ cdrs }) => cdrs[0]?.uuid)
    .toSorted()
    .join()
)
for (const [code, expected] of Object.entries(truth)) {
  check(`${code} lines in findings.ndjson`, expected, findings.filter((finding) => finding.code === code).length)
}

const csv = read("findings.csv").trim().split("\r\n")
const needAttention = [
  "missing",
  "unusable",
  "candidate",
  "orphan",
  "duplicate-cdr",
  "partly-recorded",
  "prohibited-recording",
  ...Object.keys(truth).filter((code) => code.startsWith("audio-"))
]
check("lines in findings.csv", 1 + needAttention.reduce((sum, code) => sum + (truth[code] ?? 0), 0), csv.length)

const figure = (section: string, measure: string) =>
  Number(
    read("report.csv")
      .split("\r\n")
      .find((line) => line.startsWith(`${section},all,${measure},`))
      ?.split(",")[3]
  )
check("calls in report.csv", count(compared), figure("calls", "calls"))
const listed = account.recordings.filter((entry) => Simulator.isKept(entry, until) && entry.addedAt < window.to)
check("recordings in report.csv", count(listed), figure("recordings", "recordings"))

const html = read("report.html")
check("report.html is a whole page", true, html.startsWith("<!doctype html>") && html.trimEnd().endsWith("</html>"))
check("report.html has its charts", true, html.includes("<svg"))
check("report.html asks nothing of the network", false, /(?:src|href)="https?:/.test(html))

const page = read("findings.html")
const attention = needAttention.reduce((sum, code) => sum + (truth[code] ?? 0), 0)
check("findings.html is a whole page", true, page.startsWith("<!doctype html>") && page.trimEnd().endsWith("</html>"))
check(
  "findings in findings.html",
  attention,
  Number(/>([\d,]+) findings? needs? attention/.exec(page)?.[1]?.replaceAll(",", ""))
)

const failed = checks.filter(([, expected, actual]) => expected !== actual)
for (const [name, expected, actual] of failed) {
  process.stderr.write(
    `demo: ${name}: expected ${String(expected).slice(0, 200)}, found ${String(actual).slice(0, 200)}\n`
  )
}
process.stdout.write(`${checks.length - failed.length} passed, ${failed.length} failed\n`)
process.exitCode = failed.length === 0 ? 0 : 1
