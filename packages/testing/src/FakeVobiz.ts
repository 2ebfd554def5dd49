/**
 * A fake of the provider: a real HTTP server on this machine that serves a simulated account.
 *
 * @since 0.1.0
 */
import * as Http from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Vobiz from "@vobiz-effect/core/Vobiz"
import type * as VobizConfig from "@vobiz-effect/core/VobizConfig"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { HttpRouter, type HttpServerRequest } from "effect/http"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

import * as FaultPlan from "./FaultPlan.ts"
import * as Injector from "./internal/injector.ts"
import * as Provider from "./internal/provider.ts"
import * as Reply from "./internal/reply.ts"
import type * as Simulator from "./Simulator.ts"

/**
 * How the fake server behaves where the provider's behaviour is uncertain, and which faults it has.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The account to serve, as `Simulator.make` makes it. */
  readonly account: Simulator.Account
  /**
   * The token of the account's id.
   *
   * @default "fake-token"
   */
  readonly authToken?: Redacted.Redacted<string> | undefined
  /**
   * The port on 127.0.0.1; 0 takes any free port.
   *
   * @default 0
   */
  readonly port?: number | undefined
  /**
   * The provider's current instant, also in its `Date` header. `"clock"` takes the time of the `Clock`.
   *
   * @default the account's `until`, which stands still
   */
  readonly now?: DateTime.Utc | "clock" | undefined
  /**
   * The most recordings per page, whatever `limit` asks for.
   *
   * The provider documents 100; 20 was observed (docs/vobiz-api.md, "Paging").
   *
   * @default 100
   */
  readonly pageCap?: number | undefined
  /**
   * How long the server waits before each answer, in real time.
   *
   * @default 0
   */
  readonly latency?: Duration.Input | undefined
  /**
   * The order of recordings and CDRs in lists.
   *
   * @default "newest"
   */
  readonly order?: "newest" | "oldest" | "unordered" | undefined
  /**
   * The zone of the days by which CDRs are filtered, and whether `end_date` is included.
   *
   * The provider documents neither.
   *
   * @default { zone: "UTC", endDate: "inclusive" }
   */
  readonly cdrDays?: { readonly zone: "UTC" | "+05:30"; readonly endDate: "inclusive" | "exclusive" } | undefined
  /**
   * Whether the answer with one CDR has it in `data`, or is the CDR itself, as partners get it.
   *
   * @default "enveloped"
   */
  readonly cdrGet?: "enveloped" | "bare" | undefined
  /**
   * What a CSV export without rows contains.
   *
   * @default "header"
   */
  readonly emptyExport?: "header" | "nothing" | undefined
  /**
   * Whether audio supports range requests, and has an `ETag`.
   *
   * @default true
   */
  readonly ranges?: boolean | undefined
  /** Where audio requests are redirected, with their path. By default the server answers them. */
  readonly mediaRedirect?: URL | undefined
  /**
   * Whether audio needs no credentials, like a store with signed links.
   *
   * @default false
   */
  readonly publicMedia?: boolean | undefined
  /** The faults of the server. By default none. */
  readonly faults?: FaultPlan.FaultPlan | undefined
}

/**
 * A request that the server received.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestRecord {
  /** When it arrived, in milliseconds since the epoch, by the real clock. */
  readonly at: number
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** The names of its headers, in lower case, without values. */
  readonly headers: ReadonlyArray<string>
  /** `null` for a path that no endpoint has. */
  readonly endpoint: FaultPlan.Endpoint | null
  /** The status of the answer; `null` if the connection was closed without one. */
  readonly status: number | null
}

/**
 * The server cannot listen on its port.
 *
 * @category errors
 * @since 0.1.0
 */
export class ListenError extends Schema.TaggedError<ListenError>()("ListenError", {
  port: Schema.Int,
  detail: Schema.String
}) {
  override get message() {
    return `the fake server cannot listen on 127.0.0.1:${this.port} (${this.detail}): name another port, or 0 for any free one`
  }
}

