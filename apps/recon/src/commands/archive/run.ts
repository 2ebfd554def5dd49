/** `recon archive` */
import { Archive, ArchiveIndex, Manifest } from "@vobiz-effect/archive"
import { ProviderRow, Recordings, VobizConfig } from "@vobiz-effect/core"
import type { Reject } from "@vobiz-effect/core/Extract"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ArchiveRun from "../../ArchiveRun.ts"
import * as ArchiveView from "../../ArchiveView.ts"
import * as HeadView from "../../HeadView.ts"
import type { CommandInput } from "../../Settings.ts"
import { CannotTell, SettingError } from "../../Failure.ts"
import * as Output from "../../Output.ts"
import * as Progress from "../../Progress.ts"
import * as Window from "../../Window.ts"
import * as Anchored from "../anchored.ts"
import * as Archived from "../archived.ts"
import * as Evidence from "../evidence.ts"
import * as FindingsFile from "../findingsFile.ts"
import * as Proved from "../proved.ts"
import * as Session from "../session.ts"
import * as Time from "../time.ts"
import * as Watch from "../watch.ts"

interface Input {
  readonly json: boolean
  readonly archive: string | undefined
  readonly to: string | undefined
  readonly from: string | undefined
  readonly zone: string | undefined
  readonly type: string | undefined
  readonly findings: string | undefined
  readonly maxBytes: number | undefined
  readonly adopt: boolean
  readonly commandInput: CommandInput
}

/** The provider's list, and what its reading proves. */
const listed = Effect.fnUntraced(function* ({ type }: Input, { from, to }: Bounds) {
  return yield* (yield* Recordings.Recordings).extract({ recordingType: type, since: from, until: to })
})

type Bounds = Readonly<Record<"from" | "to", DateTime.Utc | undefined>>

/** When the recordings were added, if that is said. */
const boundsOf = Effect.fnUntraced(function* ({ findings, from, to, type, zone }: Input) {
  const given = Object.entries({ "--from": from, "--to": to, "--type": type }).find(([, value]) => value !== undefined)
  if (findings !== undefined && given !== undefined) {
    const detail = "--findings names the recordings already: leave out one of the two"
    return yield* new SettingError({ setting: given[0], detail })
  }
  const named = yield* Session.zoneOf(zone)
  const instant = Effect.fnUntraced(function* (setting: string, text: string | undefined) {
    return text === undefined ? undefined : yield* Window.parseInstant(setting, text, named)
  })
  const bounds: Bounds = { from: yield* instant("--from", from), to: yield* instant("--to", to) }
  if (bounds.from !== undefined && bounds.to !== undefined && !DateTime.isLessThan(bounds.from, bounds.to)) {
    return yield* new SettingError({ setting: "--to", detail: `${to} is not after --from ${from}` })
  }
  return bounds
})

/** Of rows set aside, those that have an id and an address: nothing else is needed to fetch their audio. */
const archivable = (rejects: Stream.Stream<Reject>) =>
  Stream.unwrap(
    Effect.map(DateTime.now, (now) =>
      rejects.pipe(
        Stream.map((reject) => ProviderRow.archivable(reject, now)),
        Stream.filter((recording) => recording !== null)
      )
    )
  )

/** The recordings that findings name, each once, as the provider has them; those that it has not are put into `unlisted`. */
const named = (file: string, unlisted: Array<string>) =>
  Effect.gen(function* () {
    const recordings = yield* Recordings.Recordings
    const seen = new Set<string>()
    return FindingsFile.read(file).pipe(
      Stream.map(({ recordings }) => recordings.map(({ recordingId }) => recordingId).filter((id) => !seen.has(id))),
      Stream.tap((ids) => Effect.sync(() => ids.forEach((id) => seen.add(id)))),
      Stream.flattenIterable,
      Stream.mapEffect((id) =>
        recordings.get(id).pipe(
          Effect.map((recording) => [recording]),
          Effect.catchIf(
            ({ reason }) => reason._tag === "NotFound",
            () => {
              unlisted.push(id)
              return Effect.succeed([])
            }
          )
        )
      ),
      Stream.flattenIterable
    )
  }).pipe(Stream.unwrap)

/** Those of some recordings that the archive does not hold. */
const notHeld = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
  const missing = new Set(ids)
  if (missing.size === 0) return []
  const { list } = yield* ArchiveIndex.ArchiveIndex
  yield* Stream.runForEach(list, ({ recordingId }) => Effect.sync(() => missing.delete(recordingId)))
  return [...missing]
})

/** How long to wait after a recording was added before fetching it. */
const settleOf = Time.notNegative("RECON_ARCHIVE_SETTLE").pipe(Config.withDefault(Duration.minutes(5)))

