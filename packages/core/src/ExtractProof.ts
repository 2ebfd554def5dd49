/**
 * What the reading of a list proves about its completeness.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * Something that keeps a read from being proved complete.
 *
 * - `seam`: two pages could not be shown to join. `after` is the last row before the gap, if there is one.
 * - `short-page`: a page had fewer rows than its place in the list says, each time it was asked for.
 * - `count`: the provider counts other rows than were read, and no deletion that was seen explains it; or it does not count them.
 * - `order`: rows came in no order, so new ones may enter anywhere.
 * - `unfinished`: the list was not read to its end.
 * - `set-aside`: rows that lack an id or an instant, and so are not among those given.
 *
 * @category models
 * @since 0.1.0
 */
export class Doubt extends Schema.Class<Doubt>("@vobiz-effect/core/Doubt")({
  kind: Schema.Literals(["seam", "short-page", "count", "order", "unfinished", "set-aside"]),
  detail: Schema.String,
  after: Schema.NullOr(Schema.String)
}) {}

/** How often something was so, by wire name; nothing in proofs kept by older versions. */
const counts = Schema.Record(Schema.String, Schema.Finite).pipe(
  Schema.withDecodingDefaultKey(Effect.succeed({})),
  Schema.withConstructorDefault(Effect.succeed({}))
)

/**
 * What one reading of a list proves.
 *
 * - `verdict`: `complete` means that every row that the provider's list held at `asOf` was read, under the assumptions
 *   that `OffsetPager` states. `in-doubt` means that `rowsInDoubt` rows, or an unknown number where that is `null`, may be missing, for the reasons in
 *   `doubts`. `not-provable` means that the list was not read to its end.
 * - `since`: where only the newest part of the list was asked for, the instant down to which the verdict holds; `null` for
 *   the whole list. The provider's count is of the whole list, and proves nothing about a part.
 * - `rows`: different rows read. `total`: the provider's count at `asOf`; `null` where it gives none. `gone`: rows that were read, and deleted at the
 *   provider before the read ended.
 * - `pages`: requests answered. `repeats`: rows that came again. `stepBacks`: times the walk went back to find rows it
 *   knew. `pageSize`: rows the provider really gives a page.
 * - `setAside`: rows that lack an id or an instant. They are among `rows`, and in doubt.
 * - `unreadable`: how often each field could not be read, and `zoneless` how often it named no zone, by wire name, in the rows
 *   given. `rowsZone`: the zone that these instants were read in; `null` where none is set, and UTC was assumed.
 * - `digest`: a fingerprint of the ids read, whatever their order. Two reads of the same rows have the same; it is no
 *   cryptographic hash.
 *
 * @category models
 * @since 0.1.0
 */
export class ExtractProof extends Schema.Class<ExtractProof>("@vobiz-effect/core/ExtractProof")({
  list: Schema.String,
  verdict: Schema.Literals(["complete", "in-doubt", "not-provable"]),
  startedAt: Schema.DateTimeUtc,
  asOf: Schema.NullOr(Schema.DateTimeUtc),
  since: Schema.NullOr(Schema.DateTimeUtc),
  doubts: Schema.Array(Doubt),
  rowsInDoubt: Schema.NullOr(Schema.Finite),
  rows: Schema.Finite,
  total: Schema.NullOr(Schema.Finite),
  gone: Schema.Finite,
  pages: Schema.Finite,
  repeats: Schema.Finite,
  stepBacks: Schema.Finite,
  pageSize: Schema.Finite,
  order: Schema.Literals(["newest-first", "oldest-first", "none", "unknown"]),
  firstId: Schema.NullOr(Schema.String),
  lastId: Schema.NullOr(Schema.String),
  digest: Schema.String,
  setAside: Schema.Finite.pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(0)),
    Schema.withConstructorDefault(Effect.succeed(0))
  ),
  unreadable: counts,
  zoneless: counts,
  rowsZone: Schema.NullOr(Schema.String).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(null)),
    Schema.withConstructorDefault(Effect.succeed(null))
  )
}) {}
