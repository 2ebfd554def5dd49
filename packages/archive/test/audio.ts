/** Audio files, made in the test. */
import { Mp3Encoder } from "@breezystack/lamejs"

export interface Sound {
  readonly channels: 1 | 2
  readonly rate: number
  readonly seconds: number
  /** How loud each channel is, from 0 to 1. */
  readonly loud: ReadonlyArray<number>
}

const sampleAt = ({ loud, rate }: Sound, channel: number, n: number) =>
  (loud[channel] ?? 0) * Math.sin((2 * Math.PI * (300 + 100 * channel) * n) / rate)

const count = ({ rate, seconds }: Sound) => Math.round(rate * seconds)

const writers = {
  8: (view: DataView, at: number, value: number) => view.setUint8(at, Math.round(value * 127) + 128),
  16: (view: DataView, at: number, value: number) => view.setInt16(at, Math.round(value * 32_767), true),
  24: (view: DataView, at: number, value: number) => {
    const whole = Math.round(value * 8_388_607)
    view.setInt8(at + 2, whole >> 16)
    view.setUint16(at, whole & 0xffff, true)
  },
  32: (view: DataView, at: number, value: number) => view.setInt32(at, Math.round(value * 2_147_483_647), true)
} as const

export type Bits = keyof typeof writers

/** A chunk of RIFF. */
const chunk = (name: string, body: Uint8Array, size = body.length): Buffer => {
  const head = Buffer.alloc(8)
  head.write(name, "latin1")
  head.writeUInt32LE(size, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}

export interface Wav {
  readonly tag: number
  readonly bits: number
  readonly channels: number
  readonly rate: number
  readonly data: Uint8Array
  /** What the data chunk says of its size, where that is not its size. */
  readonly size?: number
  readonly extra?: ReadonlyArray<Buffer>
}

export const wavOf = ({ bits, channels, data, extra = [], rate, size, tag }: Wav): Buffer => {
  const format = Buffer.alloc(16)
  format.writeUInt16LE(tag, 0)
  format.writeUInt16LE(channels, 2)
  format.writeUInt32LE(rate, 4)
  format.writeUInt32LE((rate * channels * bits) / 8, 8)
  format.writeUInt16LE((channels * bits) / 8, 12)
  format.writeUInt16LE(bits, 14)
  const chunks = Buffer.concat([chunk("fmt ", format), ...extra, chunk("data", data, size)])
  const riff = Buffer.alloc(12)
  riff.write("RIFF", 0, "latin1")
  riff.writeUInt32LE(chunks.length + 4, 4)
  riff.write("WAVE", 8, "latin1")
  return Buffer.concat([riff, chunks])
}

export const wav = (sound: Sound, bits: Bits = 16, more: Partial<Wav> = {}): Buffer => {
  const width = bits / 8
  const data = Buffer.alloc(count(sound) * sound.channels * width)
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  for (let n = 0; n < count(sound); n++) {
    for (let channel = 0; channel < sound.channels; channel++) {
      writers[bits](view, (n * sound.channels + channel) * width, sampleAt(sound, channel, n))
    }
  }
  return wavOf({ tag: 1, bits, channels: sound.channels, rate: sound.rate, data, ...more })
}

export const mp3 = (sound: Sound, kbps = 32): Buffer => {
  const encoder = new Mp3Encoder(sound.channels, sound.rate, kbps)
  const [left = new Int16Array(), right = new Int16Array()] = [0, 1].map((channel) =>
    Int16Array.from({ length: count(sound) }, (_, n) => Math.round(sampleAt(sound, channel, n) * 32_767))
  )
  return Buffer.concat([
    Buffer.from(encoder.encodeBuffer(left, sound.channels === 2 ? right : undefined)),
    Buffer.from(encoder.flush())
  ])
}

/** A tag of ID3v2, as it stands before MP3. What is in it looks like frames. */
export const id3 = (length: number): Buffer => {
  const tag = Buffer.alloc(10 + length, Buffer.from([0xff, 0xfb, 0x90, 0xc0]))
  tag.write("ID3", "latin1")
  tag.set([4, 0, 0, (length >> 21) & 127, (length >> 14) & 127, (length >> 7) & 127, length & 127], 3)
  return tag
}
