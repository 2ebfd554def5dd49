import { dirname } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, layerEach, once } from "@vobiz-effect/test-support"
import { DuckDb, Ledger } from "@vobiz-effect/reconcile"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer } from "effect"
import { runner } from "./command.ts"

const account = Simulator.make({ seed: 7, calls: 120, days: 2, until: DateTime.makeUnsafe("2026-11-20T00:00:00Z") })
const days = ["--from", "2026-11-18", "--to", "2026-11-20", "--voice-api", "must"]
const recon = runner(account)

interface Told {
  readonly verdict: { readonly state: string }
  readonly changed: boolean
  readonly critical: { readonly total: number }
  readonly inDoubt: {
    readonly total: number
    readonly shown: ReadonlyArray<{ readonly inDoubt: boolean; readonly explanation: string }>
  }
}

const sql = (path: string, statement: string) =>
  Effect.scoped(
    Effect.flatMap(DuckDb.DuckDb, (db) => db.run(statement)).pipe(Effect.provide(DuckDb.DuckDb.layer({ path })))
  )
const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
const services = Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, pageCap: 20 }), NodeServices.layer)

interface Entry {
  readonly key: string
  readonly status: string
  readonly by: string | null
  readonly late: unknown
  readonly notes: ReadonlyArray<{ readonly words: string }>
}
interface Report {
  readonly findings: ReadonlyArray<unknown>
}
const entries = (out: string) =>
  out
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry)

/** The files of an account in a folder, and its ledger. */
const at = (to: string) => {
  // Runs make its folder.
  const ledger = `${to}/new/folder/recon.ledger`
  const run = (name: string, hours: number, more: ReadonlyArray<string> = ["--complete"]) =>
    recon(
      [
        "reconcile",
        ...days,
        "--ledger",
        ledger,
        "--cdrs",
        `${to}/cdrs.ndjson`,
        "--recordings",
        `${to}/${name}.ndjson`,
        "--trunks",
        `${to}/trunks.ndjson`,
        ...more
      ],
      {},
      hours
    )
  const findings = (...args: ReadonlyArray<string>) => recon(["findings", "--ledger", ledger, ...args], {}, 100)
  return { to, ledger, run, findings }
}

