/**
 * Audio files made up on the fly: any length of them, from a description of a few bytes.
 *
 * @since 0.1.0
 */
import * as Stream from "effect/Stream"

/**
 * One audio file.
 *
 * - `container`: `wav` is 8 kHz 16-bit PCM with a steady tone, another pitch on the right channel; `mp3` is MPEG-2.5
 *   Layer III at 8 kHz and 64 kbit/s, silent, in whole frames of 72 ms.
 * - `duration`: in milliseconds.
 * - `pitch`: of the tone, in whole Hz from 1 to 3999.
 * - `flaw`: what is wrong with a `wav`: it is silent, or its right channel is; its second half is missing; or it is no audio
 *   from its first byte on.
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
export type Flaw = "silent" | "one-way" | "cut" | "noise"

const sampleRate = 8000
const bytesPerSample = 2
const headerLength = 44
/** Samples in a Layer III frame below MPEG-1. */
const samplesPerFrame = 576
const bitRate = 64_000
const frameLength = (samplesPerFrame / 8) * (bitRate / sampleRate)

/** How long one MP3 frame sounds, in milliseconds. */
const frameDuration = (samplesPerFrame / sampleRate) * 1000

/**
 * The length of the file in bytes, without making it.
 *
 * @category getters
 * @since 0.1.0
 */
export const byteLength = (media: Media): number =>
  media.container === "mp3"
    ? frameCount(media) * frameLength
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
  const block = media.container === "wav" ? oneSecond(media) : silentFrames(media)
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
  view.setUint16(20, 1, true)
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
  for (let sample = 0; sample < sampleRate; sample++) {
    for (let channel = 0; channel < media.channels; channel++) {
      if (media.flaw === "silent" || (media.flaw === "one-way" && channel === 1)) continue
      const pitch = channel === 0 ? media.pitch : Math.ceil(media.pitch / 2)
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

/**
 * Frames of nothing but a header: the side information of zeros says that no granule has any data. The header is
 * sync and MPEG-2.5 Layer III without CRC (`FF E3`), 64 kbit/s at 8 kHz (`88`), and the channel mode.
 */
const silentFrames = (media: Media): Uint8Array => {
  const block = new Uint8Array(frameLength * 100)
  for (let at = 0; at < block.length; at += frameLength) {
    block.set([0xff, 0xe3, 0x88, media.channels === 1 ? 0xc0 : 0x00], at)
  }
  return block
}
