import { readFileSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"

import { assert, describe, it } from "@vobiz-effect/test-support"
import { NodeHttpClient } from "@effect/platform-node"
import { Cause, Deferred, Duration, Effect, Fiber, Inspectable, Layer, Logger, Stream, Tracer } from "effect"
import { FetchHttpClient, type HttpClient } from "effect/http"
import { TestClock } from "effect/testing"

import { JsonDispatcher, Recordings, RetryPolicy, VobizClient, type VobizConfig } from "../src/index.ts"
import { services, standIn, token } from "./utils.ts"

interface Seen {
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
}

/** A real HTTP server on the own machine, and what it was sent. */
const server = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly seen: ReadonlyArray<Seen>; readonly stop: () => void }>(
      (resume) => {
        const seen: Array<Seen> = []
        const http = createServer((request, response) => {
          seen.push({ path: request.url ?? "", headers: request.headers })
          answer(request, response)
        })
        http.listen(0, "127.0.0.1", () => {
          const address = http.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          resume(
            Effect.succeed({
              url: `http://127.0.0.1:${port}`,
              seen,
              stop: () => {
                http.closeAllConnections()
                http.close()
              }
            })
          )
        })
      }
    ),
    ({ stop }) => Effect.sync(stop)
  )

const redirectTo = (location: string) => (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(302, { location }).end()
}

const give = (body: string) => (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { "content-type": "audio/mpeg" }).end(body)
}

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }

const clients = {
  fetch: FetchHttpClient.layer,
  undici: NodeHttpClient.layerUndici,
  "a dispatcher": Layer.merge(FetchHttpClient.layer, JsonDispatcher.layerNode)
}

const serviceOver =
  (http: Layer.Layer<HttpClient.HttpClient>) =>
  (baseUrl: string, config: Partial<VobizConfig.Options> = {}) =>
    services(http, { baseUrl: new URL(baseUrl), ...config }, RetryPolicy.none)

const read = (target: string) =>
  Effect.gen(function* () {
    const client = yield* VobizClient.VobizClient
    const { bytes } = yield* client.open({ operation: "test", target })
    return yield* bytes.pipe(Stream.decodeText, Stream.mkString)
  }).pipe(Effect.scoped)