/**
 * A running fake of the provider, over real sockets, until the scope of its layer closes.
 *
 * | Path                                                        | What it serves                                          |
 * | ----------------------------------------------------------- | ------------------------------------------------------- |
 * | `GET /api/v1/auth/me`                                       | whether the credentials are good                        |
 * | `GET /api/v1/Account/{id}/Recording/`                       | recordings by `limit` and `offset`, `call_uuid`, `recording_type` |
 * | `GET`, `DELETE /api/v1/Account/{id}/Recording/{id}/`        | one recording                                           |
 * | `GET /v1/Account/{id}/Recording/{id}.{mp3,wav}`             | its audio                                               |
 * | `GET /api/v1/Account/{id}/cdr`, `cdr/search`                | CDRs by `page` and `per_page`, with filters and summary |
 * | `GET /api/v1/Account/{id}/cdr/recent`                       | the newest few                                          |
 * | `GET /api/v1/Account/{id}/cdr/export`                       | all as CSV                                              |
 * | `GET /api/v1/Account/{id}/cdr/{uuid}`                       | one CDR                                                 |
 * | `GET /api/v1/Account/{id}/trunks`, `trunks/{id}`            | trunks                                                  |
 *
 * A path in the wrong case, or a recording's path without its last slash, gets 401, as was observed.
 *
 * Sockets use real time only. Use `it.live` for tests whose client sleeps or waits for a timeout.
 *
 * @category services
 * @since 0.1.0
 */
export class FakeVobiz extends Context.Service<
  FakeVobiz,
  {
    /** The address of the server, for `VobizConfig.baseUrl`. */
    readonly url: URL
    readonly authId: string
    readonly authToken: Redacted.Redacted<string>
    /** Options for `VobizConfig.layer`: the credentials, the URL, and a rate limit that does not slow tests down. */
    readonly settings: VobizConfig.Options
    readonly account: Simulator.Account
    /** All requests so far, in the order of their answers. */
    readonly requests: Effect.Effect<ReadonlyArray<RequestRecord>>
    /** Empties the record of requests. */
    readonly forgetRequests: Effect.Effect<void>
    insertRecordings(entries: ReadonlyArray<Simulator.RecordingEntry>): Effect.Effect<void>
    deleteRecordings(recordingIds: Iterable<string>): Effect.Effect<void>
    insertCdrs(entries: ReadonlyArray<Simulator.CdrEntry>): Effect.Effect<void>
    deleteCdrs(uuids: Iterable<string>): Effect.Effect<void>
    /** Replaces the plan of faults. The counts of requests start again. */
    setFaults(plan: FaultPlan.FaultPlan): Effect.Effect<void>
    /** Sets the provider's current instant. `"clock"` takes the time of the `Clock`. */
    setNow(now: DateTime.Utc | "clock"): Effect.Effect<void>
  }
>()("@vobiz-effect/testing/FakeVobiz") {
  /** Starts a server. */
  static readonly layer = (options: Options): Layer.Layer<FakeVobiz, ListenError> =>
    Layer.effect(
      FakeVobiz,
      Effect.suspend(() => make(options))
    )

  /** Starts a server, and provides the services of `@vobiz-effect/core` that use it. */
  static readonly layerVobiz = (options: Options): Layer.Layer<FakeVobiz | Vobiz.Vobiz, ListenError> =>
    Layer.unwrap(Effect.map(FakeVobiz, ({ settings }) => Vobiz.layer(settings))).pipe(
      Layer.provideMerge(FakeVobiz.layer(options))
    )
}

const defaultToken = Redacted.make("fake-token")

/** The state of a server that changes while it runs. */
interface State {
  readonly requests: Array<RequestRecord>
  injector: Injector.Injector
  now: DateTime.Utc | "clock"
}

