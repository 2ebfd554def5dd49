import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration, Effect, Fiber, Metric, Stream } from "effect"
import { TestClock } from "effect/testing"

import { Recording, Recordings } from "../src/index.ts"
import { options, type Reply, type Sent, services, standIn } from "./utils.ts"

const noon = Date.parse("2026-08-14T12:00:00Z")

/** A row that was added so many seconds before noon. */
const row = (id: string, age = 0) => ({
  recording_id: id,
  call_uuid: `call-${id}`,
  recording_type: "call",
  add_time: new Date(noon - age * 1000).toISOString().replace("T", " ").replace("Z", "+00:00"),
  recording_duration_ms: "7880.00000"
})

interface List {
  /** The rows, newest first, when the nth request comes. */
  readonly rows: (nth: number) => ReadonlyArray<object>
  readonly cap?: number
  readonly total?: (real: number) => number
  readonly next?: (real: string | null) => string | null
  /** Answers the same page whatever offset is asked. */
  readonly ignoresOffset?: boolean
}

const number = ({ url }: Sent, name: string) => Number(url.searchParams.get(name))

const listing =
  ({ cap = 100, ignoresOffset = false, next = (real) => real, rows, total = (real) => real }: List): Reply =>
  (sent, nth) => {
    const all = rows(nth)
    const limit = Math.min(cap, number(sent, "limit"))
    const offset = ignoresOffset ? 0 : number(sent, "offset")
    const end = offset + limit
    return Response.json({
      api_id: `api-${nth}`,
      meta: {
        limit,
        offset,
        previous: null,
        total_count: total(all.length),
        next: next(end < all.length ? `/v1/Account/MA_X/Recording/?limit=${limit}&offset=${end}` : null)
      },
      objects: all.slice(offset, end)
    })
  }

/** Rows of before noon, newest first. */
const rowsNamed = (count: number, prefix = "r") => Array.from({ length: count }, (_, n) => row(`${prefix}${n}`, n))

/** Rows of after noon, newest first. */
const newRows = (count: number) => Array.from({ length: count }, (_, n) => row(`new${count - n}`, n - count))

const ids = Stream.map((recording: Recording.Recording) => recording.recordingId)

const over = (list: List, pageSize = 100) => {
  const { layer, sent } = standIn(listing(list))
  return { sent, layer: services(layer, { pageSize }) }
}

const all = Effect.flatMap(Recordings.Recordings, (recordings) => recordings.stream().pipe(ids, Stream.runCollect))

