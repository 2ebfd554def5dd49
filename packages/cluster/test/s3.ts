/** s3rver, a server of the S3 protocol over real HTTP, with a bucket `lake`. */
import { createServer, request as ask, type Server } from "node:http"
import { Effect, FileSystem } from "effect"
import S3rver from "@20minutes/s3rver"

/**
 * - `conditions`: whether the server knows `If-None-Match: *`, which s3rver by itself does not, or even refuses it; by default it
 *   does.
 * - `onPut`: sees each object's path before it is put. What it answers is the status that the request is refused with; it is never
 *   answered where that is `null`.
 */
export interface Options {
  readonly conditions?: boolean | "refused"
  readonly onPut?: (path: string) => number | null | undefined
}

const portOf = (server: Server) => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

export const make = Effect.fnUntraced(function* ({ conditions = true, onPut = () => undefined }: Options = {}) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const store = new S3rver({
    port: 0,
    address: "127.0.0.1",
    silent: true,
    allowMismatchedSignatures: true,
    directory,
    configureBuckets: [{ name: "lake" }]
  })
  const { port } = yield* Effect.acquireRelease(
    Effect.promise(() => store.run()),
    () => Effect.promise(() => store.close())
  )

  const put = new Set<string>()
  // Before s3rver, which keeps what it has of an object when the client is lost, as S3 does not: it is given whole requests alone.
  const front = createServer((request, response) => {
    const { headers, method, url = "" } = request
    const path = decodeURIComponent(url.split("?", 1)[0] ?? "")
    const body: Array<Buffer> = []
    request.on("data", (bytes: Buffer) => body.push(bytes))
    request.on("end", () => {
      const condition = conditions === false || headers["if-none-match"] !== "*" ? undefined : conditions
      const refused =
        method !== "PUT"
          ? undefined
          : condition === "refused"
            ? 501
            : condition === true && put.has(path)
              ? 412
              : onPut(path)
      if (refused === null) return
      if (refused !== undefined) {
        response.writeHead(refused, { "content-type": "application/xml" })
        return response.end("<Error><Code>Refused</Code></Error>")
      }
      if (method === "PUT") put.add(path)
      if (method === "DELETE") put.delete(path)
      // Each over a connection of its own: one that is kept may be closed just when it is used again.
      return ask({ host: "127.0.0.1", port, method, path: url, headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      })
        .on("error", () => response.destroy())
        .end(Buffer.concat(body))
    })
  })
  front.keepAliveTimeout = 0
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void front.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.callback<void>((resume) => {
        front.close(() => resume(Effect.void))
        front.closeAllConnections()
      })
  )
  return {
    client: {
      endpoint: `http://127.0.0.1:${portOf(front)}`,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" }
    },
    bucket: "lake"
  }
})
