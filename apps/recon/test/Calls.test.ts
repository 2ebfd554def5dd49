import { readdirSync, readFileSync } from "node:fs"
import { NodeServices } from "@effect/platform-node"
import { assert, Effort, layer, once } from "@vobiz-effect/test-support"
import { DuckDb, Finding, Policy, Zone } from "@vobiz-effect/reconcile"
import { BigDecimal, Duration, Effect, FileSystem, Layer, Schema, type Scope, Stream } from "effect"
import * as ExitCode from "../src/ExitCode.ts"
import * as Reconcile from "../src/Reconcile.ts"
import * as Window from "../src/Window.ts"
import * as Calls from "./calls.ts"
import { run } from "./command.ts"

const folder = new URL("fixtures/calls/", import.meta.url).pathname

const cases = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

/** The flags of a folder's command, its files by their paths. */
const flagsOf = (name: string) => {
  const [, command = ""] = /^command: recon (.+)$/m.exec(readFileSync(`${folder}${name}/README`, "utf8")) ?? []
  return command
    .trim()
    .split(/\s+/)
    .map((word) => (/\.(csv|ndjson|yaml)$/.test(word) ? `${folder}${name}/${word}` : word))
}

const decode = Schema.decodeEffect(Schema.fromJsonString(Schema.toCodecJson(Finding.Finding)))

const seconds = (duration: Duration.Duration) => Duration.toSeconds(duration)

/** A finding in short. */
const brief = (finding: Finding.Finding): string => {
  const { allowed, base, cdrs, code, gaps, reason, recorded, recordings, verdict } = finding
  const isTimed = (verdict === "must" || code === "prohibited-recording") && base !== null && recorded !== null
  const places = (word: string, some: typeof gaps) =>
    some.length === 0 ? [] : [word, ...some.map(({ from, to }) => `${seconds(from)}-${seconds(to)}`)]
  return [
    cdrs[0]?.uuid ?? recordings[0]?.recordingId,
    code,
    ...(reason === null ? [] : [reason]),
    ...(verdict === "unknown" || reason === "by-rule" ? [verdict] : []),
    ...(isTimed ? [`${seconds(recorded)}/${seconds(base)}`] : []),
    ...places("gap", gaps),
    ...places("allowed", allowed)
  ].join(" ")
}

interface Ran {
  readonly exit: number
  readonly findings: ReadonlyArray<Finding.Finding>
}

/** The findings that a run has written. */
const findingsIn = Effect.fnUntraced(function* (out: string) {
  const fs = yield* FileSystem.FileSystem
  const lines = (yield* fs.readFileString(`${out}/findings.ndjson`)).split("\n").filter((line) => line !== "")
  return yield* Effect.forEach(lines, (line) => decode(line))
})

/** Runs the command of a folder, its lists declared complete. */
const command = Effect.fnUntraced(function* (flags: ReadonlyArray<string>): Effect.fn.Return<Ran, unknown, Services> {
  const fs = yield* FileSystem.FileSystem
  const out = yield* fs.makeTempDirectoryScoped()
  const { code, err } = yield* run([...flags, "--complete", "--json", "--out", out])
  assert.notStrictEqual(code, 2, err)
  return { exit: code, findings: yield* findingsIn(out) }
})

/** Gives what the command would, without writing its files and pages, which takes most of its time. */
const program = Effect.fnUntraced(function* (flags: ReadonlyArray<string>): Effect.fn.Return<Ran, unknown, Services> {
  const values = (name: string) => flags.filter((_, nth) => flags[nth - 1] === `--${name}`)
  const given = new Set(flags.filter((flag) => flag.startsWith("--")).map((flag) => flag.slice(2)))
  const [policyFile] = values("policy")
  const policy = policyFile === undefined ? Policy.short({}) : yield* Policy.read(policyFile)
  const zone = Zone.ofPolicy(policy)
  const [asOf = ""] = values("as-of")
  const [target] = values("target")
  const [longestCall] = values("longest-call")
  const known = new Set(["cdrs", "recordings", "trunks", "from", "to", "as-of", "policy", "target", "longest-call"])
  assert.deepStrictEqual(
    Array.from(given).filter((name) => !known.has(name)),
    []
  )
  const result = yield* Reconcile.files({
    cdrs: values("cdrs"),
    recordings: values("recordings"),
    trunks: values("trunks"),
    window: yield* Window.parse({ from: values("from")[0], to: values("to")[0], zone, days: 1 }),
    asOf: yield* Window.parseInstant("--as-of", asOf, zone),
    complete: true,
    settings: {
      policy,
      ...(longestCall === undefined ? {} : { longestCall: Duration.fromInputUnsafe(longestCall as Duration.Input) })
    },
    goal: target === undefined ? {} : { target: BigDecimal.fromStringUnsafe(target) }
  })
  return { exit: ExitCode.codes[result.verdict._tag], findings: yield* Stream.runCollect(result.findings) }
})

