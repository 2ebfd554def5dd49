import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { FakeVobiz, type FaultPlan, Simulator } from "@vobiz-effect/testing"
import { Cause, DateTime, Effect, Inspectable, Layer, Logger, Metric, Stream, Tracer } from "effect"
import { FetchHttpClient } from "effect/http"

import {
  CallDetailRecords,
  JsonDispatcher,
  Recordings,
  RetryPolicy,
  Trunks,
  Vobiz,
  VobizClient,
  type VobizError
} from "../src/index.ts"
import { Recording } from "../src/Recording.ts"
import { cutter } from "../src/internal/foreign.ts"
import * as Json from "../src/internal/json.ts"
import { services, standIn, token } from "./utils.ts"

const until = DateTime.makeUnsafe("2026-05-10T00:00:00Z")
const account = Simulator.make({ seed: 3, calls: 40, days: 2, until })
const window = { from: account.from, to: account.until }

const clients = {
  fetch: FetchHttpClient.layer,
  undici: NodeHttpClient.layerUndici,
  "a dispatcher": Layer.merge(FetchHttpClient.layer, JsonDispatcher.layerNode)
}

/** Without retries, and with as much time as a busy machine needs. */
const patient = RetryPolicy.layer({ ...RetryPolicy.none, deadline: "1 hour" })

/** A program against a server that commits the fault in every answer. */
const under = <A, E>(
  program: Effect.Effect<A, E, Vobiz.Vobiz>,
  fault: FaultPlan.Fault,
  options: Partial<Vobiz.Options> = {},
  http: (typeof clients)[keyof typeof clients] = FetchHttpClient.layer
) =>
  Effect.gen(function* () {
    const { settings } = yield* FakeVobiz.FakeVobiz
    const vobiz = Vobiz.layer({ ...settings, attemptTimeout: "1 hour", ...options }).pipe(
      Layer.provide([http, patient])
    )
    return yield* Effect.provide(program, vobiz)
  }).pipe(
    Effect.provide(Layer.orDie(FakeVobiz.FakeVobiz.layer({ account, faults: { rules: [{ fault, times: "always" }] } })))
  )

const page = Effect.flatMap(Recordings.Recordings, (service) => service.page())

/** Each call that reads an answer whole. */
const calls: Record<string, Effect.Effect<unknown, VobizError.VobizError, Vobiz.Vobiz>> = {
  "Recordings.page": page,
  "Recordings.get": Effect.flatMap(Recordings.Recordings, (service) => service.get("r1")),
  "Recordings.remove": Effect.flatMap(Recordings.Recordings, (service) => service.remove("r1")),
  "CallDetailRecords.page": Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) => service.page(window)),
  "CallDetailRecords.get": Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) => service.get("c1")),
  "Trunks.page": Effect.flatMap(Trunks.Trunks, (service) => service.page())
}

describe("an answer without end", () => {
  for (const [name, http] of Object.entries(clients)) {
    it.live(`is a typed error, with ${name}`, () =>
      Effect.gen(function* () {
        for (const call of Object.values(calls)) {
          const fault = { _tag: "HugeBody", bytes: 3_000_000 } as const
          const { message, reason } = yield* Effect.flip(under(call, fault, { maxBodyBytes: 1_000_000 }, http))
          assert.strictEqual(reason._tag, "BodyTooLarge")
          assert.include(message, "VOBIZ_MAX_BODY_BYTES")
        }
      })
    )
  }

  it.live("is measured after decompression, and not read to its end", () =>
    Effect.gen(function* () {
      // 600 MB of JSON in 600 kB.
      const fault = { _tag: "HugeBody", bytes: 600_000_000, gzip: true } as const
      const maxBytes = 64 * 1024 * 1024
      let bytes = 0
      const counting = new TransformStream<Uint8Array, Uint8Array>({
        transform: (piece, controller) => {
          bytes += piece.length
          controller.enqueue(piece)
        }
      })
      const counted = FetchHttpClient.layer.pipe(
        Layer.provide(
          Layer.succeed(FetchHttpClient.Fetch, async (input, init) => {
            const response = await globalThis.fetch(input, init)
            return new Response(response.body?.pipeThrough(counting) ?? null, response)
          })
        )
      )
      const error = yield* Effect.flip(under(page, fault, {}, counted))
      assert.strictEqual(error.reason._tag === "BodyTooLarge" && error.reason.maxBytes, maxBytes)
      assert.isAbove(bytes, maxBytes)
      assert.isBelow(bytes, maxBytes + 1_000_000)
    })
  )

  it.live("is read where it is allowed", () =>
    Effect.gen(function* () {
      const fault = { _tag: "HugeBody", bytes: 3_000_000 } as const
      const error = yield* Effect.flip(
        under(
          Effect.flatMap(Recordings.Recordings, (service) => Stream.runDrain(service.stream())),
          fault
        )
      )
      assert.strictEqual(error.reason._tag, "RowsSetAside")
    })
  )

  it.effect("of a failure leaves what its status says", () => {
    const { layer } = standIn(() => new Response("x".repeat(5000), { status: 503 }))
    return Effect.gen(function* () {
      const error = yield* Effect.flip(page)
      assert.strictEqual(error.reason._tag, "ServerFault")
    }).pipe(Effect.provide(services(layer, { maxBodyBytes: 1024 }, RetryPolicy.none)))
  })
})

