/** The tables that findings are put into. */
import * as Finding from "../Finding.ts"
import * as Policy from "../Policy.ts"
import * as Sql from "./sql.ts"

/** Which of the lists are whole. */
export interface Proved {
  readonly cdrs: boolean
  readonly recordings: boolean
}

/**
 * Makes view `finding`, of tables `primary_finding`, one row for each CDR of the window, and `further_finding`. `arrival` is of
 * the CDR, `audio_arrival` of the recording if it is one: ids, which take most of a row, stay in the relations.
 */
export const statements = (s: string, policy: Policy.Policy, proved: Proved): ReadonlyArray<string> => {
  // A word of few takes a byte, and is written to files as such.
  const words: Readonly<Record<string, ReadonlyArray<string>>> = {
    code: Finding.Code.literals,
    reason: Finding.Reason.literals,
    verdict: Policy.Verdict.literals,
    rule: Array.from(new Set([...Policy.builtIn, ...policy.rules.map(({ name }) => name)])),
    key: Finding.Key.literals
  }
  const columns = `code ${s}.code_word, reason ${s}.reason_word, verdict ${s}.verdict_word, rule ${s}.rule_word, at_ms BIGINT,
  deadline_ms BIGINT, arrival BIGINT, why_arrival BIGINT, recordings INTEGER, audio_arrival BIGINT,
  key ${s}.key_word, by_uuid BOOLEAN, talk_ms BIGINT, base_ms BIGINT, recorded_ms BIGINT, least_ms BIGINT,
  gaps STRUCT("begin" BIGINT, stop BIGINT)[], allowed STRUCT("begin" BIGINT, stop BIGINT)[], excuse VARCHAR, longer_ms BIGINT`
  const { excuses = [], rules } = policy
  const classes = rules.flatMap(({ name, retentionClass }) =>
    retentionClass === undefined ? [] : [`(${Sql.text(name)}, ${Sql.text(retentionClass)})`]
  )
  const approved = excuses.map(
    ({ approver, expires, name, reason, reference }) =>
      `(${[name, reason, reference, approver].map(Sql.text).join(", ")}, ${expires.epochMilliseconds})`
  )
  const filled = (table: string, rows: ReadonlyArray<string>) =>
    rows.length === 0 ? [] : [`INSERT INTO ${s}.${table} VALUES ${rows.join(", ")}`]
  return [
    `CREATE TABLE ${s}.retention_class (rule VARCHAR, name VARCHAR)`,
    ...filled("retention_class", classes),
    `CREATE TABLE ${s}.excuse (name VARCHAR, reason VARCHAR, reference VARCHAR, approver VARCHAR, expires_ms BIGINT)`,
    ...filled("excuse", approved),
    ...Object.entries(words).map(
      ([name, some]) => `CREATE TYPE ${s}.${name}_word AS ENUM (${some.map(Sql.text).join(", ")})`
    ),
    `CREATE TABLE ${s}.primary_finding (${columns})`,
    `CREATE TABLE ${s}.further_finding (${columns}, rank TINYINT, amount DECIMAL(38, 18), currency VARCHAR, detail VARCHAR)`,
    `CREATE VIEW ${s}.finding AS SELECT *, ${inDoubt(proved)} AS in_doubt
FROM (SELECT *, 1 AS rank, NULL AS amount, NULL AS currency, NULL AS detail FROM ${s}.primary_finding UNION ALL FROM ${s}.further_finding)`
  ]
}

/** Whether a finding rests on absence from a list that is not proved complete. */
const inDoubt = ({ cdrs, recordings }: Proved): string => {
  const parts = [
    ...(recordings
      ? []
      : [
          "code IN ('missing', 'partly-recorded', 'excused', 'deleted-since')",
          "(code = 'unusable' AND recordings = 0)"
        ]),
    ...(cdrs ? [] : ["code = 'orphan'"])
  ]
  return parts.length === 0 ? "false" : parts.join(" OR ")
}
