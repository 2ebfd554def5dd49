/** The command, run within the test. */
import { Effort } from "@vobiz-effect/test-support"
import { FakeVobiz, type Simulator } from "@vobiz-effect/testing"
import { ConfigProvider, DateTime, Effect, Layer, Metric, Redacted } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import * as Main from "../src/Main.ts"

/** The settings of an account that a fake server serves. */
export const environment = Effect.map(FakeVobiz.FakeVobiz, ({ authId, authToken, url }) => ({
  VOBIZ_BASE_URL: url.origin,
  VOBIZ_AUTH_ID: authId,
  VOBIZ_AUTH_TOKEN: Redacted.value(authToken),
  VOBIZ_RATE_LIMIT: "10000"
}))

/** Memory for one thread of the database: tests run beside each other, and threads of small accounts would wait for each other. */
export const oneThread: Readonly<Record<string, string>> = Effort.isFull ? {} : { RECON_MEMORY: "500MB" }

/** Runs the command as a shell would, with metrics of its own, and gives what the test's console got, and the exit code. */
export const runOnConsole = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  env: Record<string, string> = {}
) {
  const code = yield* Main.run(args).pipe(
    Effect.provideService(Metric.MetricRegistry, new Map()),
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ ...oneThread, ...env })))
  )
  return { code, out: (yield* TestConsole.logLines).join("\n"), err: (yield* TestConsole.errorLines).join("\n") }
})

/** Runs the command with a console of its own, and gives what it printed and its exit code. */
export const run = (args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
  Effect.provide(runOnConsole(args, env), Layer.fresh(TestConsole.layer))

/** Runs the command for the account that the fake server serves. */
export const recon = (args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
  Effect.flatMap(environment, (settings) => run(args, { ...settings, ...env }))

/** Runs the command so many hours after the account's last instant. */
export const runner = (account: Simulator.Account) =>
  Effect.fnUntraced(function* (args: ReadonlyArray<string>, env: Record<string, string> = {}, hours = 0) {
    yield* TestClock.setTime(DateTime.add(account.until, { hours }).epochMilliseconds)
    return yield* recon(args, env)
  })
