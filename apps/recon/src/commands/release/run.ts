/** `recon release` */
import { type ArchiveEvent, ArchiveIndex, Manifest, Retention } from "@vobiz-effect/archive"
import { count, counted } from "@vobiz-effect/review/Format"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { CommandInput } from "../../Settings.ts"
import { CannotTell, FindingsFound } from "../../Failure.ts"
import * as Progress from "../../Progress.ts"
import * as Window from "../../Window.ts"
import * as Archived from "../archived.ts"
import * as Session from "../session.ts"
import * as Terminal from "../../internal/terminal.ts"

interface Input {
  readonly json: boolean
  readonly archive: string | undefined
  readonly before: string | undefined
  readonly zone: string | undefined
  readonly atProvider: boolean
  readonly commandInput: CommandInput
}

/** What the archive has, of before an instant. */
const stored = (before: DateTime.Utc | null) =>
  Effect.map(ArchiveIndex.ArchiveIndex, ({ list }) =>
    Stream.filter(
      list,
      (entry): entry is ArchiveEvent.Stored =>
        entry._tag === "Stored" && (before === null || DateTime.isLessThan(entry.addTime, before))
    )
  ).pipe(Stream.unwrap)

const none = { Released: 0, Verified: 0, Refused: 0, Unknown: 0, Absent: 0, Failed: 0 }

const words: ReadonlyArray<readonly [keyof typeof none, string]> = [
  ["Released", "deleted at the provider"],
  ["Verified", "whole here; --delete-at-provider deletes them at the provider"],
  ["Refused", "kept at the provider: not whole here"],
  ["Unknown", "kept at the provider: cannot tell whether they are whole here"],
  ["Absent", "not at the provider any more"],
  ["Failed", "kept at the provider: the check or the deletion failed"]
]

/** A recording that was kept at the provider, and why. */
interface Kept {
  readonly recordingId: string
  readonly outcome: keyof typeof none
  readonly reason: string
  readonly detail: string
}

const keptOf = (release: Retention.Release): Kept | null => {
  switch (release._tag) {
    case "Refused": {
      const { _tag, detail, reason } = release.answer
      const outcome = _tag === "Flawed" ? "Refused" : "Unknown"
      return { recordingId: release.entry.recordingId, outcome, reason, detail }
    }
    case "Failed":
      return {
        recordingId: release.entry.recordingId,
        outcome: "Failed",
        reason: "failed",
        detail: release.error.message
      }
    case "Released":
    case "Verified":
    case "Absent":
      return null
  }
}

export const run = (input: Input) =>
  Effect.gen(function* () {
    const directory = yield* Archived.existing(input.archive)
    const before =
      input.before === undefined
        ? null
        : yield* Window.parseInstant("--before", input.before, yield* Session.zoneOf(input.zone))
    const kept: Array<Kept> = []
    const meter = yield* Progress.meter
    const release = (manifest: Manifest.Run | undefined) =>
      Retention.release(stored(before), { deleteAtProvider: input.atProvider, manifest }).pipe(
        Stream.tap((release) =>
          release._tag === "Released" && manifest !== undefined ? manifest.event(release.event) : Effect.void
        ),
        Stream.runFoldEffect(
          () => none,
          Effect.fnUntraced(function* (sum, release) {
            const reason = keptOf(release)
            if (reason !== null) {
              kept.push(reason)
              yield* Console.error(`recon: ${reason.recordingId}: kept, ${reason.detail}`)
            }
            yield* meter.step((release._tag === "Released" ? release.event : release.entry).bytes)
            const outcome = reason?.outcome ?? release._tag
            return { ...sum, [outcome]: sum[outcome] + 1 }
          })
        )
      )
    // Only what is deleted changes anything.
    const program = input.atProvider
      ? Effect.flatMap(
          Effect.flatMap(Manifest.Manifest, ({ run }) => run("release")),
          release
        )
      : release(undefined)
    const counts = yield* ArchiveIndex.ArchiveIndex.pipe(
      Effect.flatMap(({ size }) => (before === null ? size : Effect.succeed(null))),
      Effect.flatMap((total) => meter.begin("recordings read again", total)),
      Effect.andThen(program),
      meter.shown,
      Effect.scoped,
      Effect.provide(Archived.layer(directory))
    )
    const lines = words.filter(([tag]) => counts[tag] > 0).map(([tag, what]) => `${count(counts[tag])} ${what}`)
    yield* Console.log(
      input.json ? Terminal.json({ ...counts, kept }, 2) : lines.length === 0 ? "No recordings" : lines.join("\n")
    )
    if (counts.Refused + counts.Failed > 0) return yield* new FindingsFound()
    if (counts.Unknown > 0) {
      const reason = `${counted(counts.Unknown, "recording")} kept: nothing proves that the audio is whole`
      return yield* new CannotTell({ reasons: [reason] })
    }
  }).pipe(Effect.provide(Session.services.pipe(Layer.provideMerge(Session.settings(input.commandInput)))))