/** Answers requests, and records them. */
const answering = (options: Options, authToken: Redacted.Redacted<string>, state: State) => {
  const { account } = options
  const realTime = Clock.Clock.defaultValue()
  const wait = (duration: Duration.Input) => Effect.sleep(duration).pipe(Effect.provideService(Clock.Clock, realTime))
  const latency = Duration.fromInputUnsafe(options.latency ?? 0)
  const delay = Duration.isZero(latency) ? Effect.void : wait(latency)

  const instant = Effect.map(Clock.currentTimeMillis, (clock) =>
    state.now === "clock" ? clock : state.now.epochMilliseconds
  )

  const isKnown = (headers: Readonly<Record<string, string | undefined>>, authId: string | undefined) =>
    headers["x-auth-id"] === account.authId &&
    headers["x-auth-token"] === Redacted.value(authToken) &&
    (authId === undefined || authId === account.authId)

  const record = (
    request: HttpServerRequest.HttpServerRequest,
    endpoint: FaultPlan.Endpoint | null,
    status: number | null,
    at: number
  ) => {
    const url = urlOf(request)
    state.requests.push({
      at,
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: Object.keys(request.headers),
      endpoint,
      status
    })
  }

  const answer = Effect.fnUntraced(function* (
    endpoint: FaultPlan.Endpoint,
    serve: (call: Provider.Call) => Reply.Reply,
    request: HttpServerRequest.HttpServerRequest
  ) {
    const at = realTime.currentTimeMillisUnsafe()
    yield* delay
    const fired = state.injector(endpoint)
    const { socket } = NodeHttpServerRequest.toIncomingMessage(request)
    if (Injector.find(fired, "Reset") !== undefined) {
      record(request, endpoint, null, at)
      socket.destroy()
      return yield* Effect.never
    }
    const params = yield* HttpRouter.params
    const clock = yield* Clock.currentTimeMillis
    const provided = yield* instant
    const url = urlOf(request)
    const open = endpoint === "recordings.audio" && options.publicMedia === true
    const reply =
      refusal(fired, clock, Redacted.value(authToken)) ??
      (open || isKnown(request.headers, params.account)
        ? serve({
            params,
            query: Object.fromEntries(url.searchParams),
            range: request.headers.range,
            ifRange: request.headers["if-range"],
            path: url.pathname,
            now: provided,
            fired
          })
        : Reply.badCredentials)
    record(request, endpoint, reply.status, at)
    const isEmptied = Injector.find(fired, "EmptyBody") !== undefined && reply.status === 200
    return Reply.send(isEmptied ? Reply.empty(200, reply.headers) : reply, fired, {
      now: provided,
      wait,
      hangUp: Effect.sync(() => socket.destroySoon())
    })
  })

  const elsewhere = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
    const at = realTime.currentTimeMillisUnsafe()
    yield* delay
    const reply = isMisspelt(urlOf(request).pathname) ? Reply.wrongPath : Reply.noRoute
    record(request, null, reply.status, at)
    return Reply.send(reply, [], { now: yield* instant, wait, hangUp: Effect.void })
  })

  return { answer, elsewhere }
}

const accountPath = "/api/v1/Account/:account"

/** The methods, paths and endpoints of the provider. */
const routesOf = (provider: Provider.Provider) =>
  [
    ["GET", "/api/v1/auth/me", "auth.me", provider.authMe],
    ["GET", `${accountPath}/Recording/`, "recordings.list", provider.listRecordings],
    ["GET", `${accountPath}/Recording/:id/`, "recordings.get", provider.getRecording],
    ["DELETE", `${accountPath}/Recording/:id/`, "recordings.delete", provider.deleteRecording],
    ["GET", "/v1/Account/:account/Recording/:file", "recordings.audio", provider.audio],
    ["GET", `${accountPath}/cdr`, "cdrs.list", provider.listCdrs],
    ["GET", `${accountPath}/cdr/search`, "cdrs.search", provider.listCdrs],
    ["GET", `${accountPath}/cdr/recent`, "cdrs.recent", provider.recentCdrs],
    ["GET", `${accountPath}/cdr/export`, "cdrs.export", provider.exportCdrs],
    ["GET", `${accountPath}/cdr/:uuid`, "cdrs.get", provider.getCdr],
    ["GET", `${accountPath}/trunks`, "trunks.list", provider.listTrunks],
    ["GET", `${accountPath}/trunks/:id`, "trunks.get", provider.getTrunk]
  ] as const

/** Matches paths exactly, as the provider does. */
const strictly = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false
}

