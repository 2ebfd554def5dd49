/** WAV as it comes: its chunks, and the samples of those codecs that telephony uses. */
import { Meter } from "./levels.ts"
import type { Reader, Reading } from "./reading.ts"

interface Format {
  readonly codec: string
  readonly channels: number
  readonly sampleRate: number
  readonly byteRate: number
  /** Bytes of one sample of all channels. */
  readonly block: number
  readonly sample: ((view: DataView, at: number) => number) | null
}

/** A byte of G.711, as a part of the loudest. */
export const muLaw = (byte: number): number => {
  const bits = ~byte & 0xff
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84
  return ((bits & 0x80) === 0 ? magnitude : -magnitude) / 32_768
}

/** The same of the other law. */
export const aLaw = (byte: number): number => {
  const bits = byte ^ 0x55
  const exponent = (bits & 0x70) >> 4
  const mantissa = ((bits & 0x0f) << 4) + 8
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
  return ((bits & 0x80) === 0 ? -magnitude : magnitude) / 32_768
}

const samples: Readonly<Record<string, Format["sample"]>> = {
  "1/8": (view, at) => (view.getUint8(at) - 128) / 128,
  "1/16": (view, at) => view.getInt16(at, true) / 32_768,
  "1/24": (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8_388_608,
  "1/32": (view, at) => view.getInt32(at, true) / 2_147_483_648,
  "3/32": (view, at) => {
    const value = view.getFloat32(at, true)
    return Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0
  },
  "6/8": (view, at) => aLaw(view.getUint8(at)),
  "7/8": (view, at) => muLaw(view.getUint8(at))
}

const codecs: Readonly<Record<number, string>> = { 1: "pcm", 3: "float", 6: "a-law", 7: "mu-law" }
const extensible = 0xfffe
const mostChannels = 64
const highestRate = 768_000

const formatOf = (bytes: Buffer): Format | string => {
  if (bytes.length < 16) return "its format chunk is too short"
  const given = bytes.readUInt16LE(0)
  // The extensible form names the codec at the start of a GUID.
  const tag = given === extensible && bytes.length >= 26 ? bytes.readUInt16LE(24) : given
  const channels = bytes.readUInt16LE(2)
  const sampleRate = bytes.readUInt32LE(4)
  const byteRate = bytes.readUInt32LE(8)
  const bits = bytes.readUInt16LE(14)
  if (channels < 1 || channels > mostChannels) return `it says that it has ${channels} channels`
  if (sampleRate < 1 || sampleRate > highestRate) return `it says that it has ${sampleRate} samples a second`
  const sample = samples[`${tag}/${bits}`] ?? null
  return {
    codec: `${codecs[tag] ?? `0x${tag.toString(16).padStart(4, "0")}`}${tag === 1 || tag === 3 ? ` ${bits}` : ""}`,
    channels,
    sampleRate,
    byteRate: sample === null ? byteRate : sampleRate * channels * (bits / 8),
    block: sample === null ? 1 : channels * (bits / 8),
    sample
  }
}

/**
 * Sizes that writers give who do not know them yet: none, or about the largest of 31 or 32 bits. No call is so long: these are
 * 37 hours of telephone sound.
 */
const isUnknown = (size: number) => size === 0 || size >= 0x7fff_0000

const headerLength = 12
const chunkHeader = 8
/** A format chunk is 16 to 40 bytes; of what is longer, no more is looked at. */
const longestFormat = 256
/** The sizes of the 64-bit form (RF64): of the file and of the data. */
const sizesLength = 16

// oxlint-disable-next-line max-lines-per-function -- one reader: what a piece of the file means depends on all before it
export const reader = (): Reader => {
  let held: Buffer = Buffer.alloc(0)
  let state: "riff" | "chunk" | "format" | "sizes" | "skip" | "data" | "done" = "riff"
  let left = 0
  /** Whether the size of the chunk before was odd. */
  let isOdd = false
  let size64: number | null = null
  /** How many bytes there are before the data, and how many of the data have come. */
  let before = 0
  let came = 0
  let format: Format | undefined
  let unreadable: string | undefined
  let claimed: number | null = null
  let dataBytes = 0
  let meters: ReadonlyArray<Meter> = []
  /** The samples of one channel. */
  let scratch = new Float64Array(0)

  /** Takes whole blocks of samples, and tells how many bytes they were. */
  const measure = (bytes: Buffer): number => {
    if (format === undefined || format.sample === null) return bytes.length
    const { block, channels, sample } = format
    const width = block / channels
    const whole = Math.floor(bytes.length / block) * block
    const view = new DataView(bytes.buffer, bytes.byteOffset, whole)
    const count = whole / block
    if (format.codec === "pcm 16") {
      for (const [channel, meter] of meters.entries()) meter.takeInt16(view, channel * width, block, count)
      return whole
    }
    if (scratch.length < count) scratch = new Float64Array(count)
    for (const [channel, meter] of meters.entries()) {
      for (let n = 0, at = channel * width; n < count; n++, at += block) scratch[n] = sample(view, at)
      meter.take(scratch, count)
    }
    return whole
  }

  /** One step; false when more bytes are needed. */
  // oxlint-disable-next-line max-lines-per-function -- one case for each state
  const step = (): boolean => {
    switch (state) {
      case "riff":
        if (held.length < headerLength) return false
        held = held.subarray(headerLength)
        before += headerLength
        state = "chunk"
        return true
      case "chunk": {
        if (held.length < chunkHeader) return false
        // A chunk of odd size is padded by a zero, which some writers leave out; no name begins with one.
        if (isOdd && held[0] === 0) {
          held = held.subarray(1)
          before++
          isOdd = false
          return true
        }
        const name = held.toString("latin1", 0, 4)
        const size = held.readUInt32LE(4)
        held = held.subarray(chunkHeader)
        left = size
        isOdd = size % 2 === 1
        before += chunkHeader
        state = name === "fmt " ? "format" : name === "ds64" ? "sizes" : name === "data" ? "data" : "skip"
        if (state === "format" && size > longestFormat) {
          unreadable = "its format chunk is too long"
          state = "done"
        }
        if (state === "data") {
          if (format === undefined) {
            unreadable = "its data come before their format"
            state = "done"
            return true
          }
          // The 64-bit form gives the largest size here, and the true one before.
          claimed = isUnknown(size) ? size64 : size
          left = claimed ?? Infinity
        } else {
          before += left
        }
        return true
      }
      case "format": {
        if (held.length < left) return false
        const found = formatOf(held.subarray(0, left))
        held = held.subarray(left)
        if (typeof found === "string") {
          unreadable = found
          state = "done"
        } else {
          format = found
          meters = Array.from({ length: found.channels }, () => new Meter(found.sampleRate))
          state = "chunk"
        }
        return true
      }
      case "sizes": {
        if (held.length < Math.min(left, sizesLength)) return false
        const size = left < sizesLength ? 0 : Number(held.readBigUInt64LE(8))
        size64 = size === 0 || !Number.isSafeInteger(size) ? null : size
        state = "skip"
        return true
      }
      case "skip": {
        const skipped = Math.min(left, held.length)
        held = held.subarray(skipped)
        left -= skipped
        if (left > 0) return false
        state = "chunk"
        return true
      }
      case "data": {
        const taken = measure(held.subarray(0, Math.min(left, held.length)))
        held = held.subarray(taken)
        dataBytes += taken
        left -= taken
        came = dataBytes + Math.min(left, held.length)
        // What is left of a block waits for the rest of it; what follows the data is of no matter.
        if (left > 0) return false
        state = "done"
        return true
      }
      case "done":
        held = Buffer.alloc(0)
        return false
    }
  }

  return {
    push(bytes) {
      held =
        held.length === 0 ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) : Buffer.concat([held, bytes])
      while (step());
      // No more than a header or a part of a block: it is copied, as the bytes are the caller's.
      if (held.length > 0) held = Buffer.from(held)
    },
    end(): Reading {
      if (format === undefined) {
        return { ...none, unreadable: unreadable ?? "it ends before it says its format" }
      }
      if (unreadable !== undefined) return { ...none, unreadable }
      if (state !== "data" && state !== "done") return { ...none, unreadable: "it ends before its data begin" }
      const seconds = (length: number) => (format?.byteRate ? length / format.byteRate : null)
      // Some writers count their headers in: that of the data, all, or all that the size of the file counts.
      if (claimed !== null && [chunkHeader, before, before - chunkHeader].includes(claimed - came)) claimed = came
      return {
        codec: format.codec,
        sampleRate: format.sampleRate,
        channels: format.channels,
        seconds: seconds(dataBytes),
        claimed: claimed === null ? null : seconds(claimed),
        // A writer that did not know how much would come has not said how much there should be.
        truncated: claimed === null ? null : came < claimed,
        levels: format.sample === null ? null : meters.map(({ level }) => level),
        unreadable: null
      }
    }
  }
}

const none = {
  codec: null,
  sampleRate: null,
  channels: null,
  seconds: null,
  claimed: null,
  truncated: null,
  levels: null
}
