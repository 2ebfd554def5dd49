/** Reconciles an account's lists by `Account.reconcile`, and stores the result in the lake. */
import { type ExtractProof, Money } from "@vobiz-effect/core"
import {
  Account,
  type Column,
  DuckDb,
  type DuckDbError,
  FindingFiles,
  Relations,
  Verdict
} from "@vobiz-effect/reconcile"
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"

import * as Lake from "../Lake.ts"
import { cannotWrite, type LakeError } from "../LakeError.ts"
import type * as Result from "../Result.ts"
import * as Spec from "../Spec.ts"
import type * as Extract from "./extract.ts"
import * as Sql from "./sql.ts"

export type Extracts = Readonly<Record<Extract.List, Extract.Receipt>>

/** Fills a table with the rows of a list's files. */
const rowsOf = Effect.fnUntraced(function* <A>(
  { files, rows }: Extract.Receipt,
  columns: ReadonlyArray<Column.Column<A>>
): Effect.fn.Return<Relations.Filler<never>, LakeError, Lake.Lake | Scope.Scope> {
  const lake = yield* Lake.Lake
  const places = yield* Effect.forEach(files, ({ path }) => lake.local(path), { concurrency: 4 })
  const names = columns.map(({ name }) => Sql.name(name)).join(", ")
  return {
    fill: Effect.fnUntraced(function* (table) {
      if (places.length === 0) return { rows: 0, setAside: null }
      const db = yield* DuckDb.DuckDb
      yield* db.run(
        `INSERT INTO ${table} BY NAME SELECT ${names} FROM read_parquet(${Sql.texts(places)}, hive_partitioning = false)`
      )
      return { rows, setAside: null }
    })
  }
})

const verdictsInOrder: ReadonlyArray<ExtractProof.ExtractProof["verdict"]> = ["complete", "in-doubt", "not-provable"]

/** The weakest proof among the lists counts for the account. */
const worst = (lists: ReadonlyArray<Extract.Receipt>) =>
  verdictsInOrder.findLast((verdict) => lists.some(({ proof }) => proof.verdict === verdict)) ?? "not-provable"

/**
 * Turns values into JSON, with fields sorted by name.
 *
 * Amounts become decimal strings, durations milliseconds, and instants ISO 8601.
 */
const plain = (value: unknown): unknown => {
  if (BigDecimal.isBigDecimal(value)) return Money.digits(value)
  if (Duration.isDuration(value)) return Duration.toMillis(value)
  if (DateTime.isDateTime(value)) return DateTime.formatIso(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, plain(field)])
  )
}

/** The figures as JSON. Equal figures give equal bytes. */
export const figures = (result: Account.Result): string => {
  const { billing, classes, coverage, lateness, summary, talk, talkCoverage, unexcused, verdict } = result
  const all = { ...summary, verdict, classes, coverage, unexcused, talk, talkCoverage, lateness, billing }
  return `${JSON.stringify({ version: 2, ...(plain(all) as object) }, null, 2)}\n`
}

/** The proof as JSON, without times: two readings of the same rows give equal bytes. */
const proofOf = (
  spec: Spec.Spec,
  lists: ReadonlyArray<Extract.Receipt>,
  findings: Lake.Written,
  summary: Lake.Written
): string => {
  const proof = {
    version: 2,
    run: Spec.runOf(spec),
    verdict: worst(lists),
    lists: lists.map(({ list, proof, rows }) => ({
      list,
      rows,
      verdict: proof.verdict,
      doubts: proof.doubts.map(({ kind }) => kind),
      digest: proof.digest
    })),
    findings: findings.sha256,
    summary: summary.sha256
  }
  return `${JSON.stringify(proof, null, 2)}\n`
}

/** Reconciles an account's lists, and stores findings, figures and proof. */
export const run = Effect.fn("Reconcile.run")(function* (
  spec: Spec.Spec,
  { cdr, recording, trunk }: Extracts
): Effect.fn.Return<
  Result.Result,
  DuckDbError.DuckDbError | LakeError,
  DuckDb.DuckDb | Lake.Lake | FileSystem.FileSystem | Path.Path | Scope.Scope
> {
  const lake = yield* Lake.Lake
  const fs = yield* FileSystem.FileSystem
  const proofs = { cdrs: cdr.proof, recordings: recording.proof, trunks: trunk.proof }
  const asOf = spec.asOf ?? (yield* Account.asOf(proofs))
  const result = yield* Account.reconcile({
    cdrs: yield* rowsOf(cdr, Relations.cdr),
    recordings: yield* rowsOf(recording, Relations.recording),
    trunks: yield* rowsOf(trunk, Relations.trunk),
    proofs: Effect.succeed(proofs),
    window: { from: spec.from, to: spec.to },
    asOf,
    options: Account.settings(spec.settings)
  })

  const place = `${Spec.placeOf(spec)}/result`
  const stream = <E, R>(ending: string, bytes: Stream.Stream<Uint8Array, E, R>) =>
    lake.file(place, ending, (temporary) => Stream.run(bytes, Sink.mapError(fs.sink(temporary), cannotWrite(place))))
  const text = (ending: string, content: string) => stream(ending, Stream.encodeText(Stream.make(content)))
  const lists = [cdr, recording, trunk]
  const findings = yield* stream("findings.ndjson", FindingFiles.ndjson(result.findings))
  const table = yield* lake.file(place, "findings.parquet", (temporary) =>
    Effect.catchTag(FindingFiles.write("parquet", temporary, result.findings), "FileError", () =>
      Effect.fail(cannotWrite(place)())
    )
  )
  const summary = yield* text("summary.json", figures(result))
  return {
    version: 3,
    run: Spec.runOf(spec),
    account: spec.account,
    findings,
    table,
    summary,
    proof: yield* text("proof.json", proofOf(spec, lists, findings, summary)),
    proved: worst(lists),
    asOf,
    verdict: result.verdict._tag,
    reasons: result.verdict.reasons.map(Verdict.sentence),
    cdrs: result.summary.cdrs,
    recordings: result.summary.recordings,
    missing: result.summary.counts.missing,
    unproved: lists.flatMap(({ list, proof }) => (proof.verdict === "complete" ? [] : [{ list, proof }]))
  }
}, Effect.scoped)