/** Fetches what the archive lacks, and says what came of it. */
const fetch = Effect.fnUntraced(function* (input: Input, directory: string) {
  const bounds = yield* boundsOf(input)
  const { concurrency } = yield* VobizConfig.VobizConfig
  const settle = yield* settleOf
  const unlisted: Array<string> = []
  const list =
    input.findings === undefined
      ? yield* listed(input, bounds)
      : { rows: named(input.findings, unlisted), proof: Effect.succeed(null) }
  const run = yield* (yield* Manifest.Manifest).run("archive", { adopt: input.adopt })
  const now = yield* DateTime.now
  const problems: Array<ArchiveRun.Problem> = []
  const meter = yield* Progress.meter
  let rows = 0
  yield* meter.begin("recordings listed", null)
  const summary = yield* Archive.run({
    recordings: Stream.concat(list.rows, "rejects" in list ? archivable(list.rejects) : Stream.empty).pipe(
      Stream.tap(() => {
        rows += 1
        return meter.step()
      }),
      // The list is read to its end first.
      Stream.concat(
        Stream.unwrap(
          Effect.as(
            Effect.suspend(() => meter.begin("recordings archived", rows)),
            Stream.empty
          )
        )
      )
    ),
    directory,
    manifest: run,
    concurrency,
    settle,
    maxBytes: input.maxBytes,
    // Findings name few recordings, and something is wrong with each.
    reread: input.findings !== undefined
  }).pipe(
    Stream.tap((outcome) => {
      const problem = ArchiveRun.problemOf(outcome, now)
      if (problem !== null) problems.push(problem)
      const trouble = ArchiveRun.trouble(outcome)
      return trouble === null ? Effect.void : Console.error(`recon: ${trouble}`)
    }),
    Stream.tap((outcome) => meter.step("isNew" in outcome && outcome.isNew ? outcome.event.bytes : 0)),
    Archive.summarize,
    meter.shown,
    Evidence.withAnswers(run)
  )
  for (const recordingId of yield* notHeld(unlisted)) {
    const detail = `${recordingId}: the provider does not list it any more`
    problems.push({ recordingId, kind: "Gone", detail, deadline: null, urgent: false })
    yield* Console.error(`recon: ${detail}`)
  }
  const allowEmpty = yield* Config.Boolean("RECON_ALLOW_EMPTY").pipe(Config.withDefault(false))
  return { summary, problems, proof: yield* list.proof, allowEmpty } satisfies ArchiveRun.Result
})

const nothingListed =
  "the provider lists no recordings: check --type and --from, or set --allow-empty if that is normal"

const nothingNamed = "the findings name no recordings that the provider has: nothing was archived or judged"

const notAnchored = "the manifest's head was not anchored: the next run anchors the one it ends with"

/** Anchors the head that the run came to. What keeps it from that is said, and ends nothing: what was fetched is kept. */
const anchored = (authority: URL, directory: string) =>
  Anchored.keep(authority, directory).pipe(
    Effect.map((head) =>
      head === null ? null : { report: HeadView.report(head), paper: HeadView.paper(head, authority.host) }
    ),
    Effect.catchTag("AnchorError", ({ message }) => Effect.as(Console.error(`recon: no anchor: ${message}`), null))
  )

/** One run. */
const once = (input: Input, watch: Watch.Watch) =>
  Watch.run(
    watch,
    Effect.gen(function* () {
      const authority = yield* Anchored.authority
      const directory = yield* Archived.place("--archive", input.archive)
      yield* Output.folder(directory, "--archive")
      const { authId } = yield* VobizConfig.VobizConfig
      const result = yield* fetch(input, directory).pipe(Effect.scoped, Effect.provide(Archived.layer(directory)))
      const anchor = authority === null ? null : yield* anchored(authority, directory)
      const more = authority === null ? {} : { anchor: anchor?.report ?? null }
      yield* Console.log(input.json ? ArchiveView.json(result, more) : ArchiveView.text(result))
      if (!input.json && anchor !== null) yield* Console.log(anchor.paper)
      yield* Watch.archived(watch, authId, directory, result)
      const proofs = result.proof === null ? [] : [result.proof]
      if (ArchiveRun.stateOf(result) === "breached") return yield* Proved.breached(proofs)
      yield* Proved.demand(proofs)
      if (ArchiveRun.isEmpty(result)) {
        return yield* new CannotTell({ reasons: [input.findings === undefined ? nothingListed : nothingNamed] })
      }
      if (authority !== null && anchor === null) return yield* new CannotTell({ reasons: [notAnchored] })
    }).pipe(Effect.provide(Session.services))
  )

/** What of the settings can be wrong in a job. */
const check = Effect.fnUntraced(function* (input: Input) {
  if (input.findings !== undefined) {
    const detail = "the recordings of a file stay the same. Leave out --findings or --every"
    return yield* new SettingError({ setting: "--every", detail })
  }
  yield* settleOf
  yield* Anchored.authority
  yield* boundsOf(input)
  yield* Output.folder(yield* Archived.place("--archive", input.archive), "--archive")
  yield* Effect.provide(Session.contract, Session.services)
})

export const run = (input: Input) =>
  Watch.start("archive", {
    zone: Session.zoneOf(input.zone),
    check: check(input),
    before: () => Effect.void,
    once: (watch) => once(input, watch)
  }).pipe(Effect.provide(Session.settings(input.commandInput)))
