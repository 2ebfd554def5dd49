/**
 * What was heard of calls, by time: of legs that are of one conversation with others, and of legs that have several recordings.
 * A leg alone with one recording at most is arithmetic on its own row, and costs nothing here.
 *
 * One pass of window functions over the starts and stops of talk and audio makes, for each conversation, lists of spans: in which
 * somebody talks, in which two talk, in which audio is. Each leg is then held against the lists of its own conversation.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "../DuckDb.ts"
import type { DuckDbError } from "../DuckDbError.ts"
import * as Sql from "./sql.ts"

/** CDRs count whole seconds, so nobody knows a span of talk any closer. */
export const resolution = 1000

/** Spans are `{begin, stop}` in milliseconds, apart from one another and in order. */
const span = (begin: string, stop: string) => `{'begin': ${begin}, 'stop': ${stop}}`

/** The parts of spans that are within one span. */
const clipped = (spans: string, begin: string, stop: string) =>
  `list_filter(list_transform(${spans}, lambda x: ${span(`greatest(x.begin, ${begin})`, `least(x.stop, ${stop})`)}), lambda x: x.stop > x.begin)`

/** The parts of spans that are within others. */
const common = (spans: string, others: string) =>
  `flatten(list_transform(${others}, lambda o: ${clipped(spans, "o.begin", "o.stop")}))`

/** How long spans are together. */
export const total = (spans: string) =>
  `coalesce(list_sum(list_transform(${spans}, lambda x: x.stop - x.begin)), 0)::BIGINT`

/** How long the longest of them is. */
export const longest = (spans: string) =>
  `coalesce(list_max(list_transform(${spans}, lambda x: x.stop - x.begin)), 0)::BIGINT`

const [before, after] = [-(2 ** 53), 2 ** 53]

/** The spans between spans, and those before the first and after the last. */
const between = (spans: string) =>
  `list_transform(range(0, len(${spans}) + 1), lambda i: ${span(
    `CASE WHEN i = 0 THEN ${before} ELSE ${spans}[i].stop END`,
    `CASE WHEN i = len(${spans}) THEN ${after} ELSE ${spans}[i + 1].begin END`
  )})`

/** The first of some recordings, as evidence. */
const first = (some: string) =>
  `list_transform(${some}, lambda a: {'arrival': a.arrival, 'audio': a.audio, 'ended': a.ended})[1]`

/** Of a leg by itself, as a `per: leg` rule has it, the label. No arrival is negative. */
const alone = "-1 - arrival"

/** The legs, with what they are of. `talks`: somebody was there, and no other row is of the same leg. */
const party = (s: string) => `CREATE TABLE ${s}.party AS
WITH those AS (
  FROM ${s}.conversation
  UNION ALL
  SELECT arrival, arrival FROM ${s}.several ANTI JOIN ${s}.conversation USING (arrival)),
leg AS (
  SELECT l.arrival, c.label, ended_ms - talk_ms AS begin, ended_ms AS stop, start_ms, talk_ms, uuid, id, in_window,
    verdict = 'must-not' AS is_banned, bool_or(verdict = 'must-not') OVER label AS beside_banned, coalesce(l.cost < 0, false) AS is_credit, per_leg AND NOT is_banned AS per_leg,
    -- A row that repeats another has no talk of its own, unless the other is in another conversation: then neither covers for the other.
    -- A credit has none either.
    talk_ms > 0 AND NOT is_credit AND row_number() OVER (PARTITION BY c.label, coalesce(t.first_arrival, l.arrival) ORDER BY t.nth) = 1 AS talks,
    bool_or(doubt_ms > 0) OVER label AS is_vague
  FROM ${s}.leg l JOIN those c USING (arrival) LEFT JOIN ${s}.twin t USING (arrival)
  WINDOW label AS (PARTITION BY c.label)),
met AS (
  SELECT *, min(begin) FILTER (talks) OVER label AS first_begin, count(*) FILTER (talks) OVER label AS talkers,
    min(start_ms) OVER label AS first_start, max(stop) OVER label AS last_stop
  FROM leg WINDOW label AS (PARTITION BY label))
SELECT met.* EXCLUDE (last_stop), last_stop - first_start AS span_ms,
  talks AND talkers = 1 AND NOT per_leg AND coalesce(bool_or(talk_ms = 0 AND NOT is_credit AND stop > first_begin
    AND start_ms BETWEEN first_begin - p.skew_ms AND first_begin + p.maximum_gap_ms) OVER label, false) AS met_nobody
FROM met, ${s}.parameter p WINDOW label AS (PARTITION BY label)`

