import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration, Effect, Layer, Metric, Stream } from "effect"
import { RateLimiter } from "effect/persistence"
import { TestClock } from "effect/testing"

import {
  CallDetailRecord,
  CallDetailRecords,
  PhoneNumber,
  Recording,
  Recordings,
  RetryPolicy,
  Trunk,
  Trunks,
  Vobiz,
  VobizClient,
  type VobizConfig,
  type VobizError
} from "../src/index.ts"
import { options as account, type Reply, services, standIn, token } from "./utils.ts"

const at = DateTime.makeUnsafe
const window = { from: at("2026-05-10T18:30:00Z"), to: at("2026-05-11T18:30:00Z") }
const noon = "2026-05-11T12:00:00Z"

const call = {
  recordings: <A, E>(use: (service: Recordings.Recordings["Service"]) => Effect.Effect<A, E>) =>
    Effect.flatMap(Recordings.Recordings, use),
  cdrs: <A, E>(use: (service: CallDetailRecords.CallDetailRecords["Service"]) => Effect.Effect<A, E>) =>
    Effect.flatMap(CallDetailRecords.CallDetailRecords, use),
  trunks: <A, E>(use: (service: Trunks.Trunks["Service"]) => Effect.Effect<A, E>) => Effect.flatMap(Trunks.Trunks, use)
}

/** What a call comes to over a stand-in server: its failure's message, and what was sent. */
const failing = (
  reply: Reply,
  program: Effect.Effect<unknown, VobizError.VobizError, Vobiz.Vobiz>,
  config: Partial<VobizConfig.Options> = {}
) => {
  const { layer, sent } = standIn(reply)
  return Effect.gen(function* () {
    const { message, reason } = yield* Effect.flip(program)
    return { message, reason, sent }
  }).pipe(Effect.provide(services(layer, config, RetryPolicy.none)))
}

const cdrBody = (data: ReadonlyArray<object>, pagination: object = {}) => ({
  data,
  pagination: { page: 1, per_page: 100, total: data.length, has_next: false, ...pagination }
})
const cdr = (n: number, odd: object = {}) => ({ id: n, uuid: `c${n}`, start_time: noon, ...odd })

describe("what is refused before anything is sent", () => {
  const never: Reply = () => "reset"
  const wrong = "wrong request: "
  const whole = "must be a whole number"
  const refused: ReadonlyArray<readonly [string, Effect.Effect<unknown, VobizError.VobizError, Vobiz.Vobiz>, string]> =
    [
      [
        "a limit of 0",
        call.recordings((service) => service.page({ limit: 0 })),
        `Recordings.page: ${wrong}limit ${whole} from 1 to 100, not 0`
      ],
      [
        "a limit of 101",
        call.recordings((service) => service.page({ limit: 101 })),
        `Recordings.page: ${wrong}limit ${whole} from 1 to 100, not 101`
      ],
      [
        "a limit and an offset",
        call.recordings((service) => service.page({ limit: 1.5, offset: -1 })),
        `Recordings.page: ${wrong}limit ${whole} from 1 to 100, not 1.5; offset ${whole} at least 0, not -1`
      ],
      [
        "a blank recording to get",
        call.recordings((service) => service.get(" ")),
        `Recordings.get: ${wrong}recordingId must not be empty`
      ],
      [
        "a blank recording to remove",
        call.recordings((service) => service.remove("")),
        `Recordings.remove: ${wrong}recordingId must not be empty`
      ],
      [
        "audio that is not there yet",
        call.recordings((service) => Stream.runDrain(service.audio(Recording.make({ recordingId: "r" })))),
        `Recordings.audio: ${wrong}recordingUrl is not there yet: the file is still being made`
      ],
      [
        "audio at no URL",
        call.recordings((service) =>
          Stream.runDrain(service.audio(Recording.make({ recordingId: "r", recordingUrl: "http://[" })))
        ),
        `Recordings.audio: ${wrong}recordingUrl is no URL`
      ],
      [
        "no page",
        call.cdrs((service) => service.page({ ...window, page: 0 })),
        `CallDetailRecords.page: ${wrong}page ${whole} at least 1, not 0`
      ],
      [
        "a page of 101 CDRs",
        call.cdrs((service) => service.page({ ...window, perPage: 101 })),
        `CallDetailRecords.page: ${wrong}perPage ${whole} from 1 to 100, not 101`
      ],
      [
        "a page of no CDRs",
        call.cdrs((service) => service.page({ ...window, perPage: 0 })),
        `CallDetailRecords.page: ${wrong}perPage ${whole} from 1 to 100, not 0`
      ],
      [
        "a window of no time",
        call.cdrs((service) => service.page({ from: window.from, to: window.from })),
        `CallDetailRecords.page: ${wrong}to must be later than from`
      ],
      [
        "an export of no time",
        call.cdrs((service) => Stream.runDrain(service.exportCsv({ from: window.to, to: window.from }))),
        `CallDetailRecords.exportCsv: ${wrong}to must be later than from`
      ],
      ["a blank CDR", call.cdrs((service) => service.get("")), `CallDetailRecords.get: ${wrong}uuid must not be empty`],
      [
        "no recent CDR",
        call.cdrs((service) => service.recent(0)),
        `CallDetailRecords.recent: ${wrong}limit ${whole} from 1 to 100, not 0`
      ],
      [
        "101 recent CDRs",
        call.cdrs((service) => service.recent(101)),
        `CallDetailRecords.recent: ${wrong}limit ${whole} from 1 to 100, not 101`
      ],
      ["a blank trunk", call.trunks((service) => service.get(" ")), `Trunks.get: ${wrong}trunkId must not be empty`],
      [
        "a page of no trunks before the first",
        call.trunks((service) => service.page({ limit: 101, offset: -1 })),
        `Trunks.page: ${wrong}limit ${whole} from 1 to 100, not 101; offset ${whole} at least 0, not -1`
      ],
      [
        "a target that is no URL",
        Effect.flatMap(VobizClient.VobizClient, (client) => client.json({ operation: "test", target: `x ${token}` })),
        "test: wrong request (not a URL: x <redacted>)"
      ],
      [
        "a list at another host",
        Effect.flatMap(VobizClient.VobizClient, (client) =>
          client.json({ operation: "test", target: "https://media.vobiz.ai/x" })
        ),
        "test: nothing was sent to media.vobiz.ai: lists are read from api.vobiz.ai alone. If this host is the provider's, set VOBIZ_BASE_URL to it"
      ],
      [
        "a file of a stranger",
        Effect.flatMap(VobizClient.VobizClient, (client) =>
          Effect.scoped(client.open({ operation: "test", target: "https://evil.example/x" }))
        ),
        "test: nothing was sent to evil.example: the credentials go only to api.vobiz.ai and *.vobiz.ai, over https. If this host is the provider's, set VOBIZ_BASE_URL to it"
      ]
    ]
  for (const [name, program, expected] of refused) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { message, sent } = yield* failing(never, program)
        assert.strictEqual(
          message,
          expected.replace("test: wrong request (", "test: the request was refused as wrong (")
        )
        assert.strictEqual(sent.length, 0)
      })
    )
  }
})

