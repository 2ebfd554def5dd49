/**
 * Plans of faults for the fake server, as plain data.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The endpoints of the fake server.
 *
 * @category models
 * @since 0.1.0
 */
export const Endpoint = Schema.Literals([
  "auth.me",
  "recordings.list",
  "recordings.get",
  "recordings.delete",
  "recordings.audio",
  "cdrs.list",
  "cdrs.search",
  "cdrs.recent",
  "cdrs.export",
  "cdrs.get",
  "trunks.list",
  "trunks.get"
])

/**
 * @category models
 * @since 0.1.0
 */
export type Endpoint = typeof Endpoint.Type

const Count = Schema.Int.check(Schema.isGreaterThan(0))

const RetryAfter = Schema.Literals(["header-seconds", "header-date", "body", "none"])

/**
 * A fault of the fake server.
 *
 * | Fault                 | What the client sees                                                                               |
 * | --------------------- | -------------------------------------------------------------------------------------------------- |
 * | `RateLimited`         | 429; `retryAfter` says where the answer names `seconds`: `header-seconds`, `header-date`, `body` or `none` |
 * | `ServerError`         | `status` (403, 408, 425 or 5xx) with the documented error body; `retryAfter` and `seconds` as above |
 * | `Reset`               | the connection closed before any answer                                                            |
 * | `TruncatedBody`       | the headers, half of the body, and the connection closed                                           |
 * | `SlowBody`            | the body in pieces of `chunkBytes`, with `pauseMillis` between them                                |
 * | `StalledBody`         | `afterBytes` of the body, then nothing more on an open connection                                  |
 * | `WrongJson`           | 200 and an HTML page                                                                               |
 * | `Ok200WithError`      | 200 and `{"error":"failed"}`, as was observed                                                      |
 * | `OtherBody`           | 200 and this `body` with this `contentType`, such as `Rate limit exceeded` as plain text           |
 * | `HugeBody`            | 200 and a JSON body of `bytes` bytes; with `gzip`, compressed                                      |
 * | `NestedBody`          | 200 and `depth` nested JSON lists                                                                  |
 * | `EchoedSecrets`       | `status` and an error with the token, a telephone number and control characters in each of its texts |
 * | `Redirected`          | 302 to `location`                                                                                  |
 * | `EmptyBody`           | 200 and no bytes                                                                                   |
 * | `WrongRange`          | audio from one byte before the requested one, with a matching `Content-Range`                      |
 * | `RangeRefused`        | 416 to any range of audio                                                                          |
 * | `ShortAudio`          | a complete file of the recording's first `millis`, as if the recording still grew                  |
 * | `OtherAudio`          | another file of the same length, with another `ETag`                                               |
 * | `IfRangeIgnored`      | the requested range, whatever `If-Range` says                                                      |
 * | `NoContentRange`      | 206 and a range, without `Content-Range`                                                           |
 * | `MalformedRow`        | the page's first row without its id and with an invalid instant                                    |
 * | `OddFields`           | `fields` in place of those of the page's rows, or of its `nth` row only, counted from 1            |
 * | `NullList`            | `null` in place of the rows                                                                        |
 * | `BareList`            | only the rows, as a JSON array without an envelope                                                 |
 * | `OddTotal`            | the count of the list as `text`, or `absent`                                                       |
 * | `InsertBetweenPages`  | `count` new rows at the head of the list, just before this page is served                          |
 * | `DeleteBetweenPages`  | the list's first `count` rows gone, just before this page is served                                |
 * | `DuplicateRows`       | the page's first `count` rows twice, which shifts all later rows by `count`                        |
 * | `NeverNullNext`       | always a next page, and past the end the last page again                                           |
 * | `LyingTotal`          | a total that is wrong by `delta`                                                                   |
 * | `HeldBackRows`        | the list without its last `count` rows, which its total still counts                               |
 * | `EarlyEnd`            | a total and a `next` that agree on an end `count` rows too early, and the later rows on request    |
 * | `LowerCap`            | at most `cap` rows per page, and the page says so                                                  |
 * | `RefusedOffset`       | 422 to a page that starts after the list's first `rows` rows                                       |
 *
 * The faults from `MalformedRow` on concern only lists, and those from `WrongRange` to `NoContentRange` only audio. Lists of trunks
 * ignore `InsertBetweenPages`, `DeleteBetweenPages` and `DuplicateRows`. `HeldBackRows` also affects the CSV export.
 *
 * @category models
 * @since 0.1.0
 */
