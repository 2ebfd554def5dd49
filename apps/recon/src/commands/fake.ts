/** `recon fake` */
import { FakeVobiz } from "@vobiz-effect/testing"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { makeAccount, type Simulation } from "./simulated.ts"

export const run = Effect.fnUntraced(function* (
  input: Simulation & { readonly port: number; readonly latency: number }
) {
  const account = makeAccount(input)
  const serve = Effect.gen(function* () {
    const { account, authId, authToken, url } = yield* FakeVobiz.FakeVobiz
    yield* Console.log(
      [
        `# ${account.truth.calls.length} calls from ${DateTime.formatIso(account.from)} to ${DateTime.formatIso(account.until)}`,
        "# In another shell, until this is interrupted:",
        `export VOBIZ_BASE_URL=${url.origin} VOBIZ_AUTH_ID=${authId} VOBIZ_AUTH_TOKEN=${Redacted.value(authToken)} VOBIZ_RATE_LIMIT=1000`,
        `recon reconcile --from ${DateTime.formatIso(account.from)} --to ${DateTime.formatIso(account.until)}`
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
      latency: Duration.millis(input.latency)
    })
  )
})
