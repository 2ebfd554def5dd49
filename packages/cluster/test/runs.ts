/** Runs to submit, and what they came to. */
import * as Kernel from "@vobiz-effect/reconcile/Kernel"
import * as Policy from "@vobiz-effect/reconcile/Policy"
import type * as Simulator from "@vobiz-effect/testing/Simulator"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"

import * as Random from "../../reconcile/test/accounts.ts"
import type * as Result from "../src/Result.ts"
import type * as Spec from "../src/Spec.ts"
import type * as Lists from "./accounts.ts"

/** The instant that the accounts of these tests were made at. */
export const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")

/** The account with short audio, for a test that looks at whether audio is there, and not at how long it is. */
export const withShortAudio = (account: Simulator.Account): Simulator.Account => ({
  ...account,
  recordings: account.recordings.map((entry) => {
    const duration = Math.min(entry.media.duration, 2000)
    const row = Object.assign({}, entry.row, { recording_duration_ms: `${duration}.00000` })
    return Object.assign({}, entry, { row, media: Object.assign({}, entry.media, { duration }) })
  })
})

/** A run over an account's last days. */
export const of = (account: string, days: number, more: Partial<Spec.Spec> = {}): Spec.Spec => ({
  account,
  from: DateTime.subtract(until, { days }),
  to: until,
  asOf: until,
  settings: {
    ...Kernel.defaults,
    lookBack: Duration.hours(4),
    account,
    policy: Policy.short({ voiceApi: "must" })
  },
  ...more
})

/** A random account, and a run over all of it. */
export const random = (seed: number): { readonly lists: Lists.Lists; readonly spec: Spec.Spec } => {
  const { account: lists, parameters } = Random.make(seed)
  const { asOf, settings, window } = parameters
  return { lists, spec: { account: "MA_TEST", ...window, asOf, settings } }
}

/** The files of a result, in a lake that is a folder. */
export const contents = Effect.fnUntraced(function* (lake: string, { findings, proof, summary }: Result.Result) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.forEach([findings, summary, proof], ({ path }) => fs.readFileString(`${lake}/${path}`))
})
