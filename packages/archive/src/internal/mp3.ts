/** MP3 as it comes: decoded by mpg123, and its frames counted by their headers, which tell whether the last is whole. */
import { MPEGDecoder } from "mpg123-decoder"
import * as Effect from "effect/Effect"

import { Meter } from "./levels.ts"
import { type Reader, type Reading, unknown } from "./reading.ts"

const bitRates = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
} as const
const sampleRates = [44_100, 48_000, 32_000]

interface Frame {
  readonly length: number
  readonly channels: 1 | 2
  readonly sampleRate: number
  /** Samples of one channel in a frame. */
  readonly samples: number
  /** Where the data of a frame begin that announces the whole file. */
  readonly data: number
}

/** A Layer III frame by its header of four bytes; `null` where there is none. */
const frameAt = (bytes: Buffer, at: number): Frame | null => {
  const header = bytes.readUInt32BE(at)
  const version = (header >>> 19) & 3
  const rate = sampleRates[(header >>> 10) & 3]
  if (header >>> 21 !== 0x7ff || version === 1 || ((header >>> 17) & 3) !== 1 || rate === undefined) return null
  const isFirst = version === 3
  const bitRate = bitRates[isFirst ? 1 : 2][(header >>> 12) & 15]
  // A free bit rate is not told by the header.
  if (bitRate === undefined || bitRate === 0) return null
  const sampleRate = rate / (isFirst ? 1 : version === 2 ? 2 : 4)
  const padding = (header >>> 9) & 1
  const channels = ((header >>> 6) & 3) === 3 ? 1 : 2
  const sides = isFirst ? ([17, 32] as const) : ([9, 17] as const)
  return {
    length: Math.floor(((isFirst ? 144 : 72) * bitRate * 1000) / sampleRate) + padding,
    channels,
    sampleRate,
    samples: isFirst ? 1152 : 576,
    data: 4 + sides[channels === 1 ? 0 : 1]
  }
}

/** How many frames the first one announces, as encoders write it ("Xing", or "Info"); `null` if it does not tell. */
const announcedBy = (bytes: Buffer, { data }: Frame): number | null => {
  const name = bytes.toString("latin1", data, data + 4)
  if ((name !== "Xing" && name !== "Info") || bytes.length < data + 12) return null
  const frames = (bytes.readUInt32BE(data + 4) & 1) === 0 ? 0 : bytes.readUInt32BE(data + 8)
  // An encoder that could not go back leaves none, or all ones.
  return frames === 0 || frames === 0xffff_ffff ? null : frames
}

/** How long a tag is that begins here; `null` where none does. ID3v2 stands before the frames, APE and ID3v1 after them. */
const tagAt = (bytes: Buffer): number | null => {
  const text = bytes.toString("latin1", 0, 8)
  if (text.startsWith("ID3")) {
    const [flags = 0, a = 0, b = 0, c = 0, d = 0] = bytes.subarray(5, 10)
    const ends = (flags & 0x10) === 0 ? 10 : 20
    return ends + ((a & 127) << 21) + ((b & 127) << 14) + ((c & 127) << 7) + (d & 127)
  }
  if (text.startsWith("TAG+")) return 227
  if (text.startsWith("TAG")) return 128
  // The size of its header leaves the header itself out.
  return text === "APETAGEX" ? 32 + bytes.readUInt32LE(12) : null
}

/** So many bytes tell a frame or a tag. */
const headLength = 16

/** The first bytes of frames and of tags. */
const beginnings = new Set([0xff, ...Buffer.from("ITA")])