/** Their recordings. What has no place is laid out from the start of its leg's talk on, one after the other. */
const heard = (s: string) => `CREATE TABLE ${s}.heard AS
WITH own AS (
  SELECT p.label, p.arrival, p.per_leg, p.is_banned, p.start_ms, p.uuid, p.id, p.stop AS leg_stop, p.talk_ms, p.first_begin,
    p.beside_banned, o.length_ms AS told_ms, CASE WHEN NOT p.is_vague THEN o.placed_ms END AS known_start,
    CASE WHEN NOT p.is_vague THEN o.ended_ms END AS known_stop,
    o.audio_arrival, a.recording_id, o.ended_ms, b.audio_arrival IS NOT NULL AS is_poor,
    coalesce(o.placed_ms IS NOT NULL AND o.length_ms > 0 AND NOT p.is_vague, false) AS is_placed, o.placed_ms,
    coalesce(nullif(o.length_ms, 0), p.talk_ms) AS length_ms
  FROM ${s}.party p JOIN ${s}.owned o USING (arrival) JOIN ${s}.audio a ON a.arrival = o.audio_arrival LEFT JOIN ${s}.bad_audio b ON b.audio_arrival = o.audio_arrival),
laid AS (
  SELECT *, sum(length_ms) OVER place - length_ms AS before_ms, sum(length_ms) OVER (PARTITION BY arrival, is_placed, is_poor) AS all_ms
  FROM own WINDOW place AS (PARTITION BY arrival, is_placed, is_poor ORDER BY recording_id ROWS UNBOUNDED PRECEDING))
SELECT * EXCLUDE (placed_ms, before_ms, all_ms, leg_stop, first_begin), CASE
    WHEN is_placed THEN placed_ms
    ELSE greatest(coalesce(first_begin, leg_stop - talk_ms), leg_stop - greatest(all_ms, talk_ms)) + before_ms END::BIGINT AS begin,
  begin + length_ms AS stop
FROM laid`

/** One pass: how many talk, and how many recordings run, from each start or stop to the next. */
const timeline = (s: string) => `CREATE TABLE ${s}.timeline AS
WITH audio AS (
  SELECT *, list_filter([
    CASE WHEN beside_banned AND NOT is_poor THEN 'every' END, CASE WHEN beside_banned AND is_placed AND NOT is_poor THEN 'known' END,
    CASE WHEN NOT is_poor AND NOT is_banned THEN 'heard' END,
    CASE WHEN NOT is_poor AND NOT is_banned AND is_placed THEN 'sure' END,
    CASE WHEN is_poor AND NOT is_banned THEN 'poor' END], lambda kind: kind IS NOT NULL) AS kinds
  FROM ${s}.heard),
piece AS (
  SELECT label, unnest(['one', 'two']) AS kind, CASE WHEN is_banned THEN -1000 ELSE 1 END AS weight, begin, stop
  FROM (FROM ${s}.party WHERE talks)
  UNION ALL
  SELECT ${alone}, 'one', 1, begin, stop FROM ${s}.party WHERE per_leg AND talk_ms > 0
  UNION ALL
  SELECT label, unnest(kinds), 1, begin, stop FROM audio
  UNION ALL
  SELECT ${alone}, unnest(kinds), 1, begin, stop FROM audio WHERE per_leg),
edge AS (
  SELECT label, kind, begin AS t, weight AS step FROM piece WHERE stop > begin
  UNION ALL
  SELECT label, kind, stop, -weight FROM piece WHERE stop > begin),
level AS (
  SELECT label, kind, t AS begin, lead(t) OVER upto AS stop, sum(step) OVER upto AS depth
  FROM edge WINDOW upto AS (PARTITION BY label, kind ORDER BY t, step DESC ROWS UNBOUNDED PRECEDING)),
parted AS (
  SELECT *, CASE WHEN begin - lag(stop) OVER upto <= CASE kind WHEN 'two' THEN p.skew_ms ELSE 0 END THEN 0 ELSE 1 END AS is_new
  FROM (FROM level WHERE stop > begin AND depth >= CASE kind WHEN 'two' THEN 2 ELSE 1 END), ${s}.parameter p
  WINDOW upto AS (PARTITION BY label, kind ORDER BY begin)),
island AS (
  SELECT label, kind, min(begin) AS begin, max(stop) AS stop
  FROM (SELECT label, kind, begin, stop, sum(is_new) OVER (PARTITION BY label, kind ORDER BY begin ROWS UNBOUNDED PRECEDING) AS nth FROM parted)
  GROUP BY label, kind, nth),
lists AS (
  SELECT label, ${["one", "two", "every", "known", "heard", "sure", "poor"]
    .map((kind) => `coalesce(list_sort(list(${span("begin", "stop")}) FILTER (kind = '${kind}')), []) AS ${kind}`)
    .join(", ")}
  -- Where must-not talk leaves nothing, the label is there all the same.
  FROM (FROM island UNION ALL BY NAME SELECT DISTINCT label FROM edge) GROUP BY label)
SELECT *, ${between("heard")} AS quiet, heard <> sure AS is_guess FROM lists`

