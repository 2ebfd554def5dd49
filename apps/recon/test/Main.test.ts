import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, layerEach, once, Wait } from "@vobiz-effect/test-support"
import { AudioStore, type Verify } from "@vobiz-effect/archive"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer } from "effect"
import { runner } from "./command.ts"
import * as Authority from "../../../packages/archive/test/fakeAuthority.ts"

const account = Simulator.make({ seed: 7, calls: 200, days: 2, until: DateTime.makeUnsafe("2026-11-20T00:00:00Z") })
/** Of archived audio, a little shows as much. */
const few = Simulator.make({
  seed: 7,
  calls: 24,
  days: 2,
  meanTalk: 8,
  until: account.until,
  mix: { "duration-mismatch": 20 }
})
const day = ["--from", "2026-11-18", "--to", "2026-11-20"]

const recon = runner(account)

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

const serving = (account: Simulator.Account) =>
  Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, pageCap: 20 }), NodeServices.layer)

/** An archive of the few recordings, which tests that begin with one copy. */
const archived = once(
  Effect.gen(function* () {
    const to = yield* folder
    const told = yield* recon(["archive", "--archive", to, "--json"])
    assert.deepStrictEqual([told.code, told.err], [0, ""])
    return { to, told: JSON.parse(told.out) as unknown }
  })
)
const copyOf = Effect.fnUntraced(function* (archive: string) {
  const fs = yield* FileSystem.FileSystem
  const to = yield* folder
  yield* fs.copy(archive, to, { overwrite: true })
  return to
})
const copyOfArchive = Effect.flatMap(archived, ({ to }) => copyOf(to))

/** A reconciliation with a copy of that archive, its evidence in it, its files, and a ledger. */
const evidenced = once(
  Effect.gen(function* () {
    const to = yield* copyOfArchive
    const out = yield* folder
    const ledger = `${out}/recon.ledger`
    yield* recon(["reconcile", ...day, "--archive", to, "--evidence", to, "--out", out, "--ledger", ledger])
    return { to, out, ledger }
  })
)

/** The modes of a folder's files for others than their owner. */
const modes = Effect.fnUntraced(function* (out: string) {
  const fs = yield* FileSystem.FileSystem
  return new Set(
    yield* Effect.forEach(yield* fs.readDirectory(out), (name) =>
      Effect.map(fs.stat(`${out}/${name}`), ({ mode }) => mode & 0o077)
    )
  )
})

/**
 * A reconciliation that writes its files into a folder in which one is left that all may read. Then the same with a target that
 * is missed, and numbers revealed.
 */
const reconciled = once(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const out = yield* folder
    yield* fs.writeFileString(`${out}/findings.csv`, "", { mode: 0o644 })
    const numbers = account.numbers.filter(({ recorded }) => recorded).map(({ number }) => number)
    const args = ["reconcile", ...day, "--recorded-numbers", numbers.join(","), "--out", out]
    const told = yield* recon([...args, "--json"])
    const first = `${yield* folder}/first`
    yield* fs.copy(out, first)
    const modesFirst = yield* modes(out)
    const revealed = yield* recon([...args, "--voice-api", "must", "--target", "99.99", "--reveal"])
    return { out, first, modesFirst, told, revealed }
  })
)

