import { NodeServices } from "@effect/platform-node"
import { assert, describe, it, Wait } from "@vobiz-effect/test-support"
import { Effect, Layer } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { TestClock, TestConsole } from "effect/testing"
import { run } from "./command.ts"
import * as Main from "../src/Main.ts"

const now = Date.parse("2027-03-04T05:06:07Z")

/** Plays the provider, and gives what it printed once it is there. */
const play = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
  yield* Effect.forkScoped(Main.run(["fake", "--calls", "300", "--days", "4", ...args]))
  const [lines] = yield* Wait.until("the fake says where it listens", TestConsole.logLines, ({ length }) => length > 0)
  const [, url = "", authId = "", authToken = ""] =
    /VOBIZ_BASE_URL=(\S+) VOBIZ_AUTH_ID=(\S+) VOBIZ_AUTH_TOKEN=(\S+)/.exec(String(lines)) ?? []
  const date = HttpClient.get(url).pipe(Effect.map(({ headers }) => Date.parse(headers["date"] ?? "")))
  const settings = {
    VOBIZ_BASE_URL: url,
    VOBIZ_AUTH_ID: authId,
    VOBIZ_AUTH_TOKEN: authToken,
    VOBIZ_RATE_LIMIT: "10000"
  }
  return { date, settings, text: String(lines) }
}, Effect.provide(FetchHttpClient.layer))

const within = Effect.provide(Layer.mergeAll(NodeServices.layer, Layer.fresh(TestConsole.layer), FetchHttpClient.layer))

describe("recon fake", () => {
  it.effect("with --until now --clock has the calls of the last days, and a clock that runs", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { date, settings, text } = yield* play(["--until", "now", "--clock"])
      assert.include(text, "recon reconcile --days 3")
      assert.strictEqual(yield* date, now)
      yield* TestClock.adjust("90 seconds")
      assert.strictEqual(yield* date, now + 90_000)
      const { err, out } = yield* run(["reconcile", "--days", "3", "--json"], settings)
      const { cdrs, recordings } = JSON.parse(out) as { readonly cdrs: number; readonly recordings: number }
      assert.isAbove(cdrs, 150, err)
      assert.isAbove(recordings, 80)
    }).pipe(within, Effect.scoped)
  )

  it.effect("else stands still where its account ends", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { date, text } = yield* play(["--until", "2026-05-12T06:00:00Z"])
      assert.include(text, "--to 2026-05-12T06:00:00.000Z")
      yield* TestClock.adjust("90 seconds")
      assert.strictEqual(yield* date, Date.parse("2026-05-12T06:00:00Z"))
    }).pipe(within, Effect.scoped)
  )

  it.effect("refuses an end that is no time", () =>
    Effect.gen(function* () {
      const { code, err } = yield* run(["fake", "--until", "yesterday"])
      assert.strictEqual(code, 2)
      assert.include(err, '--until: "yesterday" is no date')
    }).pipe(within)
  )
})