/** Goes from frame to frame, over tags and over what is neither. The decoder would take some of that for frames. */
const walker = (take: (frames: Uint8Array) => void) => {
  let held: Buffer = Buffer.alloc(0)
  /** How many bytes are to be passed over. */
  let ahead = 0
  /** What they are of, or what was passed over last. */
  let last: "frame" | "tag" | "other" = "tag"
  let first: Frame | null = null
  let announced: number | null = null
  let frames = 0
  return {
    push(bytes: Uint8Array) {
      held = held.length === 0 ? Buffer.from(bytes) : Buffer.concat([held, bytes])
      for (;;) {
        const skipped = Math.min(ahead, held.length)
        if (last === "frame") take(held.subarray(0, skipped))
        held = held.subarray(skipped)
        ahead -= skipped
        if (ahead > 0 || held.length < headLength) return
        const tag = tagAt(held)
        const frame = tag === null ? frameAt(held, 0) : null
        if (tag !== null) {
          last = "tag"
          ahead = tag
        } else if (frame !== null) {
          if (first === null) {
            if (held.length < Math.min(frame.length, frame.data + 12)) return
            first = frame
            announced = announcedBy(held, frame)
          }
          last = "frame"
          frames++
          ahead = frame.length
        } else {
          last = "other"
          do ahead++
          while (ahead < held.length && !beginnings.has(held[ahead] ?? 0))
        }
      }
    },
    end() {
      // A few bytes that begin as a frame does, right after one, are what is left of it.
      const [start, next = 0xe0] = held
      const isPadding = held.length > 1 && held.every((byte) => byte === 0xff)
      const isBegun = last !== "other" && start === 0xff && (next & 0xe0) === 0xe0 && !isPadding
      // Some encoders count the frame that announces.
      const isShort = announced !== null && frames < announced
      return { announced, first, frames, isCut: isShort || (ahead > 0 ? last === "frame" : isBegun) }
    }
  }
}

interface Decoded {
  readonly channelData: ReadonlyArray<Float32Array>
  readonly samplesDecoded: number
  readonly sampleRate: number
}

/** The decoder writes to the console where it meets damage. What it says there is not for who runs the command. */
// oxlint-disable no-console
const quietly = <A>(f: () => A): A => {
  const { error } = console
  console.error = () => {}
  try {
    return f()
  } finally {
    console.error = error
  }
}
// oxlint-enable no-console

/**
 * The decoder gets blocks of this many bytes, as what it returns is up to a hundred times as large. All are full but the last:
 * how it resumes after damage depends on where a block ends, and the same file must always read the same.
 */
const blockLength = 16_384

export const reader = Effect.gen(function* () {
  const decoder = yield* Effect.acquireRelease(
    Effect.sync(() => new MPEGDecoder({ enableGapless: false })),
    (decoder) => Effect.sync(() => decoder.free())
  )
  yield* Effect.promise(() => decoder.ready)
  let samples = 0
  let sampleRate: number | null = null
  let meters: ReadonlyArray<Meter> = []
  let failure: string | null = null

  const take = ({ channelData, sampleRate: rate, samplesDecoded }: Decoded) => {
    if (samplesDecoded === 0) return
    sampleRate ??= rate
    samples += samplesDecoded
    if (meters.length === 0) meters = channelData.map(() => new Meter(rate))
    for (const [channel, data] of channelData.entries()) meters[channel]?.take(data)
  }

  const block = new Uint8Array(blockLength)
  let filled = 0
  const decodeBlock = () => {
    if (failure !== null) return
    try {
      take(quietly(() => decoder.decode(block.subarray(0, filled))))
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error)
    }
    filled = 0
  }

  const walk = walker((frames) => {
    for (let at = 0; at < frames.length;) {
      const piece = frames.subarray(at, at + blockLength - filled)
      block.set(piece, filled)
      filled += piece.length
      at += piece.length
      if (filled === blockLength) decodeBlock()
    }
  })

  return {
    push: walk.push,
    end(): Reading {
      decodeBlock()
      const { announced, first, frames, isCut } = walk.end()
      if (failure !== null) return unknown(`the decoder gave up: ${failure}`)
      if (first === null || frames === 0 || sampleRate === null) return unknown("there is no frame of MP3 in it")
      return {
        codec: "mp3",
        sampleRate,
        channels: first.channels,
        seconds: samples / sampleRate,
        claimed: announced === null ? null : (announced * first.samples) / first.sampleRate,
        truncated: isCut,
        // The decoder gives two channels of one.
        levels: meters.slice(0, first.channels).map(({ level }) => level),
        unreadable: null
      }
    }
  } satisfies Reader
})
