/** The findings of a file, as `reconcile` writes findings.ndjson. */
import { Finding } from "@vobiz-effect/reconcile"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { SettingError } from "../Failure.ts"
import * as FileTrouble from "../internal/fileTrouble.ts"

const decode = Schema.decodeEffect(Schema.fromJsonString(Schema.toCodecJson(Finding.Finding)))

export const read = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const wrong = (detail: string) => new SettingError({ setting: "--findings", detail: `${file}: ${detail}` })
    return fs.stream(file).pipe(
      Stream.mapError((error) => wrong(FileTrouble.toRead(error))),
      Stream.decodeText,
      Stream.splitLines,
      Stream.zipWithIndex,
      Stream.filter(([line]) => line.trim() !== ""),
      Stream.mapEffect(([line, n]) =>
        Effect.mapError(decode(line), () => wrong(`line ${n + 1} is no finding, as reconcile writes findings.ndjson`))
      )
    )
  }).pipe(Stream.unwrap)
