/** The tables of a ledger, and how older ones are brought forward. */
import * as Sql from "./sql.ts"

/**
 * What each version adds to the one before. Never change one that was released: add another.
 *
 * - `run`: each run once, with what it was told and what its inputs proved.
 * - `version`: a finding as it read from run `from_run` on, to before run `to_run`; still so where that is NULL. A finding
 *   that reads the same from day to day is kept once.
 * - `episode`: from the run that opened a finding to the one that closed it, and how.
 * - `note`: what people said of an episode, one after the other.
 * - `recording`: the recordings that runs saw in the provider's list, each once, with the longest length that it was listed with, and the
 *   instants of the first and of the last list that had it.
 * - `trunk`: how runs saw each trunk, from the first to the last list that had it so.
 */
export const migrations: ReadonlyArray<string> = [
  `CREATE TABLE run (id BIGINT, recorded_ms BIGINT, account VARCHAR, from_ms BIGINT, to_ms BIGINT, as_of_ms BIGINT,
    cdrs_proof VARCHAR, recordings_proof VARCHAR, policy VARCHAR, settings VARCHAR, summary VARCHAR);
  CREATE TABLE version (account VARCHAR, key VARCHAR, subject VARCHAR, code VARCHAR, severity VARCHAR, at_ms BIGINT,
    end_ms BIGINT, deadline_ms BIGINT, content VARCHAR, from_run BIGINT, to_run BIGINT);
  CREATE TABLE episode (account VARCHAR, key VARCHAR, opened_run BIGINT, closed_run BIGINT, how VARCHAR, by_code VARCHAR,
    late_least_ms BIGINT, late_most_ms BIGINT)`,
  `CREATE TABLE note (seq BIGINT, account VARCHAR, key VARCHAR, opened_run BIGINT, at_ms BIGINT, kind VARCHAR, who VARCHAR,
    words VARCHAR)`,
  // `form`: the version of `content`.
  `ALTER TABLE run ADD COLUMN verdict VARCHAR; ALTER TABLE version ADD COLUMN form INTEGER DEFAULT 1`,
  `CREATE TABLE recording (account VARCHAR, recording_id VARCHAR, call_uuid VARCHAR, recording_type VARCHAR, began_ms BIGINT,
    ended_ms BIGINT, add_ms BIGINT, length_ms BIGINT, first_seen_ms BIGINT, last_seen_ms BIGINT)`,
  `CREATE TABLE trunk (account VARCHAR, trunk_id VARCHAR, name VARCHAR, recording BOOLEAN, updated_ms BIGINT, first_seen_ms BIGINT,
    last_seen_ms BIGINT)`
]

/** The tables of what runs saw. */
export const seen = { recordings: "recording", trunks: "trunk" } as const

/** The tables of what a run saw, before they are filled. */
export const noneSeen = `CREATE TABLE staging.recording (recording_id VARCHAR, call_uuid VARCHAR, recording_type VARCHAR, began_ms BIGINT,
  ended_ms BIGINT, add_ms BIGINT, length_ms BIGINT);
CREATE TABLE staging.trunk (trunk_id VARCHAR, name VARCHAR, recording BOOLEAN, updated_ms BIGINT)`

/** The subjects of an account's open findings. */
export const openSubjects = (account: string): string =>
  `SELECT DISTINCT subject FROM version WHERE to_run IS NULL AND account = ${Sql.text(account)}`

/** What is remembered of an account. */
export const remembered = (what: keyof typeof seen, account: string): string =>
  `SELECT * EXCLUDE (account) FROM ${seen[what]} WHERE account = ${Sql.text(account)}`

/**
 * The text of a finding with the codes of today: lengths that differ from the talk time were once one code, `duration-mismatch`, with
 * the reason which way.
 */
export const renamed = (content: string): string =>
  content.includes('"duration-mismatch"')
    ? content
        .replace(
          '"duration-mismatch"',
          content.includes('"recording-longer"') ? '"recording-longer"' : '"partly-recorded"'
        )
        .replace(/"reason":"recording-(?:shorter|longer)"/, '"reason":null')
    : content

