/** What each CDR of the window is: recorded, partly, not at all, or in need of no recording, and why. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import { DuckDb } from "../DuckDb.ts"
import type * as Policy from "../Policy.ts"
import * as Allowance from "./allowance.ts"
import * as Timeline from "./timeline.ts"

/**
 * How many CDRs have their findings made at once: more need not fit into memory beside their recordings. Each part looks at all CDRs again, so
 * there are at most four, unless a part would have more than five million.
 */
export const atOnce = (cdrs: number) => Math.min(5_000_000, Math.max(500_000, Math.ceil(cdrs / 4)))

const Last = Schema.Struct({ last: Schema.FiniteFromString })

/** Makes each CDR's primary finding, in parts; `sizeOf` gives the CDRs of a part, from the number of all. */
export const make = Effect.fnUntraced(function* (s: string, policy: Policy.Policy, sizeOf = atOnce) {
  const db = yield* DuckDb
  const [{ last } = { last: 0 }] = yield* db.query(`SELECT coalesce(max(arrival), 0) AS last FROM ${s}.cdr`, Last)
  const some = sizeOf(last + 1)
  for (let first = 0; first <= last; first += some) {
    yield* db.run(statement(s, policy, first, first + some - 1))
  }
})

/** A call is recorded if enough of what counts is, and no gap is too long. */
const isFull = `recorded_ms > 0 AND recorded_ms + ${Timeline.resolution} >= minimum_share * base_ms AND gap_ms <= maximum_gap_ms`

/** All that is known of some CDRs. */
const known = (s: string, first: number, last: number) => `known AS (
  SELECT leg.arrival, start_ms, ended_ms, talk_ms, is_unread, ended_ms - talk_ms AS s_ms, verdict, rule, excused_by, is_changed,
    coalesce(r.recordings, 0)::INTEGER AS recordings, coalesce(r.heard, 0) AS heard, r.audio_arrival, r.key, r.by_uuid, r.longest_ms,
    t.first_arrival, r.first_ended_ms, doubt_ms,
    CASE WHEN coalesce(r.heard, 0) = 0 THEN coalesce(t.usable_arrival, t.recorded_arrival, nullif(t.first_arrival, leg.arrival)) END
      AS twin_arrival,
    u.arrival IS NOT NULL AS is_unusable, f.arrival IS NULL AS is_lone, f,
    -- Of one recording: where it begins in the talk, and how long it is.
    CASE WHEN r.audio_arrival IS NOT NULL AND u.arrival IS NULL THEN coalesce(CASE WHEN doubt_ms = 0 AND r.length_ms > 0 THEN r.placed_ms END, s_ms) END AS a_ms,
    CASE WHEN r.audio_arrival IS NOT NULL AND u.arrival IS NULL THEN coalesce(r.length_ms, talk_ms) END AS l_ms,
    coalesce(r.placed_ms IS NULL OR r.length_ms IS NULL OR doubt_ms > 0, false) AS is_guess, r.length_ms,
    coalesce(leg.account_id <> p.own_account, false) AS is_foreign, coalesce(leg.cost < 0, false) AS is_credit,
    p.as_of_ms, p.settle_ms, p.retention_ms, p.skew_ms, p.minimum_share, p.maximum_gap_ms
  FROM ${s}.leg
  LEFT JOIN ${s}.recorded r USING (arrival)
  LEFT JOIN ${s}.twin t USING (arrival)
  LEFT JOIN ${s}.timed f USING (arrival)
  LEFT JOIN ${s}.unusable u USING (arrival),
  ${s}.parameter p
  WHERE in_window AND leg.arrival BETWEEN ${first} AND ${last})`

/** Of a CDR alone with one recording: how much of its start and end that lacks, and what of it the skew forgives. */
const edged = `edged AS (
  SELECT *, ${Timeline.lone.head} AS head_ms, ${Timeline.lone.tail} AS tail_ms,
    ${Timeline.lone.headNear} AS head_near, ${Timeline.lone.tailNear} AS tail_near,
    talk_ms - CASE WHEN head_near THEN 0 ELSE head_ms END - CASE WHEN tail_near THEN 0 ELSE tail_ms END <= l_ms + ${Timeline.resolution} AS is_forgiven,
    CASE WHEN is_forgiven AND head_near THEN 0 ELSE head_ms END AS head_lacks_ms,
    CASE WHEN is_forgiven AND tail_near THEN 0 ELSE tail_ms END AS tail_lacks_ms
  FROM known)`

