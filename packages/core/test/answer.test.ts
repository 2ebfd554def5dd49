import { assert, describe, it } from "@vobiz-effect/test-support"
import { Duration } from "effect"

import * as Answer from "../src/internal/answer.ts"
import { cutter } from "../src/internal/foreign.ts"
import type { VobizError } from "../src/index.ts"

const now = Date.parse("2026-05-11T10:00:00Z")
const cut = cutter(["s3cret-token-value"])

const failureOf = (status: number, json: unknown = undefined, headers: Answer.Answer["headers"] = {}) =>
  Answer.failureOf({ status, headers, json }, now, cut)

describe("the reason of a failure", () => {
  const byStatus: ReadonlyArray<readonly [number, VobizError.Reason["_tag"]]> = [
    [199, "ServerFault"],
    [300, "ServerFault"],
    [302, "ServerFault"],
    [399, "ServerFault"],
    [400, "InvalidRequest"],
    [401, "Unauthorized"],
    [402, "PaymentRequired"],
    [403, "Forbidden"],
    [404, "NotFound"],
    [405, "InvalidRequest"],
    [408, "ServerFault"],
    [409, "InvalidRequest"],
    [422, "InvalidRequest"],
    [425, "ServerFault"],
    [429, "RateLimited"],
    [499, "InvalidRequest"],
    [500, "ServerFault"],
    [503, "ServerFault"]
  ]
  for (const [status, tag] of byStatus) {
    it(`is ${tag} after ${status}`, () => {
      assert.deepInclude<object>(failureOf(status) ?? {}, {
        _tag: tag,
        status,
        code: null,
        detail: null,
        retryAfter: null
      })
    })
  }

  it("is none after a 2xx that says nothing of one", () => {
    for (const status of [200, 204, 299]) assert.isUndefined(failureOf(status))
    for (const json of [{}, [], null, "error", 7, { status: "ok" }, { error: null }, { error: "" }, { message: "x" }]) {
      assert.isUndefined(failureOf(200, json), JSON.stringify(json))
    }
  })

  const under200: ReadonlyArray<readonly [unknown, VobizError.Reason["_tag"]]> = [
    [{ error: "broken" }, "ServerFault"],
    [{ error: {} }, "ServerFault"],
    [{ status: "error" }, "ServerFault"],
    [{ status: "failure" }, "ServerFault"],
    [{ error: { code: "INVALID_CREDENTIALS" } }, "Unauthorized"],
    [{ error: { code: "TOKEN_EXPIRED" } }, "Unauthorized"],
    [{ error: { code: "INSUFFICIENT_BALANCE" } }, "PaymentRequired"],
    [{ error: { code: "PAYMENT_FAILED" } }, "PaymentRequired"],
    [{ error: { code: "ACCOUNT_INACTIVE" } }, "Forbidden"],
    [{ error: { code: "RATE_LIMIT_EXCEEDED" } }, "RateLimited"],
    [{ error: { code: "VALIDATION_ERROR", details: { errors: [{ field: "a", message: "b" }] } } }, "ServerFault"]
  ]
  for (const [json, tag] of under200) {
    it(`is ${tag} under a 200 with ${JSON.stringify(json)}`, () => {
      assert.deepInclude<object>(failureOf(200, json) ?? {}, { _tag: tag, status: 200 })
    })
  }

  it("goes by its status, not by its code, where it has the status of a failure", () => {
    assert.strictEqual(failureOf(404, { error: { code: "TOKEN_EXPIRED" } })?._tag, "NotFound")
  })

  it("has the provider's code and words, of any shape, without the token", () => {
    const said = (json: unknown) => {
      const reason = failureOf(500, json)
      return reason?._tag === "ServerFault" ? [reason.code, reason.detail] : undefined
    }
    assert.deepStrictEqual(said({ error: { code: "X1", message: "no" }, message: "not this" }), ["X1", "no"])
    assert.deepStrictEqual(said({ error: "plain", message: "not this" }), [null, "plain"])
    assert.deepStrictEqual(said({ error: { code: "", message: "" }, message: "this" }), [null, "this"])
    assert.deepStrictEqual(said({ error: { code: 7, message: 7 } }), [null, null])
    assert.deepStrictEqual(said([{ error: "plain" }]), [null, null])
    assert.deepStrictEqual(said(undefined), [null, null])
    assert.deepStrictEqual(said({ error: { code: "s3cret-token-value", message: "by s3cret-token-value" } }), [
      "<redacted>",
      "by <redacted>"
    ])
  })

  it("names up to ten fields that are wrong", () => {
    const errors = Array.from({ length: 12 }, (_, n) => ({ field: `f${n}`, message: `m${n} s3cret-token-value` }))
    const fieldsOf = (json: unknown) => {
      const reason = failureOf(422, json)
      return reason?._tag === "InvalidRequest" ? reason.fields.map(({ field, message }) => `${field}: ${message}`) : []
    }
    const expected = Array.from({ length: 10 }, (_, n) => `f${n}: m${n} <redacted>`)
    assert.deepStrictEqual(fieldsOf({ error: { code: "X", details: { errors } } }), expected)
    assert.deepStrictEqual(fieldsOf({ error: "X", details: { errors } }), expected)
    assert.deepStrictEqual(fieldsOf({ error: { details: { errors: [{ field: "a" }] } } }), [])
    assert.deepStrictEqual(fieldsOf({ details: "none" }), [])
  })
})

