/** `recon export` */
import { ArchiveIndex, Export } from "@vobiz-effect/archive"
import { count } from "@vobiz-effect/review/Format"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import { CannotTell, FindingsFound, SettingError } from "../../Failure.ts"
import * as Progress from "../../Progress.ts"
import type { CommandInput } from "../../Settings.ts"
import * as Archived from "../archived.ts"
import * as Exports from "../exports.ts"
import * as FindingsFile from "../findingsFile.ts"
import * as Session from "../session.ts"
import * as Terminal from "../../internal/terminal.ts"

interface Input {
  readonly json: boolean
  readonly reveal: boolean
  readonly archive: string | undefined
  readonly to: string
  readonly name: string | undefined
  readonly findings: string | undefined
  readonly link: boolean
  readonly zone: string | undefined
  readonly commandInput: CommandInput
}

/** The calls of the recordings that findings name. */
const callsOf = (file: string) =>
  Stream.runFold(
    FindingsFile.read(file),
    () => new Map<string, Export.Call>(),
    (calls, { cdrs: [cdr], recordings }) => {
      for (const { recordingId } of recordings) {
        if (cdr === undefined && calls.has(recordingId)) continue
        calls.set(recordingId, {
          start: cdr?.start ?? null,
          trunk: cdr === undefined ? null : (cdr.trunkId ?? "no-trunk"),
          direction: cdr?.direction ?? null
        })
      }
      return calls
    }
  )

const words: ReadonlyArray<readonly [Export.Outcome["_tag"], string]> = [
  ["Copied", "copied"],
  ["Linked", "linked"],
  ["Present", "there already"],
  ["Failed", "not exported"]
]

const none: Readonly<Record<Export.Outcome["_tag"], number>> = { Copied: 0, Linked: 0, Present: 0, Failed: 0 }

export const run = (input: Input) =>
  Effect.gen(function* () {
    const { findings, link, name, reveal, to } = input
    const directory = yield* Archived.existing(input.archive)
    const path = yield* Path.Path
    const below = path.relative(path.resolve(directory), path.resolve(to))
    if (below === "" || !(below === ".." || below.startsWith(`..${path.sep}`) || path.isAbsolute(below))) {
      const detail = `${to} is in the archive, which has no place for other files: name a folder elsewhere`
      return yield* new SettingError({ setting: "--to", detail })
    }
    if (link && !(yield* Archived.isPlain)) {
      const detail = "audio that is encrypted or in a bucket cannot be linked: leave it out, and it is copied"
      return yield* new SettingError({ setting: "--link", detail })
    }
    yield* Exports.note(directory, to)
    const calls = findings === undefined ? undefined : yield* callsOf(findings)
    const { zone } = yield* Session.zoneOf(input.zone)
    const meter = yield* Progress.meter
    const exporting = Export.run({
      to,
      name,
      zone,
      reveal,
      linkFrom: link ? directory : undefined,
      ...(calls === undefined ? {} : { callOf: ({ recordingId }) => calls.get(recordingId) })
    }).pipe(
      Stream.tap((outcome) => {
        const { _tag, entry, file } = outcome
        if (input.json) return Console.log(Terminal.json({ recordingId: entry.recordingId, outcome: _tag, file }))
        return _tag === "Failed"
          ? Console.error(`recon: ${entry.recordingId}: not exported, ${outcome.error.message}`)
          : Effect.void
      }),
      Stream.tap(({ entry }) => meter.step(entry.bytes)),
      Stream.runFold(
        () => none,
        (sum, { _tag }) => ({ ...sum, [_tag]: sum[_tag] + 1 })
      )
    )
    const total =
      calls === undefined ? Effect.flatMap(ArchiveIndex.ArchiveIndex, ({ size }) => size) : Effect.succeed(calls.size)
    const told = yield* Effect.flatMap(total, (total) => meter.begin("recordings exported", total)).pipe(
      Effect.andThen(exporting),
      input.json ? (self) => self : meter.shown,
      Effect.catchTag("NameError", ({ detail }) => new SettingError({ setting: "--name", detail })),
      Effect.provide(Archived.reader(directory))
    )
    const some = words.filter(([tag]) => told[tag] > 0)
    if (!input.json) for (const [tag, what] of some) yield* Console.log(`${count(told[tag])} ${what}`)
    if (told.Failed > 0) return yield* new FindingsFound()
    if (some.length === 0) {
      const of = findings === undefined ? "" : ` that ${findings} names`
      return yield* new CannotTell({ reasons: [`the archive ${directory} has no recording${of}`] })
    }
  }).pipe(Effect.provide(Session.settings(input.commandInput)))
