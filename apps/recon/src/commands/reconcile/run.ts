/** `recon reconcile` */
import { Account, DuckDb, Ledger } from "@vobiz-effect/reconcile"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Path from "effect/Path"
import * as ExitCode from "../../ExitCode.ts"
import { SettingError } from "../../Failure.ts"
import * as Output from "../../Output.ts"
import * as ReconcileView from "../../ReconcileView.ts"
import * as Database from "../database.ts"
import * as Json from "../json.ts"
import * as Ledgers from "../ledger.ts"
import * as Pages from "../pages.ts"
import * as Session from "../session.ts"
import * as Watch from "../watch.ts"
import * as Closing from "./closing.ts"
import * as Lists from "./lists.ts"
import * as Request from "./request.ts"

/** One run, or what a ledger knows of one. */
const once = Effect.fnUntraced(function* (input: Request.Input, watch: Watch.Watch, isJob: boolean) {
  const prepared = yield* Request.prepare(input)
  const file = yield* Session.optional("RECON_LEDGER")
  const { asOf, out } = prepared
  if (asOf !== undefined && !Request.namesFiles(input.files)) {
    if (file !== undefined) {
      const known = Ledgers.asKnown({ asOf, zone: prepared.zone, out, reveal: input.reveal, json: input.json })
      return yield* Effect.provide(known, Ledgers.layer(yield* Ledgers.existing))
    }
    const detail =
      "the provider tells only how things stand now. Name a ledger by --ledger, or files by --cdrs and --recordings and when they were read"
    return yield* new SettingError({ setting: "--as-of", detail })
  }
  const stopped = yield* Lists.interrupted(input)
  if (stopped === null) return yield* one(input, prepared, watch, { isJob, isShown: true })
  // It is finished first, and never instead.
  const before = yield* Watch.verdictOf(one(input, prepared, watch, { isJob, isShown: !input.json }))
  yield* Console.error(
    `recon: the run as of ${Zone.iso(stopped.asOf, prepared.zone)} that was interrupted is finished: ${before}`
  )
  const after = yield* Watch.verdictOf(one(input, yield* Request.prepare(input), watch, { isJob, isShown: true }))
  return yield* ExitCode.end(ExitCode.worst(before, after))
})

interface Mode {
  readonly isJob: boolean
  /** Whether standard output shows the run. */
  readonly isShown: boolean
}

/** One run, in the ledger that is named. */
const one = Effect.fnUntraced(function* (
  input: Request.Input,
  prepared: Request.Prepared,
  watch: Watch.Watch,
  mode: Mode
) {
  const file = yield* Session.optional("RECON_LEDGER")
  if (file !== undefined) yield* Output.folder((yield* Path.Path).dirname(file), "--ledger")
  const memory = Database.parted(prepared.database)
  const database = file === undefined ? prepared.database : memory.run
  const program = judged(input, { ...prepared, database }, watch, mode)
  // The ledger is held from the start on, so that two runs never work at the same time.
  return yield* Watch.run(
    watch,
    (file === undefined
      ? program(null)
      : Effect.flatMap(Ledger.Ledger, program).pipe(Effect.provide(Ledgers.layer(file, memory.ledger)))
    ).pipe(
      Effect.catchTag("DuckDbError", (error) =>
        Effect.fail(Database.advised(error, { ...prepared.database, ledger: file }))
      )
    )
  )
})

/** Reads, matches, shows, writes and keeps what was found. */
const judged =
  (input: Request.Input, prepared: Request.Prepared, watch: Watch.Watch, { isJob, isShown }: Mode) =>
  (ledger: Ledger.Ledger["Service"] | null) =>
    Effect.gen(function* () {
      const evidence = yield* Session.optional("RECON_EVIDENCE")
      // What few runs need is loaded by those alone: starting is most of a small run.
      const witness =
        evidence === undefined ? null : yield* (yield* Effect.promise(() => import("./witness.ts"))).open(evidence)
      const reading = Request.namesFiles(input.files)
        ? Lists.ofFiles(prepared, input.files, ledger)
        : Lists.ofProvider(input, prepared, isJob, ledger)
      const { account, done, result: found } = yield* witness === null ? reading : witness.withAnswers(reading)
      const result = input.reveal ? found : Account.masked(found)
      const { out } = prepared
      if (isShown && !input.json) yield* Console.log(ReconcileView.text(result, yield* Session.terminal))
      if (out !== undefined) {
        const { audioOf, write } = yield* Effect.promise(() => import("./written.ts"))
        yield* write(out, result, {
          ...(yield* audioOf(prepared, out)),
          links: yield* Pages.inFolder(out, [Pages.report]),
          reveal: input.reveal
        })
      }
      if (witness !== null) yield* witness.write(result)
      const entry = ledger === null ? undefined : yield* Ledgers.record(ledger, account, result)
      yield* done
      if (entry !== undefined && isShown && !input.json) yield* Console.log(Ledgers.line(entry.recorded))
      if (isShown) {
        yield* input.json
          ? Json.print(ReconcileView.report(result), result.asking, { out, files: Json.files })
          : Closing.print(result, out)
      }
      yield* Watch.found(watch, account, result, entry?.changes)
      return result
    }).pipe(
      Effect.scoped,
      Effect.provide(DuckDb.DuckDb.layer(prepared.database)),
      // The verdict is no failure of the run, which has ended by now.
      Effect.flatMap(({ verdict }) => ExitCode.end(verdict._tag))
    )

/** What of the settings can be wrong in a job. */
const check = Effect.fnUntraced(function* (input: Request.Input) {
  for (const setting of ["from", "to"] as const) {
    if (input[setting] === undefined) continue
    const detail = "the window of a job moves with the time. Say how many days it reaches back, by --days"
    return yield* new SettingError({ setting: `--${setting}`, detail })
  }
  if (Request.namesFiles(input.files)) {
    const detail = "files stay as they are. Leave out --cdrs, --recordings and --trunks, or --every"
    return yield* new SettingError({ setting: "--every", detail })
  }
  yield* Request.prepare(input)
  yield* Effect.provide(Session.contract, Session.services)
})

/** What the process before left unfinished does not wait for the next time. */
const finish = Effect.fnUntraced(function* (input: Request.Input, watch: Watch.Watch) {
  if ((yield* Lists.interrupted(input)) === null) return
  yield* Watch.verdictOf(one(input, yield* Request.prepare(input), watch, { isJob: true, isShown: true }))
})

export const run = (input: Request.Input) =>
  Watch.start("reconcile", {
    zone: Effect.map(Session.span(input), ({ zone }) => zone),
    check: check(input),
    before: (watch) => finish(input, watch),
    once: (watch, isJob) => once(input, watch, isJob)
  }).pipe(Effect.provide(Session.settings(input.commandInput)))