/** One database for all folders: opening it takes longer than most of them. */
const services = Layer.merge(NodeServices.layer, DuckDb.DuckDb.layer({ threads: 1 }))

type Services = Layer.Success<typeof services> | Scope.Scope

const flagsOfCase = (name: string) => [...flagsOf(name), ...(Calls.expected[name]?.flags ?? [])]

/** What a run has found, as `Calls.expected` says it. */
const shown = ({ exit, findings }: Ran) => ({ exit, found: findings.map(brief).toSorted() })

/** What the command finds in a folder. */
const found = (name: string) => Effect.map(Effect.scoped(command(flagsOfCase(name))), shown)

/** A folder that the command judges in a test of its own. */
const excused = "maintenance-window"

/** Folders that the command itself judges at any effort: of each kind of flags one. Others have tests of their own below. */
const commanded = new Set(["six-hour-call-from-before", "target-60s-cap"])

const idColumns = new Set(["uuid", "sip_call_id", "bridge_uuid", "trunk_id", "recording_id", "call_uuid"])

/** The lines of a file under ids and numbers that no other of one run has. Numbers that policies name stay. */
const apart = (file: string, nth: number) => {
  const lines = readFileSync(file, "utf8").trim().split("\n")
  const own = (id: string) => id.replace(/(?=\S)/, `${nth}|`)
  if (file.endsWith(".ndjson")) {
    return lines.map((line) => {
      const row = JSON.parse(line) as { readonly trunk_id: string }
      return JSON.stringify({ ...row, trunk_id: own(row.trunk_id) })
    })
  }
  const [header = "", ...rows] = lines
  const columns = header.trim().split(",")
  const cell = (value: string, index: number) => {
    const column = columns[index] ?? ""
    if (idColumns.has(column)) return own(value)
    if (column === "id" && value !== "") return String(nth * 1_000_000 + Number(value))
    return column.endsWith("_number")
      ? value.replace(/98123(?=4)/, String(98_400 + nth)).replace(/80456(?=700[12])/, String(80_700 + nth))
      : value
  }
  return [header.trim(), ...rows.map((row) => row.trim().split(",").map(cell).join(","))]
}

/** What one run finds in each of several folders, which have nothing in common. */
const foundEach = Effect.fnUntraced(function* (names: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const to = yield* fs.makeTempDirectoryScoped()
  const [first = ""] = names
  const files = new Set(["--cdrs", "--recordings", "--trunks"])
  const others = flagsOfCase(first).filter((word, at, all) => !files.has(word) && !files.has(all[at - 1] ?? ""))
  const own = yield* Effect.forEach(names, (name, nth) =>
    Effect.forEach(flagsOfCase(name), (word, at) =>
      Effect.gen(function* () {
        const flag = flagsOfCase(name)[at - 1] ?? ""
        if (!files.has(flag)) return []
        const file = `${to}/${nth}${flag}.${word.split(".").at(-1)}`
        yield* fs.writeFileString(file, `${apart(word, nth).join("\n")}\n`)
        return [flag, file]
      })
    )
  )
  const { exit, findings } = yield* program([...others, ...own.flat(2)])
  const each = names.map((_, nth) =>
    findings.filter(({ cdrs, recordings }) => (cdrs[0]?.uuid ?? recordings[0]?.recordingId)?.startsWith(`${nth}|`))
  )
  assert.lengthOf(each.flat(), findings.length)
  const breaks = each.map((some) => some.some(({ inDoubt, severity }) => severity === "critical" && !inDoubt))
  return each.map((some, nth) => ({
    // Folders with critical findings break the verdict, and no others do.
    exit: exit === 1 && breaks.includes(true) && breaks[nth] !== true ? 0 : exit,
    found: some.map((finding) => brief(finding).replace(/^\d+\|/, "")).toSorted()
  }))
}, Effect.scoped)