describe("how long a failure asks to wait", () => {
  const wait = (header?: string, json: unknown = undefined) => {
    const reason = failureOf(503, json, header === undefined ? {} : { "retry-after": header })
    const asked = reason !== undefined && "retryAfter" in reason ? reason.retryAfter : undefined
    return asked === null || asked === undefined ? null : Duration.toMillis(asked)
  }
  const year = 365 * 86_400
  const headers: ReadonlyArray<readonly [string, number | null]> = [
    ["0", 0],
    ["40", 40_000],
    [" 40 ", 40_000],
    ["1.5", 1500],
    [String(year), year * 1000],
    [String(year + 1), null],
    ["-1", null],
    ["+40", null],
    ["1.", null],
    ["40s", null],
    ["x40", null],
    ["Infinity", null],
    ["", null],
    ["Mon, 11 May 2026 10:00:40 GMT", 40_000],
    ["mon, 11 May 2026 10:00:40 GMT", 40_000],
    ["Monday, 11-May-26 10:00:40 GMT", 40_000],
    ["Mon May 11 10:00:40 2026 GMT", 40_000],
    // One that has passed is no wait.
    ["Mon, 11 May 2026 09:59:00 GMT", 0],
    ["Mon, 11 May 2027 10:00:00 GMT", year * 1000],
    ["Tue, 11 May 2027 10:00:01 GMT", null],
    ["Mon, never", null],
    ["2026-05-11T10:00:40Z", null],
    ["in 40 seconds", null]
  ]
  for (const [header, millis] of headers) {
    it(`Retry-After: ${JSON.stringify(header)} asks for ${millis === null ? "nothing" : `${millis} ms`}`, () => {
      assert.strictEqual(wait(header), millis)
    })
  }

  it("is in the body too, and the longer one counts", () => {
    assert.strictEqual(wait(undefined, { error: { details: { retryAfter: 7 } } }), 7000)
    assert.strictEqual(wait(undefined, { details: { retryAfter: 7 } }), 7000)
    assert.strictEqual(wait("3", { details: { retryAfter: 7 } }), 7000)
    assert.strictEqual(wait("9", { details: { retryAfter: 7 } }), 9000)
    assert.strictEqual(wait("3", { details: { retryAfter: -1 } }), 3000)
    assert.isNull(wait(undefined, { details: { retryAfter: "7" } }))
    assert.isNull(wait(undefined, { retryAfter: 7 }))
    assert.isNull(wait(undefined, { details: { retryAfter: year + 1 } }))
  })
})

describe("the id of a request", () => {
  const idOf = (json: unknown, headers: Answer.Answer["headers"] = {}) =>
    Answer.requestIdOf({ status: 200, headers, json }, cut)

  it("is of the body, else of the header", () => {
    const headers = { "x-request-id": "h1" }
    assert.strictEqual(idOf({ requestId: "a", api_id: "b" }, headers), "a")
    assert.strictEqual(idOf({ requestId: "", api_id: "b" }, headers), "b")
    assert.strictEqual(idOf({ requestId: 7 }, headers), "h1")
    assert.strictEqual(idOf([{ requestId: "a" }], headers), "h1")
    assert.strictEqual(idOf(undefined, headers), "h1")
    assert.isNull(idOf(null))
    assert.isNull(idOf({}, { "x-request-id": "" }))
    assert.strictEqual(idOf({ api_id: "s3cret-token-value" }), "<redacted>")
  })
})