describe("nesting", () => {
  for (const depth of [65, 1000, 100_000, 2_000_000]) {
    it.live(`of ${depth} levels is a typed error`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(under(page, { _tag: "NestedBody", depth }))
        assert.strictEqual(error.reason._tag, "DecodeFailure")
        const start = depth === 65 ? `${"[".repeat(65)}${"]".repeat(65)}` : `${"[".repeat(299)}…`
        assert.strictEqual(
          error.message,
          `Recordings.page: the answer is not of a known form: JSON of at most 64 levels. The provider may have changed its API; the body starts: ${start}`
        )
      })
    )
  }

  for (const status of [200, 404, 503]) {
    it.effect(`deep inside an answer of status ${status} throws nowhere`, () => {
      const deep = `${'{"a":['.repeat(50_000)}1${"]}".repeat(50_000)}`
      const bodies = [
        `{"meta":{"limit":1,"offset":0,"total_count":1,"next":null},"objects":[{"recording_id":"r","call_uuid":${deep}}]}`,
        `{"error":${deep}}`,
        `{"error":{"code":"X","details":${deep}}}`
      ]
      return Effect.gen(function* () {
        for (const body of bodies) {
          const { layer } = standIn(() => new Response(body, { status }))
          const exit = yield* Effect.flatMap(Recordings.Recordings, (service) => service.page()).pipe(
            Effect.provide(services(layer, {}, RetryPolicy.none)),
            Effect.exit
          )
          assert.isTrue(exit._tag === "Failure" && !Cause.hasDies(exit.cause))
        }
      })
    })
  }
})

describe("Json.parse", () => {
  it("keeps whole numbers that are too large for a number as text, and everything else as JSON.parse has it", () => {
    const text =
      '{"a":9007199254740993,"b":[-9007199254740993,9007199254740991,1e400,0.12345678901234568,12345678901234568.5],' +
      '"c":"9007199254740993 \\" 9007199254740993","d":12345678901234567890e1, "e" : 12345678901234567890 }'
    const parsed = Json.parse(text)
    assert.deepStrictEqual(parsed, {
      _tag: "json",
      value: {
        ...(JSON.parse(text) as object),
        a: "9007199254740993",
        b: ["-9007199254740993", 9007199254740991, Infinity, 0.12345678901234568, 12345678901234568],
        e: "12345678901234567890"
      }
    })
  })

  it("tells what is no JSON from what is", () => {
    for (const text of ["", "{", '{"a', "[1,]", "9".repeat(50) + "x", '"\\', "<html>", "-", "]]]]", "NaN"]) {
      assert.strictEqual(Json.parse(text)._tag, "other", text)
    }
    for (const text of ["1", "null", "[[1]]", `"${"[".repeat(1000)}"`, "9".repeat(400)]) {
      assert.strictEqual(Json.parse(text)._tag, "json", text)
    }
  })
})

