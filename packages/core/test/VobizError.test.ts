import { assert, describe, it } from "@vobiz-effect/test-support"
import { Duration } from "effect"

import { VobizError as E } from "../src/index.ts"

const of = (reason: E.Reason, requestId: string | null = null) =>
  new E.VobizError({ operation: "Recordings.page", requestId, reason })

const answered = (status: number, given: { readonly code?: string; readonly detail?: string } = {}) => ({
  status,
  code: given.code ?? null,
  detail: given.detail ?? null,
  retryAfter: null
})

const seconds = Duration.seconds

describe("the message of a failure says what happened and what to do", () => {
  const messages: ReadonlyArray<readonly [E.Reason, string]> = [
    [
      new E.Unauthorized(answered(401, { code: "bad_token", detail: "no" })),
      "the credentials were refused (HTTP 401, bad_token, no). Check VOBIZ_AUTH_ID and VOBIZ_AUTH_TOKEN; a wrong account id or base URL is answered the same way"
    ],
    [
      new E.Forbidden(answered(403)),
      "the account may not do this (HTTP 403). Check the account's state and the sub-account's permissions"
    ],
    [
      new E.PaymentRequired(answered(402)),
      "the account's balance or payment stands in the way (HTTP 402). Top up the account, then run again"
    ],
    [
      new E.NotFound(answered(404)),
      "not found (HTTP 404). It may be deleted, past the 30 days of retention, or (a CDR) of a call still running"
    ],
    [
      new E.RateLimited({ ...answered(429), retryAfter: seconds(30) }),
      "asked too often; it asked to wait 30s (HTTP 429). Lower VOBIZ_RATE_LIMIT or VOBIZ_CONCURRENCY, then run again"
    ],
    [new E.ServerFault(answered(503)), "the provider failed (HTTP 503). See status.vobiz.ai, and run again later"],
    [
      new E.Transport({ host: "api.vobiz.ai", detail: "ECONNRESET" }),
      "no whole answer from api.vobiz.ai: ECONNRESET. Check the network, a proxy, and VOBIZ_BASE_URL"
    ],
    [
      new E.Timeout({ limit: "attempt", duration: seconds(30) }),
      "one attempt took longer than 30s. Raise VOBIZ_ATTEMPT_TIMEOUT if that is to be expected"
    ],
    [
      new E.Timeout({ limit: "call", duration: Duration.minutes(3) }),
      "the call with its retries took longer than 3m. Raise the deadline of the retry policy (VOBIZ_DEADLINE) if that is to be expected"
    ],
    [
      new E.DecodeFailure({ path: "meta.total", expected: "a number", syntax: false, body: "{}" }),
      "the answer is not of a known form at meta.total: a number. The provider may have changed its API; the body starts: {}"
    ],
    [
      new E.DecodeFailure({ path: "", expected: "JSON", syntax: true, body: "<html>" }),
      "the answer is not of a known form: JSON. The provider may have changed its API; the body starts: <html>"
    ],
    [
      new E.BodyTooLarge({ host: "api.vobiz.ai", maxBytes: 1024 }),
      "the answer of api.vobiz.ai is longer than 1024 bytes, and was not read to its end. Check VOBIZ_BASE_URL, or raise VOBIZ_MAX_BODY_BYTES"
    ],
    [
      new E.UntrustedHost({ host: "evil.example", detail: "it is another host" }),
      "nothing was sent to evil.example: it is another host"
    ],
    [
      new E.PagingFault({ kind: "never-ends", offset: 40, detail: "page after page" }),
      "the list cannot be read to its end: page after page (at offset 40). What was read before is good but not complete"
    ],
    [
      new E.RowsSetAside({ count: 1, field: "uuid", expected: "a text", id: null }),
      "a row has no uuid that is a text: set aside. All other rows were read; `extract` shows these"
    ],
    [
      new E.RowsSetAside({ count: 3, field: "", expected: "a row", id: "r1" }),
      "row r1 is not a row, and 2 more: set aside. All other rows were read; `extract` shows these"
    ]
  ]
  for (const [reason, message] of messages) {
    it(message.slice(0, 60), () => {
      assert.strictEqual(of(reason).message, `Recordings.page: ${message}`)
      assert.strictEqual(of(reason, "q7").message, `Recordings.page: ${message} [request q7]`)
    })
  }
})

describe("the same request may succeed if sent again", () => {
  const retryable: ReadonlyArray<readonly [string, E.Reason, boolean]> = [
    ["after 401", new E.Unauthorized(answered(401)), false],
    ["after 401 that asks to wait", new E.Unauthorized({ ...answered(401), retryAfter: seconds(1) }), true],
    ["after 402", new E.PaymentRequired(answered(402)), false],
    ["after 403", new E.Forbidden(answered(403)), false],
    ["after 404", new E.NotFound(answered(404)), false],
    ["after 429", new E.RateLimited(answered(429)), true],
    ["after 408", new E.ServerFault(answered(408)), true],
    ["after 409", new E.ServerFault(answered(409)), false],
    ["after 425", new E.ServerFault(answered(425)), true],
    ["after 426", new E.ServerFault(answered(426)), false],
    ["after 499", new E.ServerFault(answered(499)), false],
    ["after 500", new E.ServerFault(answered(500)), true],
    ["after a broken connection", new E.Transport({ host: "h", detail: "d" }), true],
    ["after an attempt that took too long", new E.Timeout({ limit: "attempt", duration: seconds(1) }), true],
    ["after a call that took too long", new E.Timeout({ limit: "call", duration: seconds(1) }), false],
    ["after JSON that was cut off", new E.DecodeFailure({ path: "", expected: "", syntax: true, body: "" }), true],
    ["after JSON of another form", new E.DecodeFailure({ path: "", expected: "", syntax: false, body: "" }), false],
    ["after a body that is too large", new E.BodyTooLarge({ host: "h", maxBytes: 1 }), false],
    ["at a host that is not trusted", new E.UntrustedHost({ host: "h", detail: "d" }), false],
    ["after a fault of paging", new E.PagingFault({ kind: "repeated-page", offset: 0, detail: "d" }), false],
    ["after rows set aside", new E.RowsSetAside({ count: 1, field: "", expected: "", id: null }), false]
  ]
  for (const [name, reason, is] of retryable) {
    it(`${name}: ${is ? "yes" : "no"}`, () => assert.strictEqual(of(reason).isRetryable, is))
  }
})
