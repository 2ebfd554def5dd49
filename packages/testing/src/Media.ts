/**
 * Audio files made up on the fly: any length of them, from a description of a few bytes.
 *
 * @since 0.1.0
 */
import * as Stream from "effect/Stream"

import * as Mp3Frame from "./internal/mp3Frame.ts"

/**
 * One audio file.
 *
 * Both containers hold a steady tone, and half its pitch on the right channel.
 *
 * - `container`: `wav` is 8 kHz 16-bit PCM; `mp3` is MPEG-2.5 Layer III at 8 kHz and 64 kbit/s in whole frames of 72 ms.
 * - `duration`: in milliseconds.
 * - `pitch`: of the tone, in whole Hz from 1 to 3999; in `mp3` the nearest multiple of 13.9 Hz.
 * - `flaw`: what is wrong: it is silent, or its right channel is; and of a `wav` alone, its second half is missing, it is no
 *   audio from its first byte on, or its header names a codec that hardly anything decodes (GSM 6.10).
 *
 * @category models
 * @since 0.1.0
 */
export interface Media {
  readonly container: "wav" | "mp3"
  readonly channels: 1 | 2
  readonly duration: number
  readonly pitch: number
  readonly flaw?: Flaw
}

/**
 * What can be wrong with audio.
 *
 * @category models
 * @since 0.1.0
 */
export type Flaw = "silent" | "one-way" | "cut" | "noise" | "codec"

const sampleRate = 8000
const bytesPerSample = 2
const headerLength = 44
/** The numbers of two codecs in a header of WAV. */
const pcm = 1
const gsm = 0x31

/** How long one MP3 frame sounds, in milliseconds. */
const frameDuration = (Mp3Frame.samples / Mp3Frame.sampleRate) * 1000

/**
 * The length of the file in bytes, without making it.
 *
 * @category getters
 * @since 0.1.0
 */
export const byteLength = (media: Media): number =>
  media.container === "mp3"
    ? frameCount(media) * Mp3Frame.length
    : headerLength + (media.flaw === "cut" ? Math.floor(pcmLength(media) / 8) * 4 : pcmLength(media))

/**
 * The bytes of the file from `start` up to and without `end`, in pieces of at most 64 kB. Memory does not grow with
 * the length.
 *
 * @category getters
 * @since 0.1.0
 */
export function* chunks(media: Media, start = 0, end = byteLength(media)): Generator<Uint8Array> {
  const head = media.container === "wav" ? wavHeader(media) : new Uint8Array(0)
  // Both forms are a head and then one block over and over.
  const block = media.container === "wav" ? oneSecond(media) : manyFrames(media)
  let at = Math.max(0, start)
  const stop = Math.min(end, byteLength(media))
  while (at < stop) {
    const inHead = at < head.length
    const source = inHead ? head : block
    const from = inHead ? at : (at - head.length) % block.length
    const chunk = source.subarray(from, Math.min(source.length, from + stop - at))
    yield chunk
    at += chunk.length
  }
}

/**
 * `chunks` as a stream.
 *
 * @category getters
 * @since 0.1.0
 */
export const stream = (media: Media, start?: number, end?: number): Stream.Stream<Uint8Array> =>
  Stream.fromIterable({ [Symbol.iterator]: () => chunks(media, start, end) }, { chunkSize: 1 })

/** The tone of each channel; `null` where it is silent. */
const pitchesOf = ({ flaw, pitch }: Media): readonly [left: number | null, right: number | null] =>
  flaw === "silent" ? [null, null] : [pitch, flaw === "one-way" ? null : Math.ceil(pitch / 2)]

// ---------------------------------------------------------------------------
// WAV
// ---------------------------------------------------------------------------

const pcmLength = (media: Media): number =>
  Math.round((media.duration * sampleRate) / 1000) * bytesPerSample * media.channels

const wavHeader = (media: Media): Uint8Array => {
  const header = new Uint8Array(headerLength)
  if (media.flaw === "noise") return header.fill(0x80)
  const view = new DataView(header.buffer)
  const ascii = (at: number, text: string) => {
    for (let index = 0; index < text.length; index++) view.setUint8(at + index, text.charCodeAt(index))
  }
  const blockAlign = bytesPerSample * media.channels
  ascii(0, "RIFF")
  view.setUint32(4, headerLength - 8 + pcmLength(media), true)
  ascii(8, "WAVEfmt ")
  view.setUint32(16, 16, true)
  view.setUint16(20, media.flaw === "codec" ? gsm : pcm, true)
  view.setUint16(22, media.channels, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * blockAlign, true)
  view.setUint16(32, blockAlign, true)
  view.setUint16(34, bytesPerSample * 8, true)
  ascii(36, "data")
  view.setUint32(40, pcmLength(media), true)
  return header
}

/** A tone of whole Hz repeats after a second, so one second of it makes a file of any length. */
const oneSecond = (media: Media): Uint8Array => {
  const block = new Uint8Array(sampleRate * bytesPerSample * media.channels)
  const view = new DataView(block.buffer)
  const pitches = pitchesOf(media)
  for (let sample = 0; sample < sampleRate; sample++) {
    for (let channel = 0; channel < media.channels; channel++) {
      const pitch = pitches[channel] ?? null
      if (pitch === null) continue
      const level = Math.round(8000 * Math.sin((2 * Math.PI * pitch * sample) / sampleRate))
      view.setInt16((sample * media.channels + channel) * bytesPerSample, level, true)
    }
  }
  return block
}

// ---------------------------------------------------------------------------
// MP3
// ---------------------------------------------------------------------------

const frameCount = (media: Media): number => Math.ceil(media.duration / frameDuration)

/** Every frame is the same, so a few of them make a file of any length. */
const manyFrames = (media: Media): Uint8Array => {
  const [left, right] = pitchesOf(media)
  const frame = Mp3Frame.make(media.channels === 1 ? [left] : [left, right])
  const block = new Uint8Array(Mp3Frame.length * 100)
  for (let at = 0; at < block.length; at += Mp3Frame.length) block.set(frame, at)
  return block
}
