/**
 * A bare HTTP server of audio, as fast as Node.js can be: every file is a whole WAV file of the same length, and no two are the
 * same. It runs in a process of its own.
 *
 *     node media.ts BYTES
 */
import { randomBytes } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const length = Number(process.argv[2])
const headerLength = 44
const stampLength = 16
const rate = 8000

/** The header of WAV: PCM of 16 bits, one channel. */
const header = Buffer.alloc(headerLength)
header.write("RIFF", 0)
header.writeUInt32LE(length - 8, 4)
header.write("WAVEfmt ", 8)
header.writeUInt32LE(16, 16)
header.writeUInt16LE(1, 20)
header.writeUInt16LE(1, 22)
header.writeUInt32LE(rate, 24)
header.writeUInt32LE(rate * 2, 28)
header.writeUInt16LE(2, 32)
header.writeUInt16LE(16, 34)
header.write("data", 36)
header.writeUInt32LE(length - headerLength, 40)

const samples = randomBytes(length - headerLength - stampLength)

const server = createServer({ keepAlive: true }, (request, response) => {
  const name = /\d+$/.exec(request.url ?? "")?.[0] ?? ""
  response.cork()
  response.writeHead(200, { "content-type": "audio/wav", "content-length": length, etag: `"${name}"` })
  response.write(header)
  response.write(name.padStart(stampLength))
  response.end(samples)
  response.uncork()
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
// Whoever started it has gone.
process.stdin.resume().on("end", () => process.exit())
