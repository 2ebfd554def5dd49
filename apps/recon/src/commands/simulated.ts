/** The made-up account behind `fake` and `demo`. */
import { Policy, type RateCard } from "@vobiz-effect/reconcile"
import * as Simulator from "@vobiz-effect/testing/Simulator"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

export interface Simulation {
  readonly calls: number
  readonly days: number
  readonly seed: number
  readonly pageCap: number
}

/** Where the account ends unless another end is named: the same flags always give the same numbers. */
const defaultEnd = DateTime.makeUnsafe("2026-11-20T00:00:00Z")

/** Makes the account. Its last call was a moment before `until`. */
export const makeAccount = ({ calls, days, seed }: Simulation, until: DateTime.Utc = defaultEnd): Simulator.Account =>
  Simulator.make({
    seed,
    calls,
    days,
    until,
    mix: { "conference-room": 0.2, unkeyed: 0.2, "sub-account": 0.2, straddling: 0.1, "flawed-audio": 0.3 }
  })

/** Runs a program by a clock that is at an instant now, and runs on from there. */
export const startingAt =
  (instant: DateTime.Utc) =>
  <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.clockWith((clock) => {
      const ahead = instant.epochMilliseconds - clock.currentTimeMillisUnsafe()
      const aheadNanos = BigInt(ahead) * 1_000_000n
      return Effect.provideService(program, Clock.Clock, {
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + ahead,
        currentTimeMillis: Effect.map(clock.currentTimeMillis, (millis) => millis + ahead),
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe() + aheadNanos,
        currentTimeNanos: Effect.map(clock.currentTimeNanos, (nanos) => nanos + aheadNanos),
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        sleep: (duration) => clock.sleep(duration)
      })
    })

/** What the demo looks at: all but the last minutes, in which calls begin whose recordings are still to come. */
export const windowOf = (account: Simulator.Account) => ({
  from: account.from,
  to: DateTime.subtract(account.until, { minutes: 5 })
})

/** What the account is billed by: the provider of the simulation charges each begun minute alike. */
export const rates = (account: Simulator.Account): RateCard.RateCard => ({
  version: 1,
  name: "the demo's",
  currency: account.cdrs[0]?.row.currency ?? "INR",
  rounding: { decimals: 2, mode: "half-up" },
  rates: [
    {
      name: "every call",
      pulse: { first: Duration.minutes(1), next: Duration.minutes(1) },
      price: "0.45",
      per: "pulse"
    }
  ]
})

/** What the account's owner would know: which numbers are recorded, and that a trunk not recorded must not be. */
export const policy = (account: Simulator.Account): Policy.Policy =>
  Policy.short({
    numbers: Object.fromEntries(account.numbers.map(({ number, recorded }) => [number, recorded ? "must" : "may"])),
    trunkOff: "must-not"
  })
