/** Times an effect. */
import * as Effect from "effect/Effect"
import * as Duration from "effect/Duration"
import type { Sample } from "./Bench.ts"

const cpuSeconds = Effect.sync(() => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1e6
})

/** How long an effect takes, and the rows that it counts. */
export const timed = Effect.fnUntraced(function* <E, R>(self: Effect.Effect<number, E, R>) {
  const before = yield* cpuSeconds
  const [duration, rows] = yield* Effect.timed(self)
  return { rows, seconds: Duration.toSeconds(duration), cpu: (yield* cpuSeconds) - before } satisfies Sample
})
