/** A GET over a dispatcher that the test plays: what it asks for, what comes of each answer, and when it takes the request back. */
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect, Exit, Fiber } from "effect"

import type { JsonDispatcher } from "../src/index.ts"
import * as Lean from "../src/internal/lean.ts"

type Dispatch = JsonDispatcher.Dispatcher["dispatch"]
type Options = Parameters<Dispatch>[0]
type Handler = Parameters<Dispatch>[1]

const url = new URL("https://api.example.com/v1/Account/?limit=2&offset=4")
const maxBytes = 10
const isWanted = ({ headers, status }: Lean.Head) => status !== 302 && headers["x-unwanted"] === undefined

/** A request that waits for what the test says of it. */
const asked = Effect.gen(function* () {
  const dispatched: Array<{ readonly options: Options; readonly handler: Handler }> = []
  const aborted: Array<string> = []
  const dispatcher: JsonDispatcher.Dispatcher = {
    dispatch: (options, handler) => dispatched.push({ options, handler }) > 0
  }
  const fiber = yield* Effect.forkChild(Lean.get(dispatcher, url, { "x-auth-id": "MA" }, maxBytes, isWanted))
  yield* Effect.yieldNow
  const [request] = dispatched
  if (request === undefined) return assert.fail("nothing was dispatched")
  const { handler, options } = request
  return {
    fiber,
    options,
    aborted,
    dispatched,
    start: () =>
      handler.onRequestStart({
        abort: ({ message }) => aborted.push(message),
        pause: () => assert.fail("no answer is put off"),
        resume: () => assert.fail("no answer is put off")
      }),
    respond: (status: number, headers: Parameters<Handler["onResponseStart"]>[2] = {}) =>
      handler.onResponseStart(null, status, headers),
    data: (text: string) => handler.onResponseData(null, new TextEncoder().encode(text)),
    end: () => handler.onResponseEnd(),
    fail: (error: Error) => handler.onResponseError(null, error)
  }
})

describe("a GET over a dispatcher", () => {
  it.effect("asks for the address with the headers, and leaves the limits to the call", () =>
    Effect.gen(function* () {
      const { dispatched, fiber, options } = yield* asked
      assert.deepStrictEqual(options, {
        origin: "https://api.example.com",
        path: "/v1/Account/?limit=2&offset=4",
        method: "GET",
        headers: { "accept-encoding": "gzip", "x-auth-id": "MA" },
        headersTimeout: 0,
        bodyTimeout: 0
      })
      assert.lengthOf(dispatched, 1)
      yield* Fiber.interrupt(fiber)
    })
  )

  for (const [what, pieces, text] of [
    ["no piece", [], ""],
    ["one piece", ["[1]"], "[1]"],
    ["several pieces", ["[1", ",", "", "2]"], "[1,2]"],
    ["as many bytes as allowed", ["12345", "67890"], "1234567890"],
    ["one byte more", ["12345", "678901"], undefined],
    ["one piece of one byte more", ["12345678901"], undefined]
  ] as const) {
    it.effect(`reads a body of ${what}`, () =>
      Effect.gen(function* () {
        const { aborted, data, end, fiber, respond, start } = yield* asked
        start()
        respond(203, { "X-One": "a", "x-two": ["b", "c"], "x-none": undefined })
        for (const piece of pieces) data(piece)
        end()
        assert.deepStrictEqual(yield* Fiber.join(fiber), {
          status: 203,
          headers: { "x-one": "a", "x-two": "b, c", "x-none": undefined },
          text
        })
        // What nobody reads is not sent any further.
        assert.deepStrictEqual(aborted, text === undefined ? ["the body is too long"] : [])
      })
    )
  }

  it.effect("is taken back once when it is interrupted, also where it begins only then", () =>
    Effect.gen(function* () {
      const begun = yield* asked
      begun.start()
      begun.respond(200)
      begun.data("[")
      yield* Fiber.interrupt(begun.fiber)
      assert.deepStrictEqual(begun.aborted, ["interrupted"])
      // What undici says of it afterwards is nothing to anybody.
      begun.fail(new Error("interrupted"))
      assert.deepStrictEqual(begun.aborted, ["interrupted"])

      const waiting = yield* asked
      yield* Fiber.interrupt(waiting.fiber)
      assert.deepStrictEqual(waiting.aborted, [])
      waiting.start()
      assert.deepStrictEqual(waiting.aborted, ["interrupted"])
    })
  )

  it.effect("is taken back where its body is not wanted, and read after what is only informed of", () =>
    Effect.gen(function* () {
      const unwanted = yield* asked
      unwanted.start()
      unwanted.respond(302, { Location: "/" })
      assert.deepStrictEqual(yield* Fiber.join(unwanted.fiber), {
        status: 302,
        headers: { location: "/" },
        text: undefined
      })
      assert.deepStrictEqual(unwanted.aborted, ["the body is not wanted"])

      const informed = yield* asked
      informed.start()
      informed.respond(103, { "x-unwanted": "1" })
      informed.respond(200)
      informed.data("[1]")
      informed.end()
      assert.deepStrictEqual(yield* Fiber.join(informed.fiber), { status: 200, headers: {}, text: "[1]" })
      assert.deepStrictEqual(informed.aborted, [])
    })
  )

  it.effect("fails with what the dispatcher says, or throws", () =>
    Effect.gen(function* () {
      const broken = yield* asked
      broken.start()
      const error = new Error("reset")
      broken.fail(error)
      assert.strictEqual(yield* Effect.flip(Fiber.join(broken.fiber)), error)
      assert.deepStrictEqual(broken.aborted, [])

      const thrown = yield* Effect.exit(
        Lean.get(
          {
            dispatch: () => {
              throw error
            }
          },
          url,
          {},
          maxBytes,
          isWanted
        )
      )
      assert.deepStrictEqual(thrown, Exit.fail(error))
    })
  )
})