describe.each(Object.entries(clients))("VobizClient over real servers, with %s", (_, http) => {
  const over = serviceOver(http)

  it.live("a request names the library and its version", () =>
    Effect.gen(function* () {
      const api = yield* server(give("audio"))
      yield* read(`${api.url}/v1/file.mp3`).pipe(Effect.provide(over(api.url)))
      assert.strictEqual(api.seen[0]?.headers["user-agent"], `vobiz-effect/${version}`)
    }).pipe(Effect.scoped)
  )

  it.live("a redirect to another host is followed without the credentials", () =>
    Effect.gen(function* () {
      const storage = yield* server(give("audio"))
      const api = yield* server(redirectTo(`${storage.url}/signed?x=1`))
      const text = yield* read(`${api.url}/v1/file.mp3`).pipe(Effect.provide(over(api.url)))
      assert.strictEqual(text, "audio")
      assert.strictEqual(api.seen[0]?.headers["x-auth-token"], token)
      assert.strictEqual(storage.seen.length, 1)
      for (const name of ["x-auth-token", "x-auth-id", "authorization", "traceparent", "b3"]) {
        assert.notProperty(storage.seen[0]?.headers, name)
      }
    }).pipe(Effect.scoped)
  )

  it.live("the credentials are not taken up again on the way back", () =>
    Effect.gen(function* () {
      let apiUrl = ""
      const other = yield* server((request, response) => redirectTo(`${apiUrl}/back`)(request, response))
      const api = yield* server((request, response) =>
        request.url === "/back" ? give("audio")(request, response) : redirectTo(other.url)(request, response)
      )
      apiUrl = api.url
      yield* read(`${api.url}/start`).pipe(Effect.provide(over(api.url)))
      assert.deepStrictEqual(
        api.seen.map(({ headers, path }) => [path, headers["x-auth-token"]]),
        [
          ["/start", token],
          ["/back", undefined]
        ]
      )
      assert.notProperty(other.seen[0]?.headers, "x-auth-token")
    }).pipe(Effect.scoped)
  )

  it.live("a redirect on the same host keeps the credentials", () =>
    Effect.gen(function* () {
      const api = yield* server((request, response) =>
        request.url === "/new" ? give("audio")(request, response) : redirectTo("/new")(request, response)
      )
      assert.strictEqual(yield* read(`${api.url}/old`).pipe(Effect.provide(over(api.url))), "audio")
      assert.strictEqual(api.seen[1]?.headers["x-auth-token"], token)
    }).pipe(Effect.scoped)
  )

  it.live("a redirect to a URL with a user or a password is refused, and shows neither", () =>
    Effect.gen(function* () {
      const other = yield* server(give("audio"))
      for (const user of ["someone:hidden", "hidden", ":hidden"]) {
        const api = yield* server(redirectTo(other.url.replace("//", `//${user}@`)))
        const error = yield* Effect.flip(read(`${api.url}/file`).pipe(Effect.provide(over(api.url))))
        assert.strictEqual(error.reason._tag, "UntrustedHost")
        assert.include(error.message, other.url.slice("http://".length))
        assert.notInclude(error.message, "hidden")
      }
      assert.lengthOf(other.seen, 0)
    }).pipe(Effect.scoped)
  )

  it.live("a file of no bytes is read as one, also where the status says so", () =>
    Effect.gen(function* () {
      for (const status of [200, 204, 205]) {
        const api = yield* server((_, response) => {
          response.writeHead(status).end()
        })
        assert.strictEqual(yield* read(`${api.url}/file`).pipe(Effect.provide(over(api.url))), "")
      }
    }).pipe(Effect.scoped)
  )

  it.live("a failure whose body does not end is taken back at once, though the scope goes on", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<void>()
      const api = yield* server((_, response) => {
        response.once("close", () => Deferred.doneUnsafe(closed, Effect.void))
        response.writeHead(503).write("x".repeat(2_000_000))
      })
      yield* Effect.gen(function* () {
        const client = yield* VobizClient.VobizClient
        const { reason } = yield* Effect.flip(client.open({ operation: "test", target: `${api.url}/file` }))
        assert.strictEqual(reason._tag, "ServerFault")
        yield* Deferred.await(closed)
      }).pipe(Effect.scoped, Effect.provide(over(api.url, { maxBodyBytes: 1024, attemptTimeout: "1 hour" })))
    }).pipe(Effect.scoped)
  )

  it.live("a redirect whose body does not end is taken back when the file comes", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<void>()
      const api = yield* server((request, response) => {
        if (request.url === "/new") return give("audio")(request, response)
        response.once("close", () => Deferred.doneUnsafe(closed, Effect.void))
        response.writeHead(302, { location: "/new" }).write("moved")
      })
      yield* Effect.gen(function* () {
        const client = yield* VobizClient.VobizClient
        const { bytes } = yield* client.open({ operation: "test", target: `${api.url}/old` })
        yield* Deferred.await(closed)
        assert.strictEqual(yield* bytes.pipe(Stream.decodeText, Stream.mkString), "audio")
      }).pipe(Effect.scoped, Effect.provide(over(api.url)))
    }).pipe(Effect.scoped)
  )

  it.live("a circle of redirects ends", () =>
    Effect.gen(function* () {
      const api = yield* server(redirectTo("/again"))
      const error = yield* Effect.flip(read(`${api.url}/again`).pipe(Effect.provide(over(api.url))))
      assert.include(error.message, "redirected more than 5 times")
      assert.strictEqual(api.seen.length, 6)
    }).pipe(Effect.scoped)
  )

  it.live("an untrusted host is refused by its name, and nothing is sent to it", () =>
    Effect.gen(function* () {
      const other = yield* server(give("audio"))
      const error = yield* Effect.flip(read(`${other.url}/file.mp3`).pipe(Effect.provide(over("https://api.vobiz.ai"))))
      assert.strictEqual(error.reason._tag === "UntrustedHost" && error.reason.host, new URL(other.url).host)
      assert.include(error.message, "VOBIZ_BASE_URL")
      assert.strictEqual(other.seen.length, 0)
    }).pipe(Effect.scoped)
  )

  it.live("nobody listening is a Transport failure that says so", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.scoped(server(give("")))
      const error = yield* Effect.flip(read("/Recording/").pipe(Effect.provide(over(gone.url))))
      assert.strictEqual(error.reason._tag, "Transport")
      assert.include(error.message, "ECONNREFUSED")
    })
  )

  it.live("a body that is cut off is a Transport failure", () =>
    Effect.gen(function* () {
      const api = yield* server((_, response) => {
        response.writeHead(200, { "content-length": "1000" })
        response.write("half of it", () => response.destroy())
      })
      const error = yield* Effect.flip(read("/Recording/").pipe(Effect.provide(over(api.url))))
      assert.strictEqual(error.reason._tag, "Transport")
    }).pipe(Effect.scoped)
  )

  it.live("interrupting a read closes its connection", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const api = yield* server((request, response) => {
        request.socket.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
        response.writeHead(200)
        response.write("first piece", () => Deferred.doneUnsafe(started, Effect.void))
      })
      const fiber = yield* Effect.forkChild(read("/Recording/").pipe(Effect.provide(over(api.url))))
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(closed)
    }).pipe(Effect.scoped)
  )
})