describe("what is sent", () => {
  const sentBy = (
    program: Effect.Effect<unknown, VobizError.VobizError, Vobiz.Vobiz>,
    reply: Reply,
    config: Partial<VobizConfig.Options> = {}
  ) => {
    const { layer, sent } = standIn(reply)
    return Effect.as(program, sent).pipe(Effect.provide(services(layer, config, RetryPolicy.none)))
  }
  const path = (one: { readonly method: string; readonly url: URL } | undefined) =>
    one && `${one.method} ${one.url.pathname.replace("/api/v1/Account/MA_DEMO4821", "")}${one.url.search}`

  it.effect("for pages of each list, as many rows as are set", () =>
    Effect.gen(function* () {
      const recordings = () => Response.json({ meta: { total_count: 0, total: 0, next: null }, objects: [] })
      const paths = Effect.fnUntraced(function* (...args: Parameters<typeof sentBy>) {
        return (yield* sentBy(...args)).map(path)
      })
      assert.deepStrictEqual(
        yield* paths(
          call.recordings((service) => service.page()),
          recordings
        ),
        ["GET /Recording/?limit=100&offset=0"]
      )
      assert.deepStrictEqual(
        yield* paths(
          call.recordings((service) => service.page({ limit: 1, offset: 7 })),
          recordings,
          { pageSize: 20 }
        ),
        ["GET /Recording/?limit=1&offset=7"]
      )
      assert.deepStrictEqual(
        yield* paths(
          call.trunks((service) => service.page()),
          recordings,
          { pageSize: 20 }
        ),
        ["GET /trunks?limit=20&offset=0"]
      )
      assert.deepStrictEqual(
        yield* paths(
          call.trunks((service) => service.page({ limit: 3, offset: 4 })),
          recordings
        ),
        ["GET /trunks?limit=3&offset=4"]
      )
      const cdrs = () => Response.json(cdrBody([]))
      assert.deepStrictEqual(
        yield* paths(
          call.cdrs((service) => service.page({ ...window, page: 3, perPage: 7 })),
          cdrs
        ),
        ["GET /cdr?start_date=2026-05-09&end_date=2026-05-12&page=3&per_page=7"]
      )
      assert.deepStrictEqual(
        yield* paths(
          call.cdrs((service) => service.page(window)),
          cdrs,
          { pageSize: 20 }
        ),
        ["GET /cdr?start_date=2026-05-09&end_date=2026-05-12&page=1&per_page=20"]
      )
      assert.deepStrictEqual(
        yield* paths(
          call.cdrs((service) => service.recent()),
          cdrs
        ),
        ["GET /cdr/recent?limit=20"]
      )
      assert.deepStrictEqual(
        yield* paths(
          call.cdrs((service) => service.recent(1)),
          cdrs
        ),
        ["GET /cdr/recent?limit=1"]
      )
    })
  )

  it.effect("for one of each", () =>
    Effect.gen(function* () {
      const recording = () => Response.json({ recording_id: "r", add_time: noon })
      assert.deepStrictEqual(
        (yield* sentBy(
          call.recordings((service) => service.get("a/b")),
          recording
        )).map(path),
        ["GET /Recording/a%2Fb/"]
      )
      assert.deepStrictEqual(
        (yield* sentBy(
          call.cdrs((service) => service.get("a/b")),
          () => Response.json({ data: cdr(1) })
        )).map(path),
        ["GET /cdr/a%2Fb"]
      )
      assert.deepStrictEqual(
        (yield* sentBy(
          call.trunks((service) => service.get("a/b")),
          () => Response.json({ trunk_id: "t" })
        )).map(path),
        ["GET /trunks/a%2Fb"]
      )
    })
  )

  it.effect("with each filter of CDRs, and what the caller adds", () =>
    Effect.gen(function* () {
      const query = {
        ...window,
        direction: "inbound" as const,
        fromNumber: "918",
        toNumber: "919",
        minDuration: Duration.millis(1999),
        sipCallId: "sip",
        bridgeUuid: "bridge",
        hangupCause: "CAUSE",
        hangupDisposition: "bye",
        context: "default",
        campaignId: "k1",
        search: "words",
        params: { other: "x", start_date: "lost" }
      }
      const filters = {
        other: "x",
        start_date: "2026-05-09",
        end_date: "2026-05-12",
        call_direction: "inbound",
        from_number: "918",
        to_number: "919",
        min_duration: "1",
        sip_call_id: "sip",
        bridge_uuid: "bridge",
        hangup_cause: "CAUSE",
        hangup_disposition: "bye",
        context: "default",
        campaign_id: "k1",
        search: "words"
      }
      const reply: Reply = ({ url }) =>
        url.pathname.endsWith("/export") ? new Response("uuid,start_time\n") : Response.json(cdrBody([]))
      const sent = yield* sentBy(
        call.cdrs((service) => Stream.runDrain(service.exportCsv(query))),
        reply
      )
      assert.deepStrictEqual(
        sent.map(({ headers, url }) => [
          url.pathname.split("/").slice(5).join("/"),
          headers.accept,
          Object.fromEntries(url.searchParams)
        ]),
        [
          ["cdr", "application/json", { ...filters, page: "1", per_page: "1" }],
          ["cdr/export", "text/csv", filters]
        ]
      )
    })
  )

  it.effect("with the credentials, and what it is willing to read", () =>
    Effect.gen(function* () {
      const sent = yield* sentBy(
        call.trunks((service) => service.page()),
        () => Response.json({ meta: { total: 0 }, objects: [] })
      )
      assert.deepInclude(sent[0]?.headers, {
        accept: "application/json",
        "x-auth-id": "MA_DEMO4821",
        "x-auth-token": token
      })
    })
  )
})

