/** A fingerprint of a set of texts that does not depend on their order, kept up to date text by text. */

import * as Schema from "effect/Schema"

/** Four 32-bit lanes, each the sum of a differently seeded hash of every text. */
export const Fingerprint = Schema.Tuple([Schema.Finite, Schema.Finite, Schema.Finite, Schema.Finite])

export type Fingerprint = typeof Fingerprint.Type

export const empty: Fingerprint = [0, 0, 0, 0]

const seeds = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35] as const

/** FNV-1a over the UTF-16 units, with a final mixing so that near texts end up far apart. */
const hash = (text: string, seed: number): number => {
  let h = seed
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

export const add = ([a, b, c, d]: Fingerprint, text: string): Fingerprint => [
  (a + hash(text, seeds[0])) >>> 0,
  (b + hash(text, seeds[1])) >>> 0,
  (c + hash(text, seeds[2])) >>> 0,
  (d + hash(text, seeds[3])) >>> 0
]

export const toHex = (lanes: Fingerprint): string => lanes.map((lane) => lane.toString(16).padStart(8, "0")).join("")
