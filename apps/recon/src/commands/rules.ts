/** The rules of retention, and the holds, that a flag names. */
import { Retention } from "@vobiz-effect/archive"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { SettingError } from "../Failure.ts"
import * as Session from "./session.ts"
import * as FileTrouble from "../internal/fileTrouble.ts"

/** The rules of a file, its national numbers by the account's calling code. */
export const of = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs
    .readFileString(file)
    .pipe(
      Effect.mapError(
        (error) => new SettingError({ setting: "--rules", detail: `${file}: ${FileTrouble.toRead(error)}` })
      )
    )
  const callingCode = (yield* Session.optional("VOBIZ_CALLING_CODE")) ?? null
  return yield* Retention.parse(text, { file, callingCode }).pipe(
    Effect.mapError(({ message }) => new SettingError({ setting: "--rules", detail: message }))
  )
})