/** The version of the text of a finding that is written. Those before it are read, too. */
export const form = 3

/**
 * Takes the staged run in. Findings that need nothing to be done are staged only where an open finding is about the same:
 * they say what became of it.
 *
 * One text, so that it is one transaction: a process that is killed leaves all of it, or nothing.
 */
export const takeIn = `
BEGIN TRANSACTION;
INSERT INTO run SELECT * EXCLUDE (retention_ms) FROM staging.run;

-- An aggregate of texts holds all of them in memory that DuckDB does not count. So only findings that share a key are in one.
CREATE TEMP TABLE repeated AS
SELECT account, key, any_value(subject) AS subject, any_value(code) AS code, any_value(severity) AS severity,
  any_value(at_ms) AS at_ms, any_value(end_ms) AS end_ms, any_value(deadline_ms) AS deadline_ms, min(content) AS content
FROM staging.finding SEMI JOIN (
  SELECT account, key FROM staging.finding WHERE severity <> 'info' GROUP BY account, key HAVING count(*) > 1) several USING (account, key)
WHERE severity <> 'info' GROUP BY account, key;
CREATE TEMP VIEW staged AS
FROM staging.finding ANTI JOIN repeated USING (account, key) WHERE severity <> 'info' UNION ALL FROM repeated;

-- What became of each subject.
CREATE TEMP TABLE outcome AS
SELECT account, subject, min(code) AS code FROM staging.finding WHERE severity = 'info' GROUP BY account, subject;

-- Open findings that the run judged, and no longer has.
CREATE TEMP TABLE lost AS
WITH judged AS (SELECT id, account, from_ms, to_ms, as_of_ms,
    coalesce(json_extract_string(cdrs_proof, '$.verdict') = 'complete' OR cdrs_proof = '"declared"', false)
      AND coalesce(json_extract_string(recordings_proof, '$.verdict') = 'complete' OR recordings_proof = '"declared"', false) AS is_proved
  FROM staging.run)
SELECT v.account, v.key, v.subject, v.code, v.at_ms, v.end_ms, r.id AS run_id, r.as_of_ms, is_proved
FROM version v JOIN judged r ON r.account = v.account AND v.at_ms >= r.from_ms AND v.at_ms < r.to_ms
ANTI JOIN staged t ON t.account = v.account AND t.key = v.key
WHERE v.to_run IS NULL;

CREATE TEMP TABLE gone AS
SELECT l.account, l.key, run_id, coalesce(o.code, s.code) AS by_code,
  CASE WHEN o.code = 'expired' THEN 'expired' WHEN coalesce(o.code, s.code) IS NOT NULL THEN 'cleared' ELSE 'withdrawn' END AS how,
  CASE WHEN l.code = 'missing' AND o.code IN ('matched', 'several-recordings', 'not-expected') THEN greatest(0, coalesce(
    (SELECT max(p.as_of_ms) FROM run p WHERE p.account = l.account AND p.id < l.run_id AND p.from_ms <= l.at_ms AND p.to_ms > l.at_ms), l.end_ms) - l.end_ms) END AS late_least_ms,
  CASE WHEN l.code = 'missing' AND o.code IN ('matched', 'several-recordings', 'not-expected') THEN greatest(0, l.as_of_ms - l.end_ms) END AS late_most_ms
FROM lost l
LEFT JOIN outcome o ON o.account = l.account AND o.subject = l.subject
LEFT JOIN (SELECT account, subject, min(code) AS code FROM staged SEMI JOIN lost USING (account, subject) GROUP BY account, subject) s
  ON s.account = l.account AND s.subject = l.subject
WHERE o.code IS NOT NULL OR s.code IS NOT NULL OR is_proved;

UPDATE version SET to_run = g.run_id FROM gone g
WHERE version.to_run IS NULL AND version.account = g.account AND version.key = g.key;
UPDATE episode SET closed_run = g.run_id, how = g.how, by_code = g.by_code, late_least_ms = g.late_least_ms, late_most_ms = g.late_most_ms
FROM gone g WHERE episode.closed_run IS NULL AND episode.account = g.account AND episode.key = g.key;

CREATE TEMP TABLE fresh AS
SELECT s.account, s.key, v.key IS NULL AS is_new
FROM (SELECT account, key, md5_number(content) AS text FROM staged) s
LEFT JOIN (SELECT account, key, md5_number(content) AS text FROM version WHERE to_run IS NULL) v ON v.account = s.account AND v.key = s.key
WHERE v.key IS NULL OR v.text <> s.text;

UPDATE version SET to_run = r.id FROM fresh f, staging.run r
WHERE version.to_run IS NULL AND version.account = f.account AND version.key = f.key;
INSERT INTO version SELECT s.account, s.key, subject, code, severity, at_ms, end_ms, deadline_ms, content, r.id, NULL, ${form}
FROM staged s SEMI JOIN fresh f ON f.account = s.account AND f.key = s.key, staging.run r;
INSERT INTO episode SELECT f.account, f.key, r.id, NULL, NULL, NULL, NULL, NULL FROM fresh f, staging.run r WHERE f.is_new;

-- What was seen before is seen still; only what is new of it is written.
UPDATE recording SET last_seen_ms = r.as_of_ms FROM staging.recording s, staging.run r
WHERE recording.account = r.account AND recording.recording_id = s.recording_id AND recording.last_seen_ms < r.as_of_ms;
UPDATE recording SET first_seen_ms = r.as_of_ms FROM staging.recording s, staging.run r
WHERE recording.account = r.account AND recording.recording_id = s.recording_id AND recording.first_seen_ms > r.as_of_ms;
UPDATE recording SET length_ms = s.length_ms, ended_ms = greatest(recording.ended_ms, s.ended_ms) FROM staging.recording s, staging.run r
WHERE recording.account = r.account AND recording.recording_id = s.recording_id AND s.length_ms > coalesce(recording.length_ms, -1);
INSERT INTO recording SELECT r.account, s.*, r.as_of_ms, r.as_of_ms FROM staging.recording s, staging.run r
WHERE s.recording_id NOT IN (SELECT recording_id FROM recording WHERE account = r.account);
DELETE FROM recording USING staging.run r
WHERE recording.account = r.account AND recording.ended_ms + r.retention_ms <= least(r.as_of_ms, r.recorded_ms);

-- A trunk that is as it was when last seen has been so all along.
CREATE TEMP TABLE as_before AS
SELECT b.trunk_id, b.first_seen_ms, b.last_seen_ms
FROM (
  FROM trunk WHERE account = (SELECT account FROM staging.run) AND first_seen_ms <= (SELECT as_of_ms FROM staging.run)
  QUALIFY row_number() OVER (PARTITION BY trunk_id ORDER BY last_seen_ms DESC, first_seen_ms DESC) = 1) b
JOIN staging.trunk s ON s.trunk_id = b.trunk_id AND s.recording IS NOT DISTINCT FROM b.recording AND s.updated_ms IS NOT DISTINCT FROM b.updated_ms;
UPDATE trunk SET last_seen_ms = r.as_of_ms FROM as_before b, staging.run r
WHERE trunk.account = r.account AND trunk.trunk_id = b.trunk_id AND trunk.first_seen_ms = b.first_seen_ms
  AND trunk.last_seen_ms = b.last_seen_ms AND trunk.last_seen_ms < r.as_of_ms;
INSERT INTO trunk SELECT r.account, s.*, r.as_of_ms, r.as_of_ms FROM staging.trunk s, staging.run r
WHERE s.trunk_id NOT IN (SELECT trunk_id FROM as_before);
DROP TABLE as_before;

DROP VIEW staged; DROP TABLE repeated; DROP TABLE outcome; DROP TABLE lost; DROP TABLE gone; DROP TABLE fresh;
DROP SCHEMA staging CASCADE;
COMMIT;
CHECKPOINT`

