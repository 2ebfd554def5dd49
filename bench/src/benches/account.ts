/** `recon reconcile` of an account, against reading its lists alone. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { Benchmark, Setting } from "../Bench.ts"
import * as Command from "../command.ts"
import * as Lists from "../lists.ts"
import { timed } from "../measure.ts"
import { serve } from "../serve.ts"

const concurrency = 8

/** An account whose last call has ended a day ago, and the window of all its calls. */
const account = Effect.fnUntraced(function* (rows: number) {
  const newest = DateTime.startOf(DateTime.subtract(yield* DateTime.now, { days: 1 }), "second")
  const url = yield* serve({ rows, newest: newest.epochMilliseconds, step: (25 * 86_400_000) / rows })
  return { url, window: { from: DateTime.subtract(newest, { days: 26 }), to: newest } }
})

const reconciled = ({ size }: Setting) =>
  Effect.gen(function* () {
    const { url, window } = yield* account(size)
    const args = [
      "--voice-api",
      "must",
      "--from",
      DateTime.formatIso(window.from),
      "--to",
      DateTime.formatIso(window.to)
    ]
    return yield* Command.run([Command.recon, "reconcile", ...args], {
      ends: [0],
      rows: size,
      env: {
        VOBIZ_AUTH_ID: "MA_BENCH",
        VOBIZ_AUTH_TOKEN: "bench",
        VOBIZ_BASE_URL: url.origin,
        VOBIZ_CONCURRENCY: String(concurrency),
        VOBIZ_RATE_LIMIT: "10000"
      }
    })
  })

const listed = ({ size }: Setting) =>
  Effect.gen(function* () {
    const { url, window } = yield* account(size)
    const lists = [Lists.cdrs(url, concurrency, window), Lists.recordings(url, concurrency)]
    return yield* timed(Effect.as(Effect.all(lists, { concurrency: "unbounded" }), size))
  })

export const reconcile: Benchmark = {
  name: "reconcile-account",
  about:
    "an account of 100,000 calls over the loopback, all of them recorded, against reading its two lists and no more",
  size: { full: 100_000, smoke: 1000 },
  figure: "seconds",
  by: "ratio",
  target: { atMost: 1.1 },
  ours: "recon reconcile",
  peer: "both lists",
  ways: { "recon reconcile": reconciled, "both lists": listed }
}