describe("Recordings.stream", () => {
  it.effect(
    "goes by what came, not by what was asked, shares a row with the page before, and reads the head again",
    () => {
      const { layer, sent } = over({ rows: () => rowsNamed(105), cap: 20 })
      return Effect.gen(function* () {
        const got = yield* all
        assert.deepStrictEqual(
          got,
          rowsNamed(105).map(({ recording_id }) => recording_id)
        )
        assert.deepStrictEqual(
          sent.map((one) => number(one, "offset")),
          [0, 19, 38, 57, 76, 95, 105, 0]
        )
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("asks for no page that nobody wants", () => {
    const { layer, sent } = over({ rows: () => rowsNamed(100) }, 10)
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      const some = yield* recordings.stream().pipe(Stream.take(15), Stream.runCount)
      assert.deepStrictEqual([some, sent.length], [15, 2])
    }).pipe(Effect.provide(layer))
  })

  it.effect("ends on an empty list with one request", () => {
    const { layer, sent } = over({ rows: () => [] })
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* all, [])
      assert.strictEqual(sent.length, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("ends on an empty page, though the server promises more", () => {
    const { layer } = over({ rows: () => rowsNamed(20), total: () => 1000, next: () => "/v1/more" }, 10)
    return Effect.gen(function* () {
      assert.strictEqual((yield* all).length, 20)
    }).pipe(Effect.provide(layer))
  })

  it.effect("ends at the total, though next is never null", () => {
    const { layer, sent } = over({ rows: () => rowsNamed(20), next: () => "/v1/more" }, 10)
    return Effect.gen(function* () {
      assert.strictEqual((yield* all).length, 20)
      assert.strictEqual(sent.length, 6)
    }).pipe(Effect.provide(layer))
  })

  it.effect("takes the refusal of a page past the end for the end", () => {
    const { layer } = standIn((sent, nth) =>
      number(sent, "offset") >= 20
        ? Response.json({ error: "offset out of range" }, { status: 422 })
        : listing({ rows: () => rowsNamed(20), cap: 10 })(sent, nth)
    )
    return Effect.gen(function* () {
      const { proof, rows } = yield* (yield* Recordings.Recordings).extract()
      assert.strictEqual(yield* Stream.runCount(rows), 20)
      assert.strictEqual((yield* proof).verdict, "complete")
    }).pipe(Effect.provide(services(layer, { pageSize: 10 })))
  })

  it.effect("is proved as of the attempt that was answered, and not of the first try", () => {
    const { layer } = standIn((sent, nth) =>
      nth <= 3
        ? Response.json({ error: "busy" }, { status: 429, headers: { "retry-after": "30" } })
        : listing({ rows: () => rowsNamed(5) })(sent, nth)
    )
    return Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-05-11T10:00:00Z"))
      const { proof, rows } = yield* (yield* Recordings.Recordings).extract()
      const reading = yield* Effect.forkChild(Stream.runDrain(rows))
      yield* TestClock.adjust("5 minutes")
      yield* Fiber.join(reading)
      const { asOf, startedAt } = yield* proof
      assert.strictEqual(DateTime.formatIso(startedAt), "2026-05-11T10:00:00.000Z")
      assert.isAtLeast(DateTime.distance(startedAt, asOf ?? startedAt).pipe(Duration.toSeconds), 90)
    }).pipe(Effect.provide(services(layer)))
  })

  it.effect("gives no recording twice when new ones push the list along", () => {
    const { layer } = over({ rows: (nth) => [...newRows((nth - 1) * 3), ...rowsNamed(50)] }, 10)
    return Effect.gen(function* () {
      const got = yield* all
      assert.strictEqual(new Set(got).size, got.length)
      assert.strictEqual(got.filter((id) => id.startsWith("r")).length, 50)
    }).pipe(Effect.provide(layer))
  })

  it.effect("keeps on when a whole page of new ones came in between", () => {
    const { layer } = over({ rows: (nth) => [...newRows(nth === 1 ? 0 : 10), ...rowsNamed(30)] }, 10)
    return Effect.gen(function* () {
      assert.strictEqual((yield* all).length, 40)
    }).pipe(Effect.provide(layer))
  })

  it.effect("stops with an error on a server that gives the same page for every offset", () => {
    const { layer, sent } = over({ rows: () => rowsNamed(50), ignoresOffset: true }, 10)
    return Effect.gen(function* () {
      const error = yield* Effect.flip(all)
      assert.strictEqual(error.reason._tag === "PagingFault" && error.reason.kind, "repeated-page")
      assert.strictEqual(sent.length, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("stops with an error on a list that never ends", () => {
    const endless: Reply = (sent) => {
      const offset = number(sent, "offset")
      return Response.json({
        meta: { limit: 100, offset, total_count: offset + 200, next: "/v1/more" },
        objects: Array.from({ length: 100 }, (_, n) => row(`r${offset + n}`, offset + n))
      })
    }
    const { layer } = standIn(endless)
    return Effect.gen(function* () {
      const error = yield* Effect.flip(all)
      assert.strictEqual(error.reason._tag === "PagingFault" && error.reason.kind, "never-ends")
    }).pipe(Effect.provide(services(layer, { rateLimit: 10_000 })))
  })

  it.effect("gives what it had read before a failure", () => {
    const good = listing({ rows: () => rowsNamed(30) })
    const { layer } = standIn((sent, nth) => (nth === 2 ? new Response(null, { status: 403 }) : good(sent, nth)))
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      const got: Array<string> = []
      const error = yield* recordings.stream().pipe(
        Stream.runForEach(({ recordingId }) => Effect.sync(() => got.push(recordingId))),
        Effect.flip
      )
      assert.strictEqual(error.reason._tag, "Forbidden")
      assert.strictEqual(got.length, 10)
    }).pipe(Effect.provide(services(layer, { pageSize: 10 })))
  })

  it.effect("reads no further down than asked, and gives nothing older", () => {
    const { layer, sent } = over({ rows: () => rowsNamed(100) }, 10)
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      const since = DateTime.makeUnsafe(noon - 14_000)
      const got = yield* recordings.stream({ since }).pipe(ids, Stream.runCollect)
      assert.deepStrictEqual(
        got,
        rowsNamed(15).map(({ recording_id }) => recording_id)
      )
      assert.strictEqual(sent.length, 3)
    }).pipe(Effect.provide(layer))
  })

  it.effect("passes the filters on", () => {
    const { layer, sent } = over({ rows: () => [] })
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      yield* recordings
        .stream({ recordingType: "trunk", callUuid: "a b", params: { from_date: "2026-01-01" } })
        .pipe(Stream.runDrain)
      assert.deepStrictEqual(Object.fromEntries(sent[0]?.url.searchParams ?? []), {
        from_date: "2026-01-01",
        limit: "100",
        offset: "0",
        call_uuid: "a b",
        recording_type: "trunk"
      })
      assert.strictEqual(sent[0]?.url.pathname, "/api/v1/Account/MA_DEMO4821/Recording/")
      assert.strictEqual(sent[0]?.headers["x-auth-id"], options.authId)
    }).pipe(Effect.provide(layer))
  })

  it.effect("counts rows, and keys that it does not know", () => {
    const { layer } = over({ rows: () => [{ ...row("a"), surprise: 1 }, row("b")] })
    return Effect.gen(function* () {
      yield* all
      const counts = (yield* Metric.snapshot).map(({ id, state }) => [id, "count" in state ? state.count : null])
      assert.deepInclude(counts, ["vobiz_rows_total", 2])
      assert.deepInclude(counts, ["vobiz_unknown_keys_total", 1])
    }).pipe(Effect.provide(layer), Effect.provideService(Metric.MetricRegistry, new Map()))
  })
})

describe("Recordings", () => {
  for (const limit of [0, 101, -1, 2.5, Number.NaN]) {
    it.effect(`refuses a limit of ${limit} before any request`, () => {
      const { layer, sent } = over({ rows: () => [] })
      return Effect.gen(function* () {
        const recordings = yield* Recordings.Recordings
        const error = yield* Effect.flip(recordings.page({ limit }))
        assert.include(error.message, `limit must be a whole number from 1 to 100, not ${limit}`)
        assert.strictEqual(sent.length, 0)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("keeps an id that is no UUID whole in the path", () => {
    const { layer, sent } = standIn(() => Response.json(row("x")))
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      yield* recordings.get("7Qm/../../other?x=1@host")
      assert.strictEqual(
        sent[0]?.url.pathname,
        "/api/v1/Account/MA_DEMO4821/Recording/7Qm%2F..%2F..%2Fother%3Fx%3D1%40host/"
      )
    }).pipe(Effect.provide(services(layer)))
  })

  it.effect("removes one, and refuses an empty id that would name the whole list", () => {
    const { layer, sent } = standIn(() => new Response(null, { status: 204 }))
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      yield* recordings.remove("abc")
      const error = yield* Effect.flip(recordings.remove(" "))
      assert.strictEqual(error.reason._tag, "InvalidRequest")
      assert.deepStrictEqual(
        sent.map(({ method, url }) => `${method} ${url.pathname}`),
        ["DELETE /api/v1/Account/MA_DEMO4821/Recording/abc/"]
      )
    }).pipe(Effect.provide(services(layer)))
  })

  it.effect("takes a recording as removed that is gone when it is asked again, after an answer was lost", () => {
    const { layer, sent } = standIn((_, nth) => (nth === 1 ? "reset" : new Response(null, { status: 404 })))
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      const fiber = yield* Effect.forkChild(recordings.remove("abc"))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(fiber)
      assert.strictEqual(sent.length, 2)
      const error = yield* Effect.flip(recordings.remove("abc"))
      assert.strictEqual(error.reason._tag, "NotFound")
    }).pipe(Effect.provide(services(layer)))
  })

  const opened = (answer: () => Response, part?: Recordings.AudioPart) => {
    const { layer, sent } = standIn((_, nth) => (nth === 1 ? Response.json(row("x")) : answer()))
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      const recording = Recording.make({
        ...(yield* recordings.get("x")),
        recordingUrl: "https://media.vobiz.ai/x.mp3"
      })
      const { bytes, ...facts } = yield* recordings.openAudio(recording, part)
      const text = yield* Stream.mkString(Stream.decodeText(bytes))
      return { facts, text, headers: sent[1]?.headers ?? {} }
    }).pipe(Effect.scoped, Effect.provide(services(layer)))
  }
  const part = { from: 3, validator: '"v1"' }

  it.effect("opens a file from a byte on, as long as it is the same file", () =>
    Effect.gen(function* () {
      const headers = { "content-range": "bytes 3-5/6", etag: '"v1"', "content-type": "audio/mpeg" }
      const { facts, headers: sent, text } = yield* opened(() => new Response("def", { status: 206, headers }), part)
      assert.strictEqual(text, "def")
      assert.deepStrictEqual(facts, { from: 3, total: 6, validator: '"v1"', contentType: "audio/mpeg" })
      assert.deepStrictEqual([sent.range, sent["if-range"], sent["accept-encoding"]], ["bytes=3-", '"v1"', "identity"])
    })
  )

  it.effect("says so when the whole file comes instead of a part", () =>
    Effect.gen(function* () {
      const headers = { "content-length": "6", "last-modified": "Sat, 15 Aug 2026 05:00:00 GMT" }
      const { facts, text } = yield* opened(() => new Response("abcdef", { headers }), part)
      assert.strictEqual(text, "abcdef")
      assert.deepStrictEqual([facts.from, facts.total, facts.validator], [0, 6, "Sat, 15 Aug 2026 05:00:00 GMT"])
    })
  )

  it.effect("does not take a part for the whole where the server does not say which it is", () =>
    Effect.gen(function* () {
      const answer = () => new Response("def", { status: 206, headers: { "content-length": "3", etag: '"v1"' } })
      const { facts } = yield* opened(answer, part)
      assert.deepStrictEqual([facts.from, facts.total], [null, null])
      const { layer } = standIn((_, nth) => (nth === 1 ? Response.json(row("x")) : answer()))
      const error = yield* Effect.gen(function* () {
        const recordings = yield* Recordings.Recordings
        const recording = Recording.make({
          ...(yield* recordings.get("x")),
          recordingUrl: "https://media.vobiz.ai/x.mp3"
        })
        return yield* Effect.flip(Stream.runDrain(recordings.audio(recording)))
      }).pipe(Effect.provide(services(layer)))
      assert.include(error.message, "the server sent a part of the file")
    })
  )

  it.effect("takes no weak ETag and no length of a compressed body for the file's", () =>
    Effect.gen(function* () {
      const headers = { "content-length": "20", "content-encoding": "gzip", etag: 'W/"v1"' }
      const { facts, headers: sent } = yield* opened(() => new Response("abcdef", { headers }))
      assert.deepStrictEqual([facts.total, facts.validator], [null, null])
      assert.notProperty(sent, "range")
    })
  )

  it.effect("takes for a length what is a number and nothing besides", () =>
    Effect.gen(function* () {
      const totalOf = (length: string) =>
        Effect.map(
          opened(() => new Response("abcdef", { headers: { "content-length": length } })),
          ({ facts }) => facts.total
        )
      assert.deepStrictEqual(yield* Effect.forEach(["6", "6, 6", "6x", "x6", ""], totalOf), [6, null, null, null, null])
    })
  )

  it.effect("fails with the status where the server does not have the part", () =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(opened(() => new Response(null, { status: 416 }), part))
      assert.strictEqual(reason._tag === "InvalidRequest" && reason.status, 416)
    })
  )

  it.effect("says that a file is not there yet, instead of asking for nothing", () => {
    const { layer, sent } = standIn(() => Response.json(row("x")))
    return Effect.gen(function* () {
      const recordings = yield* Recordings.Recordings
      const recording = yield* recordings.get("x")
      const error = yield* Effect.flip(Stream.runDrain(recordings.audio(recording)))
      assert.include(error.message, "not there yet")
      assert.strictEqual(sent.length, 1)
    }).pipe(Effect.provide(services(layer)))
  })
})