describe("VobizClient trusts", () => {
  const hosts: ReadonlyArray<readonly [string, boolean]> = [
    ["https://media.vobiz.ai/v1/x.mp3", true],
    ["https://api.vobiz.ai/x", true],
    ["https://vobiz.ai/x", true],
    ["https://VOBIZ.AI./x", false],
    ["http://media.vobiz.ai/x", false],
    ["https://media.vobiz.ai:8443/x", false],
    ["https://vobiz.ai.evil.example/x", false],
    ["https://evilvobiz.ai/x", false],
    ["https://user@media.vobiz.ai/x", false],
    ["https://media.vobiz.ai@evil.example/x", false],
    ["https://storage.example/x", false],
    ["ftp://media.vobiz.ai/x", false]
  ]
  for (const [target, trusted] of hosts) {
    it.effect(`${trusted ? "sends the credentials to" : "refuses"} ${target}`, () => {
      const { layer, sent } = standIn(() => new Response("audio"))
      return Effect.gen(function* () {
        const exit = yield* Effect.exit(read(target))
        assert.strictEqual(exit._tag, trusted ? "Success" : "Failure")
        assert.deepStrictEqual(
          sent.map(({ headers }) => headers["x-auth-token"]),
          trusted ? [token] : []
        )
      }).pipe(Effect.provide(services(layer)))
    })
  }

  it.effect("no redirect that leaves https", () => {
    const { layer, sent } = standIn(
      () => new Response(null, { status: 302, headers: { location: "http://media.vobiz.ai/x" } })
    )
    return Effect.gen(function* () {
      const error = yield* Effect.flip(read("https://media.vobiz.ai/x"))
      assert.strictEqual(error.reason._tag, "UntrustedHost")
      assert.strictEqual(sent.length, 1)
    }).pipe(Effect.provide(services(layer)))
  })

  it.effect("a base URL with a path of its own keeps it", () => {
    const { layer, sent } = standIn(() => new Response("x"))
    return Effect.gen(function* () {
      yield* read("/Recording/")
      assert.strictEqual(sent[0]?.url.href, "https://gateway.example/vobiz/api/v1/Account/MA_DEMO4821/Recording/")
    }).pipe(Effect.provide(services(layer, { baseUrl: new URL("https://gateway.example/vobiz/") })))
  })
})

describe("VobizClient keeps secrets", () => {
  const phone = "918045670012"

  it.effect("no token and no telephone number in errors, logs or spans", () => {
    const echo = standIn((_, nth) =>
      Response.json(
        {
          error: `bad token ${token} for +${phone}`,
          details: { errors: [{ field: "x", message: `${token} ${phone}` }] }
        },
        { status: nth === 1 ? 503 : 422 }
      )
    )
    const lines: Array<string> = []
    const spans: Array<unknown> = []
    const tracer = Tracer.make({
      span(spanOptions) {
        const span = new Tracer.NativeSpan(spanOptions)
        spans.push(span)
        return span
      }
    })
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      const fiber = yield* Effect.forkChild(
        recordings.page({ params: { from_number: phone } }).pipe(
          Effect.tapCause((cause) => Effect.logError("failed", cause)),
          Effect.flip
        )
      )
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(fiber)
      const shown = [
        error.message,
        String(error),
        error.stack,
        JSON.stringify(error),
        Inspectable.toStringUnknown(error),
        Cause.pretty(Cause.fail(error)),
        ...lines,
        ...spans.map((span) =>
          span instanceof Tracer.NativeSpan ? `${span.name} ${JSON.stringify([...span.attributes])}` : ""
        )
      ].join("\n")
      assert.include(shown, "Recordings.page")
      assert.include(shown, "failed")
      assert.notInclude(shown, token)
      assert.notInclude(shown, phone)
    }).pipe(
      Effect.provide(services(echo.layer)),
      Effect.provideService(Tracer.Tracer, tracer),
      Effect.provide(Logger.layer([Logger.map(Logger.formatLogFmt, (line) => lines.push(line))]))
    )
  })
})