describe("what a failure says", () => {
  const file =
    (headers: Record<string, string>, body = "x", status = 200): Reply =>
    () =>
      new Response(body, { status, headers })
  const open = (target = "/x.mp3") =>
    Effect.flatMap(VobizClient.VobizClient, (client) =>
      Effect.scoped(Effect.flatMap(client.open({ operation: "test", target }), ({ bytes }) => Stream.runDrain(bytes)))
    )
  const json = Effect.flatMap(VobizClient.VobizClient, (client) => client.json({ operation: "test", target: "/x" }))
  const redirect =
    (location: string): Reply =>
    () =>
      new Response(null, { status: 302, headers: { location } })
  const form = "the answer is not of a known form"
  const start = "The provider may have changed its API; the body starts:"
  const unreadable = "Check the network, a proxy, and VOBIZ_BASE_URL"
  const messages: ReadonlyArray<
    readonly [
      string,
      Reply,
      Effect.Effect<unknown, VobizError.VobizError, Vobiz.Vobiz>,
      string,
      Partial<VobizConfig.Options>?
    ]
  > = [
    [
      "a broken connection",
      () => "reset",
      json,
      `test: no whole answer from api.vobiz.ai: read ECONNRESET. ${unreadable}`
    ],
    [
      "an empty body",
      () => new Response(" \n"),
      json,
      `test: no whole answer from api.vobiz.ai: the body is empty. ${unreadable}`
    ],
    ["no JSON", () => new Response("<html>"), json, `test: ${form}: JSON. ${start} <html>`],
    [
      "JSON that is nested deep",
      () => new Response(`${"[".repeat(65)}${"]".repeat(65)}`),
      json,
      `test: ${form}: JSON of at most 64 levels. ${start} ${"[".repeat(65)}${"]".repeat(65)}`
    ],
    [
      "a long body",
      () => new Response("x".repeat(1025)),
      json,
      "test: the answer of api.vobiz.ai is longer than 1024 bytes, and was not read to its end. Check VOBIZ_BASE_URL, or raise VOBIZ_MAX_BODY_BYTES",
      { maxBodyBytes: 1024 }
    ],
    [
      "the request's id",
      () => Response.json({ error: "no", api_id: "q7" }, { status: 500 }),
      json,
      "test: the provider failed (HTTP 500, no). See status.vobiz.ai, and run again later [request q7]"
    ],
    [
      "a list that is redirected",
      redirect("https://media.vobiz.ai/list"),
      json,
      "test: nothing was sent to media.vobiz.ai: api.vobiz.ai redirected there, and only audio is followed. Check VOBIZ_BASE_URL"
    ],
    [
      "a list that is redirected nowhere",
      redirect("http://["),
      json,
      "test: nothing was sent to a redirect: api.vobiz.ai redirected there, and only audio is followed. Check VOBIZ_BASE_URL"
    ],
    [
      "a file that is redirected away from https",
      redirect("http://media.vobiz.ai/x"),
      open(),
      "test: nothing was sent to media.vobiz.ai: api.vobiz.ai redirected there, away from https"
    ],
    [
      "a file that is redirected in a circle",
      redirect("/x.mp3"),
      open(),
      "test: the provider failed (HTTP 302, api.vobiz.ai redirected more than 5 times). See status.vobiz.ai, and run again later"
    ],
    [
      "a file that is JSON",
      file({ "content-type": "application/problem+json" }, '{"a":1}'),
      open(),
      `test: ${form}: a file, not JSON. ${start} {"a":1}`
    ],
    [
      "a file that is a failure in JSON",
      file({ "content-type": "application/json" }, '{"error":"gone"}'),
      open(),
      "test: the provider failed (HTTP 200, gone). See status.vobiz.ai, and run again later"
    ],
    [
      "a file that is not there",
      file({ "content-type": "text/html" }, "<html>", 404),
      open(),
      "test: not found (HTTP 404). It may be deleted, past the 30 days of retention, or (a CDR) of a call still running"
    ],
    [
      "a part that was not asked for",
      file({ "content-range": "bytes 3-5/6" }, "def", 206),
      call.recordings((service) =>
        Stream.runDrain(
          service.audio(Recording.make({ recordingId: "r", recordingUrl: "https://media.vobiz.ai/r.mp3" }))
        )
      ),
      `Recordings.audio: no whole answer from media.vobiz.ai: the server sent a part of the file, and the whole was asked for. ${unreadable}`
    ],
    [
      "a list that is none",
      () => Response.json({ objects: "none" }),
      call.recordings((service) => service.page()),
      `Recordings.page: ${form} at objects: a list of rows. ${start} {"objects":"none"}`
    ],
    [
      "a row that is none",
      () => Response.json([1]),
      call.recordings((service) => service.get("r")),
      `Recordings.get: ${form}: a row. ${start} [1]`
    ],
    [
      "a row that lacks what it needs",
      () => Response.json({ recording_id: "r", api_id: "q7" }),
      call.recordings((service) => service.get("r")),
      "Recordings.get: row r has no add_time that is a timestamp such as 2026-05-07 09:45:35.79276+05:30: set aside. All other rows were read; `extract` shows these [request q7]"
    ],
    [
      "a CDR without an id",
      () => Response.json({ data: { start_time: noon } }),
      call.cdrs((service) => service.get("c")),
      "CallDetailRecords.get: a row has no uuid that is an id: set aside. All other rows were read; `extract` shows these"
    ],
    [
      "recent CDRs without an id",
      () => Response.json(cdrBody([cdr(1), { start_time: noon }, { start_time: noon }])),
      call.cdrs((service) => service.recent()),
      "CallDetailRecords.recent: a row has no uuid that is an id, and 1 more: set aside. All other rows were read; `extract` shows these"
    ],
    [
      "a trunk that is none",
      () => Response.json([]),
      call.trunks((service) => service.get("t")),
      `Trunks.get: ${form}: a row. ${start} []`
    ]
  ]
  for (const [name, reply, program, expected, config] of messages) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { message } = yield* failing(reply, program, config)
        assert.strictEqual(message, expected)
      })
    )
  }

  const operations: Readonly<Record<string, Effect.Effect<unknown, VobizError.VobizError, Vobiz.Vobiz>>> = {
    "Recordings.page": call.recordings((service) => service.page()),
    "Recordings.get": call.recordings((service) => service.get("r")),
    "Recordings.remove": call.recordings((service) => service.remove("r")),
    "Recordings.audio": call.recordings((service) =>
      Stream.runDrain(service.audio(Recording.make({ recordingId: "r", recordingUrl: "/r.mp3" })))
    ),
    "CallDetailRecords.page": call.cdrs((service) => service.page(window)),
    "CallDetailRecords.get": call.cdrs((service) => service.get("c")),
    "CallDetailRecords.recent": call.cdrs((service) => service.recent()),
    "CallDetailRecords.exportCsv": call.cdrs((service) => Stream.runDrain(service.exportCsv(window))),
    "Trunks.page": call.trunks((service) => service.page()),
    "Trunks.get": call.trunks((service) => service.get("t"))
  }
  for (const [operation, program] of Object.entries(operations)) {
    it.effect(`${operation}: its name`, () =>
      Effect.gen(function* () {
        const { message } = yield* failing(() => new Response(null, { status: 503 }), program)
        assert.strictEqual(
          message,
          `${operation}: the provider failed (HTTP 503). See status.vobiz.ai, and run again later`
        )
        const counts = (yield* Metric.snapshot).map(({ attributes, id }) => [id, attributes?.["operation"]])
        assert.deepInclude(counts, ["vobiz_requests_total", operation])
      }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
    )
  }

  it.effect("of an answer of an unknown form: that the same request will not do", () =>
    Effect.gen(function* () {
      for (const [body, isRetryable] of [
        ['{"objects":"none"}', false],
        ['{"objects":', true]
      ] as const) {
        const { reason } = yield* failing(
          () => new Response(body),
          call.recordings((service) => service.page())
        )
        assert.strictEqual(reason._tag === "DecodeFailure" && reason.syntax, isRetryable, body)
      }
    })
  )

  it.effect("a body as long as allowed is read", () => {
    const { layer } = standIn(() => new Response(`"${"x".repeat(1022)}"`))
    return Effect.gen(function* () {
      const { json: read } = yield* json
      assert.strictEqual(read, "x".repeat(1022))
    }).pipe(Effect.provide(services(layer, { maxBodyBytes: 1024 }, RetryPolicy.none)))
  })

  it.effect("the innermost cause, with its code, however deep", () =>
    Effect.gen(function* () {
      const detail = Effect.fnUntraced(function* (cause: unknown) {
        const { layer } = standIn(
          () => new Response(new ReadableStream({ start: (controller) => controller.error(cause) }))
        )
        const { reason } = yield* Effect.flip(open()).pipe(Effect.provide(services(layer, {}, RetryPolicy.none)))
        return reason._tag === "Transport" ? reason.detail : reason._tag
      })
      const coded = Object.assign(new Error("connect failed"), { code: "ECONNREFUSED" })
      assert.strictEqual(yield* detail(new Error("outer", { cause: coded })), "ECONNREFUSED connect failed")
      assert.strictEqual(yield* detail(Object.assign(new Error(""), { code: "EPIPE" })), "EPIPE")
      assert.strictEqual(yield* detail(Object.assign(new Error("odd"), { code: 7 })), "odd")
      const own = new Error("its own cause")
      own.cause = own
      assert.strictEqual(yield* detail(own), "its own cause")
    })
  )
})

