/** `recon prune` */
import { Manifest, Retention } from "@vobiz-effect/archive"
import { count } from "@vobiz-effect/review/Format"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Progress from "../../Progress.ts"
import type { CommandInput } from "../../Settings.ts"
import * as Archived from "../archived.ts"
import * as Rules from "../rules.ts"
import * as Session from "../session.ts"
import * as Terminal from "../../internal/terminal.ts"

interface Input {
  readonly json: boolean
  readonly archive: string | undefined
  readonly rules: string
  readonly execute: boolean
  readonly commandInput: CommandInput
}

/** By rule or by hold: how many recordings, and how many bytes. */
const tally = (entries: ReadonlyArray<readonly [name: string, bytes: number]>) => {
  const sums = new Map<string, { readonly name: string; readonly recordings: number; readonly bytes: number }>()
  for (const [name, bytes] of entries) {
    const sum = sums.get(name) ?? { name, recordings: 0, bytes: 0 }
    sums.set(name, { name, recordings: sum.recordings + 1, bytes: sum.bytes + bytes })
  }
  return [...sums.values()]
}

export const run = (input: Input) =>
  Effect.gen(function* () {
    const directory = yield* Archived.existing(input.archive)
    const rules = yield* Rules.of(input.rules)
    yield* Effect.gen(function* () {
      // Before the plan, which is of what no other run changes any more.
      const writtenDown = input.execute ? yield* (yield* Manifest.Manifest).run("prune") : null
      const plan = yield* Retention.plan(rules, yield* DateTime.now)
      yield* Rules.refuse(plan, { file: input.rules, execute: input.execute })
      const meter = yield* Progress.meter
      yield* meter.begin("recordings deleted", plan.deletions.length)
      const removed =
        writtenDown === null
          ? 0
          : yield* Retention.execute(plan, directory, writtenDown).pipe(
              Stream.tap(({ bytes }) => meter.step(bytes)),
              Stream.runCount,
              meter.shown
            )
      const deletions = tally(plan.deletions.map(({ entry, rule }) => [rule, entry.bytes]))
      const held = tally(plan.held.map(({ entry, hold }) => [hold, entry.bytes]))
      if (input.json) {
        const told = { executed: input.execute, deletions, held, holds: plan.holds, kept: plan.kept, deleted: removed }
        return yield* Console.log(Terminal.json(told, 2))
      }
      const line =
        (words: string) =>
        ({ bytes, name, recordings }: (typeof held)[number]) =>
          `${count(recordings)} ${words} "${name}" (${count(Math.ceil(bytes / 1000))} kB)`
      yield* Console.log(
        [
          ...deletions.map(line(input.execute ? "deleted by" : "would be deleted by")),
          ...held.map(line("held by")),
          `${count(plan.kept)} kept`,
          ...plan.holds.map(
            ({ name, recordings, undecided }) =>
              `The hold "${name}" protects ${count(recordings)} recordings${undecided === 0 ? "" : `, ${count(undecided)} of them because the archive cannot tell`}`
          )
        ]
          .map(Terminal.plain)
          .join("\n")
      )
      if (!input.execute && plan.deletions.length > 0) yield* Console.error("Nothing is deleted yet: --execute does it")
    }).pipe(Effect.scoped, Effect.provide(Archived.layer(directory)))
  }).pipe(Effect.provide(Session.settings(input.commandInput)))
