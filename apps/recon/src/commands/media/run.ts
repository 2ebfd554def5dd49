/** `recon media` */
import { ArchiveIndex, Media } from "@vobiz-effect/archive"
import { Finding, Ledger } from "@vobiz-effect/reconcile"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import { count, counted } from "@vobiz-effect/review/Format"
import * as Console from "effect/Console"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CommandInput } from "../../Settings.ts"
import * as ArchivedAudio from "../../ArchivedAudio.ts"
import { CannotTell, FindingsFound } from "../../Failure.ts"
import * as Progress from "../../Progress.ts"
import * as Table from "../../Table.ts"
import * as Archived from "../archived.ts"
import * as Ledgers from "../ledger.ts"
import * as Session from "../session.ts"
import * as Terminal from "../../internal/terminal.ts"

interface Input {
  readonly json: boolean
  readonly archive: string | undefined
  readonly commandInput: CommandInput
}

/** Since when a ledger has a finding, and whether somebody said that it is known. */
interface Known {
  readonly since: DateTime.Utc
  readonly acknowledged: boolean
}

/** What a ledger knows of the audio of recordings, by the code and the recording. */
const knownBy = Effect.flatMap(Ledger.Ledger, (ledger) =>
  Stream.runFold(
    ledger.findings({ statuses: ["open", "acknowledged"] }),
    () => new Map<string, Known>(),
    (known, { finding, opened, status }) => {
      if (finding !== null && ofAudio.has(finding.code)) {
        for (const { recordingId } of finding.recordings) {
          known.set(`${finding.code} ${recordingId}`, { since: opened, acknowledged: status === "acknowledged" })
        }
      }
      return known
    }
  )
)

const ofAudio: ReadonlySet<string> = new Set(Finding.ofAudio)

/** The same of the ledger that is named; `null` where none is. */
const known = Effect.gen(function* () {
  if ((yield* Session.optional("RECON_LEDGER")) === undefined) return null
  return yield* Effect.provide(knownBy, Ledgers.layer(yield* Ledgers.existing))
})

const columns: ReadonlyArray<Table.Column> = [
  { header: "Finding" },
  { header: "Severity" },
  { header: "Recording" },
  { header: "Call" },
  { header: "Added" },
  { header: "What it should be and is" }
]

/** So many rows make a table; all of them are for programs. */
const tableRows = 200

const rowsOf = ({ entry, findings }: Media.Checked, zone: Zone.Zone, known: ReadonlyMap<string, Known> | null) =>
  findings.map((finding) => ({
    code: finding.code,
    severity: Media.severities[finding.code],
    recordingId: entry.recordingId,
    callUuid: entry.callUuid,
    added: Zone.iso(entry.addTime, zone),
    expected: finding.expected,
    found: finding.found,
    ...standing(known, `${finding.code} ${entry.recordingId}`, zone)
  }))

/** Whether the ledger has it, of a ledger that is named. */
const standing = (known: ReadonlyMap<string, Known> | null, key: string, zone: Zone.Zone) => {
  if (known === null) return {}
  const found = known.get(key)
  return found === undefined
    ? { known: null }
    : { known: { since: Zone.iso(found.since, zone), acknowledged: found.acknowledged } }
}

/** The same in words. */
const standingWords = ({ known }: { readonly known?: ReturnType<typeof standing>["known"] }) =>
  known === undefined || known === null
    ? "new"
    : `${known.acknowledged ? "acknowledged" : "known"} since ${known.since}`

/** Audio of a known container whose sound nothing here decodes. */
const isUndecoded = (media: Media.Media | null) => media !== null && media.levels === null && media.unreadable === null

export const run = (input: Input) =>
  Effect.gen(function* () {
    const directory = yield* Archived.existing(input.archive)
    // Programs read times of UTC.
    const zone = input.json ? Zone.utc : yield* Session.zoneOf(undefined)
    const before = yield* known
    const meter = yield* Progress.meter
    const checking = Media.check({ directory, concurrency: 2 }).pipe(
      Stream.tap(({ entry }) => meter.step(entry.bytes)),
      Stream.runFoldEffect(
        () => ({
          looked: 0,
          unread: 0,
          undecoded: 0,
          findings: 0,
          fresh: 0,
          faults: 0,
          rows: Array<ReturnType<typeof rowsOf>[number]>()
        }),
        (so, checked) =>
          Effect.gen(function* () {
            const found = rowsOf(checked, zone, before)
            if (input.json) for (const row of found) yield* Console.log(Terminal.json(row))
            else so.rows.push(...found.slice(0, tableRows - so.rows.length))
            return {
              ...so,
              looked: so.looked + 1,
              unread: so.unread + (checked.media === null ? 1 : 0),
              undecoded: so.undecoded + (isUndecoded(checked.media) ? 1 : 0),
              findings: so.findings + found.length,
              fresh: so.fresh + found.filter(({ known }) => known === null).length,
              faults: so.faults + found.filter(({ code }) => code !== "audio-not-checked").length
            }
          })
      )
    )
    const told = yield* ArchiveIndex.ArchiveIndex.pipe(
      Effect.flatMap(({ size }) => size),
      Effect.flatMap((total) => meter.begin("recordings checked", total)),
      Effect.andThen(checking),
      input.json ? (self) => self : meter.shown,
      Effect.provide(Archived.reader(directory))
    )
    if (!input.json) {
      const rows = told.rows.map((row) => [
        row.code,
        row.severity,
        row.recordingId,
        row.callUuid,
        row.added,
        ...(before === null ? [] : [standingWords(row)]),
        ArchivedAudio.words(row)
      ])
      const shown = before === null ? columns : columns.toSpliced(-1, 0, { header: "In the ledger" })
      if (rows.length > 0) yield* Console.log(Table.render(shown, rows, yield* Session.terminal))
      const more = told.findings - rows.length
      if (more > 0) yield* Console.log(`and ${count(more)} more: --json lists them all`)
      const fresh = before === null ? "" : `, ${count(told.fresh)} new`
      yield* Console.log(`${counted(told.looked, "recording")} checked, ${counted(told.findings, "finding")}${fresh}`)
    }
    if (told.unread > 0) {
      yield* Console.error(`recon: the audio of ${count(told.unread)} is missing or damaged: see recon verify`)
    }
    if (told.faults + told.unread > 0) return yield* new FindingsFound()
    const reasons = [
      ...(told.looked === 0 ? [`the archive ${directory} has no audio`] : []),
      ...(told.undecoded === 0
        ? []
        : [`the audio of ${count(told.undecoded)} has a format that is not decoded: it may be silent`])
    ]
    if (reasons.length > 0) return yield* new CannotTell({ reasons })
  }).pipe(Effect.provide(Session.settings(input.commandInput)))
