/** One verdict, and the same everywhere: exit code, last line, the page's answer, report, metric and ledger agree in every case. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, it } from "@vobiz-effect/test-support"
import { Ledger } from "@vobiz-effect/reconcile"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer, Stream } from "effect"
import { runner } from "./command.ts"
import * as PromQl from "./promql.ts"

type State = "assured" | "breached" | "unknown"

interface Case {
  readonly name: string
  /** What kinds of calls the account has; all else is none. */
  readonly mix: Partial<Simulator.Mix>
  readonly flags: ReadonlyArray<string>
  readonly expected: State
  readonly line: RegExp
  readonly isProved?: false
  readonly isSilent?: boolean
  /** A verdict for another reason than a case that is tried at any effort. */
  readonly onlyFull?: true
}

const must = ["--voice-api", "must"]
/** How many calls each account has. */
const calls = 8
const recorded = { "voice-recorded": 1 } as const
const half = { "voice-recorded": 1, missing: 1 } as const

const cases: ReadonlyArray<Case> = [
  {
    name: "no call had to be recorded",
    mix: recorded,
    flags: ["--voice-api", "may"],
    expected: "unknown",
    line: new RegExp(`^Unknown: none of ${calls} calls had to be recorded$`),
    onlyFull: true
  },
  {
    name: "no call had to be recorded, which is normal",
    mix: recorded,
    flags: ["--voice-api", "may", "--allow-empty"],
    expected: "assured",
    line: /^Assured: no call had to be recorded$/
  },
  {
    name: "nothing is proved",
    mix: recorded,
    flags: must,
    isProved: false,
    expected: "unknown",
    line: /^Unknown: coverage .*list of CDRs not proved, list of recordings not proved$/
  },
  {
    name: "nothing is recorded",
    mix: { missing: 1 },
    flags: must,
    expected: "breached",
    line: new RegExp(`^Breached: ${calls} missing, coverage 0\\.00%, target 100%$`)
  },
  {
    name: "all is recorded",
    mix: recorded,
    flags: must,
    expected: "assured",
    line: new RegExp(`^Assured: all ${calls} calls that had to be recorded are$`)
  },
  {
    name: "no rule judges any call",
    mix: recorded,
    flags: [],
    expected: "unknown",
    line: new RegExp(`^Unknown: ${calls} unjudged$`)
  },
  {
    name: "the audio is of no length",
    mix: recorded,
    flags: must,
    isSilent: true,
    expected: "breached",
    line: new RegExp(`^Breached: ${calls} unusable, coverage 0\\.00%, target 100%$`),
    onlyFull: true
  },
  {
    name: "the target is met",
    mix: half,
    flags: [...must, "--target", "10"],
    expected: "assured",
    line: /^Assured: target 10% met; \d+ missing$/
  },
  {
    name: "the target is missed",
    mix: half,
    flags: [...must, "--target", "95"],
    expected: "breached",
    line: /^Breached: \d+ missing, coverage \d+\.\d\d%, target 95%(?:, \d+ unjudged)?$/
  },
  {
    name: "the target lies between the bounds",
    mix: { "voice-recorded": 1, pending: 1 },
    flags: [...must, "--target", "95"],
    expected: "unknown",
    line: /^Unknown: coverage between \d+\.\d\d% and 100\.00%, target 95%, \d+ undetermined$/
  }
]

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")

const accountOf = ({ isSilent = false, mix }: Case): Simulator.Account => {
  const none = Object.fromEntries(Simulator.scenarios.map((kind) => [kind, 0])) as Simulator.Mix
  const account = Simulator.make({ seed: 5, calls, days: 1, meanTalk: 8, until, mix: { ...none, ...mix } })
  if (!isSilent) return account
  const recordings = account.recordings.map((entry) =>
    Object.assign({}, entry, { row: { ...entry.row, recording_duration_ms: "0.00000" } })
  )
  return { ...account, recordings }
}

const codes: Readonly<Record<State, number>> = { assured: 0, breached: 1, unknown: 3 }
const answers = { assured: "Yes", breached: "No", unknown: "Cannot tell" } as const
const tones = { assured: "good", breached: "bad", unknown: "unknown" } as const

const window = ["--from", "2026-11-18", "--to", "2026-11-20"]

