/** The command, run within the test. */
import { FakeVobiz, type Simulator } from "@vobiz-effect/testing"
import { ConfigProvider, DateTime, Effect, Redacted } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import * as Main from "../src/Main.ts"

/**
 * Runs the command as a shell would, and gives what it printed and its exit code. It is so many hours after the account's
 * last instant.
 */
export const runner = (account: Simulator.Account) =>
  Effect.fnUntraced(function* (args: ReadonlyArray<string>, env: Record<string, string> = {}, hours = 0) {
    const server = yield* FakeVobiz.FakeVobiz
    yield* TestClock.setTime(DateTime.add(account.until, { hours }).epochMilliseconds)
    const before = { out: (yield* TestConsole.logLines).length, err: (yield* TestConsole.errorLines).length }
    const code = yield* Main.run(args).pipe(
      Effect.provide(
        ConfigProvider.layer(
          ConfigProvider.fromEnvRecord({
            VOBIZ_BASE_URL: server.url.origin,
            VOBIZ_AUTH_ID: server.authId,
            VOBIZ_AUTH_TOKEN: Redacted.value(server.authToken),
            VOBIZ_RATE_LIMIT: "10000",
            ...env
          })
        )
      )
    )
    const out = (yield* TestConsole.logLines).slice(before.out).join("\n")
    const err = (yield* TestConsole.errorLines).slice(before.err).join("\n")
    return { code, out, err }
  })