const make = Effect.fnUntraced(function* (options: Options) {
  const { account, authToken = defaultToken, port = 0 } = options
  const node = Http.createServer()
  // By default Node.js closes connections that are idle for 5 seconds. On a slow machine, a client may send just then: its request
  // fails, and under a test clock the client waits forever before it retries.
  node.keepAliveTimeout = 0
  const server = yield* NodeHttpServer.make(() => node, { host: "127.0.0.1", port }).pipe(
    Effect.mapError(({ cause }) => new ListenError({ port, detail: codeOf(cause) }))
  )
  const address = server.address
  const url = new URL(`http://127.0.0.1:${address._tag === "UnixPathAddress" ? port : address.port}`)

  const provider = Provider.make({
    account,
    mediaOrigin: url.origin,
    pageCap: options.pageCap ?? 100,
    order: options.order ?? "newest",
    days: options.cdrDays ?? { zone: "UTC", endDate: "inclusive" },
    cdrGet: options.cdrGet ?? "enveloped",
    emptyExport: options.emptyExport ?? "header",
    ranges: options.ranges ?? true,
    mediaRedirect: options.mediaRedirect
  })
  const state: State = {
    requests: [],
    injector: Injector.make(options.faults ?? FaultPlan.none),
    now: options.now ?? account.until
  }
  const { answer, elsewhere } = answering(options, authToken, state)

  const router = yield* HttpRouter.make.pipe(Effect.provideService(HttpRouter.RouterConfig, strictly))
  for (const [method, path, endpoint, serve] of routesOf(provider)) {
    yield* router.add(method, path, (request) => answer(endpoint, serve, request))
  }
  yield* router.add("*", "*", elsewhere)
  yield* server.serve(Effect.orDie(router.asHttpEffect()))
  // Otherwise clients that keep connections open, and stalled bodies, would keep the server running.
  yield* Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))

  return FakeVobiz.of({
    url,
    authId: account.authId,
    authToken,
    settings: { authId: account.authId, authToken, baseUrl: url, rateLimit: 10_000 },
    account,
    requests: Effect.sync(() => [...state.requests]),
    forgetRequests: Effect.sync(() => {
      state.requests.length = 0
    }),
    insertRecordings: (entries) => Effect.sync(() => provider.recordings.insert(entries)),
    deleteRecordings: (ids) => Effect.sync(() => provider.recordings.remove(new Set(ids))),
    insertCdrs: (entries) => Effect.sync(() => provider.cdrs.insert(entries)),
    deleteCdrs: (uuids) => Effect.sync(() => provider.cdrs.remove(new Set(uuids))),
    setFaults: (plan) =>
      Effect.sync(() => {
        state.injector = Injector.make(plan)
      }),
    setNow: (instant) =>
      Effect.sync(() => {
        state.now = instant
      })
  })
})

/** The reply of a fault that replaces the endpoint's answer. */
const refusal = (fired: ReadonlyArray<FaultPlan.Fault>, now: number, token: string): Reply.Reply | undefined => {
  for (const fault of fired) {
    switch (fault._tag) {
      case "RateLimited":
        return waiting(fault, now, (wait) =>
          Reply.documentedError(429, "RATE_LIMIT_EXCEEDED", "Too many requests", {
            limitType: "requests",
            limit: 10,
            current: 11,
            ...wait
          })
        )
      case "ServerError":
        return waiting(fault, now, (wait) =>
          Reply.documentedError(fault.status, "INTERNAL_ERROR", "Unexpected server error", wait)
        )
      case "WrongJson":
        return Reply.html("<!doctype html><title>Vobiz</title><h1>We will be back soon</h1>")
      case "OtherBody":
        return Reply.other(fault.contentType, fault.body)
      case "Ok200WithError":
        return Reply.json({ error: "failed" })
      case "HugeBody":
        return Reply.huge(fault.bytes, fault.gzip ?? false)
      case "NestedBody":
        return Reply.other("application/json", "[".repeat(fault.depth) + "]".repeat(fault.depth))
      case "EchoedSecrets":
        return Reply.echo(fault.status, token)
      case "Redirected":
        return Reply.empty(302, { location: fault.location })
    }
  }
  return undefined
}

/** A reply that asks the client to wait, in the way that the fault names. */
const waiting = (
  { retryAfter, seconds = 0 }: { readonly retryAfter?: string; readonly seconds?: number },
  now: number,
  reply: (details: { readonly retryAfter: number } | undefined) => Reply.Reply
): Reply.Reply => {
  const body = reply(retryAfter === "body" ? { retryAfter: seconds } : undefined)
  const header =
    retryAfter === "header-seconds"
      ? { "retry-after": String(seconds) }
      : retryAfter === "header-date"
        ? { "retry-after": new Date(now + seconds * 1000).toUTCString() }
        : {}
  return { ...body, headers: { ...body.headers, ...header } }
}

const urlOf = (request: HttpServerRequest.HttpServerRequest): URL => new URL(request.originalUrl, "http://127.0.0.1")

const below = "/(Recording(/[^/]+)?/|cdr(/[^/]+)?|trunks(/[^/]+)?)$"
const rightPath = new RegExp(`^/api/v1/Account/[^/]+${below}`)
const almostRightPath = new RegExp(`^/api/v1/account/[^/]+${below}`, "i")

/** Whether a path differs from an endpoint's only by case or by a missing last slash. */
const isMisspelt = (path: string): boolean =>
  !rightPath.test(path) && (almostRightPath.test(path) || almostRightPath.test(`${path}/`))

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)