/**
 * Findings that a run made critical, that were open and less before: such as those that were in doubt until their list was proved.
 */
export const raised = `
SELECT v.key FROM version v
JOIN version b ON b.account = v.account AND b.key = v.key AND b.to_run = $run
WHERE v.from_run = $run AND v.severity = 'critical' AND b.severity <> 'critical'
  AND NOT EXISTS (FROM episode e WHERE e.account = v.account AND e.key = v.key AND e.opened_run = $run)
ORDER BY v.key`

/** How many critical findings a run opened. */
export const openedCritical = `SELECT count(*) AS n FROM episode e JOIN version v USING (account, key)
WHERE e.opened_run = $run AND v.from_run = $run AND v.severity = 'critical'`

/** The episodes that run `$run` knew, of the account `$account` or, where that is NULL, of all. */
const known = `SELECT *, closed_run IS NULL OR closed_run > $run AS is_open FROM episode
  WHERE opened_run <= $run AND account = coalesce($account, account)`

/** How an episode stands at `$now`. */
const status = `CASE WHEN NOT e.is_open THEN e.how WHEN v.deadline_ms <= $now THEN 'expired'
  WHEN coalesce(n.notes[-1].kind = 'acknowledged', false) THEN 'acknowledged' ELSE 'open' END`

/** The versions and notes of episodes `e`. Of open ones, the versions that have ended are left out before the join. */
const joined = (onlyOpen: boolean) => `JOIN ${
  onlyOpen ? "(SELECT *, rowid FROM version WHERE to_run IS NULL OR to_run > $run)" : "version"
} v ON v.account = e.account AND v.key = e.key AND v.from_run >= e.opened_run AND v.from_run <= $run${
  onlyOpen
    ? ""
    : `
  AND CASE WHEN e.is_open THEN v.to_run IS NULL OR v.to_run > $run ELSE v.to_run = e.closed_run END`
}
LEFT JOIN (
  SELECT account, key, opened_run, list({'at': at_ms, 'kind': kind, 'who': who, 'words': words} ORDER BY seq) AS notes
  FROM note WHERE seq <= $note GROUP BY account, key, opened_run) n
  ON n.account = e.account AND n.key = e.key AND n.opened_run = e.opened_run`

