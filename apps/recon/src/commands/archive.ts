/** `recon archive` */
import { Archive, Manifest } from "@vobiz-effect/archive"
import { Recordings, VobizConfig } from "@vobiz-effect/core"
import { Finding } from "@vobiz-effect/reconcile"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ArchiveView from "../ArchiveView.ts"
import type { Connection } from "../Cli.ts"
import { SettingError } from "../Failure.ts"
import * as Window from "../Window.ts"
import * as Archived from "./archived.ts"
import * as Evidence from "./evidence.ts"
import * as Proved from "./proved.ts"
import * as Session from "./session.ts"

interface Input {
  readonly json: boolean
  readonly to: string | undefined
  readonly from: string | undefined
  readonly zone: string | undefined
  readonly type: string | undefined
  readonly findings: string | undefined
  readonly maxBytes: number | undefined
  readonly connection: Connection
}

/** The provider's list, and what its reading proves. */
const listed = Effect.fnUntraced(function* ({ from, type, zone }: Input) {
  const since = from === undefined ? undefined : yield* Window.parseInstant("--from", from, yield* Session.zoneOf(zone))
  return yield* (yield* Recordings.Recordings).extract({ recordingType: type, since })
})

const decode = Schema.decodeEffect(Schema.fromJsonString(Schema.toCodecJson(Finding.Finding)))

/** The recordings that findings name, each once, as the provider has them; of one that it has not, it is told. */
const named = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const recordings = yield* Recordings.Recordings
    const wrong = (detail: string) => new SettingError({ setting: "--findings", detail: `${file}: ${detail}` })
    const seen = new Set<string>()
    return fs.stream(file).pipe(
      Stream.mapError(({ reason }) => wrong(`it cannot be read (${reason._tag})`)),
      Stream.decodeText,
      Stream.splitLines,
      Stream.zipWithIndex,
      Stream.filter(([line]) => line.trim() !== ""),
      Stream.mapEffect(([line, n]) =>
        Effect.mapError(decode(line), () => wrong(`line ${n + 1} is no finding, as reconcile writes findings.ndjson`))
      ),
      Stream.map(({ recordings }) => recordings.map(({ recordingId }) => recordingId).filter((id) => !seen.has(id))),
      Stream.tap((ids) => Effect.sync(() => ids.forEach((id) => seen.add(id)))),
      Stream.flattenIterable,
      Stream.mapEffect((id) =>
        recordings.get(id).pipe(
          Effect.map((recording) => [recording]),
          Effect.catchIf(
            ({ reason }) => reason._tag === "NotFound",
            () => Effect.as(Console.error(`recon: ${id}: the provider does not list it any more`), [])
          )
        )
      ),
      Stream.flattenIterable
    )
  }).pipe(Stream.unwrap)

export const run = (input: Input) =>
  Effect.gen(function* () {
    const directory = yield* Archived.place("--to", input.to)
    const { concurrency } = yield* VobizConfig.VobizConfig
    const list =
      input.findings === undefined ? yield* listed(input) : { rows: named(input.findings), proof: Effect.succeed(null) }
    const fetch = Effect.gen(function* () {
      const run = yield* (yield* Manifest.Manifest).run("archive")
      return yield* Archive.run({ recordings: list.rows, directory, concurrency, maxBytes: input.maxBytes }).pipe(
        Stream.tap((outcome) => ("event" in outcome ? run.event(outcome.event) : Effect.void)),
        Stream.tap((outcome) => {
          const trouble = ArchiveView.trouble(outcome)
          return trouble === null ? Effect.void : Console.error(`recon: ${trouble}`)
        }),
        Archive.summarize,
        Evidence.withAnswers(run)
      )
    })
    const summary = yield* fetch.pipe(Effect.scoped, Effect.provide(Archived.layer(directory)))
    yield* Console.log(input.json ? ArchiveView.json(summary) : ArchiveView.text(summary))
    const proof = yield* list.proof
    const proofs = proof === null ? [] : [proof]
    return yield* ArchiveView.isWhole(summary) ? Proved.demand(proofs) : Proved.breached(proofs)
  }).pipe(Effect.provide(Session.services.pipe(Layer.provideMerge(Session.settings(input.connection)))))