/** Who has the audio of each conversation, in the order in which they are listed. Lists are sorted by their first fields when they are made, which takes an eighth of the time of an ordered aggregate. */
const carrier = (s: string) => `CREATE TABLE ${s}.carrier AS
SELECT label, list_sort(list({'nth': nth, 'begin': begin, 'stop': stop, 'arrival': arrival, 'ended': ended_ms}) FILTER (NOT is_banned)) AS carriers,
  list_sort(list({'begin': begin, 'id': recording_id, 'stop': stop, 'arrival': arrival, 'audio': audio_arrival, 'ended': ended_ms,
    'is_placed': is_placed, 'known_start': known_start, 'known_stop': known_stop, 'told_ms': told_ms}) FILTER (beside_banned AND NOT is_poor)) AS audio
FROM (
  SELECT *, row_number() OVER (PARTITION BY label ORDER BY is_poor, start_ms, uuid, ${Sql.idOrder("id")}, recording_id) AS nth FROM ${s}.heard)
GROUP BY label`

/** What each leg of the window that talked has of its talk. */
const timed = (s: string) => `CREATE TABLE ${s}.timed AS
WITH asked AS (
  SELECT *, label AS talk_label, CASE WHEN per_leg THEN ${alone} ELSE label END AS own_label FROM ${s}.party WHERE in_window AND talk_ms > 0),
joined AS (
  SELECT p.arrival, p.begin, p.stop, p.met_nobody, p.first_start, p.span_ms, p.per_leg, t.*, c.carriers, c.audio,
    ${clipped("t.two", "p.begin", "p.stop")} AS paired, ${clipped("t.one", "p.begin", "p.stop")} AS own
  FROM asked p JOIN ${s}.timeline t ON t.label = p.own_label LEFT JOIN ${s}.carrier c ON c.label = p.talk_label),
based AS (SELECT *, CASE WHEN len(paired) > 0 THEN paired ELSE own END AS base FROM joined),
held AS (
  SELECT *, ${common("quiet", "base")} AS holes, base[1].begin AS base_begin, base[-1].stop AS base_stop, ${total("base")} AS base_ms,
    [${span("begin", "stop")}] AS talk
  FROM based),
edged AS (
  SELECT *, list_filter(quiet, lambda q: q.begin <= base_begin AND q.stop > base_begin)[1].stop AS head_stop,
    list_filter(quiet, lambda q: q.begin < base_stop AND q.stop >= base_stop)[1].begin AS tail_begin, base_ms - ${total("holes")} AS heard_ms
  FROM held),
forgiven AS (
  SELECT e.*, coalesce(head_stop - base_begin <= p.skew_ms, false) AS head_near, coalesce(base_stop - tail_begin <= p.skew_ms, false) AS tail_near,
    list_filter(holes, lambda h: NOT (head_near AND h.stop <= head_stop) AND NOT (tail_near AND h.begin >= tail_begin)) AS kept,
    base_ms - ${total("kept")} <= ${total("heard")} + ${resolution} AS is_forgiven, p.skew_ms
  FROM edged e, ${s}.parameter p),
final AS (
  SELECT *, CASE WHEN is_forgiven THEN kept ELSE holes END AS lacking,
    list_filter(carriers, lambda c: NOT per_leg AND c.arrival <> arrival AND c.stop > begin - skew_ms AND c.begin < stop + skew_ms) AS others,
    ${total(common("known", "talk"))} AS known_ms,
    list_filter(audio, lambda a: a.is_placed AND a.stop > begin AND a.begin < stop) AS placed,
    -- What does not say when it ran may be anywhere in its conversation, and ended before it was added.
    list_transform(list_filter(audio, lambda a: NOT a.is_placed), lambda a: {'arrival': a.arrival, 'audio': a.audio, 'id': a.id, 'ended': a.ended,
      'length': a.told_ms, 'span': least(first_start + span_ms, a.known_stop + skew_ms) - greatest(first_start, a.known_start - skew_ms),
      'within': greatest(0, least(stop, first_start + span_ms, a.known_stop + skew_ms) - greatest(begin, first_start, a.known_start - skew_ms))}) AS unplaced
  FROM forgiven),
crossed AS (
  SELECT *, list_filter(unplaced, lambda a: a.length - (a.span - a.within) > skew_ms) AS surely,
    greatest(known_ms, coalesce(list_max(list_transform(surely, lambda a: a.length - (a.span - a.within))), 0)) AS across_ms,
    -- The clocks account for as much as the skew at either end of the talk, and for nothing within it.
    across_ms > skew_ms OR len(list_filter(known, lambda x: x.begin + skew_ms < stop AND x.stop - skew_ms > begin)) > 0 AS is_over,
    list_filter(unplaced, lambda a: a.within > skew_ms) AS maybe, NOT is_over AND coalesce(len(maybe), 0) > 0 AS is_maybe_over,
    CASE WHEN is_maybe_over THEN ${first("maybe")} WHEN len(placed) > 0 THEN ${first("placed")} ELSE ${first("surely")} END AS across
  FROM final)
SELECT arrival, met_nobody, span_ms, base_ms, base_ms - ${total("lacking")} AS recorded_ms,
  CASE WHEN is_guess THEN ${total(common("sure", "base"))} ELSE base_ms - ${total("lacking")} END AS least_ms,
  ${longest("lacking")} AS gap_ms, is_guess, coalesce(head_stop, base_begin) - begin AS heard_from_ms,
  coalesce(tail_begin, base_stop) - begin AS heard_to_ms,
  list_transform(lacking, lambda x: ${span("x.begin - begin", "x.stop - begin")}) AS gaps,
  ${total(common("poor", "base"))} AS poor_ms, others[1].arrival AS other_arrival,
  list_min(list_transform(others, lambda c: c.ended)) AS other_ended_ms,
  ${total(common("every", "talk"))} AS every_ms, across_ms, across.arrival AS across_arrival, across.audio AS across_audio, across.ended AS across_ended_ms,
  is_over, is_maybe_over
FROM crossed`

