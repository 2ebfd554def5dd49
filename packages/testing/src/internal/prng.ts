/**
 * A small seeded random number generator, for simulations and not for secrets.
 *
 * It is sfc32 (Chris Doty-Humphrey's "Small Fast Counting" generator, 128 bits of state). splitmix32 expands the seed to its state.
 */

export interface Prng {
  /** The next 32 random bits, as an unsigned integer. */
  readonly bits: () => number
  /** The next number in [0, 1). */
  readonly unit: () => number
}

/** The generator of a numbered stream of a seed, both whole numbers. Each pair has a state of its own. */
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
  // The first outputs of neighbouring seeds are still similar.
  for (let warm = 0; warm < 12; warm++) bits()
  return { bits, unit: () => bits() / 0x1_0000_0000 }
}

/** A whole number from `low` to `high`, both inclusive. */
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

const codes = (letters: string): ReadonlyArray<number> => Array.from(letters, (letter) => letter.charCodeAt(0))

const hex = codes("0123456789abcdef")
const base58Alphabet = codes("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
const hyphen = "-".charCodeAt(0)

// Make ids from an array of codes: a string that grows by one letter at a time takes many times the memory.

/** A version 4 UUID. */
export const uuid = (prng: Prng): string => {
  const text: Array<number> = []
  for (let group = 0; group < 4; group++) {
    let bits = prng.bits()
    if (group === 1) bits = (bits & 0xffff0fff) | 0x4000
    if (group === 2) bits = (bits & 0x3fffffff) | 0x80000000
    for (let shift = 28; shift >= 0; shift -= 4) {
      text.push(hex[(bits >>> shift) & 15] ?? 0)
      if (text.length === 8 || text.length === 13 || text.length === 18 || text.length === 23) text.push(hyphen)
    }
  }
  return String.fromCharCode(...text)
}

/** An id of base58 letters, like the observed SIP Call-IDs. */
export const base58 = (prng: Prng, length: number): string =>
  String.fromCharCode(...Array.from({ length }, () => base58Alphabet[integer(prng, 0, 57)] ?? 0))
