/** Texts within PNG files: chunks of type `tEXt`, a keyword and a text in Latin-1, parted by a zero. */
import { crc32 } from "node:zlib"

const signatureLength = 8
const keyword = "Finding codes"

/** The text that names codes. */
export const codesOf = (codes: ReadonlyArray<string>): string => codes.toSorted().join(" ")

/** The chunks of a file: where each starts, its type and its data. */
const chunksOf = (png: Buffer) => {
  const chunks: Array<{ readonly start: number; readonly type: string; readonly data: Buffer }> = []
  for (let start = signatureLength; start < png.length;) {
    const length = png.readUInt32BE(start)
    const type = png.toString("latin1", start + 4, start + 8)
    chunks.push({ start, type, data: png.subarray(start + 8, start + 8 + length) })
    start += 12 + length
  }
  return chunks
}

/** The file with a text put before its end. */
export const withText = (png: Buffer, text: string): Buffer => {
  const body = Buffer.from(`tEXt${keyword}\0${text}`, "latin1")
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(body.length - 4, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  const end = chunksOf(png).find(({ type }) => type === "IEND")?.start ?? png.length
  return Buffer.concat([png.subarray(0, end), chunk, png.subarray(end)])
}

/** The text that was put into the file; `undefined` if there is none. */
export const textOf = (png: Buffer): string | undefined =>
  chunksOf(png)
    .filter(({ type }) => type === "tEXt")
    .map(({ data }) => data.toString("latin1").split("\0"))
    .find(([name]) => name === keyword)?.[1]
