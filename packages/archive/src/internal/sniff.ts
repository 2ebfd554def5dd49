/** What a download is by its first bytes. */
import * as Effect from "effect/Effect"
import { fileTypeFromBuffer } from "file-type"

/** Whether it is text, as servers give in place of a file, and which kind. Audio has other bytes within its first few. */
export const errorPage = (head: Uint8Array): "HTML" | "JSON" | "text" | null => {
  const text = new TextDecoder("latin1")
    .decode(head)
    .replace(/^\u00ef\u00bb\u00bf/, "")
    .trimStart()
  if (/^<(!|\?|[a-z])/i.test(text)) return "HTML"
  if (/^[{[]\s*["{[\]}]/.test(text)) return "JSON"
  return /^[\t\n\r\u0020-\u007e]+$/.test(text) ? "text" : null
}

/** From the first byte on that is not zero: some writers begin a file with zeros. */
export const withoutZeros = (bytes: Uint8Array): Uint8Array => {
  const start = bytes.findIndex((byte) => byte !== 0)
  return start < 0 ? bytes.subarray(bytes.length) : bytes.subarray(start)
}

/** So many bytes tell what a file is. */
export const headLength = 4100

/** A kind of file: its usual name ending, and whether sound can be in it. */
export interface Kind {
  readonly name: string
  readonly isAudio: boolean
}

/** What `file-type` does not know: Sun's .au, WAV in big-endian, Sony's Wave64, Apple's CAF, and WMA. */
const beginnings: ReadonlyArray<readonly [name: string, beginning: string]> = [
  ["au", ".snd"],
  ["rifx", "RIFX"],
  ["w64", "riff\x2e\x91\xcf\x11"],
  ["caf", "caff"],
  ["wma", "\x30\x26\xb2\x75\x8e\x66\xcf\x11"]
]

/**
 * What the first bytes say, which are without zeros before them; `null` if nothing known begins so. `file-type` knows the
 * containers, but not those of `beginnings`, nor the 64-bit forms of WAV, nor MP3 behind a tag whose size is wrong.
 */
export const kindOf = (head: Uint8Array): Effect.Effect<Kind | null> => {
  const text = Buffer.from(head.subarray(0, 12)).toString("latin1")
  if (/^(RIFF|RF64|BW64)....WAVE/s.test(text)) return Effect.succeed({ name: "wav", isAudio: true })
  const begun = beginnings.find(([, beginning]) => text.startsWith(beginning))
  if (begun !== undefined) return Effect.succeed({ name: begun[0], isAudio: true })
  // MP4 begins with a length, whose first bytes are zeros.
  const whole = text.slice(1, 5) === "ftyp" ? Uint8Array.of(0, 0, 0, ...head) : head
  return Effect.tryPromise(() => fileTypeFromBuffer(whole)).pipe(
    // It reads on where a header says that there is more: what it cannot follow is not known.
    Effect.orElseSucceed(() => undefined),
    Effect.map((type) => {
      if (type !== undefined) {
        return { name: type.ext, isAudio: /^(audio|video)\/|^application\/ogg/.test(type.mime) }
      }
      return text.startsWith("ID3") ? { name: "mp3", isAudio: true } : null
    })
  )
}