describe("the CSV export", () => {
  const exported = (csv: string, total: unknown = 0, config: Partial<VobizConfig.Options> = {}) => {
    const { layer } = standIn(({ url }) =>
      url.pathname.endsWith("/export") ? new Response(csv) : Response.json(cdrBody([], { total }))
    )
    return call
      .cdrs((service) => Stream.runCollect(service.exportCsv(window)))
      .pipe(
        Effect.match({
          onFailure: ({ message }) => message.replace("CallDetailRecords.exportCsv: ", ""),
          onSuccess: (rows) => rows.map(({ uuid }) => uuid).join()
        }),
        Effect.provide(services(layer, config, RetryPolicy.none))
      )
  }
  const header = "uuid,start_time,duration\n"
  const row = (uuid: string, time = noon) => `${uuid},${time},9\n`
  const form = "the answer is not of a known form"
  const start = "The provider may have changed its API; the body starts:"
  const cutBody = "Check the network, a proxy, and VOBIZ_BASE_URL"
  const bodies: ReadonlyArray<readonly [string, string, string, unknown?]> = [
    [
      "has the rows of the window, to the millisecond",
      `${header}${row("a", "2026-05-10T18:30:00Z")}${row("b", "2026-05-10T18:29:59.999Z")}${row("c", "2026-05-11T18:29:59.999Z")}${row("d", "2026-05-11T18:30:00Z")}`,
      "a,c",
      4
    ],
    ["may have more rows than were counted", `${header}${row("a")}${row("b")}`, "a,b", 1],
    [
      "fails where nothing counts its rows",
      header,
      `${form} at pagination.total: how many rows there are. ${start} {"data":[],"pagination":{"page":1,"per_page":100,"total":null,"has_next":false}}`,
      null
    ],
    [
      "fails where it has fewer rows",
      `${header}${row("a")}`,
      `no whole answer from api.vobiz.ai: the CSV has 1 rows, and the list counts 2. ${cutBody}`,
      2
    ],
    [
      "fails where its last line is cut",
      `${header}a,${noon},9`,
      `no whole answer from api.vobiz.ai: the CSV does not end with a line end: its last row may be cut. ${cutBody}`,
      1
    ],
    [
      "fails where a row has fewer cells",
      `${header}${row("a")}b,${noon}\n`,
      `${form} at row 2: 3 cells, as in the header (got 2). ${start} not shown`,
      2
    ],
    [
      "fails where a row has more cells",
      `${header}a,${noon},9,9\n`,
      `${form} at row 1: 3 cells, as in the header (got 4). ${start} not shown`,
      1
    ],
    [
      "fails where a column is missing",
      `uuid,${token}\n`,
      `${form} at start_time: CSV with the columns uuid or id, start_time. ${start} uuid,<redacted>`
    ],
    [
      "fails where the id's column is missing",
      "start_time\n",
      `${form} at uuid or id: CSV with the columns uuid or id, start_time. ${start} start_time`
    ],
    [
      "fails in the end where rows were set aside",
      `${header}${row("a")}${row("b", "now")}${row("", "now")}`,
      "row b has no start_time that is a timestamp such as 2026-05-07 09:45:35.79276+05:30, and 1 more: set aside. All other rows were read; `extract` shows these",
      3
    ]
  ]
  for (const [name, csv, expected, total] of bodies) {
    it.effect(name, () => Effect.map(exported(csv, total), (found) => assert.strictEqual(found, expected)))
  }

  it.effect("names the line that is no CSV, and may have rows of a million characters", () =>
    Effect.gen(function* () {
      assert.match(
        yield* exported(`${header}${row("a")}"b,${noon},9\n`, 2),
        /^the answer is not of a known form at line 3: .+\. The provider may have changed its API; the body starts: $/
      )
      const long = (length: number) => exported(`${header}${row("x".repeat(length))}`, 1)
      assert.strictEqual((yield* long(1_000_000)).length, 1_000_000)
      assert.include(yield* long((1 << 20) + 1), "the answer is not of a known form at line ")
    })
  )

  it.effect("says where a call is of other days than were asked for", () =>
    Effect.gen(function* () {
      const cdrDays = { zone: DateTime.zoneMakeOffset(0), endDate: "inclusive" } as const
      const told = (row: string) =>
        `${form} at [${row}].start_time: a call of the days asked for, 2026-05-10 to 2026-05-11 by the setting cdrDays, which is wrong: examine the account anew, or leave it out. ${start} not shown`
      const first = "2026-05-10T00:00:00Z"
      const last = "2026-05-11T23:59:59.999Z"
      assert.strictEqual(
        yield* exported(`${header}${row("a", first)}${row("b", last)}${row("c")}`, 3, { cdrDays }),
        "c"
      )
      assert.strictEqual(
        yield* exported(`${header}${row("a")}${row("b", "2026-05-09T23:59:59.999Z")}`, 2, { cdrDays }),
        told("1")
      )
      assert.strictEqual(yield* exported(`${header}${row("a", "2026-05-12T00:00:00Z")}`, 1, { cdrDays }), told("0"))
    })
  )
})

