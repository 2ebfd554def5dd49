/** `recon verify` */
import { Anchor, EvidenceKey, Verify } from "@vobiz-effect/archive"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { CannotTell, FindingsFound, SettingError } from "../../Failure.ts"
import { withLine } from "../../Progress.ts"
import * as VerifyView from "../../VerifyView.ts"
import type { CommandInput } from "../../Settings.ts"
import * as Archived from "../archived.ts"
import * as Session from "../session.ts"
import * as Terminal from "../../internal/terminal.ts"
import * as FileTrouble from "../../internal/fileTrouble.ts"

interface Input {
  readonly json: boolean
  readonly archive: string | undefined
  readonly manifest: string | undefined
  readonly publicKey: string | undefined
  readonly head: string | undefined
  readonly commandInput: CommandInput
  readonly anchorCa: string | undefined
}

const pemOf = Effect.fnUntraced(function* (setting: string, file: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs
    .readFileString(file)
    .pipe(Effect.mapError((error) => new SettingError({ setting, detail: `${file}: ${FileTrouble.toRead(error)}` })))
})

const publicKeyOf = (file: string) =>
  Effect.flatMap(pemOf("--public-key", file), (pem) => EvidenceKey.publicFromPem(pem, file))

const trustedOf = (file: string) =>
  pemOf("--anchor-ca", file).pipe(
    Effect.flatMap((pem) => Anchor.trustedFromPem(pem, file)),
    Effect.catchTag("AnchorError", ({ message }) => new SettingError({ setting: "--anchor-ca", detail: message }))
  )

export const run = (input: Input) =>
  Effect.gen(function* () {
    const directory = yield* Archived.existing(input.archive)
    const publicKey = input.publicKey === undefined ? undefined : yield* publicKeyOf(input.publicKey)
    const trusted = input.anchorCa === undefined ? undefined : yield* trustedOf(input.anchorCa)
    const { head, manifest } = input
    let latest: Verify.Progress | null = null
    const verifying = Verify.run({
      directory,
      manifest,
      publicKey,
      head,
      trusted,
      key: yield* Archived.key,
      onProgress: (progress) =>
        Effect.sync(() => {
          latest = progress
        })
    })
    const verdict = yield* withLine(verifying, (columns) =>
      Effect.sync(() => VerifyView.progress(latest, columns))
    ).pipe(Effect.provide(Archived.store(directory)))
    yield* Console.log(
      input.json ? Terminal.json(verdict, 2) : VerifyView.text(verdict, { wantsAnchors: trusted !== undefined })
    )
    if (verdict.difference !== null) return yield* new FindingsFound()
    const reasons = VerifyView.doubts(verdict, { wantsAnchors: trusted !== undefined })
    if (reasons.length > 0) return yield* new CannotTell({ reasons })
  }).pipe(Effect.provide(Session.settings(input.commandInput)))