describe("Recordings.layerTest", () => {
  const recording = (id: string, recordingType: string, age = 0) =>
    Recording.make({
      recordingId: id,
      callUuid: `call-${id}`,
      recordingType,
      recordingFormat: "mp3",
      recordingUrl: null,
      addTime: DateTime.makeUnsafe(noon - age * 1000),
      startTime: null,
      endTime: null,
      duration: Duration.seconds(8),
      roundedDuration: Duration.seconds(60),
      conferenceName: null,
      from: null,
      to: null,
      storageDays: null,
      storageRate: null,
      monthlyStorageAmount: null,
      resourceUri: null
    })
  const recordings = Array.from({ length: 45 }, (_, n) => recording(`r${n}`, n % 3 === 0 ? "trunk" : "call", n))
  const layer = Recordings.Recordings.layerTest({ recordings, audio: ({ recordingId }) => Buffer.from(recordingId) })

  it.effect("honours filters, paging and removal", () =>
    Effect.gen(function* () {
      const service = yield* Recordings.Recordings
      assert.strictEqual(yield* Stream.runCount(service.stream()), 45)
      assert.strictEqual(yield* Stream.runCount(service.stream({ recordingType: "trunk" })), 15)
      assert.strictEqual(yield* Stream.runCount(service.stream({ callUuid: "call-r7" })), 1)
      // One page holds all, as the service's default is 100 rows too; the other is past the end.
      assert.strictEqual((yield* service.page()).limit, 100)
      assert.strictEqual(yield* Stream.runCount(service.pages()), 2)
      const page = yield* service.page({ limit: 10, offset: 40 })
      assert.deepStrictEqual([page.recordings.length, page.totalCount, page.hasNext], [5, 45, false])
      assert.strictEqual((yield* Effect.flip(service.page({ limit: 101 }))).reason._tag, "InvalidRequest")

      yield* service.remove("r7")
      assert.strictEqual((yield* Effect.flip(service.get("r7"))).reason._tag, "NotFound")
      assert.strictEqual(yield* Stream.runCount(service.stream()), 44)
    }).pipe(Effect.provide(layer))
  )

  it.effect("gives the audio it was told to", () =>
    Effect.gen(function* () {
      const service = yield* Recordings.Recordings
      const bytes = yield* Stream.runCollect(service.audio(recording("r3", "call")))
      assert.strictEqual(Buffer.concat(bytes).toString(), "r3")
    }).pipe(Effect.provide(layer))
  )
})
