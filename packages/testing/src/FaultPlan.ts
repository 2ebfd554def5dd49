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

/**
 * What can go wrong with a request.
 *
 * | Fault                 | What the client sees                                                                               |
 * | --------------------- | -------------------------------------------------------------------------------------------------- |
 * | `RateLimited`         | 429; `retryAfter` says where the wait of `seconds` stands: `header-seconds`, `header-date`, `body` or `none` |
 * | `ServerError`         | `status` (500, 502, 503 or 504) with the documented error body                                     |
 * | `Reset`               | the connection closed before any answer                                                            |
 * | `TruncatedBody`       | the headers, half of the body, and the connection closed                                           |
 * | `SlowBody`            | the body in pieces of `chunkBytes`, with `pauseMillis` between them                                |
 * | `StalledBody`         | `afterBytes` of the body, then nothing more on an open connection                                  |
 * | `WrongJson`           | 200 and an HTML page                                                                               |
 * | `Ok200WithError`      | 200 and `{"error":"failed"}`, as was observed                                                      |
 * | `EmptyBody`           | 200 and not one byte of the audio                                                                  |
 * | `WrongRange`          | audio from a byte before the one asked for, and said so                                            |
 * | `RangeRefused`        | 416 to whatever part of the audio is asked for                                                     |
 * | `ShortAudio`          | a whole file of the recording's first `millis`, as of one that is still growing                    |
 * | `OtherAudio`          | another file of the same length, under another `ETag`                                              |
 * | `IfRangeIgnored`      | the part asked for, whatever `If-Range` says                                                       |
 * | `NoContentRange`      | a part under 206 that does not say which                                                           |
 * | `MalformedRow`        | the page's first row without its id and with an instant that is none                               |
 * | `InsertBetweenPages`  | `count` new rows at the head of the list, just before this page is served                          |
 * | `DeleteBetweenPages`  | the list's first `count` rows gone, just before this page is served                                |
 * | `DuplicateRows`       | the page's first `count` rows a second time, and so on the pages that follow one slid back         |
 * | `NeverNullNext`       | always more to come, and past the end the last page again                                          |
 * | `LyingTotal`          | a total that is wrong by `delta`                                                                   |
 * | `HeldBackRows`        | the list without its last `count` rows, which its total counts all the same                        |
 * | `EarlyEnd`            | a total and a `next` that agree on an end `count` rows too early, and the rows past it if asked for |
 *
 * The last three concern only lists, the five before them only lists of recordings or CDRs, and the seven before those
 * only audio.
 *
 * @category models
 * @since 0.1.0
 */
export const Fault = Schema.Union([
  Schema.TaggedStruct("RateLimited", {
    seconds: Schema.Finite,
    retryAfter: Schema.Literals(["header-seconds", "header-date", "body", "none"])
  }),
  Schema.TaggedStruct("ServerError", { status: Schema.Literals([500, 502, 503, 504]) }),
  Schema.TaggedStruct("Reset", {}),
  Schema.TaggedStruct("TruncatedBody", {}),
  Schema.TaggedStruct("SlowBody", { chunkBytes: Count, pauseMillis: Schema.Finite }),
  Schema.TaggedStruct("StalledBody", { afterBytes: Schema.Int }),
  Schema.TaggedStruct("WrongJson", {}),
  Schema.TaggedStruct("Ok200WithError", {}),
  Schema.TaggedStruct("EmptyBody", {}),
  Schema.TaggedStruct("WrongRange", {}),
  Schema.TaggedStruct("RangeRefused", {}),
  Schema.TaggedStruct("ShortAudio", { millis: Count }),
  Schema.TaggedStruct("OtherAudio", {}),
  Schema.TaggedStruct("IfRangeIgnored", {}),
  Schema.TaggedStruct("NoContentRange", {}),
  Schema.TaggedStruct("MalformedRow", {}),
  Schema.TaggedStruct("InsertBetweenPages", { count: Count }),
  Schema.TaggedStruct("DeleteBetweenPages", { count: Count }),
  Schema.TaggedStruct("DuplicateRows", { count: Count }),
  Schema.TaggedStruct("NeverNullNext", {}),
  Schema.TaggedStruct("LyingTotal", { delta: Schema.Int }),
  Schema.TaggedStruct("HeldBackRows", { count: Count }),
  Schema.TaggedStruct("EarlyEnd", { count: Count })
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