/** How much of what counts is recorded. */
const spanned = `spanned AS (
  SELECT * EXCLUDE (is_guess), CASE WHEN is_lone THEN talk_ms ELSE f.base_ms END AS base_ms,
    CASE WHEN is_lone THEN talk_ms - head_lacks_ms - tail_lacks_ms ELSE f.recorded_ms END AS recorded_ms,
    CASE WHEN is_lone THEN greatest(head_lacks_ms, tail_lacks_ms) ELSE f.gap_ms END AS gap_ms,
    -- A recording without a place lies within its call, so that what the call has beside talk is all that it may have of it.
    CASE WHEN NOT is_lone THEN f.least_ms
      WHEN is_guess THEN least(recorded_ms, greatest(0, coalesce(length_ms, 0) - (ended_ms - start_ms - talk_ms) - skew_ms))
      ELSE recorded_ms END AS least_ms,
    CASE WHEN is_lone THEN is_guess ELSE f.is_guess END AS is_guess,
    coalesce(f.poor_ms, 0) AS poor_ms, coalesce(f.met_nobody, false) AS met_nobody, coalesce(f.is_over, false) AS is_over,
    coalesce(f.is_maybe_over, false) AS is_maybe_over,
    coalesce(by_uuid, false) AND NOT is_unusable AND coalesce(head_ms + tail_ms <= ${Timeline.resolution}, false) AS is_own,
    coalesce(f.span_ms, ended_ms - start_ms) AS span_ms,
    CASE WHEN longest_ms > span_ms + skew_ms AND 20 * longest_ms > 21 * span_ms THEN longest_ms END AS longer_ms,
    first_ended_ms + retention_ms AS recorded_until_ms, ended_ms - doubt_ms + retention_ms AS kept_until_ms,
    as_of_ms < ended_ms + doubt_ms + settle_ms AS is_recent, as_of_ms >= kept_until_ms AS is_expired
  FROM edged)`

/** Where it is not. */
const told = `told AS (
  SELECT *, CASE
      WHEN NOT is_lone THEN f.gaps
      WHEN head_lacks_ms = talk_ms OR tail_lacks_ms = talk_ms THEN [{'begin': 0, 'stop': talk_ms}]
      ELSE list_filter([{'begin': 0, 'stop': head_lacks_ms}, {'begin': talk_ms - tail_lacks_ms, 'stop': talk_ms}],
        lambda x: x.stop > x.begin) END AS gaps,
    CASE WHEN is_lone THEN head_ms ELSE f.heard_from_ms END AS heard_from_ms,
    CASE WHEN is_lone THEN talk_ms - tail_ms ELSE f.heard_to_ms END AS heard_to_ms
  FROM spanned)`

/** What the policy allows not to be recorded does not count. */
const measured = (policy: Policy.Policy) => {
  const allowance = Allowance.steps(policy, "told", "allowing")
  return allowance === null
    ? "measured AS (SELECT *, NULL AS allowed FROM told)"
    : `${allowance},
measured AS (
  SELECT * REPLACE (base_ms - ${Timeline.total("allowed")} AS base_ms, ${Timeline.longest("lacking")} AS gap_ms, lacking AS gaps) FROM allowing)`
}

const weighed = `weighed AS (
  SELECT *, ${isFull} AS is_full, recorded_ms > 0 OR recordings > 0 AND NOT is_unusable AS is_touched FROM measured)`

/** Why a CDR needs no recording. */
const settled = `settled AS (
  SELECT *, CASE
      WHEN heard > 0 THEN NULL
      WHEN twin_arrival IS NOT NULL THEN 'duplicate'
      WHEN is_credit THEN 'credit'
      WHEN rule = 'unanswered' THEN 'unanswered'
      WHEN rule = 'minimum-talk' THEN 'too-short'
      WHEN verdict = 'must-not' AND (is_over OR is_maybe_over) THEN NULL
      WHEN verdict = 'must' AND base_ms = 0 THEN 'by-rule'
      WHEN f.other_arrival IS NOT NULL AND CASE verdict WHEN 'must' THEN is_full WHEN 'must-not' THEN false ELSE recorded_ms > 0 END THEN 'other-leg'
      WHEN verdict = 'must' THEN CASE WHEN met_nobody THEN 'met-nobody' END
      ELSE 'by-rule' END AS reason
  FROM weighed)`

