/** Where the tests' random choices come from. A failed test prints the seed, and `SEED` sets it. */
import { type Effect, Random } from "effect"

/** The seed of this run. @default 1 */
export const seed: number = Number(process.env["SEED"] ?? 1)
if (!Number.isSafeInteger(seed) || seed < 0) {
  throw new Error(`SEED must be a whole number from 0 on (got "${process.env["SEED"]}")`)
}

/** This many seeds, starting at the seed of this run. */
export const seeds = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, n) => seed + n)

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export const generator = (from: number = seed): (() => number) => {
  let state = from >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Whole numbers from 0 up to `n`, the same for the same seed. */
export const integers = (from: number = seed): ((n: number) => number) => {
  const next = generator(from)
  return (n) => Math.floor(next() * n)
}

/** Effect's `Random`, by the seed of this run. */
export const seeded = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => Random.withSeed(effect, seed)