describe("the rate limiter", () => {
  const slow = (delays: ReadonlyArray<Duration.Duration>, late: Duration.Duration) => {
    let nth = 0
    return RateLimiter.RateLimiter.of({
      consume: (options: { readonly limit: number; readonly key: string }) =>
        Effect.as(TestClock.adjust(late), {
          delay: delays[Math.min(nth++, delays.length - 1)] ?? Duration.zero,
          limit: options.limit,
          remaining: 0,
          resetAfter: Duration.zero
        })
    } as never)
  }
  const page = call.trunks((service) => service.page())
  const sending = (limiter: RateLimiter.RateLimiter, retry: RetryPolicy.Options = RetryPolicy.none) => {
    const { layer, sent } = standIn(() => Response.json({ meta: { total: 0 }, objects: [] }))
    return Effect.gen(function* () {
      const exit = yield* Effect.result(page)
      return { exit, sent: sent.length }
    }).pipe(
      RetryPolicy.with(RetryPolicy.make(retry)),
      Effect.provide(Layer.provide(Vobiz.layerNoDeps(account), layer)),
      Effect.provideService(RateLimiter.RateLimiter, limiter)
    )
  }

  it.effect("gives a slot that may be a second old", () =>
    Effect.gen(function* () {
      const { exit, sent } = yield* sending(slow([Duration.zero], Duration.seconds(1)))
      assert.deepStrictEqual([exit._tag, sent], ["Success", 1])
    })
  )

  it.effect("is asked for another, ten times, where slots come later", () =>
    Effect.gen(function* () {
      const { exit, sent } = yield* sending(slow([Duration.zero], Duration.millis(1001)))
      assert.strictEqual(
        exit._tag === "Failure" ? exit.failure.message : "",
        "Trunks.page: no whole answer from the rate limiter's store: 10 rate-limit slots in a row came more than a second late. Check the network, a proxy, and VOBIZ_BASE_URL"
      )
      assert.strictEqual(sent, 0)
    })
  )
})