layerEach(serving(account))("recon", (it) => {
  describe("list", () => {
    it.effect("shows a table, and says when there is more", () =>
      Effect.gen(function* () {
        const { code, err, out } = yield* recon(["list", "recordings", "--limit", "5"])
        assert.strictEqual(code, 0)
        assert.strictEqual(out.split("\n").length, 6)
        assert.match(out, /^recording_id\s+type/)
        assert.include(err, "--limit")
      })
    )

    it.effect("hides telephone numbers unless told not to", () =>
      Effect.gen(function* () {
        const number = /\+91\d{10}/
        const hidden = yield* recon(["list", "cdrs", ...day, "--json", "--limit", "3"])
        assert.notMatch(hidden.out, number)
        const shown = yield* recon(["list", "cdrs", ...day, "--json", "--limit", "3", "--reveal"])
        assert.match(shown.out, number)
      })
    )

    it.effect("gives every row as JSON", () =>
      Effect.gen(function* () {
        const { out } = yield* recon(["list", "cdrs", ...day, "--json"])
        const rows = out.split("\n").map((line) => JSON.parse(line) as { readonly uuid: string })
        const shown = account.cdrs.filter(({ availableAt }) => availableAt <= account.until.epochMilliseconds)
        assert.strictEqual(rows.length, shown.length)
      })
    )
  })

  describe("list, where the server holds rows back", () => {
    for (const [what, list] of [
      ["recordings", "recordings.list"],
      ["cdrs", "cdrs.list"]
    ] as const) {
      it.effect(`says that the ${what} are not proved complete, and ends with 3`, () =>
        Effect.gen(function* () {
          const server = yield* FakeVobiz.FakeVobiz
          const window = what === "cdrs" ? day : []
          const whole = yield* recon(["list", what, ...window, "--json"])
          assert.deepStrictEqual([whole.code, whole.err], [0, ""])
          yield* server.setFaults(FaultPlan.one({ _tag: "HeldBackRows", count: 30 }, { on: [list], times: "always" }))
          const all = yield* recon(["list", what, ...window, "--json"])
          const first = yield* recon(["list", what, ...window, "--json", "--limit", "5"])
          yield* server.setFaults(FaultPlan.none)
          assert.strictEqual(all.out.split("\n").length, whole.out.split("\n").length - 30)
          assert.strictEqual(all.code, 3)
          assert.match(all.err, /^recon: the list of \w+ is not proved complete: \d+ rows read, 30 in doubt \(.+\)$/)
          // The first rows need no proof of all.
          assert.strictEqual(first.code, 0)
          assert.include(first.err, "There are more")
        })
      )
    }

    it.effect("says so of the trunks", () =>
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        yield* server.setFaults(
          FaultPlan.one({ _tag: "HeldBackRows", count: 1 }, { on: ["trunks.list"], times: "always" })
        )
        const { code, err, out } = yield* recon(["list", "trunks", "--json"])
        yield* server.setFaults(FaultPlan.none)
        assert.deepStrictEqual([code, out.split("\n").length], [3, account.trunks.length - 1])
        assert.include(err, "the list of trunks is not proved complete")
      })
    )

    it.effect("calls nothing assured while a trunk may be unseen", () =>
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        const fs = yield* FileSystem.FileSystem
        const policy = `${yield* folder}/policy.yaml`
        // Whether a trunk records is unknown if it is not listed: no rule judges its calls.
        yield* fs.writeFileString(
          policy,
          "version: 1\nname: p\nrules:\n  - { name: on, verdict: must, when: { trunkRecording: [on] } }\ndefault: may\n"
        )
        const args = ["reconcile", ...day, "--policy", policy, "--target", "1"]
        if (Effort.isFull) {
          const whole = yield* recon(args)
          assert.strictEqual(whole.code, 0, whole.out)
        }
        yield* server.setFaults(
          FaultPlan.one({ _tag: "HeldBackRows", count: 1 }, { on: ["trunks.list"], times: "always" })
        )
        const doubted = yield* recon(args)
        yield* server.setFaults(FaultPlan.none)
        assert.strictEqual(doubted.code, 3)
        assert.match(
          doubted.out,
          /The list of trunks is not proved complete: .*\n[^]*Unknown: list of trunks not proved, \d+ unjudged; target 1% met; .*$/
        )
      })
    )

    it.effect("shows rows past an end that comes too early, and ends with 3", () =>
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        const whole = yield* recon(["list", "recordings", "--json"])
        yield* server.setFaults(
          FaultPlan.one({ _tag: "EarlyEnd", count: 30 }, { on: ["recordings.list"], times: "always" })
        )
        const early = yield* recon(["list", "recordings", "--json"])
        yield* server.setFaults(FaultPlan.none)
        assert.strictEqual(early.out, whole.out)
        assert.strictEqual(early.code, 3)
        assert.include(early.err, "the provider counts 30 rows fewer than were read")
      })
    )

    it.effect("archives what is there, and ends with 3", () =>
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        const to = yield* folder
        yield* server.setFaults(
          FaultPlan.one({ _tag: "HeldBackRows", count: 2 }, { on: ["recordings.list"], times: "always" })
        )
        const doubted = yield* recon(["archive", "--archive", to, "--type", "conference", "--json"])
        yield* server.setFaults(FaultPlan.none)
        const whole = yield* recon(["archive", "--archive", to, "--type", "conference", "--json"])
        assert.strictEqual(doubted.code, 3)
        assert.match(
          doubted.err,
          /^recon: the list of recordings is not proved complete: .*the provider counts 2 rows more/
        )
        assert.deepStrictEqual([whole.code, whole.err], [0, ""])
        const { Kept, Stored } = JSON.parse(whole.out) as { readonly Kept: number; readonly Stored: number }
        assert.deepStrictEqual([Kept, Stored], [(JSON.parse(doubted.out) as { readonly Stored: number }).Stored, 2])
      })
    )

    it.effect("reports what is there, and ends with 3", () =>
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        yield* server.setFaults(
          FaultPlan.one({ _tag: "HeldBackRows", count: 30 }, { on: ["recordings.list", "cdrs.list"], times: "always" })
        )
        const { code, err, out } = yield* recon(["report", ...day])
        yield* server.setFaults(FaultPlan.none)
        assert.strictEqual(code, 3)
        assert.deepStrictEqual(
          err.split("\n").map((line) => line.slice(0, 56)),
          [
            "recon: the list of CDRs is not proved complete: ",
            "recon: the list of recordings is not proved complete: "
          ].map((start) =>
            err
              .split("\n")
              .find((line) => line.startsWith(start))
              ?.slice(0, 56)
          )
        )
        assert.include(out, "The list of CDRs is not proved complete")
      })
    )
  })

  describe("reconcile --policy", () => {
    it.effect("judges by the rules of a file, and names them", () =>
      Effect.gen(function* () {
        const to = yield* folder
        const fs = yield* FileSystem.FileSystem
        const file = `${to}/policy.yaml`
        const rule = "  - name: all that talked\n    verdict: must\n    when: { minimumTalk: 10 seconds }\n"
        yield* fs.writeFileString(file, `version: 1\nname: strict\nrules:\n${rule}default: may\n`)
        const { code } = yield* recon(["reconcile", ...day, "--policy", file, "--out", to])
        assert.strictEqual(code, 1)
        const findings = yield* fs.readFileString(`${to}/findings.csv`)
        assert.match(findings, /missing,critical.*all that talked/)
        assert.notMatch(findings, /trunk-on/)
      })
    )

    it.effect("tells all that is wrong with it, with line and column, and takes no short form beside it", () =>
      Effect.gen(function* () {
        const to = yield* folder
        const fs = yield* FileSystem.FileSystem
        const file = `${to}/policy.yaml`
        yield* fs.writeFileString(file, "version: 1\nname: x\nrules:\n  - name: a\n    verdic: must\ndefault: shall\n")
        const wrong = yield* recon(["reconcile", ...day, "--policy", file])
        assert.strictEqual(wrong.code, 2)
        assert.include(wrong.err, 'policy.yaml:5:5: rules[0].verdic: there is no such field; is "verdict" meant?')
        const [first, ...problems] = wrong.err.trim().split("\n")
        assert.strictEqual(first, "recon: the policy cannot be used")
        assert.deepStrictEqual(
          problems.map((line) => line.replace(`${file}:`, "").split(": ", 2).join(" ")),
          ["4:5 rules[0].verdict", "5:5 rules[0].verdic", "6:1 default"]
        )
        assert.include((yield* recon(["reconcile", "--policy", `${to}/none.yaml`])).err, "there is no such file")
        const both = yield* recon(["reconcile", "--policy", file, "--voice-api", "must"])
        assert.include(both.err, "Leave out")
      })
    )
  })

  describe("reconcile --target", () => {
    it.effect("is missed by the coverage, and refused where it is no share", () =>
      Effect.gen(function* () {
        const args = ["reconcile", ...day, "--voice-api", "must"]
        const { revealed } = yield* reconciled
        assert.strictEqual(revealed.code, 1)
        assert.include(revealed.out, "below the target of 99.99%.\nBreached: ")
        for (const wrong of ["101", "-1", "much", "1e1"]) {
          const { code, err } = yield* recon([...args, `--target=${wrong}`])
          assert.strictEqual(code, 2)
          assert.include(err, "--target")
        }
      })
    )

    it.effect("is not known to be met by files, of which nobody knows whether they are all", () =>
      Effect.gen(function* () {
        const to = yield* folder
        const fs = yield* FileSystem.FileSystem
        const rows = (list: ReadonlyArray<object>) => list.map((row) => JSON.stringify(row)).join("\n")
        yield* fs.writeFileString(`${to}/cdrs.ndjson`, rows(account.cdrs.map(({ row }) => row)))
        yield* fs.writeFileString(`${to}/recordings.ndjson`, rows(Simulator.recordingsAt(account, account.until)))
        const files = ["--cdrs", `${to}/cdrs.ndjson`, "--recordings", `${to}/recordings.ndjson`]
        const args = ["reconcile", ...day, ...files, "--voice-api", "must", "--target", "50"]
        const unproved = yield* recon(args)
        assert.strictEqual(unproved.code, 3)
        assert.include(unproved.out, "say --complete")
        assert.match(unproved.out, /\nUnknown: coverage not known, target 50%, .*list of CDRs not proved.*$/)
        if (Effort.isFull) {
          // The account's trunks are not listed, so that no rule judges the calls on them.
          const complete = yield* recon([...args, "--complete"])
          assert.strictEqual(complete.code, 3)
          assert.match(complete.out, /\nUnknown: \d+ unjudged; target 50% met; \d+ missing.*$/)
        }
        yield* fs.writeFileString(`${to}/trunks.ndjson`, rows(account.trunks))
        const listed = yield* recon([...args, "--complete", "--trunks", `${to}/trunks.ndjson`])
        assert.strictEqual(listed.code, 0)
        assert.match(listed.out, /\nAssured: target 50% met; \d+ missing.*$/)
        assert.strictEqual((yield* recon(["reconcile", ...day, "--complete"])).code, 2)
      })
    )
  })

  layerEach(serving(few))("archive", (it) => {
    it.effect("keeps every recording once, and tells what it had already", () =>
      Effect.gen(function* () {
        const kept = Simulator.recordingsAt(few, few.until).length
        assert.include((yield* archived).told, { Stored: kept, Kept: 0, Failed: 0 })
        const second = yield* recon(["archive", "--archive", yield* copyOfArchive, "--json"])
        assert.include(JSON.parse(second.out), { Stored: 0, Kept: kept, bytes: 0 })
      })
    )

    it.effect("keeps only what findings name", () =>
      Effect.gen(function* () {
        const to = yield* folder
        const fs = yield* FileSystem.FileSystem
        const { out: judged } = yield* evidenced
        const lines = (yield* fs.readFileString(`${judged}/findings.ndjson`)).trim().split("\n")
        const mismatched = lines.filter((line) => line.includes('"partly-recorded"'))
        const file = `${to}/some.ndjson`
        yield* fs.writeFileString(file, mismatched.join("\n"))
        const { out } = yield* recon(["archive", "--archive", `${to}/archive`, "--findings", file, "--json"])
        assert.isAbove(mismatched.length, 0)
        assert.include(JSON.parse(out), { Stored: mismatched.length })
      })
    )

    it.effect("is pruned by rules, told before it is done, and what is held stays", () =>
      Effect.gen(function* () {
        const to = yield* copyOfArchive
        const fs = yield* FileSystem.FileSystem
        const rows = Simulator.recordingsAt(few, few.until)
        const held = rows[0]?.recording_id
        const rules = `${to}/rules.yaml`
        yield* fs.writeFileString(
          rules,
          `rules:\n  - name: all\n    afterDays: 0\nholds:\n  - name: case 7\n    recordingIds: ["${held}"]\n`
        )
        const args = ["prune", "--archive", to, "--rules", rules, "--json"]
        const told = yield* recon(args)
        assert.include(JSON.parse(told.out), { executed: false, deleted: 0 })
        // In words, with begun thousands of bytes.
        const { deletions, held: protectedOnes } = JSON.parse(told.out)
        const kB = ({ bytes }: { readonly bytes: number }) => Math.ceil(bytes / 1000).toLocaleString("en")
        const inWords = yield* recon(args.slice(0, -1))
        assert.deepStrictEqual(inWords.out.trimEnd().split("\n"), [
          `${rows.length - 1} would be deleted by "all" (${kB(deletions[0])} kB)`,
          `1 held by "case 7" (${kB(protectedOnes[0])} kB)`,
          "0 kept",
          'The hold "case 7" protects 1 recordings'
        ])
        assert.include(inWords.err, "Nothing is deleted yet: --execute does it")
        const done = JSON.parse((yield* recon([...args, "--execute"])).out)
        assert.include(done, { executed: true, deleted: rows.length - 1, kept: 0 })
        assert.deepStrictEqual(
          done.held.map(({ name, recordings }: { name: string; recordings: number }) => [name, recordings]),
          [["case 7", 1]]
        )
        // What was deleted by a rule is not fetched again.
        const again = yield* recon(["archive", "--archive", to, "--json"])
        assert.include(JSON.parse(again.out), { Stored: 0, Kept: 1, Removed: rows.length - 1 })
        const empty = (more: string) =>
          fs.writeFileString(rules, `rules: []\nholds:\n  - name: case 8\n    numbers: ["+919999999999"]\n${more}`)
        // A terminal obeys no name.
        const loud = '- { name: "\\e[2Jcase", numbers: ["+919999999999"] }'
        yield* fs.writeFileString(rules, `rules: []\nholds:\n  ${loud}\n`)
        assert.include((yield* recon([...args.slice(0, -1), "--execute"])).err, '" [2Jcase" protects no recording')
        const nothing = yield* recon(args.slice(0, -1))
        assert.include(nothing.out, 'The hold " [2Jcase" protects 0 recordings')
        // Where nothing is to be deleted, nothing is left to be done.
        assert.notInclude(nothing.err, "--execute")
        yield* empty("")
        const idle = yield* recon([...args.slice(0, -1), "--execute"])
        assert.strictEqual(idle.code, 2)
        assert.include(idle.err, 'nothing was deleted: "case 8" protects no recording')
        yield* empty("    mayBeEmpty: true\n")
        const fine = yield* recon([...args.slice(0, -1), "--execute"])
        assert.strictEqual(fine.code, 0, fine.err)
        assert.include(fine.out, 'The hold "case 8" protects 0 recordings')
        yield* fs.writeFileString(rules, "rules: []\nholds:\n  - name: case 9\n    recordingIds: [zz]\n")
        const unknown = yield* recon(args)
        assert.strictEqual(unknown.code, 2)
        assert.include(unknown.err, '"case 9" names recordingIds that no recording of the archive has')
        yield* fs.writeFileString(rules, "rules:\n  - name: all\n    afterDays: 0\n    trunkId: [x]\nholds: []\n")
        const misspelt = yield* recon(args)
        assert.strictEqual(misspelt.code, 2)
        assert.include(misspelt.err, "trunkId")
      })
    )

    it.effect("verifies what could be deleted at the provider, and refuses what is not whole", () =>
      Effect.gen(function* () {
        const to = yield* copyOfArchive
        const fs = yield* FileSystem.FileSystem
        const kept = Simulator.recordingsAt(few, few.until).length
        const args = ["release", "--archive", to, "--json"]
        assert.deepStrictEqual(JSON.parse((yield* recon(args)).out), {
          Released: 0,
          Verified: kept,
          Refused: 0,
          Unknown: 0,
          Absent: 0,
          Failed: 0,
          kept: []
        })
        const audio = (yield* fs.readDirectory(`${to}/audio`, { recursive: true })).find((name) => name.length > 60)
        yield* fs.writeFileString(`${to}/audio/${audio}`, "not the audio")
        const { code, err, out } = yield* recon(args)
        assert.strictEqual(code, 1)
        assert.isAbove(JSON.parse(out).Refused, 0)
        assert.include(err, "damaged")
      })
    )

    it.effect("says which line of the findings is none, and that the folder is missing", () =>
      Effect.gen(function* () {
        const to = yield* folder
        const fs = yield* FileSystem.FileSystem
        yield* fs.writeFileString(`${to}/bad.ndjson`, "\n{}\n")
        const bad = yield* recon(["archive", "--archive", to, "--findings", `${to}/bad.ndjson`])
        assert.strictEqual(bad.code, 2)
        assert.include(bad.err, "line 2")
        const none = yield* recon(["archive"])
        assert.strictEqual(none.code, 2)
        assert.include(none.err, "RECON_ARCHIVE")
      })
    )
  })

  layerEach(serving(few))("arguments", (it) => {
    it.effect("that are out of range or do not apply are refused by name, before anything is read", () =>
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        for (const [line, said] of [
          ["list cdrs --limit -1", '--limit: "-1". Expected: a whole number from 1 to'],
          ["list cdrs --limit 0", "--limit"],
          ["list cdrs --page-size 101", "--page-size"],
          ["list cdrs --concurrency 0", "--concurrency"],
          ["list cdrs --rate-limit 10001", "--rate-limit"],
          ["list trunks --type trunk", "--type: it is of no use with trunks"],
          ["list trunks --from 2026-11-18", "--from: it is of no use with trunks"],
          ["list cdrs --call x", "--call: it is of no use with cdrs"],
          ["list recordings --type Trunk", "--type: types are lower-case words"],
          ["reconcile --days 367", "--days"],
          ["reconcile --map names.yaml", "--map: only files have columns"],
          ["reconcile --map /nonexistent --cdrs a.csv", "--map: /nonexistent: there is no such file"],
          ["fake --port 80000", '--port: "80000". Expected: a whole number from 0 to 65535'],
          ["fake --calls -5", "--calls"],
          ["demo --page-cap 0", "--page-cap"],
          ["archive --archive /tmp/a --max-bytes 0", "--max-bytes"],
          ["archive --archive /tmp/a --from 2026-11-19 --to 2026-11-18", "--to: 2026-11-18 is not after"],
          ["archive --archive /tmp/a --findings f --type call", "--type: --findings names the recordings already"],
          ["archive --to /tmp/a", "--archive: name the archive's folder"],
          ["reconcile --policy _", "--policy: its value is empty"],
          ["reconcile --json --ledger=", "--ledger: its value is empty"],
          ["verify --archive /tmp --head _", "--head: its value is empty"],
          ["reconcile --settle -1h", "--settle: must be a length of time such as"],
          ["reconcile --settle=-1~hour", "--settle: must be at least 0"],
          ["reconcile --settle -1~hour", "--settle: must be at least 0"],
          ["reconcile --skew -1~second", "--skew: must be at least 0"],
          ["reconcile --longest-call 0~seconds", "--longest-call: must be longer than 0"],
          ["reconcile --retention -1~day", "--retention: must be at least 0"],
          ["reconcile --minimum-talk -1~second", "--minimum-talk: must be at least 0"],
          ["reconcile --maximum-gap -1~second", "--maximum-gap: must be at least 0"],
          ["reconcile --wait -1~second", "--wait: must be at least 0"],
          ["archive --archive /tmp/a --settle -1~hour", "--settle: must be at least 0"]
        ] as const) {
          // `_` is an empty argument, and `~` a space within one.
          const args = line.split(" ").map((arg) => (arg === "_" ? "" : arg.replaceAll("~", " ")))
          const { code, err, out } = yield* recon(args)
          assert.deepStrictEqual([line, code, out], [line, 2, ""])
          assert.include(err, said)
          assert.isBelow(err.split("\n").length, 3)
        }
        assert.lengthOf(yield* server.requests, 0)
      })
    )

    it.effect("list says which window it shows, and that a type which nobody documents has no recordings", () =>
      Effect.gen(function* () {
        const shown = yield* recon(["list", "cdrs", "--limit", "1", "--zone", "Asia/Kolkata"])
        assert.match(shown.err, /^CDRs of 20\d\d-\d\d-\d\d 05:30:00 to .* \(Asia\/Kolkata\)$/m)
        const unknown = yield* recon(["list", "recordings", "--type", "trnk"])
        assert.deepStrictEqual([unknown.code, unknown.out], [3, "Nothing found"])
        assert.include(unknown.err, "no recording is of the type trnk")
      })
    )
  })

  layerEach(serving(few))("export", (it) => {
    it.effect("puts recordings under the names of their calls, and says when there are none", () =>
      Effect.gen(function* () {
        const to = yield* copyOfArchive
        const fs = yield* FileSystem.FileSystem
        const files = `${yield* folder}/files`
        const empty = yield* recon(["export", "--archive", yield* folder, "--to", files])
        assert.deepStrictEqual([empty.code, empty.out], [3, ""])
        assert.include(empty.err, "has no recording")

        for (const within of [to, `${to}/`, `${to}/audio`, `${to}/../${to.slice(to.lastIndexOf("/") + 1)}/x`]) {
          const refused = yield* recon(["export", "--archive", to, "--to", within, "--name", "{id}", "--link"])
          assert.deepStrictEqual([refused.code, refused.out], [2, ""])
          assert.include(refused.err, "--to: ")
        }
        const { out } = yield* evidenced
        const args = ["export", "--archive", to, "--to", files, "--findings", `${out}/findings.ndjson`]
        const done = yield* recon(args)
        assert.strictEqual(done.code, 0)
        const names = (yield* fs.readDirectory(files, { recursive: true })).filter((name) => /\.(wav|mp3)$/.test(name))
        assert.strictEqual(done.out, `${names.length} copied`)
        assert.isAbove(names.filter((name) => /\d{6}_(in|out)bound_/.test(name)).length, 0)
        for (const name of names) assert.notMatch(name.replace(/_[^_]*$/, ""), /\d{7}/)
        assert.strictEqual((yield* recon(args)).out, `${names.length} there already`)

        const wrong = yield* recon([...args, "--name", "{day}"])
        assert.deepStrictEqual([wrong.code, wrong.out], [2, ""])
        assert.include(wrong.err, "--name: there is no {day}")
        const encrypted = yield* recon([...args, "--link"], {
          VOBIZ_ARCHIVE_KEY: "0123456789abcdeffedcba9876543210".repeat(2)
        })
        assert.strictEqual(encrypted.code, 2)
        assert.include(encrypted.err, "--link: ")
      })
    )
  })

  layerEach(serving(few))("media", (it) => {
    it.effect("looks at archived audio, and reconcile reports it, and lets the page play it", () =>
      Effect.gen(function* () {
        const { ledger: file, out, to } = yield* evidenced
        const fs = yield* FileSystem.FileSystem
        const looked = yield* recon(["media", "--archive", to, "--json"])
        assert.strictEqual(looked.code, 1)
        const rows = looked.out.split("\n").map((line) => JSON.parse(line) as { code: string; recordingId: string })
        // The provider of the test gives WAV under .mp3, and each file has a tone.
        const of = (code: string) => rows.filter((row) => row.code === code).map(({ recordingId }) => recordingId)
        const media = few.recordings.filter((entry) => Simulator.isKept(entry, few.until.epochMilliseconds))
        assert.sameMembers(
          of("audio-wrong-format"),
          media.filter((r) => r.row.recording_format !== r.media.container).map(({ row }) => row.recording_id)
        )
        assert.strictEqual(rows.length, of("audio-wrong-format").length)
        assert.include((yield* recon(["media", "--archive", to])).out, `${rows.length} finding`)

        const none = yield* recon(["media", "--archive", to, "--ledger", `${out}/none.ledger`])
        assert.strictEqual(none.code, 2)
        assert.include(none.err, "there is no file")
        const { counts } = JSON.parse(yield* fs.readFileString(`${out}/reconciliation.json`)) as {
          readonly counts: Readonly<Record<string, number>>
        }
        assert.isAbove(counts["audio-wrong-format"] ?? 0, 0)
        assert.isAtMost(counts["audio-wrong-format"] ?? 0, of("audio-wrong-format").length)
        const page = yield* fs.readFileString(`${out}/findings.html`)
        const entries = (yield* fs.readDirectory(`${to}/index`, { recursive: true })).filter((n) => n.endsWith(".json"))
        const paths = yield* Effect.forEach(entries, (name) =>
          Effect.map(fs.readFileString(`${to}/index/${name}`), (text) =>
            AudioStore.pathOf((JSON.parse(text) as { readonly sha256: string }).sha256)
          )
        )
        // What is found of a recording can be listened to.
        assert.isTrue(paths.some((path) => page.includes(`../${to.split("/").at(-1)}/${path}`)))

        // What a run has kept in a ledger is known from then on.
        const ledger = ["--ledger", file]
        const known = yield* recon(["media", "--archive", to, ...ledger, "--json"])
        const standing = known.out.split("\n").map((line) => (JSON.parse(line) as { readonly known: unknown }).known)
        const fresh = standing.filter((one) => one === null).length
        assert.strictEqual(standing.length - fresh, counts["audio-wrong-format"])
        const told = yield* recon(["media", "--archive", to, ...ledger])
        assert.match(told.out, new RegExp(`${rows.length} findings?, ${fresh} new$`))
        assert.match(told.out, /known since 2026-/)
        assert.strictEqual((yield* recon(["media", "--archive", `${to}/none`])).code, 2)
        assert.include((yield* recon(["reconcile", ...day, "--archive", `${to}/none`])).err, "recon archive --archive")
      })
    )
  })

  layerEach(serving(few))("verify", (it) => {
    it.effect("says that all is as it was, or names the first thing that is not", () =>
      Effect.gen(function* () {
        const to = yield* copyOf((yield* evidenced).to)
        const fs = yield* FileSystem.FileSystem
        const whole = yield* recon(["verify", "--archive", to])
        assert.strictEqual(whole.code, 0)
        assert.include(whole.out, "All is as the manifest says")
        const told = JSON.parse((yield* recon(["verify", "--archive", to, "--json"])).out) as Verify.Verdict
        assert.strictEqual(told.recordings, Simulator.recordingsAt(few, few.until).length)
        assert.strictEqual(told.runs, 2)
        // The answers of three lists, the policy, the findings and the report.
        assert.isAtLeast(told.objects, 6)
        assert.strictEqual((yield* recon(["verify", "--archive", to, "--head", told.head ?? ""])).code, 0)
        assert.strictEqual((yield* recon(["verify", "--archive", to, "--head", "0".repeat(64)])).code, 1)

        const objects = yield* fs.readDirectory(`${to}/objects`, { recursive: true })
        const object = objects.find((name) => name.length > 60) ?? ""
        yield* fs.writeFileString(`${to}/objects/${object}`, "{}")
        const changed = yield* recon(["verify", "--archive", to])
        assert.strictEqual(changed.code, 1)
        assert.include(changed.out, `NOT as the manifest says: objects/${object}`)
      })
    )

    it.effect("holds the chain against what an authority saw of it", () =>
      Effect.gen(function* () {
        const to = yield* copyOfArchive
        const fs = yield* FileSystem.FileSystem
        const authority = yield* Authority.serve()
        const ca = `${yield* folder}/ca.pem`
        yield* fs.writeFileString(ca, authority.ca)
        const wrong = yield* recon(["archive", "--archive", to, "--anchor", "ftp://secret.example"])
        assert.deepStrictEqual([wrong.code, wrong.out], [2, ""])
        assert.include(wrong.err, "--anchor: this is no http or https address")

        const args = ["archive", "--archive", to, "--anchor", authority.url.href]
        const anchored = yield* recon(args)
        assert.strictEqual(anchored.code, 0, anchored.err)
        const paper =
          /Anchored {2}(\S+) by 127\.0\.0\.1:\d+\n {2}archive ([0-9a-f ]+)\n {2}entry {3}\d+ of \S+\n {2}head {4}([0-9a-f ]+)\n {10}([0-9a-f ]+)$/.exec(
            anchored.out
          )
        if (paper === null) return assert.fail(anchored.out)
        assert.isTrue(anchored.out.split("\n").every(({ length }) => length <= 80))
        const head = `${paper[3]}${paper[4]}`.replaceAll(" ", "")
        assert.strictEqual((yield* recon(["verify", "--archive", to, "--head", head])).code, 3)

        const unchecked = yield* recon(["verify", "--archive", to])
        assert.strictEqual(unchecked.code, 3)
        assert.include(unchecked.err, "the anchors' signatures were not checked")
        const verify = recon(["verify", "--archive", to, "--anchor-ca", ca, "--head", head])
        const checked = yield* verify
        assert.strictEqual(checked.code, 0, checked.err)
        assert.include(checked.out, "All is as the manifest says")
        assert.match(checked.out, /^Anchors {5}1, the last at 20\S+Z of entry \d+$/m)

        // JSON is one document, with the anchor in it.
        const second = yield* recon([...args, "--json"])
        const told = JSON.parse(second.out) as { readonly anchor: { readonly head: string } }
        assert.notStrictEqual(told.anchor.head, head)
        assert.strictEqual((yield* verify).code, 0)

        // An authority that does not answer as it should takes nothing away, and is not passed over.
        const broken = yield* Authority.serve({ status: 500 })
        const failed = yield* recon(["archive", "--archive", to, "--anchor", broken.url.href])
        assert.strictEqual(failed.code, 3)
        assert.include(failed.err, `recon: no anchor: ${broken.url.host}: it answered with status 500`)
        assert.include(failed.err, "the manifest's head was not anchored")

        yield* fs.writeFileString(ca, (yield* Authority.identity()).ca)
        const stranger = yield* verify
        assert.strictEqual(stranger.code, 1)
        assert.include(stranger.out, `NOT as the manifest says: manifest/anchors/`)
        yield* fs.writeFileString(ca, "no certificate")
        assert.strictEqual((yield* verify).code, 2)
        yield* fs.writeFileString(ca, authority.ca)
        yield* fs.remove(`${to}/manifest/anchors`, { recursive: true })
        const taken = yield* verify
        assert.strictEqual(taken.code, 3)
        assert.include(taken.err, "there is no anchor to check")
      })
    )

    it.effect("writes down what was deleted by a rule", () =>
      Effect.gen(function* () {
        const to = yield* copyOfArchive
        const fs = yield* FileSystem.FileSystem
        const rules = `${yield* folder}/rules.json`
        yield* fs.writeFileString(rules, JSON.stringify({ rules: [{ name: "all", afterDays: 0 }], holds: [] }))
        yield* recon(["prune", "--archive", to, "--rules", rules, "--execute"])
        const { code, out } = yield* recon(["verify", "--archive", to, "--json"])
        assert.strictEqual(code, 0, out)
        assert.deepInclude(JSON.parse(out), { audio: 0, runs: 2, difference: null })
      })
    )

    it.effect("refuses a folder that is not there, and a key that is none", () =>
      Effect.gen(function* () {
        const to = yield* folder
        const fs = yield* FileSystem.FileSystem
        assert.include((yield* recon(["verify", "--archive", `${to}/none`])).err, "there is no folder")
        yield* fs.writeFileString(`${to}/key`, "none")
        const { code, err } = yield* recon(["verify", "--archive", to, "--public-key", `${to}/key`])
        assert.strictEqual(code, 2)
        assert.include(err, "no public key")
      })
    )
  })

  describe("report", () => {
    it.effect("adds up, on the terminal and as JSON", () =>
      Effect.gen(function* () {
        const text = yield* recon(["report", ...day])
        assert.strictEqual(text.code, 0)
        assert.include(text.out, "Calls by day")
        const { out } = yield* recon(["report", ...day, "--json"])
        const report = JSON.parse(out) as {
          readonly calls: { readonly calls: number }
          readonly callsByTrunk: ReadonlyArray<{ readonly totals: { readonly calls: number } }>
        }
        assert.strictEqual(
          report.callsByTrunk.reduce((sum, { totals }) => sum + totals.calls, 0),
          report.calls.calls
        )
      })
    )

    it.effect("writes its files", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const out = yield* folder
        const { code } = yield* recon(["report", ...day, "--out", out])
        assert.strictEqual(code, 0)
        assert.deepStrictEqual((yield* fs.readDirectory(out)).toSorted(), ["report.csv", "report.html"])
        assert.include(yield* fs.readFileString(`${out}/report.html`), "<svg")
      })
    )
  })

  describe("reconcile", () => {
    it.effect("finds what is missing, and exits with 1", () =>
      Effect.gen(function* () {
        const { told } = yield* reconciled
        assert.strictEqual(told.code, 1)
        const { counts } = JSON.parse(told.out) as { readonly counts: Readonly<Record<string, number>> }
        const { truth } = account
        assert.strictEqual(counts["missing"], truth.counts.missing)
        assert.strictEqual(counts["settling"], truth.counts.pending)
        assert.strictEqual(counts["orphan"], truth.counts.orphan)
        assert.strictEqual(counts["duplicate-cdr"], truth.counts["duplicate-cdr"])
      })
    )

    it.effect("cannot judge a window without calls, unless that is normal", () =>
      Effect.gen(function* () {
        const quiet = ["reconcile", "--from", "2026-10-01", "--to", "2026-10-02"]
        const unknown = yield* recon(quiet)
        assert.strictEqual(unknown.code, 3)
        assert.match(unknown.out, /Set --allow-empty if quiet windows are normal\.\nUnknown: no calls in the window$/)
        assert.include(unknown.out, "\n\nNo findings\n")
        const normal = yield* recon(quiet, { RECON_ALLOW_EMPTY: "true" })
        assert.strictEqual(normal.code, 0)
        assert.match(normal.out, /\nAssured: no call had to be recorded$/)
      })
    )

    it.effect("writes files for their owner alone, with telephone numbers only where they are asked for", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { first, modesFirst, out } = yield* reconciled
        // The file of an earlier run does not say who may read.
        assert.deepStrictEqual(modesFirst, new Set([0]))
        const findings = yield* fs.readFileString(`${first}/findings.csv`)
        assert.match(findings, /^code,severity,in_doubt,at,deadline,cdr_uuid/)
        assert.include(findings, "missing,critical")
        assert.notMatch(findings + (yield* fs.readFileString(`${first}/findings.ndjson`)), /\+?91\d{10}/)
        assert.match(yield* fs.readFileString(`${out}/findings.ndjson`), /\+?91\d{10}/)
        assert.deepStrictEqual(yield* modes(out), new Set([0]))
      })
    )
  })

  describe("settings", () => {
    it.effect("come from flags over environment over file", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const server = yield* FakeVobiz.FakeVobiz
        const file = `${yield* folder}/recon.yaml`
        const sizes = Effect.map(server.requests, (requests) => requests.map(({ query }) => query["limit"]))
        yield* fs.writeFileString(file, "pageSize: 11\nconcurrency: 1\n")
        for (const [args, env, expected] of [
          [["--config", file], {}, "11"],
          [["--config", file], { VOBIZ_PAGE_SIZE: "12" }, "12"],
          [["--config", file, "--page-size", "13"], { VOBIZ_PAGE_SIZE: "12" }, "13"],
          [[], { RECON_CONFIG: file }, "11"]
        ] as const) {
          yield* server.forgetRequests
          const { code } = yield* recon(["list", "recordings", "--limit", "1", ...args], env)
          assert.strictEqual(code, 0)
          assert.deepStrictEqual((yield* sizes)[0], expected)
        }
      })
    )
  })

  describe("a contract of the doctor", () => {
    it.effect("is gone by: no larger pages are asked than the provider gives of either list", () =>
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        const fs = yield* FileSystem.FileSystem
        const file = `${yield* folder}/contract.json`
        const doctor = yield* recon(["doctor", "--contract", file])
        assert.strictEqual(doctor.code, 0, doctor.err)
        const asked = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
          yield* server.forgetRequests
          const { code, err } = yield* recon(["list", ...args, "--limit", "1", "--contract", file])
          assert.strictEqual(code, 0, err)
          return (yield* server.requests)[0]?.query
        })
        // Of recordings there are 20 a page, of CDRs 100.
        assert.strictEqual((yield* asked("cdrs", ...day))?.["per_page"], "100")
        const found = yield* fs.readFileString(file)
        assert.include(found, '"pageCap": 100')
        yield* fs.writeFileString(file, found.replace('"pageCap": 100', '"pageCap": 50'))
        assert.strictEqual((yield* asked("cdrs", ...day))?.["per_page"], "50")
        assert.strictEqual((yield* asked("recordings"))?.["limit"], "50")
      })
    )

    it.effect("must be there when it is named", () =>
      Effect.gen(function* () {
        const { code, err } = yield* recon(["report", ...day], { RECON_CONTRACT: "/no/such/contract.json" })
        assert.strictEqual(code, 2)
        assert.include(err, "recon doctor --contract /no/such/contract.json")
      })
    )
  })

  describe("tells in one line what is wrong, with exit code 2:", () => {
    const wrong: ReadonlyArray<
      readonly [string, ReadonlyArray<string>, Record<string, string>, string | ReadonlyArray<string>]
    > = [
      ["bad credentials", ["list", "trunks"], { VOBIZ_AUTH_TOKEN: "bad" }, "VOBIZ_AUTH_TOKEN"],
      ["no credentials", ["list", "trunks"], { VOBIZ_AUTH_ID: "" }, "VOBIZ_AUTH_ID"],
      ["a bad date", ["report", "--from", "2026-02-30"], {}, '"2026-02-30" is no date'],
      ["a window that ends before it starts", ["report", "--from", "2026-02-02", "--to", "2026-02-01"], {}, "--from"],
      ["a bad zone", ["report", "--zone", "Mars/Olympus"], {}, "Mars/Olympus"],
      ["a base URL in the clear", ["list", "trunks", "--base-url", "http://api.vobiz.ai"], {}, "https"],
      ["no such file", ["list", "trunks", "--config", "/no/such.yaml"], {}, "/no/such.yaml"],
      ["a folder that is a file", ["report", ...day, "--out", "package.json/out"], {}, "--out"],
      ["an archive below a file", ["archive", "--archive", "package.json/a"], {}, "Name another place with --archive"],
      ...(
        [
          ["--keep", ["reconcile", ...day, "--keep"], "Name another folder with --keep"],
          ["--contract", ["reconcile", ...day, "--contract"], "contract file package.json/x"],
          ["--contract of doctor", ["doctor", "--contract"], "contract file package.json/x"],
          ["--policy", ["reconcile", ...day, "--policy"], "--policy: package.json/x"],
          ["--map", ["reconcile", "--cdrs", "x", "--recordings", "x", ...day, "--map"], "--map: package.json/x"],
          ["--config", ["list", "trunks", "--config"], "configuration file package.json/x"],
          ["--evidence", ["reconcile", ...day, "--evidence"], "package.json/x/manifest"],
          ["--metrics-file", ["reconcile", ...day, "--metrics-file"], "--metrics-file"],
          ["--rules", ["prune", "--archive", ".", "--rules"], "--rules: package.json/x"],
          ["--public-key", ["verify", "--archive", ".", "--public-key"], "--public-key: package.json/x"]
        ] as const
      ).map(
        ([flag, args, words]) =>
          [`${flag} below a file`, [...args, "package.json/x"], {}, [words, "a part of the path is a file"]] as const
      ),
      ["a bad number", ["reconcile", ...day, "--recorded-numbers", "12"], {}, "--recorded-numbers"],
      ["a bad setting", ["reconcile", ...day, "--settle", "soon"], {}, "--settle: must be"],
      [
        "a password in the base URL",
        ["list", "trunks", "--base-url", "https://u:p@api.example"],
        {},
        "user or password"
      ],
      ["no time at all", ["list", "trunks"], { VOBIZ_DEADLINE: "0 seconds" }, "VOBIZ_DEADLINE: must be longer than 0"],
      ["no time for an attempt", ["list", "trunks"], { VOBIZ_ATTEMPT_TIMEOUT: "-1 second" }, "longer than 0"],
      ["an unknown flag", ["report", "--form", "2026-02-02"], {}, "--form"],
      ["an unknown command", ["reprot"], {}, "report"]
    ]
    for (const [name, args, env, told] of wrong) {
      it.effect(name, () =>
        Effect.gen(function* () {
          const { code, err, out } = yield* recon(args, env)
          assert.strictEqual(code, 2)
          for (const words of typeof told === "string" ? [told] : told) assert.include(err, words)
          assert.strictEqual(err.split("\n").length, 1)
          assert.match(err, /^recon: /)
          assert.notMatch(err, /\bat .*:\d+:\d+/)
          assert.strictEqual(out, "")
        })
      )
    }

    it.effect("an unreachable host, after trying again", () =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(recon(["list", "trunks"], { VOBIZ_BASE_URL: "http://127.0.0.1:9" }))
        const { code, err } = yield* Wait.passing(fiber, "10 seconds")
        assert.strictEqual(code, 2)
        assert.match(err, /^recon: Trunks.page: no whole answer from 127.0.0.1:9: .*VOBIZ_BASE_URL$/)
      })
    )

    it.effect("a misspelt setting in the file", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const file = `${yield* folder}/recon.json`
        yield* fs.writeFileString(file, '{ "pagesize": 20 }')
        const { code, err } = yield* recon(["list", "trunks", "--config", file])
        assert.strictEqual(code, 2)
        assert.include(err, 'there is no setting "pagesize"')
        assert.include(err, "pageSize")
      })
    )

    it.effect("a provider that fails for good, without a word of the token", () =>
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        yield* server.setFaults(FaultPlan.one({ _tag: "Ok200WithError" }, { times: "always" }))
        const { code, err } = yield* recon(["report", ...day])
        yield* server.setFaults(FaultPlan.none)
        assert.strictEqual(code, 2)
        assert.include(err, "the provider failed")
        assert.notInclude(err, "fake-token")
      })
    )
  })

  describe("helps", () => {
    for (const command of ["list", "report", "reconcile", "doctor", "fake", "demo"]) {
      it.effect(`with examples for ${command}`, () =>
        Effect.gen(function* () {
          const { code, out } = yield* recon([command, "--help"])
          assert.strictEqual(code, 0)
          assert.include(out, "EXAMPLES")
          assert.include(out, `recon ${command}`)
        })
      )
    }

    it.effect("where no command is named, and does not end as if all were well", () =>
      Effect.gen(function* () {
        for (const [args, name, one] of [
          [[], "recon", "reconcile"],
          [["cluster"], "recon cluster", "submit"]
        ] as const) {
          const { code, err, out } = yield* recon(args)
          assert.strictEqual(code, 2)
          assert.include(out, one)
          assert.strictEqual(err, `recon: no command is named: ${name} needs one of those above`)
        }
      })
    )

    it.effect("with its exit codes, and completions", () =>
      Effect.gen(function* () {
        const help = yield* recon(["--help"])
        assert.deepStrictEqual([help.code, help.err], [0, ""])
        assert.include(help.out.replaceAll(/\s+/g, " "), "Exit codes: 0 all is well, 1 something is wrong")
        const completions = yield* recon(["--completions", "bash"])
        assert.include(completions.out, "reconcile")
        assert.match((yield* recon(["--version"])).out, /\d+\.\d+\.\d+/)
      })
    )
  })
})