layerEach(services)("the ledger of recon", (it) => {
  /** Files, of which `first` lacks recordings that had to be there. */
  const made = once(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const to = yield* folder
      const rows = (list: ReadonlyArray<object>) => list.map((row) => JSON.stringify(row)).join("\n")
      const recordings = Simulator.recordingsAt(account, account.until)
      yield* fs.writeFileString(`${to}/cdrs.ndjson`, rows(account.cdrs.map(({ row }) => row)))
      yield* fs.writeFileString(`${to}/first.ndjson`, rows(recordings.slice(3)))
      yield* fs.writeFileString(`${to}/second.ndjson`, rows(recordings))
      yield* fs.writeFileString(`${to}/trunks.ndjson`, rows(account.trunks))
      return to
    })
  )

  const copyOf = Effect.fnUntraced(function* (from: string) {
    const fs = yield* FileSystem.FileSystem
    const to = yield* folder
    yield* fs.copy(from, to, { overwrite: true })
    return to
  })
  const kept = Effect.map(Effect.flatMap(made, copyOf), at)

  /** The flags for a command that is notified, and writes what it gets into a file. */
  const telling = (to: string) => ["--notify-command", `cat >> '${to}/told'`]

  const copied = Effect.fnUntraced(function* <A extends { readonly to: string }, E, R>(begun: Effect.Effect<A, E, R>) {
    const from = yield* begun
    return { ...from, ...at(yield* copyOf(from.to)) }
  })

  /** A run over the first recordings, 48 hours later, which each test that begins with it copies. */
  const ran = once(
    Effect.gen(function* () {
      const { run, to } = yield* kept
      return { to, first: yield* run("first", 48, ["--complete", "--json", ...telling(to)]) }
    })
  )
  const keptFirst = copied(ran)

  /** A run over all recordings after that one. */
  const ranTwice = once(
    Effect.gen(function* () {
      const { first, run, to } = yield* keptFirst
      return { to, first, second: yield* run("second", 60, ["--complete", ...telling(to)]) }
    })
  )
  const keptSecond = copied(ranTwice)

  describe("reconcile --ledger", () => {
    it.effect("makes the ledger's folder, and says where there can be none", () =>
      Effect.gen(function* () {
        const { findings, to } = yield* keptFirst
        assert.isNotEmpty(entries((yield* findings("--json")).out))
        const at = (ledger: string) =>
          recon(
            [
              "reconcile",
              ...days,
              "--complete",
              `--cdrs=${to}/cdrs.ndjson`,
              `--recordings=${to}/first.ndjson`,
              `--trunks=${to}/trunks.ndjson`,
              `--ledger=${ledger}`
            ],
            {},
            30
          )
        const none = yield* at("/proc/new/recon.ledger")
        assert.deepStrictEqual(
          [none.code, none.err],
          [
            2,
            "recon: cannot write /proc/new: there is no such folder, and none can be made there. Name another place with --ledger"
          ]
        )
      })
    )

    it.effect("clears what came late, and says how late, and opens nothing twice", () =>
      Effect.gen(function* () {
        const { findings, first, second } = yield* keptSecond
        assert.strictEqual(first.code, 1)
        assert.match(second.out, /Ledger +0 opened, [1-9]\d* cleared, 0 expired, 0 withdrawn/)
        const cleared = entries((yield* findings("--status", "cleared", "--json")).out)
        const late = cleared.filter(({ by }) => by === "matched")
        assert.isNotEmpty(late)
        for (const entry of late) {
          assert.match(entry.key, /^missing cdr /)
          assert.isNotNull(entry.late)
        }
        assert.match((yield* findings("--status", "cleared")).out, /came \d+ [hd] to \d+ [hd] late/)
        // No number is in it, as none was asked for.
        assert.notMatch((yield* findings("--status", "all", "--json", "--reveal")).out, /\+91\d{10}/)
      })
    )

    it.effect("counts as open what recon findings lists and what the page has time left for", () =>
      Effect.gen(function* () {
        const { ledger, run, to } = yield* kept
        const fs = yield* FileSystem.FileSystem
        // Some of the deadlines have passed by then.
        const hours = 29 * 24
        const asOf = DateTime.formatIso(DateTime.add(account.until, { hours: 48 }))
        const { out } = yield* run("first", hours, ["--complete", "--as-of", asOf, "--out", `${to}/out`])
        assert.match(out, /Ledger +[1-9]\d* opened, 0 cleared/)
        const open = Number(/; (\d+) open$/m.exec(out)?.[1])
        const listed = entries((yield* recon(["findings", "--ledger", ledger, "--json"], {}, hours)).out)
        const now = DateTime.add(account.until, { hours })
        const shown = (yield* fs.readFileString(`${to}/out/findings.ndjson`))
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as { readonly deadline: string | null; readonly severity: string })
          .filter(({ severity }) => severity !== "info")
        const left = shown.filter(({ deadline }) => deadline === null || Date.parse(deadline) > now.epochMilliseconds)
        assert.deepStrictEqual([open, listed.length], [left.length, left.length])
        assert.isAbove(left.length, 0)
        assert.isBelow(left.length, shown.length)
      })
    )

    it.effect("gives what was known at an instant to the byte, without the provider", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const then = DateTime.formatIso(DateTime.add(account.until, { hours: 50 }))
        const asOf = (ledger: string, format: ReadonlyArray<string>) =>
          recon(["reconcile", "--ledger", ledger, "--as-of", then, ...format], { VOBIZ_AUTH_TOKEN: "" }, 100)
        const { findings: findingsBefore, first, ledger: ledgerBefore } = yield* keptFirst
        const before = yield* asOf(ledgerBefore, [])
        const known = yield* findingsBefore("--as-of", then, "--status", "all", "--json")
        const { findings, ledger, to } = yield* keptSecond
        const [open] = entries((yield* findings("--json")).out)
        yield* recon(["acknowledge", open?.key ?? "", "--ledger", ledger, "--note", "seen", "--who", "Asha"], {}, 70)
        const { findings: toldFindings, ...toldReport } = JSON.parse(first.out) as Report
        const { findings: knownFindings, ...knownReport } = JSON.parse((yield* asOf(ledger, ["--json"])).out) as Report
        assert.deepStrictEqual(knownReport, toldReport)
        assert.sameDeepMembers([...knownFindings], [...toldFindings])
        const after = yield* asOf(ledger, ["--out", `${to}/out`])
        assert.deepStrictEqual(after, before)
        assert.strictEqual(after.code, 1)
        assert.deepStrictEqual(yield* findings("--as-of", then, "--status", "all", "--json"), known)
        assert.deepStrictEqual(JSON.parse(yield* fs.readFileString(`${to}/out/reconciliation.json`)), toldReport)
        const lines = (yield* fs.readFileString(`${to}/out/findings.ndjson`)).trim().split("\n")
        assert.strictEqual(lines.length, entries(known.out).length)
      })
    )

    it.effect("tells those who want to know of new findings alone", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const before = yield* fs.readFileString(`${(yield* keptFirst).to}/told`)
        // With less effort the second run has more recordings, and nothing new either.
        const { run, to } = yield* Effort.isFull ? keptFirst : keptSecond
        if (Effort.isFull) yield* run("first", 60, ["--complete", ...telling(to)])
        assert.strictEqual(yield* fs.readFileString(`${to}/told`), before)
        const news = JSON.parse(before) as { readonly critical: { total: number } }
        assert.isAbove(news.critical.total, 0)
      })
    )
  })

  describe("a list that is not proved", () => {
    it.effect("opens findings in doubt, and the run that proves it raises them, and notifies of each once", () =>
      Effect.gen(function* () {
        const { findings, run, to } = yield* kept
        const fs = yield* FileSystem.FileSystem
        const tell = telling(to)
        const told = Effect.map(fs.readFileString(`${to}/told`), (text) =>
          text
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Told)
        )
        const doubted = yield* run("first", 48, tell)
        assert.strictEqual(doubted.code, 3)
        const [first] = yield* told
        assert.deepStrictEqual([first?.verdict.state, first?.changed, first?.critical.total], ["unknown", true, 0])
        const inDoubt = first?.inDoubt.total ?? 0
        assert.isAbove(inDoubt, 0)
        assert.isTrue(first?.inDoubt.shown.every((item) => item.inDoubt && item.explanation.includes("In doubt:")))
        assert.include((yield* findings()).out, "in doubt")

        // Nothing is new, and nothing is told.
        if (Effort.isFull) yield* run("first", 50, tell)
        assert.strictEqual((yield* told).length, 1)

        const proved = yield* run("first", 52, [...tell, "--complete"])
        assert.strictEqual(proved.code, 1)
        assert.include(proved.out, `${inDoubt} raised to critical`)
        const [, second] = yield* told
        assert.deepStrictEqual([second?.verdict.state, second?.changed, second?.inDoubt.total], ["breached", true, 0])
        assert.strictEqual(second?.critical.total, inDoubt)
      })
    )
  })

  it.effect("findings reads none of very many closed ones to say that none is open", () =>
    Effect.gen(function* () {
      const { findings, ledger } = yield* keptFirst
      const many = Effort.sized({ quick: 2000, full: 200_000 })
      // Whoever reads one of these fails: it has no text.
      yield* sql(
        ledger,
        `UPDATE episode SET closed_run = 1, how = 'cleared'; UPDATE version SET to_run = 1, content = NULL;
INSERT INTO episode SELECT any_value(account), 'k' || i, 1, 1, 'expired', NULL, NULL, NULL FROM run, range(${many}) r(i) GROUP BY i;
INSERT INTO version SELECT any_value(account), 'k' || i, 's' || i, 'missing', 'critical', 0, 0, NULL, NULL, 1, 1, 3 FROM run, range(${many}) r(i) GROUP BY i`
      )
      const { code, err, out } = yield* findings()
      assert.deepStrictEqual([code, err], [0, ""])
      assert.match(out, new RegExp(`\\n[1-9]\\d* cleared, ${many.toLocaleString("en")} expired\\n\\nNo findings$`))
      assert.deepStrictEqual(yield* findings("--json"), { code: 0, out: "", err: "" })
      assert.strictEqual((yield* findings("--status", "expired")).code, 2)
    })
  )

  describe("findings that cannot be read", () => {
    it.effect("are listed by their keys and counted, beside the others", () =>
      Effect.gen(function* () {
        const { findings, ledger } = yield* keptFirst
        const before = yield* findings()
        assert.strictEqual(before.code, 1)
        const all = entries((yield* findings("--json")).out)
        yield* sql(ledger, `UPDATE version SET content = replace(content, '"code":"missing"', '"code":"absent"')`)
        const { code, err, out } = yield* findings()
        assert.strictEqual(code, 3)
        const renamed = all.filter(({ key }) => key.startsWith("missing ")).length
        assert.match(err, new RegExp(`^recon: ${renamed} findings? of the ledger cannot be read: [^\\n]+$`))
        assert.notInclude(err + out, "a bug")
        assert.strictEqual(out.split("cannot be read").length - 1, renamed)
        const listed = entries((yield* findings("--json")).out)
        assert.deepStrictEqual(
          listed.map(({ key }) => key),
          all.map(({ key }) => key)
        )
        yield* sql(
          ledger,
          "UPDATE run SET verdict = 'splendid'; UPDATE version SET content = replace(content, 'absent', 'missing')"
        )
        const unknown = yield* recon(["reconcile", "--ledger", ledger, "--as-of", "2026-12-01"], {}, 400)
        assert.strictEqual(unknown.code, 3)
        assert.match(unknown.out, /\nUnknown: the verdict splendid, which this version of recon does not know$/)
        yield* sql(ledger, "UPDATE run SET summary = '[]'")
        const known = yield* recon(["reconcile", "--ledger", ledger, "--as-of", "2026-12-01"], {}, 400)
        assert.strictEqual(known.code, 2)
        assert.match(known.err, /^recon: --ledger: the report of run 1 is damaged: it is no JSON object$/)
        yield* sql(ledger, "UPDATE run SET summary = '{}'")
        const without = yield* recon(["reconcile", "--ledger", ledger, "--as-of", "2026-12-01"], {}, 400)
        assert.strictEqual(without.code, 3)
        assert.match(without.out, /\nUnknown: the verdict splendid, which this version of recon does not know$/)
      })
    )

    it.effect("nor is anything told of a ledger without a run", () =>
      Effect.gen(function* () {
        const { findings, ledger } = yield* kept
        const fs = yield* FileSystem.FileSystem
        yield* fs.makeDirectory(dirname(ledger), { recursive: true })
        yield* Effect.scoped(Effect.provide(Ledger.Ledger, Ledger.Ledger.layer({ file: ledger })))
        assert.deepStrictEqual(yield* findings(), { code: 3, out: "", err: "recon: The ledger has no run yet" })
      })
    )
  })

  describe("acknowledge", () => {
    it.effect("keeps who said what, until it is opened again", () =>
      Effect.gen(function* () {
        const { findings, ledger } = yield* keptFirst
        const [open] = entries((yield* findings("--json")).out)
        const key = open?.key ?? ""
        const note = (...args: ReadonlyArray<string>) =>
          recon(["acknowledge", key, "--ledger", ledger, ...args], { LOGNAME: "asha" }, 60)
        assert.deepStrictEqual(yield* note("--note", "asked them"), {
          code: 0,
          out: `${key}: acknowledged by asha`,
          err: ""
        })
        const { out } = yield* findings("--status", "acknowledged")
        assert.include(out, key)
        assert.include(out, "asha: asked them")
        yield* note("--note", "no answer", "--reopen")
        const open_ = entries((yield* findings("--json", "--status", "open")).out)
        const again = open_.find((entry) => entry.key === key)
        assert.deepStrictEqual(
          again?.notes.map(({ words }) => words),
          ["asked them", "no answer"]
        )
      })
    )

    it.effect("refuses a finding that is not there, and a ledger that is not", () =>
      Effect.gen(function* () {
        const { ledger, to } = yield* keptFirst
        const unknown = yield* recon(["acknowledge", "missing cdr x", "--ledger", ledger, "--note", "y", "--who", "z"])
        assert.strictEqual(unknown.code, 2)
        assert.include(unknown.err, 'no open finding "missing cdr x"')
        for (const args of [
          ["findings"],
          ["acknowledge", "k", "--note", "n"],
          ["reconcile", "--as-of", "2026-11-20"]
        ]) {
          const { code, err } = yield* recon([...args, "--ledger", `${to}/none`])
          assert.strictEqual(code, 2)
          assert.include(err, "recon reconcile --ledger")
        }
        assert.strictEqual((yield* recon(["findings"])).code, 2)
      })
    )
  })
})