describe("the in-memory doubles", () => {
  const number = PhoneNumber.fromRaw("+918045670012")
  const cdrs = [
    { uuid: "a", startTime: at(noon), direction: "inbound", from: number, duration: Duration.seconds(10) },
    { uuid: "b", startTime: at(noon), direction: "outbound", to: number, duration: Duration.seconds(9) },
    { uuid: "c", startTime: window.to, sipCallId: "s" },
    {
      uuid: "d",
      startTime: window.from,
      sipCallId: "s",
      bridgeUuid: "b",
      hangupCause: "x",
      hangupDisposition: "y",
      context: "z",
      campaignId: "k"
    }
  ].map((fields) => CallDetailRecord.make(fields))
  const doubles = Vobiz.layerTest({
    cdrs,
    recordings: [
      Recording.make({ recordingId: "r1", callUuid: "c1", recordingUrl: "/r1" }),
      Recording.make({ recordingId: "r2", recordingType: "trunk" })
    ],
    trunks: [Trunk.make({ trunkId: "t1" }), Trunk.make({ trunkId: "t2" })],
    audio: ({ recordingId }) => new TextEncoder().encode(recordingId)
  })

  const filters: ReadonlyArray<readonly [Partial<CallDetailRecords.CdrQuery>, string]> = [
    [{}, "a,b,d"],
    [{ direction: "inbound" }, "a"],
    [{ fromNumber: "8045" }, "a"],
    [{ toNumber: "8045" }, "b"],
    [{ toNumber: "9999" }, ""],
    [{ minDuration: Duration.seconds(10) }, "a"],
    [{ minDuration: Duration.seconds(9) }, "a,b"],
    [{ sipCallId: "s" }, "d"],
    [{ bridgeUuid: "b" }, "d"],
    [{ bridgeUuid: "c" }, ""],
    [{ hangupCause: "x" }, "d"],
    [{ hangupDisposition: "y" }, "d"],
    [{ context: "z" }, "d"],
    [{ campaignId: "k" }, "d"],
    [{ campaignId: "l" }, ""]
  ]
  for (const [query, expected] of filters) {
    it.effect(`filters CDRs by ${JSON.stringify(query)}`, () =>
      Effect.gen(function* () {
        const service = yield* CallDetailRecords.CallDetailRecords
        const uuids = (rows: ReadonlyArray<CallDetailRecord.CallDetailRecord>) => rows.map(({ uuid }) => uuid).join()
        assert.strictEqual(uuids(yield* Stream.runCollect(service.stream({ ...window, ...query }))), expected)
        assert.strictEqual(uuids(yield* Stream.runCollect(service.exportCsv({ ...window, ...query }))), expected)
      }).pipe(Effect.provide(doubles))
    )
  }

  it.effect("page as the services do", () =>
    Effect.gen(function* () {
      const service = yield* CallDetailRecords.CallDetailRecords
      const { hasNext, page, perPage, records, total } = yield* service.page({ ...window, page: 2, perPage: 2 })
      assert.deepStrictEqual([records.map(({ uuid }) => uuid), page, perPage, total, hasNext], [["d"], 2, 2, 3, false])
      assert.isTrue((yield* service.page({ ...window, perPage: 2 })).hasNext)
      assert.isFalse((yield* service.page({ ...window, perPage: 3 })).hasNext)
      assert.deepStrictEqual(
        (yield* service.recent(2)).map(({ uuid }) => uuid),
        ["a", "b"]
      )
      const recordings = yield* Recordings.Recordings
      const one = yield* recordings.page({ limit: 1, offset: 1 })
      assert.deepStrictEqual(
        [one.recordings.map(({ recordingId }) => recordingId), one.offset, one.limit, one.totalCount, one.hasNext],
        [["r2"], 1, 1, 2, false]
      )
      assert.isTrue((yield* recordings.page({ limit: 1 })).hasNext)
      const trunks = yield* Trunks.Trunks
      const first = yield* trunks.page({ limit: 1 })
      assert.deepStrictEqual(
        [first.trunks.map(({ trunkId }) => trunkId), first.offset, first.limit, first.totalCount, first.hasNext],
        [["t1"], 0, 1, 2, true]
      )
      assert.isFalse((yield* trunks.page({ limit: 1, offset: 1 })).hasNext)
      assert.deepStrictEqual(
        (yield* Stream.runCollect(trunks.stream)).map(({ trunkId }) => trunkId),
        ["t1", "t2"]
      )
    }).pipe(Effect.provide(doubles))
  )

  it.effect("find what they hold, and nothing else", () =>
    Effect.gen(function* () {
      const cdrService = yield* CallDetailRecords.CallDetailRecords
      const recordings = yield* Recordings.Recordings
      const trunks = yield* Trunks.Trunks
      assert.strictEqual((yield* cdrService.get("b")).uuid, "b")
      assert.strictEqual((yield* trunks.get("t2")).trunkId, "t2")
      const gone = ". It may be deleted, past the 30 days of retention, or (a CDR) of a call still running"
      const messageOf = <A>(effect: Effect.Effect<A, VobizError.VobizError>) =>
        Effect.map(Effect.flip(effect), ({ message }) => message)
      assert.strictEqual(
        yield* messageOf(cdrService.get("x")),
        `CallDetailRecords.get: not found (HTTP 404, CDR not found)${gone}`
      )
      assert.strictEqual(yield* messageOf(trunks.get("x")), `Trunks.get: not found (HTTP 404, Trunk not found)${gone}`)
      const missing = (operation: string) => `Recordings.${operation}: not found (HTTP 404, Recording not found)${gone}`
      assert.strictEqual(yield* messageOf(recordings.get("x")), missing("get"))
      assert.strictEqual(yield* messageOf(recordings.remove("x")), missing("remove"))
      const stranger = Recording.make({ recordingId: "x", recordingUrl: "/x" })
      assert.strictEqual(yield* messageOf(Stream.runDrain(recordings.audio(stranger))), missing("audio"))
      const filtered = (query: Recordings.RecordingsQuery) =>
        Effect.map(Stream.runCollect(recordings.stream(query)), (rows) => rows.map(({ recordingId }) => recordingId))
      assert.deepStrictEqual(yield* filtered({ callUuid: "c1" }), ["r1"])
      assert.deepStrictEqual(yield* filtered({ recordingType: "trunk" }), ["r2"])
      assert.deepStrictEqual(yield* filtered({ recordingType: "call", callUuid: "c2" }), [])
      yield* recordings.remove("r1")
      assert.deepStrictEqual(yield* filtered({}), ["r2"])
    }).pipe(Effect.provide(doubles))
  )

  it.effect("give audio from a byte on, of the same file alone", () =>
    Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      const recording = yield* recordings.get("r1")
      const opened = Effect.fnUntraced(function* (part?: Recordings.AudioPart) {
        const { bytes, ...facts } = yield* Effect.scoped(recordings.openAudio(recording, part))
        return [yield* Stream.mkString(Stream.decodeText(bytes)), facts.from, facts.total, facts.validator]
      })
      assert.deepStrictEqual(yield* opened(), ["r1", 0, 2, '"r1"'])
      assert.deepStrictEqual(yield* opened({ from: 1, validator: '"r1"' }), ["1", 1, 2, '"r1"'])
      assert.deepStrictEqual(yield* opened({ from: 1, validator: '"r2"' }), ["r1", 0, 2, '"r1"'])
    }).pipe(Effect.provide(doubles))
  )
})

