/** A fingerprint of a set of texts that does not depend on their order, kept up to date text by text. */

import * as Schema from "effect/Schema"

/** Four 32-bit lanes, each the sum of a differently seeded hash of every text. */
export const Fingerprint = Schema.Tuple([Schema.Finite, Schema.Finite, Schema.Finite, Schema.Finite])

export type Fingerprint = typeof Fingerprint.Type

export const empty: Fingerprint = [0, 0, 0, 0]

/** A final mixing, so that near texts end up far apart. */
const mix = (hash: number): number => {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** One FNV-1a hash over the UTF-16 units. */
export const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), prime)
  return mix(hash)
}

/** Adds four FNV-1a hashes over the UTF-16 units, each with a seed of its own. */
export const add = ([a, b, c, d]: Fingerprint, text: string): Fingerprint => {
  let [p, q, r, s] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    p = Math.imul(p ^ unit, prime)
    q = Math.imul(q ^ unit, prime)
    r = Math.imul(r ^ unit, prime)
    s = Math.imul(s ^ unit, prime)
  }
  return [(a + mix(p)) >>> 0, (b + mix(q)) >>> 0, (c + mix(r)) >>> 0, (d + mix(s)) >>> 0]
}

const prime = 0x01000193

export const toHex = (lanes: Fingerprint): string => lanes.map((lane) => lane.toString(16).padStart(8, "0")).join("")
