/**
 * Puts the findings and the figures of all buckets together.
 *
 * @since 0.1.0
 */
import { ExtractProof } from "@vobiz-effect/core"
import { Coverage, type DuckDb, type DuckDbError, Reconciliation, Verdict } from "@vobiz-effect/reconcile"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"

import * as Extract from "./Extract.ts"
import * as Figures from "./Figures.ts"
import * as FindingRows from "./FindingRows.ts"
import * as Lake from "./Lake.ts"
import { cannotWrite, type LakeError } from "./LakeError.ts"
import * as Match from "./Match.ts"
import * as Spec from "./Spec.ts"
import type * as Split from "./Split.ts"

/**
 * Where the result of a run is: the findings as NDJSON in their fixed order and as Parquet for queries, the figures, and what
 * was read and how far that is proved whole. `proved` is the least of the proofs'. `verdict` is the answer, by a target of 100
 * percent, and `reasons` says why in sentences.
 * `unproved` are the parts of lists that are not proved complete, each with its proof; absent where all are proved.
 *
 * @category models
 * @since 0.1.0
 */
export const Result = Schema.Struct({
  version: Schema.Literal(2),
  run: Schema.String,
  account: Schema.String,
  findings: Lake.Written,
  table: Lake.Written,
  summary: Lake.Written,
  proof: Lake.Written,
  proved: Schema.Literals(["complete", "in-doubt", "not-provable"]),
  verdict: Schema.Literals(["assured", "breached", "unknown"]),
  reasons: Schema.Array(Schema.String),
  cdrs: Schema.Int,
  recordings: Schema.Int,
  missing: Schema.Int,
  unproved: Schema.optionalKey(Schema.Array(Schema.Struct({ part: Extract.Part, proof: ExtractProof.ExtractProof })))
})

/**
 * @category models
 * @since 0.1.0
 */
export type Result = typeof Result.Type

/**
 * A result as text.
 *
 * @category models
 * @since 0.1.0
 */
export const Json = Schema.fromJsonString(Schema.toCodecJson(Result))

const verdictsInOrder: ReadonlyArray<ExtractProof.ExtractProof["verdict"]> = ["complete", "in-doubt", "not-provable"]

/** No list is proved better than its worst part. */
const worst = (extracts: ReadonlyArray<Extract.Receipt>) =>
  verdictsInOrder.findLast((verdict) => extracts.some(({ proof }) => proof?.verdict === verdict)) ?? "not-provable"

/**
 * How far each list is proved whole.
 *
 * @category getters
 * @since 0.1.0
 */
export const verdictsOf = (extracts: ReadonlyArray<Extract.Receipt>): Match.Verdicts => ({
  cdrs: worst(extracts.filter(({ part }) => part.list === "cdr")),
  recordings: worst(extracts.filter(({ part }) => part.list === "recording"))
})

const unprovedOf = (extracts: ReadonlyArray<Extract.Receipt>): Pick<Result, "unproved"> => {
  const unproved = extracts.flatMap(({ part, proof }) =>
    proof === null || proof.verdict === "complete" ? [] : [{ part, proof }]
  )
  return unproved.length === 0 ? {} : { unproved }
}

/** The verdict on the whole. A list in doubt leaves the coverage without bounds: its conversations are in several buckets. */
const judge = (spec: Spec.Spec, extracts: ReadonlyArray<Extract.Receipt>, figures: Figures.Figures) => {
  const proved = verdictsOf(extracts)
  const proofOf = (verdict: Match.Verdicts["cdrs"]): Coverage.Proof => (verdict === "complete" ? "declared" : null)
  const proofs = { cdrs: proofOf(proved.cdrs), recordings: proofOf(proved.recordings) }
  const margin = proofs.cdrs === null || proofs.recordings === null ? Coverage.unknown : Coverage.none
  return Reconciliation.judge(
    { ...figures, counts: { "prohibited-recording": figures.counts["prohibited-recording"] ?? 0 } },
    {
      policy: spec.settings.policy,
      coverage: Coverage.within(margin)(figures.classes),
      talkCoverage: Coverage.ofTalk(figures.talk, proofs),
      proofs,
      goal: {}
    }
  )
}

/** What was read, without the times at which it was: the same bytes for two readings of the same rows. */
const proofJson = (
  spec: Spec.Spec,
  extracts: ReadonlyArray<Extract.Receipt>,
  findings: Lake.Written,
  summary: Lake.Written
): string => {
  const lists = extracts.map(({ part, proof, rows }) => ({
    list: part.list,
    from: DateTime.formatIso(part.from),
    to: DateTime.formatIso(part.to),
    rows,
    verdict: proof?.verdict ?? null,
    doubts: proof?.doubts.map(({ kind }) => kind) ?? [],
    digest: proof?.digest ?? null
  }))
  const proof = {
    version: 1,
    run: Spec.runOf(spec),
    verdict: worst(extracts),
    lists,
    findings: findings.sha256,
    summary: summary.sha256
  }
  return `${JSON.stringify(proof, null, 2)}\n`
}

/**
 * Makes the result of a run from those of its buckets.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fn("Merge.run")(function* (
  spec: Spec.Spec,
  extracts: ReadonlyArray<Extract.Receipt>,
  split: Split.Receipt,
  matches: ReadonlyArray<Match.Receipt>
): Effect.fn.Return<
  Result,
  DuckDbError.DuckDbError | LakeError,
  DuckDb.DuckDb | Lake.Lake | FileSystem.FileSystem | Scope.Scope
> {
  const lake = yield* Lake.Lake
  const fs = yield* FileSystem.FileSystem
  const trunks = extracts.filter(({ part }) => part.list === "trunk")
  const all = matches.length === 0 ? [] : [...matches, yield* Match.rest(spec, split, trunks, matches)]
  const files = yield* Effect.forEach(all, ({ file }) => lake.local(file.path), { concurrency: 4 })
  const figures = Figures.add(all.map(({ figures }) => figures))
  const verdict = judge(spec, extracts, figures)

  const place = `${Spec.placeOf(spec)}/result`
  const stream = <E, R>(ending: string, bytes: Stream.Stream<Uint8Array, E, R>) =>
    lake.file(place, ending, (temporary) => Stream.run(bytes, Sink.mapError(fs.sink(temporary), cannotWrite(place))))
  const text = (ending: string, content: string) => stream(ending, Stream.encodeText(Stream.make(content)))
  const findings = yield* stream("findings.ndjson", files.length === 0 ? Stream.empty : FindingRows.lines(files))
  const table = yield* lake.file(place, "findings.parquet", (temporary) =>
    files.length === 0 ? FindingRows.write(temporary, Stream.empty) : FindingRows.merge(files, temporary)
  )
  const summary = yield* text("summary.json", Figures.json(figures))
  const proof = yield* text("proof.json", proofJson(spec, extracts, findings, summary))
  return {
    version: 2,
    run: Spec.runOf(spec),
    account: spec.account,
    findings,
    table,
    summary,
    proof,
    proved: worst(extracts),
    verdict: verdict._tag,
    reasons: verdict.reasons.map(Verdict.sentence),
    cdrs: figures.cdrs,
    recordings: figures.recordings,
    missing: figures.counts["missing"] ?? 0,
    ...unprovedOf(extracts)
  }
}, Effect.scoped)
