/** The findings that a ledger reads: those that ask for something, and what is found of its open ones. */
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@vobiz-effect/test-support"
import { Effect, FileSystem, Layer, Schema, Stream } from "effect"

import {
  Account,
  DuckDb,
  type DuckDbError,
  Finding,
  FindingKey,
  type Ledger,
  Policy,
  Reconciliation
} from "../src/index.ts"
import * as Judged from "./judged.ts"
import * as Make from "./utils.ts"

const { cdr, recording } = Make

/** Rows of all kinds: ids that repeat, end in a space, differ in case, or are shared by legs; recordings of no call, and of one outside. */
const account = {
  cdrs: [
    cdr({ uuid: "a", id: 1 }),
    cdr({ uuid: "a", id: 2, start: 37_000 }),
    cdr({ uuid: "b ", id: 3, start: 38_000 }),
    cdr({ uuid: "c ", start: 39_000 }),
    cdr({ uuid: "D", id: 5, start: 40_000 }),
    cdr({ uuid: "e'", id: 6, start: 41_000 }),
    cdr({ uuid: "f", start: 42_000, talk: 0 }),
    cdr({ uuid: "g", id: 8, start: 43_000 }),
    cdr({ uuid: "g2", id: 9, start: 43_000 })
  ],
  recordings: [
    recording({ id: "r1", call: "a", length: 60 }),
    recording({ id: "r2", call: "b", start: 38_000, length: 60 }),
    recording({ id: "r9", call: "c", start: 39_000, length: 60 }),
    recording({ id: "r3", call: "d", start: 40_000, length: 60 }),
    recording({ id: "r4", call: "e'", start: 41_000, length: 30 }),
    recording({ id: "r5 ", call: "nobody", start: 44_000, length: 20 }),

    recording({ id: "r8 ", call: "nobody", conference: "room", length: 20 }),
    recording({ id: "r7", call: "g", start: 43_000, length: 60 })
  ],
  // Two recordings of one call are gone: their findings differ by the recording alone.
  remembered: ["gone1", "gone2"].map((id) =>
    Make.remembered(recording({ id, call: "e'", start: 41_000, length: 60 }), { began: 41_000, first: 45_000 })
  )
}

/** The findings that a ledger gets where some subjects are open: their subjects, and the content that it keeps. */
const taken = Effect.fnUntraced(function* (
  rows: Ledger.FindingRows<DuckDbError.DuckDbError>,
  subjects: ReadonlyArray<string>
) {
  const db = yield* DuckDb.DuckDb
  const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
  const [open, path] = [`${directory}/open.parquet`, `${directory}/rows.parquet`]
  yield* db.run(
    `COPY (SELECT unnest(${JSON.stringify(subjects).replaceAll("'", "''").replaceAll('"', "'")}::VARCHAR[]) AS subject) TO '${open}' (FORMAT parquet)`
  )
  yield* rows.write(path, open)
  return yield* db.query(
    `SELECT key, code, subject, content FROM '${path}' ORDER BY code, subject`,
    Schema.Struct({
      key: Schema.String,
      code: Finding.Code,
      subject: Schema.String,
      content: Schema.NullOr(Schema.String)
    })
  )
}, Effect.scoped)

layer(Layer.merge(Judged.database, NodeServices.layer))("a ledger gets", (it) => {
  it.effect("what asks for something or is about open findings, masked where the result is", () =>
    Effect.gen(function* () {
      const result = yield* Account.reconcile({
        ...Judged.sources(account),
        window: Make.window,
        asOf: Make.asOf,
        options: { policy: Policy.short({ voiceApi: "must" }) }
      })
      const all = yield* Stream.runCollect(result.findings)
      const asks = ({ severity }: Finding.Finding) => severity !== "info"
      const quiet = all.filter((finding) => !asks(finding))
      const subjects = [...new Set(quiet.map(FindingKey.subjectOf))]
      assert.includeMembers(subjects, ["cdr b  3", "cdr D 5", "cdr f", "cdr c", "recording r8 "])
      assert.isAbove(all.filter(asks).length, 2)
      assert.strictEqual(all.filter(({ code }) => code === "deleted-since").length, 2)

      const given = Effect.fnUntraced(function* (about: ReadonlyArray<string>) {
        const some = new Set(about)
        const expected = all.filter((finding) => asks(finding) || some.has(FindingKey.subjectOf(finding)))
        const rows = yield* taken(result.forLedger, about)
        assert.deepStrictEqual(rows.map(({ key }) => key).toSorted(), expected.map(FindingKey.of).toSorted())
        for (const { key, subject } of rows) assert.include(key, subject)
        return expected.length
      })
      for (const one of subjects) yield* given([one])
      assert.strictEqual(yield* given(subjects), all.length)
      // Those of no row, of another case, and of a finding that asks for something, add nothing.
      const asking = all.filter(asks)
      assert.strictEqual(yield* given([]), asking.length)
      assert.strictEqual(
        yield* given(["cdr z 9", "cdr d 5", "cdr b 3", "recording ", ...asking.map(FindingKey.subjectOf)]),
        asking.length
      )
      assert.deepStrictEqual(yield* Stream.runCollect(result.asking), asking)

      const caller = "+918045670011"
      const shown = (rows: Effect.Success<ReturnType<typeof taken>>) =>
        rows.filter(({ content }) => content?.includes(caller)).length
      assert.isAbove(shown(yield* taken(result.forLedger, [])), 2)
      assert.strictEqual(shown(yield* taken(Account.masked(result).forLedger, [])), 0)
    }).pipe(Effect.scoped)
  )

  it.effect("nothing where nothing asks, unless a finding of it is open", () =>
    Effect.gen(function* () {
      const { forLedger } = yield* Reconciliation.run({
        ...Judged.sources({ cdrs: [cdr({ uuid: "f", talk: 0 })] }),
        window: Make.window,
        asOf: Make.asOf,
        options: { policy: Policy.short({ voiceApi: "must" }) }
      })
      assert.deepStrictEqual(yield* taken(forLedger, []), [])
      assert.deepStrictEqual(yield* taken(forLedger, ["cdr f"]), [
        { key: "not-expected cdr f", code: "not-expected", subject: "cdr f", content: null }
      ])
    }).pipe(Effect.scoped)
  )
})
