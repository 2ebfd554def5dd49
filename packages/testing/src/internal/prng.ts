/**
 * A small seeded generator: sfc32 (Chris Doty-Humphrey's "Small Fast Counting" generator, 128 bits of state), with its
 * state spread from the seed by splitmix32. Good enough to simulate by; not for secrets.
 */

export interface Prng {
  /** The next 32 random bits, as an unsigned integer. */
  readonly bits: () => number
  /** The next number in [0, 1). */
  readonly unit: () => number
}

/** The generator of one numbered stream under a seed, a whole number. No two pairs of the two share a state. */
export const make = (seed: number, stream: number): Prng => {
  let mix = stream | 0
  const spread = () => {
    mix = (mix + 0x9e3779b9) | 0
    let z = mix ^ (mix >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return z ^ (z >>> 15)
  }
  let a = spread()
  mix ^= seed
  let b = spread()
  mix ^= Math.floor(seed / 0x1_0000_0000)
  let c = spread()
  let counter = 1
  const bits = () => {
    const next = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + next) | 0
    return next >>> 0
  }
  // The first outputs still show the likeness of neighbouring seeds.
  for (let warm = 0; warm < 12; warm++) bits()
  return { bits, unit: () => bits() / 0x1_0000_0000 }
}

/** A whole number from `low` to `high`, both included. */
export const integer = (prng: Prng, low: number, high: number): number =>
  low + Math.floor(prng.unit() * (high - low + 1))

export const chance = (prng: Prng, probability: number): boolean => prng.unit() < probability

export const pick = <A>(prng: Prng, choices: readonly [A, ...ReadonlyArray<A>]): A =>
  choices[integer(prng, 0, choices.length - 1)] ?? choices[0]

/** Puts an array in random order, in place (Fisher-Yates). */
export const shuffle = (prng: Prng, array: Array<unknown> | Uint8Array): void => {
  for (let last = array.length - 1; last > 0; last--) {
    const other = integer(prng, 0, last)
    const kept = array[last]
    array[last] = array[other] as never
    array[other] = kept as never
  }
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

const byte = (word: number, shift: number) => hex[(word >>> shift) & 0xff] ?? ""

const word = (bits: number) => byte(bits, 24) + byte(bits, 16) + byte(bits, 8) + byte(bits, 0)

/** A version 4 UUID. */
export const uuid = (prng: Prng): string => {
  const first = word(prng.bits())
  const second = word((prng.bits() & 0xffff0fff) | 0x4000)
  const third = word((prng.bits() & 0x3fffffff) | 0x80000000)
  return `${first}-${second.slice(0, 4)}-${second.slice(4)}-${third.slice(0, 4)}-${third.slice(4)}${word(prng.bits())}`
}

const base58Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

/** An identifier of the base58 letters, as SIP Call-IDs were observed to look. */
export const base58 = (prng: Prng, length: number): string => {
  let text = ""
  for (let at = 0; at < length; at++) text += base58Alphabet[integer(prng, 0, 57)]
  return text
}