export const Fault = Schema.Union([
  Schema.TaggedStruct("RateLimited", {
    seconds: Schema.Finite,
    retryAfter: RetryAfter
  }),
  Schema.TaggedStruct("ServerError", {
    status: Schema.Literals([403, 408, 425, 500, 502, 503, 504]),
    seconds: Schema.optionalKey(Schema.Finite),
    retryAfter: Schema.optionalKey(RetryAfter)
  }),
  Schema.TaggedStruct("Reset", {}),
  Schema.TaggedStruct("TruncatedBody", {}),
  Schema.TaggedStruct("SlowBody", { chunkBytes: Count, pauseMillis: Schema.Finite }),
  Schema.TaggedStruct("StalledBody", { afterBytes: Schema.Int }),
  Schema.TaggedStruct("WrongJson", {}),
  Schema.TaggedStruct("Ok200WithError", {}),
  Schema.TaggedStruct("OtherBody", { contentType: Schema.String, body: Schema.String }),
  Schema.TaggedStruct("HugeBody", { bytes: Count, gzip: Schema.optionalKey(Schema.Boolean) }),
  Schema.TaggedStruct("NestedBody", { depth: Count }),
  Schema.TaggedStruct("EchoedSecrets", { status: Schema.Int.check(Schema.isBetween({ minimum: 400, maximum: 599 })) }),
  Schema.TaggedStruct("Redirected", { location: Schema.String }),
  Schema.TaggedStruct("EmptyBody", {}),
  Schema.TaggedStruct("WrongRange", {}),
  Schema.TaggedStruct("RangeRefused", {}),
  Schema.TaggedStruct("ShortAudio", { millis: Count }),
  Schema.TaggedStruct("OtherAudio", {}),
  Schema.TaggedStruct("IfRangeIgnored", {}),
  Schema.TaggedStruct("NoContentRange", {}),
  Schema.TaggedStruct("MalformedRow", {}),
  Schema.TaggedStruct("OddFields", {
    fields: Schema.Record(Schema.String, Schema.Json),
    nth: Schema.optionalKey(Count)
  }),
  Schema.TaggedStruct("NullList", {}),
  Schema.TaggedStruct("BareList", {}),
  Schema.TaggedStruct("OddTotal", { as: Schema.Literals(["text", "absent"]) }),
  Schema.TaggedStruct("InsertBetweenPages", { count: Count }),
  Schema.TaggedStruct("DeleteBetweenPages", { count: Count }),
  Schema.TaggedStruct("DuplicateRows", { count: Count }),
  Schema.TaggedStruct("NeverNullNext", {}),
  Schema.TaggedStruct("LyingTotal", { delta: Schema.Int }),
  Schema.TaggedStruct("HeldBackRows", { count: Count }),
  Schema.TaggedStruct("EarlyEnd", { count: Count }),
  Schema.TaggedStruct("LowerCap", { cap: Count }),
  Schema.TaggedStruct("RefusedOffset", { rows: Count })
])

/**
 * @category models
 * @since 0.1.0
 */
export type Fault = typeof Fault.Type

/**
 * A fault, and the requests that it affects. Each rule counts the requests of its endpoints from 1.
 *
 * @category models
 * @since 0.1.0
 */
export const Rule = Schema.Struct({
  fault: Fault,
  /** The endpoints that the rule applies to. By default, and if empty, all. */
  on: Schema.optionalKey(Schema.Array(Endpoint)),
  /**
   * The first request that the fault affects.
   *
   * @default 1
   */
  first: Schema.optionalKey(Count),
  /**
   * How many requests it affects from `first` on.
   *
   * @default 1
   */
  times: Schema.optionalKey(Schema.Union([Count, Schema.Literal("always")])),
  /**
   * The probability of the fault for each of these requests, from 0 to 1. The plan's seed decides.
   *
   * @default 1
   */
  probability: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })))
})

/**
 * @category models
 * @since 0.1.0
 */
export type Rule = typeof Rule.Type

/**
 * A plan of faults. The same requests in the same order get the same faults.
 *
 * @category models
 * @since 0.1.0
 */
export const FaultPlan = Schema.Struct({
  /**
   * Decides which requests fail under rules with a `probability`.
   *
   * @default 0
   */
  seed: Schema.optionalKey(Schema.Int),
  rules: Schema.Array(Rule)
})

/**
 * @category models
 * @since 0.1.0
 */
export type FaultPlan = typeof FaultPlan.Type

/**
 * The plan without faults.
 *
 * @category constructors
 * @since 0.1.0
 */
export const none: FaultPlan = { rules: [] }

/**
 * A plan with one fault: on the first request, or as `when` says.
 *
 * @category constructors
 * @since 0.1.0
 */
export const one = (fault: Fault, when: Omit<Rule, "fault"> = {}): FaultPlan => ({ rules: [{ fault, ...when }] })
