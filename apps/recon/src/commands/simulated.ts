/** The made-up account behind `fake` and `demo`. */
import { Policy } from "@vobiz-effect/reconcile"
import * as Simulator from "@vobiz-effect/testing/Simulator"
import * as DateTime from "effect/DateTime"

export interface Simulation {
  readonly calls: number
  readonly days: number
  readonly seed: number
  readonly pageCap: number
}

/**
 * The account ends at an instant that never changes, so that the same flags always give the same numbers; the
 * provider's time stands still there.
 */
const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")

export const makeAccount = ({ calls, days, seed }: Simulation): Simulator.Account =>
  Simulator.make({
    seed,
    calls,
    days,
    until,
    mix: { "conference-room": 0.2, unkeyed: 0.2, "sub-account": 0.2, straddling: 0.1, "flawed-audio": 0.3 }
  })

/** What the demo looks at: all but the last minutes, in which calls begin whose recordings are still to come. */
export const windowOf = (account: Simulator.Account) => ({
  from: account.from,
  to: DateTime.subtract(account.until, { minutes: 5 })
})

/** What the account's owner would know: which numbers are recorded, and that a trunk not recorded must not be. */
export const policy = (account: Simulator.Account): Policy.Policy =>
  Policy.short({
    numbers: Object.fromEntries(account.numbers.map(({ number, recorded }) => [number, recorded ? "must" : "may"])),
    trunkOff: "must-not"
  })
