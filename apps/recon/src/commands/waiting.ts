/** Waiting for another run that holds the ledger or the archive. */
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

import { optional } from "./session.ts"
import * as Time from "./time.ts"

/** How often is looked whether the other has ended. */
const pause = Duration.seconds(1)

/** How long is waited: as `--wait` says; else a job waits ten minutes, and a command not at all. */
export const patience = Effect.gen(function* () {
  const isJob = (yield* optional("RECON_EVERY")) !== undefined
  return yield* Time.notNegative("RECON_WAIT").pipe(Config.withDefault(isJob ? Duration.minutes(10) : Duration.zero))
})

/** Tries again while another run is in the way. Says once, on standard error, that it waits. */
export const whileBusy = <E extends { readonly message: string }>(
  isBusy: (error: E) => boolean,
  patience: Duration.Duration
) => {
  const attempt = <A, R>(self: Effect.Effect<A, E, R>, until: number | null): Effect.Effect<A, E, R> =>
    Effect.catchIf(self, isBusy, (error) =>
      Effect.gen(function* () {
        const end = until ?? (yield* Clock.currentTimeMillis) + Duration.toMillis(patience)
        const left = end - (yield* Clock.currentTimeMillis)
        if (left <= 0) return yield* Effect.fail(error)
        if (until === null) {
          yield* Console.error(`recon: waits up to ${Duration.format(patience)}: ${error.message}`)
        }
        yield* Effect.sleep(Duration.min(pause, Duration.millis(left)))
        return yield* attempt(self, end)
      })
    )
  return <A, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => attempt(self, null)
}
