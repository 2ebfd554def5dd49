/** The policy file that the settings name. */
import { Policy } from "@vobiz-effect/reconcile"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { SettingError } from "../Failure.ts"
import * as FileTrouble from "../internal/fileTrouble.ts"

/** Reads a policy file, and the lists that it names. */
export const read = (file: string) =>
  Policy.read(file).pipe(
    Effect.catchTag(
      "PlatformError",
      (error) => new SettingError({ setting: "--policy", detail: `${file}: ${FileTrouble.toRead(error)}` })
    )
  )

/** The policy of the file that is set; `null` where none is. */
export const named = Effect.gen(function* () {
  const file = yield* Config.option(Config.NonEmptyString("RECON_POLICY"))
  return Option.isNone(file) ? null : yield* read(file.value)
})
