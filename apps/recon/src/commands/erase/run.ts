/** `recon erase` */
import { userInfo } from "node:os"
import { Erase, Manifest, Retention } from "@vobiz-effect/archive"
import { count, counted } from "@vobiz-effect/review/Format"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ArchiveRun from "../../ArchiveRun.ts"
import { CannotTell, FindingsFound, SettingError } from "../../Failure.ts"
import * as Terminal from "../../internal/terminal.ts"
import type { CommandInput } from "../../Settings.ts"
import * as Archived from "../archived.ts"
import * as Exports from "../exports.ts"
import * as Rules from "../rules.ts"
import * as Session from "../session.ts"

interface Input {
  readonly json: boolean
  readonly archive: string | undefined
  readonly number: string
  readonly rules: string
  readonly reason: string
  readonly reference: string | undefined
  readonly by: string | undefined
  readonly execute: boolean
  readonly commandInput: CommandInput
}

/** Who runs the command, as the system names them. */
const user = Effect.option(Effect.try(() => userInfo().username))

const personOf = Effect.fnUntraced(function* (number: string) {
  const callingCode = (yield* Session.optional("VOBIZ_CALLING_CODE")) ?? null
  return yield* Effect.mapError(
    Erase.person(number, callingCode),
    ({ detail }) => new SettingError({ setting: "--number", detail })
  )
})

/** What of the plan there is to say, whether it is done or not. */
const told = (plan: Erase.Plan) => {
  const audio = new Map(plan.targets.flatMap(({ audio }) => audio.map((one) => [one.sha256, one] as const)))
  const all = [...audio.values()]
  const removed = all.filter(({ removed }) => removed)
  return {
    recordings: plan.targets.length,
    audio: removed.length,
    bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0),
    shared: all.length - removed.length,
    segments: plan.objects.reduce((sum, { segments }) => sum + segments.length, 0),
    undecided: plan.undecided
  }
}

const lines = (figures: ReturnType<typeof told>, verb: string): ReadonlyArray<string> => [
  `${verb} ${counted(figures.recordings, "recording")}`,
  `${verb} ${counted(figures.audio, "file")} of audio, ${count(Math.ceil(figures.bytes / 1000))} kB`,
  ...(figures.shared === 0
    ? []
    : [`${counted(figures.shared, "file")} of audio stay: recordings of others have the same`]),
  `${verb} ${counted(figures.segments, "part")} of answers, findings and reports`
]

/** Says what the archive has of the person, and what became of it. */
const show = Effect.fnUntraced(function* (plan: Erase.Plan, input: Input, copies: number) {
  const figures = told(plan)
  const held = plan.targets.flatMap(({ hold, recordingId }) => (hold === null ? [] : [{ recordingId, hold }]))
  const isDone = input.execute && held.length === 0
  if (input.json) {
    yield* Console.log(Terminal.json({ executed: isDone, ...figures, copies, held }, 2))
  } else if (figures.recordings + figures.segments === 0) {
    yield* Console.log("Nothing in the archive has this number")
  } else {
    const words = lines(figures, isDone ? "Erased" : "Would erase")
    yield* Console.log([...words, ...(copies === 0 ? [] : [`Erased ${counted(copies, "exported file")}`])].join("\n"))
  }
  for (const { hold, recordingId } of held) yield* Console.error(`recon: ${recordingId} is on the hold "${hold}"`)
  if (held.length > 0) {
    yield* Console.error("recon: nothing is erased as long as one of the person's recordings is on hold")
    return yield* new FindingsFound()
  }
  if (!input.execute && figures.recordings + figures.segments > 0) {
    yield* Console.error("Nothing is erased yet: --execute does it")
  }
  if (isDone && figures.recordings + figures.segments > 0) {
    yield* Console.error(
      "What the provider still has of the person comes back with its next answers: erase again when it has deleted it"
    )
  }
  if (figures.undecided > 0) {
    const some = `${counted(figures.undecided, "recording")} without a known number`
    const reason = `${some} may be the person's`
    return yield* new CannotTell({ reasons: [reason] })
  }
})

export const run = (input: Input) =>
  Effect.gen(function* () {
    const directory = yield* Archived.existing(input.archive)
    const { holds } = yield* Rules.of(input.rules)
    const person = yield* personOf(input.number)
    const by = input.by ?? Option.getOrNull(yield* user)
    const why = { reason: input.reason, reference: input.reference ?? null, by }
    yield* Effect.gen(function* () {
      // A hold that names nothing could be meant for this person.
      const refuse = Effect.flatMap(Retention.plan({ rules: [], holds }, yield* DateTime.now), (plan) =>
        Rules.refuse(plan, { file: input.rules, execute: input.execute })
      )
      if (!input.execute) {
        const plan = yield* Erase.plan(person, { directory, holds })
        yield* refuse
        return yield* show(plan, input, 0)
      }
      const manifest = yield* (yield* Manifest.Manifest).run("erase")
      yield* Erase.begin(directory)
      const plan = yield* Erase.plan(person, { directory, holds })
      if (plan.targets.some(({ hold }) => hold !== null)) return yield* show(plan, input, 0)
      yield* refuse
      const exports = yield* Exports.known(directory)
      yield* ArchiveRun.forget(
        directory,
        plan.targets.map(({ recordingId }) => recordingId)
      )
      const summary = yield* Erase.execute(plan, { person, directory, manifest, why, exports: exports.there }).pipe(
        Effect.catchTag("EraseRefused", ({ detail }) => new SettingError({ setting: "--reason", detail }))
      )
      for (const folder of exports.gone) {
        yield* Console.error(`recon: ${folder}: recordings were exported there, and it is not there: look for copies`)
      }
      yield* show(plan, input, summary.copies)
    }).pipe(Effect.scoped, Effect.provide(Archived.layer(directory)))
  }).pipe(Effect.provide(Session.settings(input.commandInput)))