describe("text of the provider", () => {
  const secret = "s3cret-Token/9+value"
  const cut = cutter([secret])

  it("is one short line without secrets, numbers and what a terminal obeys", () => {
    const nasty = [
      `token ${secret} and ${encodeURIComponent(secret)} and ${secret.toLowerCase()}`,
      `s3cret-\u0000Token/9+\u200bvalue`,
      `s3cret-\u001b[31mToken/9+value`,
      "call +91 80456 70012 or 918045670012",
      "\u001b[2J\u001b]0;title\u0007\u009b31mred\u001bM\u001bPdata\u001b\\",
      "\u202eevil\u2066\u2069\u200f\ufeff\u00ad",
      "line\r\nbreak\u2028and\u2029more\ttab",
      "\ud800 lone",
      "x".repeat(50_000),
      "\u0000".repeat(19_990) + secret,
      `${"x".repeat(295)}${secret}`,
      "😀".repeat(400)
    ]
    assert.deepStrictEqual(nasty.map(cut), [
      "token <redacted> and <redacted> and <redacted>",
      "<redacted>",
      "<redacted>",
      "call +** ***** ***12 or **********12",
      "red",
      "evil",
      "line break and more tab",
      "lone",
      `${"x".repeat(299)}…`,
      "",
      `${"x".repeat(295)}<red…`,
      `${"😀".repeat(149)}…`
    ])
    for (const text of nasty) {
      const shown = cut(text)
      assert.notMatch(shown, /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u, JSON.stringify(shown))
      assert.notInclude(shown.toLowerCase(), secret.toLowerCase())
      assert.notInclude(shown, "s3cret-Tok", JSON.stringify(text.slice(0, 40)))
      assert.notMatch(shown, /\d{7,}/)
    }
    assert.strictEqual(cut("\u001b[31mred\u001b[0m"), "red")
    assert.strictEqual(cut("plain words"), "plain words")
  })

  it("has no secret in base64, hex or escapes of a URL, wherever it stands in them", () => {
    const hex = Buffer.from(secret).toString("hex")
    const pairs = hex.match(/../g) ?? []
    const codes = [
      ...["", "a", "ab", "MA_DEMO4821:"].flatMap((before) =>
        (["base64", "base64url"] as const).map((form) => Buffer.from(`${before}${secret}xyz`).toString(form))
      ),
      encodeURIComponent(Buffer.from(`\u00fb\u00ff${secret}`).toString("base64")),
      hex,
      hex.toUpperCase(),
      pairs.join(":"),
      pairs.map((pair) => `%${pair}`).join(""),
      pairs.map((pair) => `\\x${pair}`).join("")
    ]
    for (const code of codes) {
      const shown = cut(`X-Auth: ${code} end`)
      assert.match(shown, /^X-Auth: \S{0,20}<redacted>\S{0,10} end$/, code)
    }
    // A short one would be found everywhere.
    assert.strictEqual(cutter(["abc"])("YWJj 616263 abc"), "YWJj 616263 <redacted>")
  })

  it.effect("leaves no token in rows, nor in what is kept of answers", () => {
    const kept: Array<string> = []
    const row = {
      recording_id: "r1",
      call_uuid: `c ${token}`,
      add_time: "2026-05-07 09:45:35Z",
      conference_name: Buffer.from(`MA_DEMO4821:${token}`).toString("base64"),
      resource_uri: "/x SPELT"
    }
    const body = JSON.stringify({ meta: { total_count: 1, next: null }, objects: [row] }).replace(
      "SPELT",
      Array.from(token, (character) => `\\u00${character.charCodeAt(0).toString(16)}`).join("")
    )
    const { layer } = standIn(() => new Response(body))
    return Effect.gen(function* () {
      const { recordings } = yield* Effect.flatMap(Recordings.Recordings, (service) => service.page())
      assert.strictEqual(recordings[0]?.callUuid, "c <redacted>")
      assert.match(recordings[0]?.conferenceName ?? "", /^\S{1,20}<redacted>\S{0,4}$/)
      assert.strictEqual(recordings[0]?.resourceUri, "/x <redacted>")
      assert.lengthOf(kept, 1)
      assert.notInclude(kept[0], token)
    }).pipe(
      Effect.provideService(VobizClient.BodyTap, ({ body }) => Effect.sync(() => void kept.push(body))),
      Effect.provide(services(layer, {}, RetryPolicy.none))
    )
  })

  const shownOf = Effect.fnUntraced(function* (
    call: Effect.Effect<unknown, VobizError.VobizError, Vobiz.Vobiz>,
    fault: FaultPlan.Fault
  ) {
    const lines: Array<string> = []
    const spans: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span(options) {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    const error = yield* under(
      call.pipe(
        Effect.tapCause((cause) => Effect.logError("failed", cause)),
        Effect.flip
      ),
      fault
    ).pipe(
      Effect.provideService(Tracer.Tracer, tracer),
      Effect.provide(Logger.layer([Logger.map(Logger.formatLogFmt, (line) => lines.push(line))]))
    )
    const metrics = yield* Metric.snapshot
    return [
      error.message,
      String(error),
      JSON.stringify(error),
      Inspectable.toStringUnknown(error),
      ...lines,
      ...spans.map((span) => `${span.name} ${JSON.stringify([...span.attributes])}`),
      JSON.stringify(metrics.map(({ attributes, id }) => [id, attributes]))
    ]
  })

  for (const status of [400, 401, 403, 404, 422, 429, 503]) {
    it.live(`shows no secret, number or escape sequence when it echoes them: ${status}`, () =>
      Effect.gen(function* () {
        for (const call of Object.values(calls)) {
          const shown = yield* shownOf(call, { _tag: "EchoedSecrets", status })
          for (const text of shown) {
            assert.notInclude(text, "fake-token")
            assert.notInclude(text, "918045670012")
            for (const sign of ["\u001b", "\u202e", "\\u001b", "\\u202e"]) assert.notInclude(text, sign)
            assert.isNotEmpty(text)
            assert.isBelow(text.length, 8000)
          }
        }
      }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
    )
  }

  it.effect("is cut in a body of an unknown form, in ids of rows, and in the host of a redirect", () => {
    const answers = [
      () => Response.json({ meta: {}, objects: `${token} +918045670012` }),
      () => new Response(`<p>${token} +918045670012</p>`),
      () => new Response(null, { status: 302, headers: { location: `https://${token}.example/918045670012` } })
    ]
    return Effect.gen(function* () {
      for (const answer of answers) {
        const { layer } = standIn(answer)
        for (const call of Object.values(calls)) {
          const exit = yield* Effect.exit(Effect.provide(call, services(layer, {}, RetryPolicy.none)))
          assert.notInclude(String(exit), token)
          assert.notInclude(JSON.stringify(exit), token)
          assert.notInclude(String(exit), "918045670012")
        }
      }
    })
  })
})

describe("who is believed", () => {
  for (const location of [
    "https://evil.example/",
    "https://media.vobiz.ai/list",
    "/elsewhere",
    "//evil.example/x",
    "::"
  ]) {
    it.live(`a list is not redirected: ${location}`, () =>
      Effect.gen(function* () {
        const fake = yield* FakeVobiz.FakeVobiz
        const error = yield* Effect.flip(
          Effect.provide(page, Vobiz.layer({ ...fake.settings, maxBodyBytes: 1_000_000 }))
        )
        assert.strictEqual(error.reason._tag, "UntrustedHost")
        assert.strictEqual((yield* fake.requests).length, 1)
      }).pipe(
        Effect.provide(
          FakeVobiz.FakeVobiz.layer({
            account,
            faults: { rules: [{ fault: { _tag: "Redirected", location }, times: "always" }] }
          })
        )
      )
    )
  }

  const audioFrom = (recordingUrl: string, baseUrl?: string) => {
    const { layer, sent } = standIn(() => new Response("audio", { headers: { "content-type": "audio/mpeg" } }))
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      const exit = yield* Effect.exit(Stream.runDrain(recordings.audio(recordingOf(recordingUrl))))
      return { exit, sent: sent.map(({ headers, url }) => [url.href, headers["x-auth-token"]]) }
    }).pipe(Effect.provide(services(layer, baseUrl === undefined ? {} : { baseUrl }, RetryPolicy.none)))
  }

  const recordingOf = (recordingUrl: string) =>
    Recording.make({
      recordingId: "r1",
      callUuid: "c1",
      recordingType: "trunk",
      recordingFormat: "mp3",
      recordingUrl,
      addTime: until,
      startTime: null,
      endTime: null,
      duration: null,
      roundedDuration: null,
      conferenceName: null,
      from: null,
      to: null,
      storageDays: null,
      storageRate: null,
      monthlyStorageAmount: null,
      resourceUri: null
    })

  const addresses: ReadonlyArray<readonly [string, string]> = [
    ["/v1/Account/MA/Recording/r1.mp3", "https://api.vobiz.ai/v1/Account/MA/Recording/r1.mp3"],
    ["Recording/r1.mp3", "https://api.vobiz.ai/Recording/r1.mp3"],
    ["//media.vobiz.ai/r1.mp3", "https://media.vobiz.ai/r1.mp3"],
    ["https://media.vobiz.ai/r1.mp3", "https://media.vobiz.ai/r1.mp3"]
  ]
  for (const [recordingUrl, href] of addresses) {
    it.effect(`audio at ${recordingUrl} is read from ${href}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* audioFrom(recordingUrl)).sent, [[href, token]])
      })
    )
  }

  it.effect("audio without a host is the configured API's", () =>
    Effect.gen(function* () {
      const { sent } = yield* audioFrom("/r1.mp3", "https://gateway.example/vobiz")
      assert.deepStrictEqual(sent, [["https://gateway.example/r1.mp3", token]])
    })
  )

  for (const recordingUrl of [
    "//evil.example/r1.mp3",
    "\\\\evil.example\\r1.mp3",
    "http://media.vobiz.ai/r1.mp3",
    "file:///etc/passwd",
    "http://[",
    "javascript:alert(1)"
  ]) {
    it.effect(`audio at ${recordingUrl} is not read`, () =>
      Effect.gen(function* () {
        const { exit, sent } = yield* audioFrom(recordingUrl)
        assert.isTrue(exit._tag === "Failure" && !Cause.hasDies(exit.cause))
        assert.deepStrictEqual(sent, [])
      })
    )
  }
})
