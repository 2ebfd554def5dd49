/**
 * The provider on the own machine: a real HTTP server that serves a simulated account.
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
 * How the fake server behaves where the provider's behaviour is not sure, and what it is to do wrong.
 *
 * - `account`: what it serves, as `Simulator.make` makes it.
 * - `authToken`: the token that goes with the account's id; by default `"fake-token"`.
 * - `port`: on 127.0.0.1; by default any free one.
 * - `now`: the provider's instant, which its `Date` header tells too. By default the account's `until`, so that all stands
 *   still; `"clock"` for the time of the `Clock`.
 * - `pageCap`: the most recordings a page holds, whatever `limit` asks. 100 is documented and the default, 20 was
 *   observed (docs/vobiz-api.md, "Paging").
 * - `latency`: real time that passes before any answer; by default none.
 * - `order`: of the rows in lists; by default `"newest"` first.
 * - `cdrDays`: the zone of the CDR list's days and whether `end_date` counts among them, neither of which the provider
 *   says. By default `UTC` and `inclusive`.
 * - `cdrGet`: whether a CDR got alone stands in `data` (the default) or is `"bare"`, as partners get it.
 * - `emptyExport`: what an export without rows is: a `"header"` (the default) or `"nothing"`.
 * - `ranges`: whether audio can be had in parts, and has an `ETag` to be told by; by default so.
 * - `mediaRedirect`: where audio requests are redirected to, path and all; by default they are answered.
 * - `publicMedia`: whether audio is given to anybody, as by a store of signed links; by default it is not.
 * - `faults`: what goes wrong; by default nothing.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly account: Simulator.Account
  readonly authToken?: Redacted.Redacted<string> | undefined
  readonly port?: number | undefined
  readonly now?: DateTime.Utc | "clock" | undefined
  readonly pageCap?: number | undefined
  readonly latency?: Duration.Input | undefined
  readonly order?: "newest" | "oldest" | "unordered" | undefined
  readonly cdrDays?: { readonly zone: "UTC" | "+05:30"; readonly endDate: "inclusive" | "exclusive" } | undefined
  readonly cdrGet?: "enveloped" | "bare" | undefined
  readonly emptyExport?: "header" | "nothing" | undefined
  readonly ranges?: boolean | undefined
  readonly mediaRedirect?: URL | undefined
  readonly publicMedia?: boolean | undefined
  readonly faults?: FaultPlan.FaultPlan | undefined
}

/**
 * A request as the server saw it.
 *
 * - `at`: when it came, in milliseconds of the epoch, by real time.
 * - `endpoint`: `null` for a path that leads nowhere.
 * - `headers`: the names of those that came, in lower case, without their values.
 * - `status`: of the answer; `null` where the connection was closed before any.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestRecord {
  readonly at: number
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: ReadonlyArray<string>
  readonly endpoint: FaultPlan.Endpoint | null
  readonly status: number | null
}

/**
 * The server could not be started.
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
 * A running fake of the provider. It answers as the provider is known to, over real sockets, until its layer's scope
 * ends.
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
 * A path in the wrong case, or a recording's without its last slash, is answered 401, as was observed.
 *
 * Sockets know real time alone: use `it.live` where a client sleeps or waits for a timeout.
 *
 * @category services
 * @since 0.1.0
 */
export class FakeVobiz extends Context.Service<
  FakeVobiz,
  {
    /** Where it listens, as `VobizConfig.baseUrl` wants it. */
    readonly url: URL
    readonly authId: string
    readonly authToken: Redacted.Redacted<string>
    /** For `VobizConfig.layer`: the credentials, the URL, and a rate limit that does not slow a test down. */
    readonly settings: VobizConfig.Options
    readonly account: Simulator.Account
    /** All requests so far, in the order of their answers. */
    readonly requests: Effect.Effect<ReadonlyArray<RequestRecord>>
    readonly forgetRequests: Effect.Effect<void>
    insertRecordings(entries: ReadonlyArray<Simulator.RecordingEntry>): Effect.Effect<void>
    deleteRecordings(recordingIds: Iterable<string>): Effect.Effect<void>
    insertCdrs(entries: ReadonlyArray<Simulator.CdrEntry>): Effect.Effect<void>
    deleteCdrs(uuids: Iterable<string>): Effect.Effect<void>
    /** Replaces the plan; counting starts anew. */
    setFaults(plan: FaultPlan.FaultPlan): Effect.Effect<void>
    setNow(now: DateTime.Utc | "clock"): Effect.Effect<void>
  }
>()("@vobiz-effect/testing/FakeVobiz") {
  /** Starts a server. */
  static readonly layer = (options: Options): Layer.Layer<FakeVobiz, ListenError> =>
    Layer.effect(
      FakeVobiz,
      Effect.suspend(() => make(options))
    )

  /** Starts a server, and the services of `@vobiz-effect/core` that speak to it. */
  static readonly layerVobiz = (options: Options): Layer.Layer<FakeVobiz | Vobiz.Vobiz, ListenError> =>
    Layer.unwrap(Effect.map(FakeVobiz, ({ settings }) => Vobiz.layer(settings))).pipe(
      Layer.provideMerge(FakeVobiz.layer(options))
    )
}

const defaultToken = Redacted.make("fake-token")

/** What changes while a server runs. */
interface State {
  readonly requests: Array<RequestRecord>
  injector: Injector.Injector
  now: DateTime.Utc | "clock"
}

/** How requests are answered. */
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

/** Which of the provider's endpoints each path leads to. */
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

/** Paths are told apart letter by letter, as the provider does. */
const strictly = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false
}

const make = Effect.fnUntraced(function* (options: Options) {
  const { account, authToken = defaultToken, port = 0 } = options
  const node = Http.createServer()
  // By default Node.js closes connections that are idle for 5 seconds. On a slow machine a client sends just then: its request
  // fails, and under a test clock it waits forever to send it again.
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
  // A client that keeps its connections must not keep the server: nor may a body that is stalled on purpose.
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

/** The faults that leave nothing for the endpoint to say. */
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

/** A reply that asks to wait, in one of the ways. */
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

/** Whether a path would lead somewhere if its letters had the right case or its last slash were there. */
const isMisspelt = (path: string): boolean =>
  !rightPath.test(path) && (almostRightPath.test(path) || almostRightPath.test(`${path}/`))

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)
