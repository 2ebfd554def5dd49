import * as Effect from "effect/Effect"
import type { Benchmark } from "../Bench.ts"
import * as Lists from "../lists.ts"
import { timed } from "../measure.ts"
import { serve } from "../serve.ts"

const over =
  (
    list: (url: URL) => Effect.Effect<number, unknown>,
    options: { readonly latency?: number; readonly cap?: number } = {}
  ) =>
  ({ size }: { readonly size: number }) =>
    Effect.flatMap(serve({ rows: size, ...options }), (url) => timed(list(url)))

export const listStream: Benchmark = {
  name: "list",
  about:
    "recordings read one page after another, decoded, validated and proved complete, against undici and JSON.parse",
  size: { full: 200_000, smoke: 500 },
  figure: "rows a second",
  by: "ratio",
  target: { atLeast: 1 },
  ours: "Recordings.stream",
  peer: "undici loop",
  ways: {
    "Recordings.stream": over((url) => Lists.recordings(url, 1)),
    "undici loop": over(Lists.bareLoop)
  }
}

/** What is the least that rows cost that are checked: the loop, with nothing but our decoding added. */
export const listLimit: Benchmark = {
  ...listStream,
  name: "list-limit",
  about:
    "the undici loop with each row decoded and validated as the services do, and nothing else of them, against the bare one",
  target: null,
  ours: "decoding loop",
  ways: { "decoding loop": over(Lists.decodingLoop), "undici loop": over(Lists.bareLoop) }
}

const slow = { latency: 50 }

const latency = (name: string, peer: string, loop: (url: URL) => Effect.Effect<number, unknown>): Benchmark => ({
  name,
  about: `recordings over 50 ms of latency, 8 pages under way at once, against ${peer}`,
  size: { full: 200_000, smoke: 500 },
  figure: "rows a second",
  by: "ratio",
  target: { atLeast: 7 },
  ours: "Recordings.stream",
  peer,
  ways: { "Recordings.stream": over((url) => Lists.recordings(url, 8), slow), [peer]: over(loop, slow) }
})

/** Loaded where it is measured: another way's memory has no part of it. */
const sdk = (name: "plivoLoop" | "twilioList") => (url: URL) =>
  Effect.flatMap(
    Effect.promise(() => import("../sdks.ts")),
    (sdks) => sdks[name](url)
  )

export const latencyLoop = latency("latency", "undici loop", Lists.bareLoop)
export const latencyPlivo = latency("latency-plivo", "plivo-node", sdk("plivoLoop"))
export const latencyTwilio = latency("latency-twilio", "twilio-node", sdk("twilioList"))

export const latencyCdrs: Benchmark = {
  name: "latency-cdrs",
  about: "CDRs over 50 ms of latency, 8 pages under way at once, against one after another",
  size: { full: 60_000, smoke: 500 },
  figure: "rows a second",
  by: "ratio",
  target: { atLeast: 6 },
  ours: "concurrency 8",
  peer: "concurrency 1",
  ways: {
    "concurrency 8": over((url) => Lists.cdrs(url, 8), slow),
    "concurrency 1": over((url) => Lists.cdrs(url, 1), slow)
  }
}

export const memory: Benchmark = {
  name: "memory",
  about: "the memory of a process of 256 MB of heap that reads 5,000,000 recordings, against one that reads 100,000",
  size: { full: 5_000_000, smoke: 2000 },
  figure: "MB",
  by: "difference",
  target: { atMost: 60 },
  heap: 256,
  ours: "all",
  peer: "a fiftieth",
  ways: {
    all: over((url) => Lists.recordings(url, 8)),
    "a fiftieth": ({ size }) => over((url) => Lists.recordings(url, 8))({ size: size / 50 })
  }
}