const statements = (s: string): ReadonlyArray<string> => [party(s), heard(s), timeline(s), carrier(s), timed(s)]

const spans = `STRUCT("begin" BIGINT, stop BIGINT)[]`

/** Table `timed` where every leg is alone, with one recording at most: to plan the statements above takes a small run 90 ms. */
const none = (
  s: string
): string => `CREATE TABLE ${s}.timed (arrival BIGINT, met_nobody BOOLEAN, span_ms BIGINT, base_ms BIGINT,
  recorded_ms BIGINT, least_ms BIGINT, gap_ms BIGINT, is_guess BOOLEAN, heard_from_ms BIGINT, heard_to_ms BIGINT, gaps ${spans},
  poor_ms BIGINT, other_arrival BIGINT, other_ended_ms BIGINT, every_ms BIGINT, across_ms BIGINT, across_arrival BIGINT,
  across_audio BIGINT, across_ended_ms BIGINT, is_over BOOLEAN, is_maybe_over BOOLEAN)`

const Some = Schema.Struct({ some: Schema.Boolean })

/** Makes table `timed`, of the legs that are not alone with one recording. */
export const make = Effect.fn("Timeline.make")(function* (s: string): Effect.fn.Return<void, DuckDbError, DuckDb> {
  const db = yield* DuckDb
  const [found] = yield* db.query(`SELECT EXISTS (FROM ${s}.conversation) OR EXISTS (FROM ${s}.several) AS some`, Some)
  yield* Effect.forEach(found?.some === true ? statements(s) : [none(s)], (statement) => db.run(statement), {
    discard: true
  })
})

/**
 * What a leg alone has of its talk: columns from `s_ms` (start of talk), `ended_ms`, `talk_ms`, `a_ms` (where its audio begins)
 * and `l_ms` (how long it is), NULL where it has none. As `timed` has them, with the two gaps that there can be.
 */
export const lone = {
  head: "CASE WHEN a_ms IS NULL THEN talk_ms WHEN a_ms > s_ms THEN least(a_ms, ended_ms) - s_ms ELSE 0 END",
  tail: "CASE WHEN a_ms IS NULL THEN 0 ELSE greatest(0, ended_ms - greatest(a_ms + l_ms, s_ms)) END",
  /** Whether the gap is of the clocks, and not of the recording. */
  headNear: "a_ms > s_ms AND a_ms - s_ms <= skew_ms",
  tailNear: "a_ms + l_ms < ended_ms AND ended_ms - (a_ms + l_ms) <= skew_ms"
}