/** What it is. */
const coded = `coded AS (
  SELECT *, CASE
      WHEN reason IS NOT NULL THEN 'not-expected'
      WHEN verdict = 'must-not' THEN CASE WHEN heard > 0 OR is_over THEN 'prohibited-recording' ELSE 'may-be-prohibited' END
      WHEN verdict <> 'must' OR heard > 0 AND (is_full OR met_nobody OR base_ms = 0)
        THEN CASE WHEN heard > 1 THEN 'several-recordings' ELSE 'matched' END
      WHEN is_recent THEN 'settling'
      WHEN is_changed THEN 'trunk-changed'
      WHEN is_touched THEN CASE WHEN as_of_ms >= kept_until_ms - talk_ms THEN 'expired' ELSE 'partly-recorded' END
      WHEN is_unusable THEN 'unusable'
      WHEN is_expired THEN 'expired'
      WHEN is_foreign THEN 'other-account'
      WHEN poor_ms > 0 THEN 'unusable'
      ELSE 'missing' END AS lack,
    CASE WHEN excused_by IS NOT NULL AND lack IN ('missing', 'partly-recorded', 'unusable') THEN 'excused' ELSE lack END AS code,
    verdict = 'must-not' AND reason IS NULL AND heard = 0 AS is_across
  FROM settled)`

const columns = `code, reason, verdict, rule, start_ms,
  CASE
    WHEN heard > 0 THEN recorded_until_ms
    WHEN is_across THEN f.across_ended_ms + retention_ms
    WHEN lack = 'partly-recorded' THEN f.other_ended_ms + retention_ms
    WHEN code IN ('missing', 'unusable', 'settling', 'trunk-changed', 'other-account') THEN kept_until_ms END,
  arrival, CASE
    WHEN reason = 'duplicate' THEN twin_arrival
    WHEN heard > 0 THEN NULL
    WHEN is_across THEN f.across_arrival
    WHEN reason = 'other-leg' OR lack IN ('unusable', 'partly-recorded') THEN f.other_arrival END,
  recordings, CASE WHEN is_across THEN f.across_audio ELSE audio_arrival END,
  CASE WHEN is_across THEN NULL ELSE key END, is_own, CASE WHEN NOT is_unread THEN talk_ms END,
  CASE
    WHEN is_unread THEN NULL
    WHEN reason IS NULL OR reason = 'other-leg' THEN CASE WHEN verdict = 'must-not' THEN talk_ms ELSE base_ms END END,
  CASE
    WHEN is_unread THEN NULL
    WHEN reason IS NULL OR reason = 'other-leg' THEN CASE
      WHEN code IN ('trunk-changed', 'may-be-prohibited') THEN NULL
      WHEN verdict <> 'must-not' THEN recorded_ms
      WHEN is_lone THEN talk_ms - head_ms - tail_ms
      WHEN heard > 0 THEN f.every_ms
      ELSE f.across_ms END END,
  CASE WHEN (reason IS NULL OR reason = 'other-leg') AND NOT is_unread AND verdict <> 'must-not' AND code <> 'trunk-changed' THEN least_ms END,
  CASE WHEN lack = 'partly-recorded' THEN gaps END,
  CASE WHEN verdict = 'must' AND (reason IS NULL OR reason = 'other-leg') AND len(allowed) > 0 THEN allowed END,
  CASE WHEN code = 'excused' THEN excused_by END, longer_ms`

const statement = (s: string, policy: Policy.Policy, first: number, last: number) => {
  const steps = [known(s, first, last), edged, spanned, told, measured(policy), weighed, settled, coded]
  return `INSERT INTO ${s}.primary_finding
WITH ${steps.join(",\n")}
SELECT ${columns}
FROM coded`
}
