/** `recon fake` */
import { FakeVobiz } from "@vobiz-effect/testing"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Window from "../../Window.ts"
import { makeAccount, type Simulation, startingAt } from "../simulated.ts"

interface Input extends Simulation {
  readonly port: number
  readonly latency: number
  /** A day, an instant or `now`. */
  readonly until: string | undefined
  readonly clock: boolean
}

/** When the account ends: `undefined` for the end that it has unless one is named. */
const endOf = Effect.fnUntraced(function* ({ until }: Input) {
  if (until === undefined) return undefined
  if (until === "now") return yield* DateTime.now
  return yield* Window.parseInstant("--until", until, Zone.utc)
})

export const run = Effect.fnUntraced(function* (input: Input) {
  const account = makeAccount(input, yield* endOf(input))
  const window = `--from ${DateTime.formatIso(account.from)} --to ${DateTime.formatIso(account.until)}`
  const serve = Effect.gen(function* () {
    const { account, authId, authToken, url } = yield* FakeVobiz.FakeVobiz
    yield* Console.log(
      [
        `# ${account.truth.calls.length} calls from ${DateTime.formatIso(account.from)} to ${DateTime.formatIso(account.until)}`,
        input.clock ? "# The provider's clock runs on from there." : "# The provider's clock stands still there.",
        "# In another shell, until this is interrupted:",
        `export VOBIZ_BASE_URL=${url.origin} VOBIZ_AUTH_ID=${authId} VOBIZ_AUTH_TOKEN=${Redacted.value(authToken)} VOBIZ_RATE_LIMIT=1000`,
        input.until === "now" ? "recon reconcile --days 3" : `recon reconcile ${window}`
      ].join("\n")
    )
    return yield* Effect.never
  })
  return yield* Effect.provide(
    serve,
    FakeVobiz.FakeVobiz.layer({
      account,
      port: input.port,
      pageCap: input.pageCap,
      latency: Duration.millis(input.latency),
      ...(input.clock ? { now: "clock" } : {})
    })
  ).pipe(startingAt(account.until))
})
