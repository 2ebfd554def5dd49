/**
 * Faults for the fake server to commit, as plain data.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The kinds of request that the fake server tells apart.
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
 * What can go wrong with a request.
 *
 * | Fault                 | What the client sees                                                                               |
 * | --------------------- | -------------------------------------------------------------------------------------------------- |
 * | `RateLimited`         | 429; `retryAfter` says where the wait of `seconds` stands: `header-seconds`, `header-date`, `body` or `none` |
 * | `ServerError`         | `status` (403, 408, 425 or 5xx) with the documented error body; `retryAfter` and `seconds` as above |
 * | `Reset`               | the connection closed before any answer                                                            |
 * | `TruncatedBody`       | the headers, half of the body, and the connection closed                                           |
 * | `SlowBody`            | the body in pieces of `chunkBytes`, with `pauseMillis` between them                                |
 * | `StalledBody`         | `afterBytes` of the body, then nothing more on an open connection                                  |
 * | `WrongJson`           | 200 and an HTML page                                                                               |
 * | `Ok200WithError`      | 200 and `{"error":"failed"}`, as was observed                                                      |
 * | `OtherBody`           | 200 and this `body` of this `contentType`, such as `Rate limit exceeded` as plain text             |
 * | `HugeBody`            | 200 and a JSON body of so many `bytes`; with `gzip` it is compressed on the way                    |
 * | `NestedBody`          | 200 and JSON lists in each other, `depth` of them                                                  |
 * | `EchoedSecrets`       | `status` and an error with the token, a telephone number and control characters in each of its texts |
 * | `Redirected`          | 302 to `location`                                                                                  |
 * | `EmptyBody`           | 200 and not one byte                                                                               |
 * | `WrongRange`          | audio from a byte before the one asked for, and said so                                            |
 * | `RangeRefused`        | 416 to whatever part of the audio is asked for                                                     |
 * | `ShortAudio`          | a whole file of the recording's first `millis`, as of one that is still growing                    |
 * | `OtherAudio`          | another file of the same length, under another `ETag`                                              |
 * | `IfRangeIgnored`      | the part asked for, whatever `If-Range` says                                                       |
 * | `NoContentRange`      | a part under 206 that does not say which                                                           |
 * | `MalformedRow`        | the page's first row without its id and with an instant that is none                               |
 * | `OddFields`           | these values in place of those of the page's rows, or of its `nth` row alone, counted from 1        |
 * | `NullList`            | `null` where the rows stand                                                                         |
 * | `BareList`            | the rows alone, as a JSON array without an envelope                                                |
 * | `OddTotal`            | the count of the list as `text`, or `absent`                                                       |
 * | `InsertBetweenPages`  | `count` new rows at the head of the list, just before this page is served                          |
 * | `DeleteBetweenPages`  | the list's first `count` rows gone, just before this page is served                                |
 * | `DuplicateRows`       | the page's first `count` rows a second time, and so on the pages that follow one slid back         |
 * | `NeverNullNext`       | always more to come, and past the end the last page again                                          |
 * | `LyingTotal`          | a total that is wrong by `delta`                                                                   |
 * | `HeldBackRows`        | the list without its last `count` rows, which its total counts all the same                        |
 * | `EarlyEnd`            | a total and a `next` that agree on an end `count` rows too early, and the rows past it if asked for |
 * | `LowerCap`            | no more than `cap` rows per page, and the page says so                                             |
 * | `RefusedOffset`       | 422 to a page that starts after the list's first `rows` rows                                       |
 *
 * The last five concern only lists, the three before these only lists of recordings or CDRs, and the six after `EmptyBody`
 * only audio. `OddFields`, `NullList`, `BareList` and `OddTotal` concern only lists. `HeldBackRows` also holds rows back from the CSV export.
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
 * When to commit a fault. Requests are counted from 1, each rule counting those of its endpoints.
 *
 * - `on`: the endpoints; none named means all.
 * - `first`: the first request to fail; by default 1.
 * - `times`: how many requests from there on; `"always"` for all. By default 1.
 * - `probability`: of failing, for each of these, decided by the plan's seed; by default 1.
 *
 * @category models
 * @since 0.1.0
 */
export const Rule = Schema.Struct({
  fault: Fault,
  on: Schema.optionalKey(Schema.Array(Endpoint)),
  first: Schema.optionalKey(Count),
  times: Schema.optionalKey(Schema.Union([Count, Schema.Literal("always")])),
  probability: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })))
})

/**
 * @category models
 * @since 0.1.0
 */
export type Rule = typeof Rule.Type

/**
 * A plan of faults. It can be written as JSON, and does the same whenever the same requests come in the same order.
 *
 * @category models
 * @since 0.1.0
 */
export const FaultPlan = Schema.Struct({
  seed: Schema.optionalKey(Schema.Int),
  rules: Schema.Array(Rule)
})

/**
 * @category models
 * @since 0.1.0
 */
export type FaultPlan = typeof FaultPlan.Type

/**
 * The plan of a server that does nothing wrong.
 *
 * @category constructors
 * @since 0.1.0
 */
export const none: FaultPlan = { rules: [] }

/**
 * The plan of one fault, once or as `when` says.
 *
 * @category constructors
 * @since 0.1.0
 */
export const one = (fault: Fault, when: Omit<Rule, "fault"> = {}): FaultPlan => ({ rules: [{ fault, ...when }] })
