/** A day's news of an account of a million calls: what it costs, against the least it can, and against reading all again. */
import { CallDetailRecords, Checkpoint, Recordings, type VobizConfig, Watermark } from "@vobiz-effect/core"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Benchmark, Sample, Setting } from "../Bench.ts"
import * as Lists from "../lists.ts"
import { timed } from "../measure.ts"
import { serve } from "../serve.ts"

interface Asked {
  readonly requests: number
  readonly megabytes: number
}

const asked = (url: URL) =>
  Effect.promise(() => fetch(new URL("/asked", url)).then((answer) => answer.json() as Promise<Asked>))

type Services =
  | Recordings.Recordings
  | CallDetailRecords.CallDetailRecords
  | Checkpoint.Checkpoint
  | VobizConfig.VobizConfig

type Way = (setting: Setting) => Effect.Effect<Sample, unknown, Scope.Scope>

/** Reads of the lists of a month, up to now. */
const reading =
  <E>(read: (now: DateTime.Utc) => Effect.Effect<number, E, Services>): Way =>
  ({ size }) =>
    Effect.gen(function* () {
      const now = yield* DateTime.now
      const newest = DateTime.toEpochMillis(DateTime.startOf(now, "second"))
      const url = yield* serve({ rows: size, newest, step: (30 * 86_400_000) / size })
      const services = Layer.merge(Lists.services(url, 8), Checkpoint.Checkpoint.layerMemory)
      const sample = yield* timed(Effect.provide(read(now), services))
      return { ...sample, ...(yield* asked(url)) }
    })

/** What came since a day ago. */
const recordingsOfADay = reading((now) =>
  Effect.flatMap(
    Watermark.recordings({ name: "recordings", lookBack: "1 hour", start: DateTime.subtract(now, { days: 1 }) }),
    ({ rows }) => Stream.runCount(rows)
  )
)
const allRecordings = reading(() =>
  Effect.flatMap(Recordings.Recordings, (service) => Stream.runCount(service.stream()))
)

const cdrs = (window: CallDetailRecords.CdrQuery) =>
  Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) => Stream.runCount(service.stream(window)))

/** A day whose calls have all ended. */
const cdrsOfADay = reading((now) => {
  const from = DateTime.startOf(DateTime.subtract(now, { days: 3 }), "day")
  return cdrs({ from, to: DateTime.add(from, { days: 1 }) })
})
const allCdrs = reading((now) => cdrs({ from: DateTime.subtract(now, { days: 30 }), to: now }))

/** The same, with the fewest requests that its rows can come in. */
const fewest =
  (way: Way): Way =>
  (setting) =>
    Effect.map(way(setting), (sample) => ({ ...sample, requests: Math.ceil(sample.rows / 100) }))

const size = { full: 1_000_000, smoke: 3000 }

/** At a rate limit, a list takes as long as its requests. */
const requests = (name: string, ours: string, list: string, way: Way, atMost: number): Benchmark => ({
  name,
  about: `the requests for ${list} of an account of 1,000,000, against as few as its rows can come in`,
  size,
  figure: "requests",
  by: "ratio",
  target: { atMost },
  ours,
  peer: "rows / page size",
  ways: { [ours]: way, "rows / page size": fewest(way) }
})

const against = (name: string, figure: Benchmark["figure"], list: string, day: Way, all: Way): Benchmark => ({
  name,
  about: `${figure} for a day's ${list}, of an account of 1,000,000 in 30 days, against reading all again`,
  size,
  figure,
  by: "ratio",
  target: null,
  ours: "a day's news",
  peer: "full re-read",
  ways: { "a day's news": day, "full re-read": all }
})

export const benchmarks: ReadonlyArray<Benchmark> = [
  requests("daily-recordings", "a day's news", "a day's recordings", recordingsOfADay, 1.02),
  requests("daily-cdrs", "a day's news", "a day's CDRs", cdrsOfADay, 1.02),
  requests("all-recordings", "all", "all recordings", allRecordings, 1.05),
  against("daily-recordings-cpu", "CPU seconds", "recordings", recordingsOfADay, allRecordings),
  against("daily-recordings-bytes", "MB read", "recordings", recordingsOfADay, allRecordings),
  against("daily-cdrs-cpu", "CPU seconds", "CDRs", cdrsOfADay, allCdrs),
  against("daily-cdrs-bytes", "MB read", "CDRs", cdrsOfADay, allCdrs)
]
