/** s3rver, a server of the S3 protocol over real HTTP, with a bucket `lake`. */
import type { RequestListener } from "node:http"
import { Effect, FileSystem } from "effect"
import S3rver from "s3rver"

/** Whether the server knows `If-None-Match: *`, which s3rver by itself does not. */
export const make = Effect.fnUntraced(function* ({ conditions }: { readonly conditions: boolean }) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const server = new S3rver({
    port: 0,
    address: "127.0.0.1",
    silent: true,
    directory,
    configureBuckets: [{ name: "lake" }]
  })
  const { port } = yield* Effect.acquireRelease(
    Effect.promise(() => server.run()),
    () => Effect.promise(() => server.close())
  )
  if (conditions) {
    const put = new Set<string>()
    const [answer] = server.httpServer.listeners("request") as unknown as ReadonlyArray<RequestListener>
    server.httpServer.removeAllListeners("request").on("request", (request, response) => {
      const { headers, method, url = "" } = request
      const path = url.split("?", 1)[0] ?? ""
      if (method === "PUT" && headers["if-none-match"] === "*" && put.has(path)) {
        request.resume()
        response.writeHead(412, { "content-type": "application/xml" })
        return response.end("<Error><Code>PreconditionFailed</Code></Error>")
      }
      if (method === "PUT") put.add(path)
      if (method === "DELETE") put.delete(path)
      return answer?.(request, response)
    })
  }
  return {
    client: {
      endpoint: `http://127.0.0.1:${port}`,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" }
    },
    bucket: "lake"
  }
})