describe("recordings of a span of time", () => {
  it.effect("are those added at its beginning or later, and before its end", () => {
    const rows = [3, 2, 1, 0].map((n) => ({ recording_id: `r${n}`, add_time: `2026-05-11T12:00:0${n}Z` }))
    const { layer } = standIn(() => Response.json({ meta: { limit: 100, total_count: 4, next: null }, objects: rows }))
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      const ids = (query: Recordings.RecordingsQuery) =>
        Effect.map(Stream.runCollect(recordings.stream(query)), (found) =>
          found.map(({ recordingId }) => recordingId).join()
        )
      const second = (n: number) => at(`2026-05-11T12:00:0${n}Z`)
      assert.strictEqual(yield* ids({}), "r3,r2,r1,r0")
      assert.strictEqual(yield* ids({ since: second(1) }), "r3,r2,r1")
      assert.strictEqual(yield* ids({ until: second(2) }), "r1,r0")
      assert.strictEqual(yield* ids({ since: second(1), until: second(2) }), "r1")
    }).pipe(Effect.provide(services(layer)))
  })
})

describe("a page as it was served", () => {
  it.effect("has what the server says of it, and where it was asked for", () =>
    Effect.gen(function* () {
      const served = <A>(body: unknown, program: Effect.Effect<A, VobizError.VobizError, Vobiz.Vobiz>) =>
        Effect.provide(program, services(standIn(() => Response.json(body)).layer, {}, RetryPolicy.none))
      const recordings = yield* served(
        {
          api_id: "q1",
          meta: { limit: 2, offset: 9, total_count: 7, next: "/x" },
          objects: [{ recording_id: "r", add_time: noon }]
        },
        call.recordings((service) => service.page({ limit: 5, offset: 3 }))
      )
      const now = (yield* DateTime.now).epochMilliseconds
      const { askedAt, recordings: rows, rejects, ...page } = recordings
      assert.deepStrictEqual(
        [page, rows.length, rejects.length, askedAt.epochMilliseconds],
        [{ offset: 3, limit: 2, totalCount: 7, hasNext: true, requestId: "q1" }, 1, 0, now]
      )
      const trunks = yield* served(
        { requestId: "q2", meta: { limit: 2, offset: 9, total: 7 }, objects: [{ trunk_id: "t" }, {}] },
        call.trunks((service) => service.page({ limit: 5, offset: 3 }))
      )
      const { askedAt: _, rejects: without, trunks: found, ...trunkPage } = trunks
      assert.deepStrictEqual(
        [trunkPage, found.length, without.length],
        [{ offset: 3, limit: 2, totalCount: 7, hasNext: true, requestId: "q2" }, 1, 1]
      )
      const cdrs = yield* served(
        {
          ...cdrBody([cdr(1), {}], { page: 9, per_page: 2, total: 7, has_next: true }),
          summary: { totalCalls: 7, answeredCalls: 5 },
          requestId: "q3"
        },
        call.cdrs((service) => service.page({ ...window, page: 2, perPage: 5 }))
      )
      const { askedAt: __, records, rejects: odd, summary, ...cdrPage } = cdrs
      assert.deepStrictEqual(
        [cdrPage, records.length, odd.length, summary?.answeredCalls],
        [{ page: 2, perPage: 2, total: 7, hasNext: true, requestId: "q3" }, 1, 1, 5]
      )
    })
  )
})