/** Folders whose findings show that nobody can judge a call: with equal policies and flags, one run judges them. */
const undecided = new Set([
  "click-to-call-customer-no-answer",
  "conference-three-way",
  "must-not-leg-beside-unplaced",
  "must-not-number-in-national-form",
  "switch-turned-off-later",
  "trunk-deleted-since"
])

/**
 * Folders that one run judges have equal policies, flags and exit codes. One call that nobody can judge hides others from the exit code:
 * each folder of that kind has a run of its own, unless its findings show it.
 */
const runOf = (name: string) => {
  const exit = Calls.expected[name]?.exit
  const rest = flagsOfCase(name).map((word) =>
    word.endsWith("policy.yaml") ? readFileSync(word, "utf8") : word.startsWith(folder) ? "" : word
  )
  return (exit === 3 && !undecided.has(name)) || name in Calls.pending ? name : JSON.stringify([exit, rest])
}

layer(services)("calls as they happen", (it) => {
  it("has an expectation for each folder, and no other", () => {
    assert.deepStrictEqual(Object.keys(Calls.expected).toSorted(), cases.toSorted())
    for (const name of Object.keys(Calls.pending)) assert.include(cases, name)
  })

  /** The command over a folder in which a call is excused, with its files. */
  const excusing = once(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const out = yield* fs.makeTempDirectoryScoped()
      const { code, out: text } = yield* run([...flagsOf(excused), "--complete", "--out", out])
      return { out, text, exit: code, findings: yield* findingsIn(out) }
    })
  )

  const judged = new Map<string, ReturnType<typeof found>>()
  if (!Effort.isFull) judged.set(excused, Effect.map(excusing, shown))
  const programmed = cases.filter((name) => !Effort.isFull && !commanded.has(name) && name !== excused)
  for (const names of Map.groupBy(programmed, runOf).values()) {
    const each = once(foundEach(names))
    for (const [nth, name] of names.entries()) {
      judged.set(
        name,
        Effect.map(each, (all) => all[nth] ?? assert.fail(name))
      )
    }
  }

  for (const name of cases) {
    const point = Calls.pending[name]
    const expected = Calls.expected[name] ?? { exit: 0, found: [] }
    it.effect(point === undefined ? name : `${name}: pending (${point})`, () =>
      Effect.map(judged.get(name) ?? found(name), (actual) => {
        const right = { exit: expected.exit, found: expected.found.toSorted() }
        if (point === undefined) assert.deepStrictEqual(actual, right)
        else assert.notDeepEqual(actual, right, "it is right now: take it out of the pending ones")
      })
    )
  }

  it.effect("takes files for whole whose rows are as many as the provider counts, and for no others", () =>
    Effect.gen(function* () {
      const of = (...more: ReadonlyArray<string>) => run([...flagsOf("target-on-files"), ...more])
      const unknown = yield* of()
      assert.strictEqual(unknown.code, 3)
      assert.include(unknown.out, "--cdr-count")
      // One file twice has no more rows.
      const twice = ["--cdrs", `${folder}target-on-files/cdrs.csv`]
      const whole = yield* of(...twice, "--cdr-count", "1", "--recording-count", "1")
      assert.strictEqual(whole.code, 0)
      assert.include(whole.out, "The CDRs came from files that hold 1 row, as many as the provider counts.")
      const wrongly = yield* of("--cdr-count", "3", "--recording-count", "0", "--complete")
      assert.strictEqual(wrongly.code, 3)
      assert.include(
        wrongly.out,
        "The list of CDRs is not proved complete: 1 row read, 2 in doubt (the provider counts 3, and the files hold 1)."
      )
      assert.include(
        wrongly.out,
        "The list of recordings is not proved complete: 1 row read, an unknown number in doubt (the provider counts 0, and the files hold 1)."
      )
      assert.include(wrongly.out, "between 0.00% and 100.00%")
      const wrong = yield* of("--cdr-count", "-1")
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.err, "--cdr-count: must be a whole number of rows")
      const online = yield* run(["reconcile", "--cdr-count", "1"])
      assert.strictEqual(online.code, 2)
    })
  )

  it.effect("does not believe that kept pages are complete when they count more rows than they hold", () =>
    Effect.gen(function* () {
      const pages = new URL("../../../packages/core/test/fixtures/", import.meta.url).pathname
      const of = (...names: ReadonlyArray<string>) =>
        run([
          "reconcile",
          ...names.flatMap((name) => [name.startsWith("cdr") ? "--cdrs" : "--recordings", pages + name]),
          "--complete",
          "--from",
          "2026-08-14",
          "--to",
          "2026-08-15",
          "--as-of",
          "2026-10-15"
        ])
      const recordings = ["recordings-list.page1.json", "recordings-list.last-page.json"]
      const first = yield* of("cdr-list.page1-of-2.json", ...recordings)
      assert.strictEqual(first.code, 3)
      assert.include(first.out, "2 rows read, 1 in doubt (the list has 3, and the files hold 2).")
      assert.include(first.out, "The recordings came from files that were declared complete.")
      const both = yield* of("cdr-list.page1-of-2.json", "cdr-list.page2-of-2.json", recordings[1] ?? "")
      assert.include(both.out, "The CDRs came from files that were declared complete.")
      assert.include(both.out, "2 rows read, 3 in doubt (the list has 5, and the files hold 2).")
    })
  )

  it.effect("takes the tolerances from flags, unless a policy says them", () =>
    Effect.gen(function* () {
      const folderOf = `${folder}maxlength-60s/`
      const files = ["--cdrs", `${folderOf}cdrs.csv`, "--recordings", `${folderOf}recs.csv`, "--complete"]
      const span = ["--from", "2026-05-10", "--to", "2026-05-11", "--as-of", "2026-05-12"]
      const of = (...more: ReadonlyArray<string>) => run(["reconcile", ...files, ...span, ...more])
      const lenient = ["--minimum-share", "20", "--maximum-gap", "5 minutes"]
      assert.strictEqual((yield* of("--voice-api", "must", ...lenient)).code, 0)
      assert.strictEqual((yield* of("--voice-api", "must", "--minimum-share", "20")).code, 1)
      assert.strictEqual((yield* of("--voice-api", "must", ...lenient, "--minimum-talk", "10 minutes")).code, 3)
      const both = yield* of("--policy", `${folderOf}policy.yaml`, ...lenient)
      assert.strictEqual(both.code, 2)
      assert.include(both.err, "the policy says all")
    })
  )

  it.effect("shows the excused calls apart, with the coverage of all, wherever there are classes", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { exit, out, text } = yield* excusing
      assert.strictEqual(exit, 0)
      assert.include(text, "Calls       1 recorded, 1 excused")
      assert.include(
        text,
        "1 of 2 calls that had to be recorded is excused: coverage is 100.00% of 1, and 50.00% of all 2."
      )
      assert.include(text, "(CHG-881, approved by head of compliance until 2026-06-10 00:00:00)")
      assert.include(text, "Assured: the only call that had to be recorded is; 1 excused")
      const [header = "", all = ""] = (yield* fs.readFileString(`${out}/coverage.csv`)).split("\r\n")
      const cell = (name: string) => all.split(",")[header.split(",").indexOf(name)]
      assert.deepStrictEqual(
        ["required", "excused", "lower_percent", "unexcused_lower_percent", "excused_seconds"].map(cell),
        ["1", "1", "100", "50", "60"]
      )
      const { classes, excused } = JSON.parse(yield* fs.readFileString(`${out}/reconciliation.json`))
      assert.deepStrictEqual([classes.excused, excused.requiredBefore, excused.coverageBefore.lower], [1, 2, 50])
      const page = yield* fs.readFileString(`${out}/findings.html`)
      assert.include(page, "The policy excuses 1 call more.")
      assert.match(page, /Excused<\/dt><dd>1<\/dd>/)
    }).pipe(Effect.scoped)
  )
})
