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

/** Refuses rules that name ids which the archive does not have, and, to execute them, holds that protect nothing. */
export const refuse = Effect.fnUntraced(function* (
  plan: Retention.Plan,
  { execute, file }: { readonly file: string; readonly execute: boolean }
) {
  const wrong = (detail: string) => new SettingError({ setting: "--rules", detail: `${file}: ${detail}` })
  const [first] = plan.unknown
  if (first !== undefined) {
    return yield* wrong(
      `"${first.name}" names ${first.field} that no recording of the archive has (${plan.unknown.length} in all); correct them, or for a hold set mayBeEmpty: true`
    )
  }
  const empty = plan.holds.filter(({ mayBeEmpty, recordings }) => recordings === 0 && !mayBeEmpty)
  if (!execute || empty.length === 0) return
  const names = empty.map(({ name }) => `"${name}"`).join(", ")
  return yield* wrong(`nothing was deleted: ${names} protects no recording; correct it, or set mayBeEmpty: true`)
})
