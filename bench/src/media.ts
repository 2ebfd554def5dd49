/**
 * A bare HTTP server of audio, as fast as Node.js can be: every file is of the same length, and no two are the same. It runs
 * in a process of its own.
 *
 *     node media.ts BYTES
 */
import { randomBytes } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const length = Number(process.argv[2])
const audio = randomBytes(length)
const stampLength = 16

const server = createServer({ keepAlive: true }, (request, response) => {
  const name = /\d+$/.exec(request.url ?? "")?.[0] ?? ""
  response.cork()
  response.writeHead(200, { "content-type": "audio/mpeg", "content-length": length, etag: `"${name}"` })
  response.write(name.padStart(stampLength))
  response.end(audio.subarray(stampLength))
  response.uncork()
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
// Whoever started it has gone.
process.stdin.resume().on("end", () => process.exit())
