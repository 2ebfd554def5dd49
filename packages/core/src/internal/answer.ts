/**
 * Reads what the provider says in an answer: the request's id, and if it is a failure, which one. Every shape of an
 * error body that was documented or observed is understood (docs/vobiz-api.md, "Errors"), and none is needed.
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

import {
  FieldMessage,
  Forbidden,
  InvalidRequest,
  NotFound,
  PaymentRequired,
  RateLimited,
  type Reason,
  ServerFault,
  Unauthorized
} from "../VobizError.ts"
import type { Cut } from "./foreign.ts"

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The parsed JSON body; `undefined` when the body is not JSON. */
  readonly json: unknown
}

// ---------------------------------------------------------------------------
// The error bodies
// ---------------------------------------------------------------------------

const FieldErrors = Schema.Struct({
  errors: Schema.Array(Schema.Struct({ field: Schema.String, message: Schema.String }))
})

/** A message has no room for more. */
const maxFields = 10

const RetryAfterDetails = Schema.Struct({ retryAfter: Schema.Finite })

const isFieldErrors = Schema.is(FieldErrors)
const isRetryAfterDetails = Schema.is(RetryAfterDetails)

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null)

/** What an error body says, whichever its shape. */
const readErrorBody = (json: unknown) => {
  const body = isFields(json) ? json : {}
  // `error` is an object in the documented envelope, and plain text in the bodies really met.
  const error = isFields(body.error) ? body.error : {}
  return {
    code: text(error.code),
    detail: text(error.message) ?? text(body.error) ?? text(body.message),
    details: error.details ?? body.details
  }
}

/** True for a body that reports a failure, even under a 2xx status. */
const saysFailure = (json: unknown): boolean =>
  isFields(json) &&
  (isFields(json.error) || text(json.error) !== null || json.status === "error" || json.status === "failure")

export const requestIdOf = ({ headers, json }: Answer, cut: Cut): string | null => {
  const body = isFields(json) ? json : {}
  const id = text(body.requestId) ?? text(body.api_id) ?? text(headers["x-request-id"])
  return id === null ? null : cut(id)
}

// ---------------------------------------------------------------------------
// The reason
// ---------------------------------------------------------------------------

/** The failure that an answer reports, or `undefined` where it is a success. */
export const failureOf = (answer: Answer, now: number, cut: Cut): Reason | undefined => {
  const { headers, json, status } = answer
  const success = status >= 200 && status < 300
  if (success && !saysFailure(json)) return undefined
  const { code, detail, details } = readErrorBody(json)
  const said = {
    status,
    code: code === null ? null : cut(code),
    detail: detail === null ? null : cut(detail),
    retryAfter: retryAfterOf(headers["retry-after"], details, now)
  }
  switch (success ? statusOfCode(code) : status) {
    case 401:
      return new Unauthorized(said)
    case 402:
      return new PaymentRequired(said)
    case 403:
      return new Forbidden(said)
    case 404:
      return new NotFound(said)
    case 429:
      return new RateLimited(said)
    case 408:
    case 425:
      return new ServerFault(said)
    default: {
      if (success || status < 400 || status >= 500) return new ServerFault(said)
      const fields = isFieldErrors(details)
        ? details.errors
            .slice(0, maxFields)
            .map(({ field, message }) => new FieldMessage({ field: cut(field), message: cut(message) }))
        : []
      return new InvalidRequest({ ...said, fields })
    }
  }
}

/** The status that a documented error code goes with, for a failure reported under a 2xx. */
const statusOfCode = (code: string | null): number | undefined => {
  switch (code) {
    case "INVALID_CREDENTIALS":
    case "TOKEN_EXPIRED":
      return 401
    case "INSUFFICIENT_BALANCE":
    case "PAYMENT_FAILED":
      return 402
    case "ACCOUNT_INACTIVE":
      return 403
    case "RATE_LIMIT_EXCEEDED":
      return 429
    default:
      return undefined
  }
}

/** The longer of what the header (seconds or a date) and the body (seconds) ask for. What is no wait is not heard. */
const retryAfterOf = (header: string | undefined, details: unknown, now: number): Duration.Duration | null => {
  const waits = [
    header === undefined ? Number.NaN : headerMillis(header.trim(), now),
    isRetryAfterDetails(details) ? details.retryAfter * 1000 : Number.NaN
  ].filter((millis) => millis >= 0 && millis <= longestWait)
  return waits.length === 0 ? null : Duration.millis(Math.max(...waits))
}

/** Who asks to wait longer than a year does not mean it. */
const longestWait = 365 * 86_400_000

const headerMillis = (header: string, now: number): number =>
  /^\d+(\.\d+)?$/.test(header)
    ? Number(header) * 1000
    : // `Date.parse` takes anything with a number in it for a date.
      /^[a-z]{3,9},? /i.test(header)
      ? Math.max(0, Date.parse(header) - now)
      : Number.NaN
