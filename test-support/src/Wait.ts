/** Waits for a state, by the real clock, for as long as it takes. */
import { type Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

const pause = (millis: number) => Effect.promise<void>(() => new Promise((resolve) => setTimeout(resolve, millis)))

/** A wait so long is reported, so that a test that hangs says what it waits for. */
const longMillis = 60_000

/**
 * Repeats an effect until what it gives is the state that is waited for, and gives that. What is waited for needs the processor, too:
 * looking takes a quarter of the time at most.
 */
export const until = Effect.fnUntraced(function* <A, E, R>(
  state: string,
  look: Effect.Effect<A, E, R>,
  isReached: (seen: A) => boolean
) {
  const timer = setInterval(() => process.stderr.write(`still waiting until ${state}\n`), longMillis)
  return yield* Effect.gen(function* () {
    for (;;) {
      const began = performance.now()
      const seen = yield* look
      if (isReached(seen)) return seen
      yield* pause(Math.max(5, 3 * (performance.now() - began)))
    }
  }).pipe(Effect.ensuring(Effect.sync(() => clearInterval(timer))))
})

/** Repeats an effect until it gives `true`. */
export const untilTrue = <E, R>(state: string, look: Effect.Effect<boolean, E, R>) =>
  Effect.asVoid(until(state, look, (is) => is))

/** Waits for a fiber while the test's clock runs, by so much at each look, and gives what the fiber comes to. */
export const passing = Effect.fnUntraced(function* <A, E>(fiber: Fiber.Fiber<A, E>, step: Duration.Input) {
  while (fiber.pollUnsafe() === undefined) {
    yield* TestClock.adjust(step)
    yield* pause(5)
  }
  return yield* Fiber.join(fiber)
})
