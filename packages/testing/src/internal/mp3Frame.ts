/**
 * Makes MP3 frames with a tone, bit by bit: MPEG-2.5 Layer III at 8 kHz and 64 kbit/s, without CRC.
 *
 * A frame is one granule of 576 samples and 576 frequency lines, each 6.94 Hz wide. Two neighbouring lines of equal height in every
 * frame give a steady tone, without clicks, at the border between them. No frame borrows bytes of the one before (`main_data_begin`
 * is 0), so any number of frames in a row is a file.
 */

/** Samples in a frame. */
export const samples = 576
export const sampleRate = 8000
const bitRate = 64_000
/** Bytes in a frame. */
export const length = (samples / 8) * (bitRate / sampleRate)

/** The distance in Hz between two tones that have a whole number of cycles per frame. */
const step = sampleRate / samples
const highest = samples / 2 - 1

/** The global gain: a quarter of full scale, as loud as the tones of WAV. */
const gain = 200

/** Values, and the number of bits of each. */
type Fields = ReadonlyArray<readonly [value: number, bits: number]>

/** Huffman table 1 of the standard: pairs of lines of height 0 or 1. A sign bit follows each 1. */
const pair = (x: 0 | 1, y: 0 | 1): Fields =>
  x === 1 ? (y === 1 ? [[0b000_00, 5]] : [[0b01_0, 3]]) : y === 1 ? [[0b001_0, 4]] : [[0b1, 1]]

/** The lines of a channel: none, or the two around the tone nearest to a pitch. */
const linesOf = (pitch: number | null): ReadonlyArray<Fields> => {
  if (pitch === null) return []
  const cycles = Math.min(highest, Math.max(1, Math.round(pitch / step)))
  const [below, above] = [2 * cycles - 1, 2 * cycles]
  const height = (line: number) => (line === below || line === above ? 1 : 0)
  return Array.from({ length: cycles + 1 }, (_, index) => pair(height(2 * index), height(2 * index + 1)))
}

const countBits = (fields: Fields) => fields.reduce((sum, [, bits]) => sum + bits, 0)

/** The side information of a channel with these lines. */
const sideOf = (lines: ReadonlyArray<Fields>): Fields => [
  [countBits(lines.flat()), 12], // part2_3_length: there are no scale factors
  [lines.length, 9], // big_values
  [gain, 8],
  [0, 9], // scalefac_compress
  [0, 1], // window_switching_flag
  [1, 5], // table_select, for each of three regions
  [1, 5],
  [1, 5],
  [7, 4], // region0_count
  [7, 3], // region1_count
  [0, 1], // scalefac_scale
  [0, 1] // count1table_select
]

/** A frame of one or two channels, each with a tone of a pitch in whole Hz, or silent (`null`). */
export const make = (pitches: readonly [number | null] | readonly [number | null, number | null]): Uint8Array => {
  const isMono = pitches.length === 1
  const channels = pitches.map(linesOf)
  const fields: Fields = [
    [0b1111_1111_111, 11], // sync
    [0b00, 2], // MPEG-2.5
    [0b01, 2], // Layer III
    [1, 1], // no CRC
    [0b1000, 4], // 64 kbit/s
    [0b10, 2], // 8 kHz
    [0, 1], // no padding
    [0, 1],
    [isMono ? 0b11 : 0b00, 2],
    [0, 6], // no joint stereo, no copyright, a copy, no emphasis
    [0, 8], // main_data_begin
    [0, isMono ? 1 : 2],
    ...channels.flatMap(sideOf),
    ...channels.flat(2)
  ]
  const frame = new Uint8Array(length)
  let at = 0
  for (const [value, bits] of fields) {
    for (let bit = bits - 1; bit >= 0; bit--, at++) {
      if (((value >>> bit) & 1) === 1) frame[at >>> 3] = (frame[at >>> 3] ?? 0) | (0x80 >>> (at & 7))
    }
  }
  return frame
}
