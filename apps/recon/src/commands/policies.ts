/** The policy file that the settings name. */
import { Policy } from "@vobiz-effect/reconcile"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { SettingError } from "../Failure.ts"

/** Reads a policy file. */
export const read = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(file).pipe(
    Effect.mapError(({ reason }) => {
      const detail = reason._tag === "NotFound" ? `there is no file ${file}` : `${file} cannot be read (${reason._tag})`
      return new SettingError({ setting: "--policy", detail })
    })
  )
  return yield* Policy.parse(text, file)
})

/** The policy of the file that is set; `null` where none is. */
export const named = Effect.gen(function* () {
  const file = yield* Config.option(Config.NonEmptyString("RECON_POLICY"))
  return Option.isNone(file) ? null : yield* read(file.value)
})
