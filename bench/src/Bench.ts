/** What a benchmark is: two ways to do one thing, and the ratio that is to be reached. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** How a way did: rows (or bytes, or whatever the benchmark counts), in seconds. */
export interface Sample {
  readonly rows: number
  readonly seconds: number
  /** Seconds of all processors that the process took. */
  readonly cpu: number
  /** The peak in MB of a process that it started, if that is what is measured. */
  readonly memory?: number
  /** What a server was asked. */
  readonly requests?: number
  readonly megabytes?: number
  /** A digest of what came out, where both ways must come to the same. */
  readonly outcome?: string
}

export interface Setting {
  /** How much to do; what that means is the benchmark's. */
  readonly size: number
  /** A folder that both ways share, for inputs that are made once. */
  readonly folder: string
}

export interface Benchmark {
  readonly name: string
  readonly about: string
  /** The size of a full run, and one so small that it shows nothing but that all of it works. */
  readonly size: { readonly full: number; readonly smoke: number }
  /** What is measured, and what it is measured against. Each runs in a process of its own, in turns. */
  readonly ours: string
  /** `null` where the target is a figure, not a ratio. */
  readonly peer: string | null
  readonly ways: Readonly<Record<string, (setting: Setting) => Effect.Effect<Sample, unknown, Scope.Scope>>>
  readonly figure:
    | "rows a second"
    | "seconds"
    | "seconds a row"
    | "CPU seconds"
    | "CPU seconds a row"
    | "requests"
    | "MB read"
    | "MB"
  /** Whether ours is divided by the peer's, or the peer's taken from ours. */
  readonly by: "ratio" | "difference"
  readonly target: { readonly atLeast: number } | { readonly atMost: number } | null
  readonly runs?: number
  /**
   * The most that the heap of a process may hold, in MB, with 16 MB for young objects. Without a limit V8 keeps garbage while there is room, and
   * gives young objects up to 64 MB twice.
   */
  readonly heap?: number
  /** What it needs and this machine has not. */
  readonly lacks?: () => string | undefined
}