describe("VobizClient rate limit", () => {
  it.effect("is shared by all calls of a layer", () => {
    const { layer, sent } = standIn(() =>
      Response.json({ meta: { limit: 20, offset: 0, total_count: 0, next: null }, objects: [] })
    )
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      const fiber = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: 25 }), () => recordings.page(), { concurrency: 25 })
      )
      yield* TestClock.adjust(0)
      assert.strictEqual(sent.length, 10)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(sent.length, 20)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(fiber)
      assert.strictEqual(sent.length, 25)
    }).pipe(Effect.provide(services(layer, { rateLimit: 10 })))
  })
})

describe("VobizClient.BodyTap", () => {
  it.effect("gets each answer as it came, failures and those that are no JSON too, before it is decoded", () => {
    const answers: Array<readonly [status: number, body: string]> = [
      [503, '{"error": "busy"}'],
      [200, '{"api_id": "x",  "unknown": 1e400}'],
      [200, "<html>"]
    ]
    const stand = standIn((_, nth) => {
      const [status, body] = answers[nth - 1] ?? [500, ""]
      return new Response(body, { status, headers: { "content-type": "application/json" } })
    })
    const heard: Array<VobizClient.RawAnswer> = []
    const tap = (one: VobizClient.RawAnswer) => Effect.sync(() => void heard.push(one))
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      for (const _ of answers) yield* Effect.exit(recordings.get("r 1"))
      assert.deepStrictEqual(
        heard.map(({ body, status }) => [status, body] as const),
        answers
      )
      const [first] = heard
      assert.isDefined(first)
      assert.strictEqual(first.operation, "Recordings.get")
      assert.strictEqual(first.path, stand.sent[0]?.url.pathname)
      assert.notInclude(JSON.stringify(heard), token)
    }).pipe(
      Effect.provideService(VobizClient.BodyTap, tap),
      Effect.provide(services(stand.layer, {}, RetryPolicy.none))
    )
  })
})

describe("VobizClient.open", () => {
  it.effect("fails when the bytes stop coming", () => {
    const silent = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("first"))
    })
    const { layer } = standIn(() => new Response(silent))
    return Effect.gen(function* () {
      const client = yield* VobizClient.VobizClient
      const first = yield* Deferred.make<void>()
      const { bytes } = yield* client.open({ operation: "test", target: "/Recording/" })
      const fiber = yield* Effect.forkChild(
        Effect.flip(Stream.runForEach(bytes, () => Deferred.succeed(first, undefined)))
      )
      yield* Deferred.await(first)
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).reason._tag, "Timeout")
    }).pipe(Effect.provide(services(layer, { attemptTimeout: Duration.seconds(30) })))
  })
})

describe("messages of the client", () => {
  const messages = (answer: () => Response) => {
    const { layer } = standIn(answer)
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      const client = yield* VobizClient.VobizClient
      const errors = [
        yield* Effect.flip(Stream.runDrain(recordings.stream())),
        yield* Effect.flip(recordings.get("r1"))
      ]
      const opened = yield* Effect.exit(Effect.scoped(client.open({ operation: "test", target: "/x" })))
      return [...errors.map(({ message }) => message), String(opened)].join("\n")
    }).pipe(Effect.provide(services(layer, {}, RetryPolicy.none)))
  }
  const answers: ReadonlyArray<readonly [string, () => Response]> = [
    ["a circle of redirects", () => new Response(null, { status: 302, headers: { location: "/again" } })],
    ["a wait without end", () => new Response(null, { status: 503, headers: { "retry-after": "Infinity" } })],
    ["a list that is none", () => Response.json({ meta: { limit: 1, offset: 0, total_count: 0 }, objects: "none" })],
    ["rows that are none", () => Response.json({ meta: { limit: 1, offset: 0, total_count: 0 }, objects: [1] })],
    ["a number", () => Response.json(7)],
    ["null", () => Response.json(null)],
    ["nothing", () => new Response("")]
  ]
  for (const [name, answer] of answers) {
    it.effect(`hold no words of the code: ${name}`, () =>
      Effect.gen(function* () {
        const shown = yield* messages(answer)
        assert.notMatch(shown, /HTTP 310|Infinity|Declaration|undefined|NaN|\[object/)
      })
    )
  }
})
