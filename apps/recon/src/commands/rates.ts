/** The rate card that the settings name. */
import { RateCard } from "@vobiz-effect/reconcile"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { SettingError } from "../Failure.ts"
import * as FileTrouble from "../internal/fileTrouble.ts"

/** The rate card of the file that is set; `undefined` where none is. */
export const named = Effect.gen(function* () {
  const file = Option.getOrUndefined(yield* Config.option(Config.NonEmptyString("RECON_RATES")))
  if (file === undefined) return undefined
  return yield* RateCard.read(file).pipe(
    Effect.catchTag(
      "PlatformError",
      (error) => new SettingError({ setting: "--rates", detail: `${file}: ${FileTrouble.toRead(error)}` })
    )
  )
})
