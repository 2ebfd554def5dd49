/**
 * The one error of this package, and its reasons.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * What an HTTP answer told about a failure: its status, the provider's own code and words, and how long it asked to wait (by
 * `Retry-After` or in the body), where it gave any.
 */
const answered = {
  status: Schema.Finite,
  code: Schema.NullOr(Schema.String),
  detail: Schema.NullOr(Schema.String),
  retryAfter: Schema.NullOr(Schema.Duration).pipe(Schema.withConstructorDefault(Effect.succeed(null)))
}

/**
 * 401. The credentials were refused. The provider answers a wrong account id or a wrong path the same way
 * (docs/vobiz-api.md, "Authentication").
 *
 * @category errors
 * @since 0.1.0
 */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", answered) {
  override get message(): string {
    return `${said("the credentials were refused", this)}. Check VOBIZ_AUTH_ID and VOBIZ_AUTH_TOKEN; a wrong account id or base URL is answered the same way`
  }
}

/**
 * 403. The credentials are known but may not do this: inactive account, or a permission switched off.
 *
 * @category errors
 * @since 0.1.0
 */
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", answered) {
  override get message(): string {
    return `${said("the account may not do this", this)}. Check the account's state and the sub-account's permissions`
  }
}

/**
 * 402. The account's balance or payment stands in the way.
 *
 * @category errors
 * @since 0.1.0
 */
export class PaymentRequired extends Schema.TaggedError<PaymentRequired>()("PaymentRequired", answered) {
  override get message(): string {
    return `${said("the account's balance or payment stands in the way", this)}. Top up the account, then run again`
  }
}

/**
 * 404. There is no such thing: never was, deleted, or past the provider's retention.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", answered) {
  override get message(): string {
    return `${said("not found", this)}. It may be deleted, past the 30 days of retention, or (a CDR) of a call still running`
  }
}

/**
 * 429. Asked too often.
 *
 * @category errors
 * @since 0.1.0
 */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", answered) {
  override get message(): string {
    return `${said("asked too often", this)}. Lower VOBIZ_RATE_LIMIT or VOBIZ_CONCURRENCY, then run again`
  }
}

/**
 * One field of a request that was wrong.
 *
 * @category models
 * @since 0.1.0
 */
export class FieldMessage extends Schema.Class<FieldMessage>("@vobiz-effect/core/FieldMessage")({
  field: Schema.String,
  message: Schema.String
}) {}

/**
 * The request itself is wrong. `status` is `null` when it was refused here, before anything was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  ...answered,
  status: Schema.NullOr(Schema.Finite),
  fields: Schema.Array(FieldMessage)
}) {
  override get message(): string {
    const fields = this.fields.map(({ field, message }) => `${field} ${message}`).join("; ")
    return said(fields === "" ? "the request was refused as wrong" : `wrong request: ${fields}`, this)
  }
}

/**
 * The provider failed: a 5xx, 408 or 425, or a 2xx whose body says "error" (docs/vobiz-api.md, "Errors").
 *
 * @category errors
 * @since 0.1.0
 */
export class ServerFault extends Schema.TaggedError<ServerFault>()("ServerFault", answered) {
  override get message(): string {
    return `${said("the provider failed", this)}. See status.vobiz.ai, and run again later`
  }
}

/**
 * No whole answer came: name not resolved, connection refused or reset, body empty or cut off.
 *
 * @category errors
 * @since 0.1.0
 */
export class Transport extends Schema.TaggedError<Transport>()("Transport", {
  host: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `no whole answer from ${this.host}: ${this.detail}. Check the network, a proxy, and VOBIZ_BASE_URL`
  }
}

/**
 * The answer took too long. `limit` says which deadline ran out: one attempt, or the whole call with its retries.
 *
 * @category errors
 * @since 0.1.0
 */
export class Timeout extends Schema.TaggedError<Timeout>()("Timeout", {
  limit: Schema.Literals(["attempt", "call"]),
  duration: Schema.Duration
}) {
  override get message(): string {
    const [what, setting] =
      this.limit === "attempt"
        ? ["one attempt", "VOBIZ_ATTEMPT_TIMEOUT"]
        : ["the call with its retries", "the deadline of the retry policy (VOBIZ_DEADLINE)"]
    return `${what} took longer than ${Duration.format(this.duration)}. Raise ${setting} if that is to be expected`
  }
}

/**
 * The body is not what the provider is known to send. `syntax` is true where it was not even JSON (or CSV), as when
 * it was cut off. `body` is its start, with digits of telephone numbers and the token hidden.
 *
 * @category errors
 * @since 0.1.0
 */
export class DecodeFailure extends Schema.TaggedError<DecodeFailure>()("DecodeFailure", {
  path: Schema.String,
  expected: Schema.String,
  syntax: Schema.Boolean,
  body: Schema.String
}) {
  override get message(): string {
    const where = this.path === "" ? "" : ` at ${this.path}`
    return `the answer is not of a known form${where}: ${this.expected}. The provider may have changed its API; the body starts: ${this.body}`
  }
}

