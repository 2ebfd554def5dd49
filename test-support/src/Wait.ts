/** Waits for a state, by the real clock, for as long as it takes: the limit on every test finds what never comes. */
import { Effect } from "effect"

const pause = Effect.promise<void>(() => new Promise((resolve) => setTimeout(resolve, 10)))

/** Repeats an effect until what it gives is what is waited for, and gives that. */
export const until = <A, E, R>(look: Effect.Effect<A, E, R>, isReached: (seen: A) => boolean): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    for (;;) {
      const seen = yield* look
      if (isReached(seen)) return seen
      yield* pause
    }
  })

/** Repeats an effect until it gives `true`. */
export const untilTrue = <E, R>(condition: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
  Effect.asVoid(until(condition, (is) => is))
