/** Accounts of small audio for the fake server, and the services over it. */
import type { FaultPlan, Media } from "@vobiz-effect/testing"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime } from "effect"

export const until = DateTime.makeUnsafe("2026-08-15T06:00:00Z")

/** An account whose recordings sound for so many milliseconds each, each another one where `pitch` says so. */
export const account = (calls: number, millis: number, pitch: (n: number) => number = (n) => 100 + (n % 3000)) => {
  const made = Simulator.make({ seed: 11, calls, days: 3, until })
  // Those that the provider lists at that instant.
  const shown = made.recordings.filter((entry) => Simulator.isKept(entry, until.epochMilliseconds))
  const recordings = shown.map((entry, n) => {
    const duration = millis + (n % 97)
    const media: Media.Media = { container: "wav", channels: 1, duration, pitch: pitch(n) }
    const row = Object.assign({}, entry.row, { recording_duration_ms: `${duration}.00000` })
    return Object.assign({}, entry, { row, media })
  })
  return { ...made, recordings }
}

export const small = account(40, 30)

export const layerFake = (faults: FaultPlan.FaultPlan["rules"] = [], options: Partial<FakeVobiz.Options> = {}) =>
  FakeVobiz.FakeVobiz.layerVobiz({ account: small, faults: { seed: 3, rules: faults }, ...options })