describe("what is counted", () => {
  it.effect("of a list: rows, set aside, unreadable, without a zone, unknown, and its own count", () => {
    const objects = [
      { recording_id: "a", add_time: noon, surprise: 1, another: 2, api_id: 3 },
      { recording_id: "b", add_time: noon.slice(0, 19), recording_url: 7, from_number: 7 },
      { recording_id: "c", recording_url: 7 }
    ]
    const { layer } = standIn(() => Response.json({ meta: { limit: 100, total_count: 30, next: "/x" }, objects }))
    return Effect.gen(function* () {
      yield* call.recordings((service) => service.page())
      const found = (yield* Metric.snapshot).flatMap(({ attributes, id, state }) =>
        id === "vobiz_requests_total" || id === "vobiz_limiter_wait"
          ? []
          : [
              `${id}${attributes?.["field"] === undefined ? "" : ` of ${attributes["field"]}`} by ${attributes?.["operation"]}: ${"count" in state ? state.count : "value" in state ? state.value : ""}`
            ]
      )
      assert.deepStrictEqual(found.toSorted(), [
        "vobiz_list_rows by Recordings.page: 30",
        "vobiz_rows_set_aside_total by Recordings.page: 1",
        "vobiz_rows_total by Recordings.page: 2",
        "vobiz_unknown_keys_total by Recordings.page: 2",
        "vobiz_unreadable_fields_total of from_number by Recordings.page: 1",
        "vobiz_unreadable_fields_total of recording_url by Recordings.page: 1",
        "vobiz_zoneless_instants_total of add_time by Recordings.page: 1"
      ])
    }).pipe(Effect.provide(services(layer)), Effect.provideService(Metric.MetricRegistry, new Map()))
  })

  it.effect("of audio: its bytes", () => {
    const { layer } = standIn(() => new Response("12345"))
    return Effect.gen(function* () {
      const recording = Recording.make({ recordingId: "r", recordingUrl: "https://media.vobiz.ai/r.mp3" })
      yield* call.recordings((service) => Stream.runDrain(service.audio(recording)))
      const found = (yield* Metric.snapshot).map(({ attributes, id, state }) => [
        id,
        attributes?.["operation"],
        "count" in state ? state.count : null
      ])
      assert.deepInclude(found, ["vobiz_audio_bytes_total", "Recordings.audio", 5])
    }).pipe(Effect.provide(services(layer)), Effect.provideService(Metric.MetricRegistry, new Map()))
  })
})

it.effect("a body is the same text whichever pieces it comes in", () => {
  const body = { name: "Müller, नमस्ते, 😀" }
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  const { layer } = standIn((_, nth) => {
    const pieces = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (let from = 0; from < bytes.length; from += nth) controller.enqueue(bytes.slice(from, from + nth))
        controller.close()
      }
    })
    return new Response(pieces)
  })
  return Effect.gen(function* () {
    const client = yield* VobizClient.VobizClient
    const read = Effect.map(client.json({ operation: "test", target: "/" }), ({ json }) => json)
    assert.deepStrictEqual(
      yield* Effect.replicateEffect(read, 5),
      Array.from({ length: 5 }, () => body)
    )
  }).pipe(Effect.provide(services(layer)))
})