const agree = Effect.fnUntraced(function* (
  given: Case,
  account: Simulator.Account,
  withs: { readonly ledger: boolean; readonly archive: boolean; readonly files: boolean }
) {
  const fs = yield* FileSystem.FileSystem
  const recon = runner(account)
  const server = yield* FakeVobiz.FakeVobiz
  const folder = yield* fs.makeTempDirectoryScoped()
  const rows = (some: ReadonlyArray<object>) => some.map((row) => `${JSON.stringify(row)}\n`).join("")
  const flags = [...given.flags]
  if (withs.archive) {
    yield* recon(["archive", "--archive", `${folder}/archive`])
    flags.push("--archive", `${folder}/archive`)
  }
  if (withs.ledger) flags.push("--ledger", `${folder}/recon.ledger`)
  if (withs.files) {
    yield* fs.writeFileString(`${folder}/cdrs.ndjson`, rows(Simulator.cdrsAt(account, until)))
    yield* fs.writeFileString(`${folder}/recordings.ndjson`, rows(Simulator.recordingsAt(account, until)))
    yield* fs.writeFileString(`${folder}/trunks.ndjson`, rows(account.trunks))
    for (const list of ["cdrs", "recordings", "trunks"]) flags.push(`--${list}`, `${folder}/${list}.ndjson`)
    if (given.isProved !== false) flags.push("--complete")
  } else if (given.isProved === false) {
    yield* server.setFaults(
      FaultPlan.one({ _tag: "HeldBackRows", count: 1 }, { on: ["recordings.list", "cdrs.list"], times: "always" })
    )
  }
  const metrics = `${folder}/recon.prom`
  const { code, err, out } = yield* recon([
    "reconcile",
    ...window,
    ...flags,
    "--out",
    folder,
    "--metrics-file",
    metrics
  ])
  yield* server.setFaults(FaultPlan.none)

  const line = out.split("\n").at(-1) ?? ""
  const page = yield* fs.readFileString(`${folder}/findings.html`)
  const [, tone, answer] = /<p class="answer (\w+)">(Yes|No|Cannot tell)\. [^<]+<\/p>/.exec(page) ?? []
  const { verdict } = JSON.parse(yield* fs.readFileString(`${folder}/reconciliation.json`)) as {
    readonly verdict: { readonly state: string; readonly line: string }
  }
  const states = PromQl.read(yield* fs.readFileString(metrics)).filter(({ name }) => name === "recon_verdict")
  const kept = withs.ledger
    ? yield* Effect.flatMap(Ledger.Ledger, ({ runs }) => Stream.runCollect(runs)).pipe(
        Effect.provide(Ledger.Ledger.layer({ file: `${folder}/recon.ledger` }))
      )
    : null
  const state = given.expected
  assert.deepStrictEqual(
    {
      code,
      tone,
      answer,
      state: verdict.state,
      reported: verdict.line,
      metric: Object.fromEntries(states.map(({ labels, value }) => [labels["state"], value])),
      ledger: kept?.map(({ verdict }) => verdict) ?? null
    },
    {
      code: codes[state],
      tone: tones[state],
      answer: answers[state],
      state,
      reported: line,
      metric: { assured: 0, breached: 0, unknown: 0, [state]: 1 },
      ledger: withs.ledger ? [state] : null
    },
    out + err
  )
  assert.match(line, given.line)
}, Effect.scoped)

/** With and without each of three sources. */
const sources = [
  { files: false, archive: false, ledger: false },
  { files: false, archive: true, ledger: true },
  { files: true, archive: false, ledger: true },
  { files: true, archive: true, ledger: false },
  { files: false, archive: false, ledger: true },
  { files: false, archive: true, ledger: false },
  { files: true, archive: false, ledger: false },
  { files: true, archive: true, ledger: true }
]

describe("the verdict is the same everywhere", () => {
  // Each verdict at least twice. What else leads to it, the tests of the kernel try.
  for (const [nth, given] of cases.filter(({ onlyFull }) => Effort.isFull || onlyFull !== true).entries()) {
    const account = accountOf(given)
    // One of the eight for each case, in turn; with full effort all.
    const some = sources.filter((_, index) => Effort.isFull || index === nth % sources.length)
    for (const { archive, files, ledger } of some) {
      const of = [files ? "files" : "the provider", ...(archive ? ["an archive"] : []), ...(ledger ? ["a ledger"] : [])]
      it.effect(`${given.name}, with ${of.join(", ")}: ${given.expected}`, () =>
        agree(given, account, { archive, files, ledger }).pipe(
          Effect.provide(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer))
        )
      )
    }
  }
})