/**
 * The body is longer than `maxBodyBytes`, after decompression. The rest of it was not read.
 *
 * @category errors
 * @since 0.1.0
 */
export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("BodyTooLarge", {
  host: Schema.String,
  maxBytes: Schema.Finite
}) {
  override get message(): string {
    return `the answer of ${this.host} is longer than ${this.maxBytes} bytes, and was not read to its end. Check VOBIZ_BASE_URL, or raise VOBIZ_MAX_BODY_BYTES`
  }
}

/**
 * A host that must not see the credentials or whose answers are not believed, or a redirect that leaves https. Nothing was
 * sent to it.
 *
 * @category errors
 * @since 0.1.0
 */
export class UntrustedHost extends Schema.TaggedError<UntrustedHost>()("UntrustedHost", {
  host: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `nothing was sent to ${this.host}: ${this.detail}`
  }
}

/**
 * A paged list that does not advance or does not end, so that reading on could only lie.
 *
 * @category errors
 * @since 0.1.0
 */
export class PagingFault extends Schema.TaggedError<PagingFault>()("PagingFault", {
  kind: Schema.Literals(["repeated-page", "never-ends"]),
  offset: Schema.Finite,
  detail: Schema.String
}) {
  override get message(): string {
    return `the list cannot be read to its end: ${this.detail} (at offset ${this.offset}). What was read before is good but not complete`
  }
}

/**
 * Rows of the list lack what every row needs, and were set aside: all others were given before this failed. `extract` gives
 * them with their raw text. `field` and `expected` are the first one's, `id` its id where it has one.
 *
 * @category errors
 * @since 0.1.0
 */
export class RowsSetAside extends Schema.TaggedError<RowsSetAside>()("RowsSetAside", {
  count: Schema.Finite,
  field: Schema.String,
  expected: Schema.String,
  id: Schema.NullOr(Schema.String)
}) {
  override get message(): string {
    const row = this.id === null ? "a row" : `row ${this.id}`
    const lacks = this.field === "" ? `is not ${this.expected}` : `has no ${this.field} that is ${this.expected}`
    const more = this.count === 1 ? "" : `, and ${this.count - 1} more`
    return `${row} ${lacks}${more}: set aside. All other rows were read; \`extract\` shows these`
  }
}

/**
 * Why an operation failed.
 *
 * @category errors
 * @since 0.1.0
 */
export const Reason = Schema.Union([
  Unauthorized,
  Forbidden,
  PaymentRequired,
  NotFound,
  RateLimited,
  InvalidRequest,
  ServerFault,
  Transport,
  Timeout,
  DecodeFailure,
  BodyTooLarge,
  UntrustedHost,
  PagingFault,
  RowsSetAside
])

/**
 * Why an operation failed.
 *
 * @category errors
 * @since 0.1.0
 */
export type Reason = typeof Reason.Type

/**
 * The error of every operation. `operation` is the service method (`Recordings.page`), `requestId` the provider's id
 * of the request where it gave one. Its message says what happened and what to do; it holds no token and no telephone
 * number.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Recordings } from "@vobiz-effect/core"
 *
 * const program = Effect.gen(function*() {
 *   const recordings = yield* Recordings.Recordings
 *   return yield* recordings.get("0c6f2d1e").pipe(
 *     Effect.catchReason("VobizError", "NotFound", () => Effect.succeed(null))
 *   )
 * })
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class VobizError extends Schema.TaggedError<VobizError>()("VobizError", {
  operation: Schema.String,
  requestId: Schema.NullOr(Schema.String),
  reason: Reason
}) {
  override get message(): string {
    const id = this.requestId === null ? "" : ` [request ${this.requestId}]`
    return `${this.operation}: ${this.reason.message}${id}`
  }

  /** Whether the same request may succeed if sent again: also where the provider asked to wait, whatever the status. */
  get isRetryable(): boolean {
    if ("retryAfter" in this.reason && this.reason.retryAfter !== null) return true
    switch (this.reason._tag) {
      case "RateLimited":
      case "Transport":
        return true
      case "Timeout":
        return this.reason.limit === "attempt"
      case "ServerFault":
        return this.reason.status >= 500 || this.reason.status === 408 || this.reason.status === 425
      case "DecodeFailure":
        return this.reason.syntax
      default:
        return false
    }
  }
}

const said = (
  what: string,
  { code, detail, retryAfter, status }: Pick<InvalidRequest, "code" | "detail" | "retryAfter" | "status">
): string => {
  const wait = retryAfter === null ? "" : `; it asked to wait ${Duration.format(retryAfter)}`
  const by = [status === null ? null : `HTTP ${status}`, code, detail].filter((part) => part !== null)
  return by.length === 0 ? what : `${what}${wait} (${by.join(", ")})`
}
