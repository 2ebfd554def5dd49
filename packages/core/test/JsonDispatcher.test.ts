/** JSON and audio over a dispatcher of undici: against real servers, beside what is tested of every client. */
import { randomBytes } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { brotliCompressSync, gzipSync } from "node:zlib"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Deferred, Effect, Fiber, Layer, Metric, Stream } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"

import { JsonDispatcher, RetryPolicy, Vobiz, VobizClient, type VobizError, VobizMetrics } from "../src/index.ts"
import { options as account, services, standIn, token } from "./utils.ts"

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A server, and what it was sent. */
const server = Effect.fnUntraced(function* (answer: Answer) {
  const seen: Array<IncomingMessage> = []
  const http = createServer((request, response) => {
    seen.push(request)
    answer(request, response)
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => http.close().closeAllConnections()))
  yield* Effect.callback<void>((resume) => {
    http.listen(0, "127.0.0.1", () => resume(Effect.void))
  })
  const address = http.address()
  return { url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`, seen }
})

/** A client that must not be used. */
const unused = standIn(() => "reset")

const over = (url: string, options: Partial<Vobiz.Options> = {}, retry: RetryPolicy.Options = RetryPolicy.none) =>
  services(Layer.merge(unused.layer, JsonDispatcher.layerNode), { baseUrl: new URL(url), ...options }, retry)

const ask = Effect.flatMap(VobizClient.VobizClient, (client) => client.json({ operation: "test", target: "/Trunks/" }))

const giving =
  (body: Uint8Array | string, headers: Record<string, string> = {}, status = 200): Answer =>
  (_, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body)
  }

const reasonOf = <A, R>(self: Effect.Effect<A, VobizError.VobizError, R>) =>
  Effect.map(Effect.flip(self), ({ reason }) => reason)

const isOther = process.versions["undici"]?.split(".")[0] !== "7"

describe.skipIf(isOther)("JSON over a dispatcher", () => {
  it.live("is asked for with the credentials, and read plain or compressed", () =>
    Effect.gen(function* () {
      const text = JSON.stringify({ api_id: "one", objects: ["ä", "€".repeat(70_000)] })
      for (const [body, headers] of [
        [text, {}],
        [gzipSync(text), { "content-encoding": "gzip" }]
      ] as const) {
        const api = yield* server(giving(body, headers))
        const answer = yield* Effect.provide(ask, over(api.url))
        assert.deepStrictEqual(answer.json, JSON.parse(text))
        assert.deepInclude(answer, { status: 200, requestId: "one" })
        assert.deepInclude(api.seen[0]?.headers, { "x-auth-token": token, "accept-encoding": "gzip" })
        assert.strictEqual(api.seen.length, 1)
      }
      assert.strictEqual(unused.sent.length, 0)
    }).pipe(Effect.scoped)
  )

  it.live(
    "fails where it is longer than allowed, as it comes or when it is unpacked, and where it cannot be unpacked",
    () =>
      Effect.gen(function* () {
        const text = JSON.stringify("a".repeat(100_000))
        for (const [answer, tag] of [
          [giving(text), "BodyTooLarge"],
          [giving(gzipSync(text), { "content-encoding": "gzip" }), "BodyTooLarge"],
          [giving(gzipSync(text).subarray(0, 50), { "content-encoding": "gzip" }), "Transport"],
          [giving("x", { "content-encoding": "gzip" }), "Transport"],
          [giving(""), "Transport"]
        ] as const) {
          const api = yield* server(answer)
          const reason = yield* Effect.provide(reasonOf(ask), over(api.url, { maxBodyBytes: 50_000 }))
          assert.strictEqual(reason._tag, tag)
        }
      }).pipe(Effect.scoped)
  )

  it.live("is not followed to another place, whatever body the redirect has", () =>
    Effect.gen(function* () {
      const other = yield* server(giving("{}"))
      const redirects: Record<string, (response: ServerResponse) => void> = {
        none: (response) => response.end(),
        unending: (response) => response.write("moved"),
        broken: (response) => response.write("moved", () => setImmediate(() => response.destroy()))
      }
      for (const [body, answer] of Object.entries(redirects)) {
        for (const encoding of ["identity", "gzip", "br"]) {
          const closed = yield* Deferred.make<void>()
          const api = yield* server((_, response) => {
            response.once("close", () => Deferred.doneUnsafe(closed, Effect.void))
            answer(response.writeHead(302, { location: other.url, "content-encoding": encoding }))
          })
          const reason = yield* Effect.provide(reasonOf(ask), over(api.url, { attemptTimeout: "1 hour" }))
          assert.strictEqual(reason._tag, "UntrustedHost", `${body}, ${encoding}`)
          yield* Deferred.await(closed)
        }
      }
      assert.strictEqual(other.seen.length, 0)
    }).pipe(Effect.scoped)
  )

  it.live("is read by every name of its encoding, and over the client where that is none that was asked for", () =>
    Effect.gen(function* () {
      for (const [encoding, body, requests] of [
        ["GZIP", gzipSync("[1]"), 1],
        ["x-gzip", gzipSync("[1]"), 1],
        ["Identity", "[1]", 1],
        ["", "[1]", 1],
        ["br", brotliCompressSync("[1]"), 2]
      ] as const) {
        const api = yield* server(giving(body, { "content-encoding": encoding }))
        const layer = services(Layer.merge(FetchHttpClient.layer, JsonDispatcher.layerNode), {
          baseUrl: new URL(api.url)
        })
        assert.deepStrictEqual((yield* Effect.provide(ask, layer)).json, [1], encoding)
        assert.strictEqual(api.seen.length, requests, encoding)
      }
    }).pipe(Effect.scoped)
  )

  it.live("fails by its status where it has no body, though it names an encoding", () =>
    Effect.gen(function* () {
      for (const encoding of ["gzip", "identity"]) {
        const api = yield* server(giving("", { "content-encoding": encoding }, 404))
        assert.strictEqual((yield* Effect.provide(reasonOf(ask), over(api.url)))._tag, "NotFound", encoding)
      }
    }).pipe(Effect.scoped)
  )

  it.live("is asked for again after a failure, each one counted", () =>
    Effect.gen(function* () {
      let asked = 0
      const api = yield* server((request, response) => {
        asked++
        if (asked === 1) request.socket.destroy()
        else giving("{}", {}, asked === 2 ? 503 : 200)(request, response)
      })
      const counted = (status: string) =>
        Effect.map(
          Metric.value(VobizMetrics.requests.pipe(Metric.withAttributes({ operation: "test", status }))),
          ({ count }) => Number(count)
        )
      yield* Effect.provide(ask, over(api.url, {}, { ...RetryPolicy.interactive, deadline: "1 hour" }))
      assert.strictEqual(asked, 3)
      assert.deepStrictEqual(yield* Effect.forEach(["none", "503", "200"], counted), [1, 1, 1])
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()), Effect.scoped)
  )

  it.live("takes a request back that nobody waits for any more", () =>
    Effect.gen(function* () {
      const arrived = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const api = yield* server((_, response) => {
        response.once("close", () => Deferred.doneUnsafe(closed, Effect.void))
        response.writeHead(200).write("[")
        Deferred.doneUnsafe(arrived, Effect.void)
      })
      const asking = yield* Effect.forkChild(Effect.provide(ask, over(api.url, { attemptTimeout: "1 hour" })))
      yield* Deferred.await(arrived)
      yield* Fiber.interrupt(asking)
      yield* Deferred.await(closed)
    }).pipe(Effect.scoped)
  )

  it.live("goes over the client where the dispatcher of fetch is of an earlier form", () =>
    Effect.gen(function* () {
      const known = globalThis as unknown as Record<symbol, unknown>
      const key = Symbol.for("undici.globalDispatcher.1")
      void new Headers()
      const own = known[key]
      const client = standIn(() => new Response(`"client"`))
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          known[key] = { interceptors: {}, dispatch: () => assert.fail("it takes other handlers") }
        }),
        () =>
          Effect.sync(() => {
            known[key] = own
          })
      )
      const layer = services(Layer.merge(client.layer, JsonDispatcher.layerNode))
      assert.strictEqual((yield* Effect.provide(ask, layer)).json, "client")
    }).pipe(Effect.scoped)
  )

  it.live("goes over the client where that is wrapped, and no deletion over the dispatcher", () =>
    Effect.gen(function* () {
      const api = yield* server(giving("{}"))
      const wrapped = standIn(() => new Response(`"client"`))
      const http = Layer.merge(wrapped.layer, JsonDispatcher.layerNode)
      const settings = { baseUrl: new URL(api.url) }
      const through = Vobiz.layer({ ...account, ...settings, transformClient: HttpClient.mapRequest((one) => one) })
      assert.strictEqual((yield* Effect.provide(ask, Layer.provide(through, http))).json, "client")
      const remove = Effect.flatMap(VobizClient.VobizClient, (client) =>
        client.json({ operation: "test", method: "DELETE", target: "/Recording/r1/" })
      )
      assert.strictEqual((yield* Effect.provide(remove, services(http, settings))).json, "client")
      assert.strictEqual(api.seen.length, 0)
    }).pipe(Effect.scoped)
  )
})

describe.skipIf(isOther)("audio over a dispatcher", () => {
  const open = Effect.flatMap(VobizClient.VobizClient, (client) =>
    client.open({ operation: "test", target: "/v1/file.wav" })
  )
  const read = Effect.scoped(Effect.flatMap(open, ({ bytes }) => Stream.runCollect(bytes))).pipe(
    Effect.map((pieces) => Buffer.concat(pieces))
  )

  it.live("comes whole, uncompressed, and waits for a reader that is slow", () =>
    Effect.gen(function* () {
      const file = randomBytes(8_000_000)
      const api = yield* server(giving(file, { "content-type": "audio/wav" }))
      const unused = standIn(() => new Response("client"))
      const layer = services(Layer.merge(unused.layer, JsonDispatcher.layerNode), { baseUrl: new URL(api.url) })
      const slowly = Effect.flatMap(open, ({ bytes }) =>
        Stream.runCollect(Stream.mapEffect(bytes, (piece) => Effect.as(Effect.yieldNow, piece)))
      )
      const pieces = yield* Effect.provide(Effect.scoped(slowly), layer)
      assert.isTrue(Buffer.concat(pieces).equals(file))
      assert.strictEqual(api.seen[0]?.headers["accept-encoding"], "identity")
      assert.strictEqual(unused.sent.length, 0)
    }).pipe(Effect.scoped)
  )

  it.live("is asked for over the client where it is compressed all the same", () =>
    Effect.gen(function* () {
      const api = yield* server(giving(gzipSync("audio"), { "content-type": "audio/wav", "content-encoding": "gzip" }))
      const client = standIn(() => new Response("audio"))
      const layer = services(Layer.merge(client.layer, JsonDispatcher.layerNode), { baseUrl: new URL(api.url) })
      assert.strictEqual((yield* Effect.provide(read, layer)).toString(), "audio")
      assert.deepStrictEqual([api.seen.length, client.sent.length], [1, 1])
    }).pipe(Effect.scoped)
  )

  it.live("that breaks off gives what has come, and then fails", () =>
    Effect.gen(function* () {
      const api = yield* server((_, response) => {
        response.writeHead(200, { "content-length": 10 })
        response.write("audio", () => setImmediate(() => response.destroy()))
      })
      const seen: Array<string> = []
      const noting = Effect.flatMap(open, ({ bytes }) =>
        Stream.runForEach(bytes, (piece) => Effect.sync(() => seen.push(Buffer.from(piece).toString())))
      )
      const reason = yield* Effect.provide(reasonOf(Effect.scoped(noting)), over(api.url))
      assert.strictEqual(reason._tag, "Transport")
      assert.strictEqual(seen.join(""), "audio")
    }).pipe(Effect.scoped)
  )

  it.live("that falls silent is a timeout, and is taken back", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<void>()
      const api = yield* server((_, response) => {
        response.once("close", () => Deferred.doneUnsafe(closed, Effect.void))
        response.writeHead(200, { "content-length": 10 }).write("audio")
      })
      const reason = yield* Effect.provide(reasonOf(read), over(api.url, { attemptTimeout: "200 millis" }))
      assert.strictEqual(reason._tag, "Timeout")
      yield* Deferred.await(closed)
    }).pipe(Effect.scoped)
  )

  it.live("that nobody reads is taken back with its scope", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<void>()
      const api = yield* server((_, response) => {
        response.once("close", () => Deferred.doneUnsafe(closed, Effect.void))
        response.writeHead(200).write("audio")
      })
      const { status } = yield* Effect.provide(Effect.scoped(open), over(api.url))
      assert.strictEqual(status, 200)
      yield* Deferred.await(closed)
    }).pipe(Effect.scoped)
  )
})
