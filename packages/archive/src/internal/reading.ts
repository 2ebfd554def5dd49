/** What a reader of audio makes of the bytes that it is given, piece by piece. It never throws. */
import type { Level } from "./levels.ts"

export interface Reading {
  readonly codec: string | null
  readonly sampleRate: number | null
  readonly channels: number | null
  /** What there is, decoded. */
  readonly seconds: number | null
  /** What the header says that there should be. */
  readonly claimed: number | null
  readonly truncated: boolean | null
  readonly levels: ReadonlyArray<Level> | null
  readonly unreadable: string | null
}

export interface Reader {
  push(bytes: Uint8Array): void
  end(): Reading
}

export const unknown = (unreadable: string | null): Reading => ({
  codec: null,
  sampleRate: null,
  channels: null,
  seconds: null,
  claimed: null,
  truncated: null,
  levels: null,
  unreadable
})
