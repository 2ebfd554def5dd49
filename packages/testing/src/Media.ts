/**
 * Generates audio files of any length from a short description.
 *
 * @since 0.1.0
 */
import * as Stream from "effect/Stream"

import * as Mp3Frame from "./internal/mp3Frame.ts"

/**
 * The description of an audio file: a steady tone, with half its pitch on the right channel.
 *
 * @category models
 * @since 0.1.0
 */
export interface Media {
  /**
   * `wav` is 8 kHz 16-bit PCM.
   *
   * `mp3` is MPEG-2.5 Layer III at 8 kHz and 64 kbit/s, in whole frames of 72 ms.
   */
  readonly container: "wav" | "mp3"
  readonly channels: 1 | 2
  /** In milliseconds. */
  readonly duration: number
  /** The pitch of the tone, in whole Hz from 1 to 3999. `mp3` has the nearest multiple of 13.9 Hz. */
  readonly pitch: number
  /** What is wrong with the file. By default nothing. */
  readonly flaw?: Flaw
}

/**
 * What can be wrong with audio.
 *
 * - `silent`: all channels are silent.
 * - `one-way`: the right channel is silent.
 * - `cut`: the second half of a `wav` is missing.
 * - `noise`: a `wav` is not audio, from its first byte on.
 * - `codec`: the header of a `wav` names a codec that hardly any program decodes (GSM 6.10).
 *
 * @category models
 * @since 0.1.0
 */
export type Flaw = "silent" | "one-way" | "cut" | "noise" | "codec"

const sampleRate = 8000
const bytesPerSample = 2
const headerLength = 44
/** The numbers of two codecs in a WAV header. */
const pcm = 1
const gsm = 0x31

/** The duration of an MP3 frame, in milliseconds. */
const frameDuration = (Mp3Frame.samples / Mp3Frame.sampleRate) * 1000

/**
 * The length of the file in bytes, without generating it.
 *
 * @category getters
 * @since 0.1.0
 */
export const byteLength = (media: Media): number =>
  media.container === "mp3"
    ? frameCount(media) * Mp3Frame.length
    : headerLength + (media.flaw === "cut" ? Math.floor(pcmLength(media) / 8) * 4 : pcmLength(media))

/**
 * The bytes of the file from `start` up to but excluding `end`, in chunks of at most 64 kB.
 *
 * Memory does not grow with the length.
 *
 * @category getters
 * @since 0.1.0
 */
export function* chunks(media: Media, start = 0, end = byteLength(media)): Generator<Uint8Array> {
  const head = media.container === "wav" ? wavHeader(media) : new Uint8Array(0)
  // Both formats are a header and then the same block again and again.
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

/** The pitch of each channel; `null` for a silent one. */
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

/**
 * One second of audio.
 *
 * A tone in whole Hz repeats after a second, so one second makes a file of any length.
 */
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

/** A hundred MP3 frames. All frames are equal, so these make a file of any length. */
const manyFrames = (media: Media): Uint8Array => {
  const [left, right] = pitchesOf(media)
  const frame = Mp3Frame.make(media.channels === 1 ? [left] : [left, right])
  const block = new Uint8Array(Mp3Frame.length * 100)
  for (let at = 0; at < block.length; at += Mp3Frame.length) block.set(frame, at)
  return block
}
