/** What the ledger has in memory as rows of its tables, and the other way round. */
import { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import * as Column from "../Column.ts"
import type * as Coverage from "../Coverage.ts"
import { Finding } from "../Finding.ts"
import * as FindingKey from "../FindingKey.ts"
import { defaults } from "../Kernel.ts"
import * as Policy from "../Policy.ts"
import { Entry, Note, type Run, type RunEntry, Status } from "./ledgerModel.ts"
import * as Tables from "./ledgerSchema.ts"

export const Count = Schema.FiniteFromString

const contentOf = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(Finding)))
const findingOf = Schema.decodeEffect(Schema.fromJsonString(Schema.toCodecJson(Finding)))
const proofText = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(ExtractProof)))
const proofOf = (proof: Coverage.Proof) =>
  proof === null ? null : proof === "declared" ? JSON.stringify(proof) : proofText(proof)

/** When the call that a finding is about had ended. */
const endOf = ({ at, cdrs: [cdr], recorded, talk }: Finding) =>
  cdr?.end ?? DateTime.addDuration(at, talk ?? recorded ?? Duration.zero)

interface Staged {
  readonly account: string
  readonly finding: Finding
}

export const staged: ReadonlyArray<Column.Column<Staged>> = [
  Column.text("account", ({ account }) => account),
  Column.text("key", ({ finding }) => FindingKey.of(finding)),
  Column.text("subject", ({ finding }) => FindingKey.subjectOf(finding)),
  Column.text("code", ({ finding }) => finding.code),
  Column.text("severity", ({ finding }) => finding.severity),
  Column.instant("at_ms", ({ finding }) => finding.at),
  Column.instant("end_ms", ({ finding }) => endOf(finding)),
  Column.instant("deadline_ms", ({ finding }) => finding.deadline),
  Column.text("content", ({ finding }) => (finding.severity === "info" ? null : contentOf(finding)))
]

/** How long after its end a recording is remembered. */
const retention = Column.millis<StagedRun>("retention_ms", ({ retention }) => retention ?? defaults.retention)

interface StagedRun extends Omit<Run<never>, "findings" | "seen"> {
  readonly id: number
  readonly recorded: DateTime.Utc
}

const id = Column.float<StagedRun>("id", (run) => run.id)

const run: ReadonlyArray<Column.Column<StagedRun>> = [
  id,
  Column.instant("recorded_ms", ({ recorded }) => recorded),
  Column.text("account", ({ account }) => account),
  Column.instant("from_ms", ({ window }) => window.from),
  Column.instant("to_ms", ({ window }) => window.to),
  Column.instant("as_of_ms", ({ asOf }) => asOf),
  Column.text("cdrs_proof", ({ proofs }) => proofOf(proofs.cdrs)),
  Column.text("recordings_proof", ({ proofs }) => proofOf(proofs.recordings)),
  Column.text("policy", ({ policy }) => JSON.stringify(Policy.encode(policy))),
  Column.text("settings", ({ settings }) => JSON.stringify(settings)),
  Column.text("summary", ({ summary }) => JSON.stringify(summary)),
  Column.text("verdict", ({ verdict }) => verdict)
]

export const stagedRun = [...run, retention]

export const Row = Schema.Struct({
  account: Schema.String,
  key: Schema.String,
  opened_ms: Count,
  status: Status,
  closed_ms: Schema.NullOr(Count),
  by_code: Schema.NullOr(Schema.String),
  late_least_ms: Schema.NullOr(Count),
  late_most_ms: Schema.NullOr(Count),
  at_ms: Count,
  deadline_ms: Schema.NullOr(Count),
  content: Schema.String,
  form: Schema.Finite,
  notes: Schema.Array(
    Schema.Struct({ at: Count, kind: Note.fields.kind, who: Schema.String, words: Schema.NullOr(Schema.String) })
  )
})

export const RunRow = Schema.Struct({
  id: Count,
  recorded_ms: Count,
  account: Schema.String,
  from_ms: Count,
  to_ms: Count,
  as_of_ms: Count,
  cdrs_proof: Schema.NullOr(Schema.String),
  recordings_proof: Schema.NullOr(Schema.String),
  policy: Schema.String,
  settings: Schema.String,
  summary: Schema.String,
  verdict: Schema.NullOr(Schema.String)
})

export const instant = (millis: number) => DateTime.makeUnsafe(millis)

/** A finding, as it was known. What a newer program wrote, or is damaged, has none. */
export const entryOf = Effect.fnUntraced(function* (row: typeof Row.Type) {
  const finding = yield* row.form > Tables.form
    ? Effect.succeed(null)
    : Effect.orElseSucceed(findingOf(Tables.renamed(row.content)), () => null)
  const { late_least_ms: least, late_most_ms: most } = row
  return new Entry({
    account: row.account,
    key: row.key,
    status: row.status,
    opened: instant(row.opened_ms),
    closed: row.closed_ms === null ? null : instant(row.closed_ms),
    by: row.by_code,
    late: least === null || most === null ? null : { atLeast: Duration.millis(least), atMost: Duration.millis(most) },
    notes: row.notes.map(({ at, kind, who, words }) => new Note({ at: instant(at), kind, who, words: words ?? "" })),
    at: instant(row.at_ms),
    deadline: row.deadline_ms === null ? null : instant(row.deadline_ms),
    finding
  })
})

export const runOf = (row: typeof RunRow.Type): RunEntry => ({
  id: row.id,
  recorded: instant(row.recorded_ms),
  account: row.account,
  window: { from: instant(row.from_ms), to: instant(row.to_ms) },
  asOf: instant(row.as_of_ms),
  proofs: { cdrs: row.cdrs_proof, recordings: row.recordings_proof },
  verdict: row.verdict,
  policy: row.policy,
  settings: row.settings,
  summary: row.summary
})