/** The statuses that no closed episode has. */
const ofOpen: ReadonlySet<string> = new Set(["open", "acknowledged"])

/**
 * The episodes that stood as asked for at `$now`, when run `$run` was the last and note `$note` the newest, by their deadline.
 * Closed ones that are not asked for are left out first: a ledger has many more of them than of others. The texts come last, so that no join holds them in memory.
 */
export const entries = (statuses: ReadonlyArray<string>): string => {
  const onlyOpen = statuses.every((some) => ofOpen.has(some))
  return `
WITH known AS (${known}),
chosen AS MATERIALIZED (
  SELECT e.account, e.key, e.opened_run, o.recorded_ms AS opened_ms, ${status} AS status,
    CASE WHEN NOT e.is_open THEN c.recorded_ms END AS closed_ms,
    CASE WHEN NOT e.is_open THEN e.by_code END AS by_code,
    CASE WHEN NOT e.is_open THEN e.late_least_ms END AS late_least_ms,
    CASE WHEN NOT e.is_open THEN e.late_most_ms END AS late_most_ms,
    v.at_ms, v.deadline_ms, v.form, coalesce(n.notes, []) AS notes, v.rowid AS place
  FROM (FROM known${onlyOpen ? " WHERE is_open" : ""}) e
  JOIN run o ON o.id = e.opened_run
  LEFT JOIN run c ON c.id = e.closed_run
  ${joined(onlyOpen)}
  WHERE ${status} IN (${statuses.map(Sql.text).join(", ")}))
SELECT c.* EXCLUDE (place), v.content FROM version v JOIN chosen c ON c.place = v.rowid
ORDER BY c.deadline_ms NULLS LAST, c.at_ms, c.account, c.key, c.opened_run`
}

/** How many episodes had each status. Closed ones are counted without their texts. */
export const counts = `
WITH known AS (${known}),
standing AS (
  SELECT how AS status FROM known WHERE NOT is_open
  UNION ALL SELECT ${status} FROM (FROM known WHERE is_open) e ${joined(true)})
SELECT status, count(*) AS n FROM standing GROUP BY status`
