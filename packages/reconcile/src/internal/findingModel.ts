/** What a finding is: its codes, its evidence and its fields. */
import { Money } from "@vobiz-effect/core/Money"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

import * as Policy from "../Policy.ts"
import * as Phone from "./phone.ts"

/**
 * The codes.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Code = Schema.Literals([
  "matched",
  "several-recordings",
  "prohibited-recording",
  "may-be-prohibited",
  "partly-recorded",
  "missing",
  "unusable",
  "settling",
  "trunk-changed",
  "expired",
  "other-account",
  "in-conference",
  "not-expected",
  "excused",
  "duplicate-cdr",
  "charge-differs",
  "recording-longer",
  "candidate",
  "orphan",
  "outside-window",
  "conference",
  "deleted-since",
  "shortened-since",
  "audio-unreadable",
  "audio-truncated",
  "audio-silent",
  "audio-one-way",
  "audio-wrong-format",
  "audio-duration",
  "audio-not-checked"
])
/**
 * @category models
 * @since 0.1.0
 */
export type Code = typeof Code.Type

/** Codes of which one CDR may have several findings, each of another recording. */
export const ofRecordings: ReadonlyArray<Code> = ["deleted-since", "shortened-since"]

/**
 * Why no recording was expected.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Reason = Schema.Literals([
  "duplicate",
  "superseded",
  "credit",
  "unanswered",
  "too-short",
  "other-leg",
  "met-nobody",
  "by-rule"
])
/**
 * @category models
 * @since 0.1.0
 */
export type Reason = typeof Reason.Type

/**
 * `critical` and `warning` ask for something to be done; `info` does not.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Severity = Schema.Literals(["critical", "warning", "info"])
/**
 * @category models
 * @since 0.1.0
 */
export type Severity = typeof Severity.Type

/**
 * The id of a CDR by which a recording was found to belong to it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Key = Schema.Literals(["uuid", "sip_call_id", "bridge_uuid"])
/**
 * @category models
 * @since 0.1.0
 */
export type Key = typeof Key.Type

/**
 * A CDR, as evidence: what the row says. `account` is the account that it is of; `from` and `to` are in E.164 where that is
 * known, else as the provider printed them, and print masked (`PhoneNumber.reveal` shows them); `talk` is `billsec`, `null` where nobody could read
 * that, and `cost` the total cost.
 *
 * @category models
 * @since 0.1.0
 */
export class CdrEvidence extends Schema.Class<CdrEvidence>("@vobiz-effect/reconcile/CdrEvidence")({
  uuid: Schema.String,
  id: Schema.NullOr(Schema.String),
  account: Schema.NullOr(Schema.String),
  start: Schema.DateTimeUtc,
  end: Schema.NullOr(Schema.DateTimeUtc),
  direction: Schema.NullOr(Schema.String),
  trunkId: Schema.NullOr(Schema.String),
  from: Schema.NullOr(Phone.Phone),
  to: Schema.NullOr(Phone.Phone),
  talk: Schema.NullOr(Schema.Duration),
  cost: Schema.NullOr(Money)
}) {}

/**
 * A recording, as evidence, and the key by which it belongs to the CDR; `null` where it belongs to none. `account` is the one
 * that its address names, `began` when it began, reckoned from its end where the row does not say; `isGuess` where the row says neither,
 * so that it is reckoned from when the recording was added. `source` is where it was found: in the provider's list, only in the archive,
 * or only in the ledger, which remembers that the provider listed it.
 *
 * @category models
 * @since 0.1.0
 */
export class RecordingEvidence extends Schema.Class<RecordingEvidence>("@vobiz-effect/reconcile/RecordingEvidence")({
  recordingId: Schema.String,
  key: Schema.NullOr(Key),
  callUuid: Schema.NullOr(Schema.String),
  type: Schema.NullOr(Schema.String),
  account: Schema.NullOr(Schema.String),
  began: Schema.DateTimeUtc,
  duration: Schema.NullOr(Schema.Duration),
  isGuess: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  source: Schema.Literals(["provider", "archive", "ledger"]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("provider" as const))
  )
}) {}

/**
 * A part of a call's talk that is in no recording, from the start of talk on.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Gap = Schema.Struct({ from: Schema.Duration, to: Schema.Duration })
/**
 * @category models
 * @since 0.1.0
 */
export type Gap = typeof Gap.Type

/**
 * The excuse of an excused call, as the policy has it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Excuse = Schema.Struct({
  name: Schema.String,
  reason: Schema.String,
  reference: Schema.String,
  approver: Schema.String,
  expires: Schema.DateTimeUtc
})

/** What the kernel finds; the rest of a finding follows from it. */
const found = {
  code: Code,
  inDoubt: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  reason: Schema.NullOr(Reason),
  verdict: Schema.NullOr(Policy.Verdict),
  rule: Schema.NullOr(Schema.String),
  at: Schema.DateTimeUtc,
  deadline: Schema.NullOr(Schema.DateTimeUtc),
  cdrs: Schema.Array(CdrEvidence),
  recordings: Schema.Array(RecordingEvidence),
  talk: Schema.NullOr(Schema.Duration),
  base: Schema.NullOr(Schema.Duration).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null))),
  recorded: Schema.NullOr(Schema.Duration),
  surely: Schema.NullOr(Schema.Duration).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null))),
  gaps: Schema.Array(Gap).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  allowed: Schema.Array(Gap).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  excuse: Schema.NullOr(Excuse).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null))),
  retentionClass: Schema.NullOr(Schema.String).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null))),
  amount: Schema.NullOr(Money),
  detail: Schema.optionalKey(Schema.String)
}

/**
 * One finding.
 *
 * - `inDoubt`: it rests on absence from a list that is not proved complete, so it may not be so. Never `critical`.
 * - `verdict`, `rule`: whether the call had to be recorded, and the name of the rule that says so; `null` for recordings.
 * - `at`: when the call, or the recording, started.
 * - `deadline`: when the provider deletes what could still be saved: a retention after the end of the first of the recordings
 *   to end, or after that of the call that should have one. `null` where there is nothing to save.
 * - `cdrs`: the CDR that the finding is about; then the twin or the other leg that explains it.
 * - `talk`: the call's talk time; `null` where nobody could read it, and `base`, `recorded` and `surely` too. `base`: so much of it counts (see the module). `recorded`: so much of that is recorded, at most, and
 *   `surely` at least; they differ where a recording does not say when it began, and are `null` of a call that may be in a conference. Of a call that must not be recorded: so much of its
 *   talk is. Of a finding about a recording: its length, `null` where that is not known.
 * - `gaps`: which parts of the talk are not recorded, where a call is recorded in part.
 * - `allowed`: which parts are not recorded and need not be, by the rule. They are not in `base`.
 * - `excuse`: why an `excused` call may go unrecorded. `retentionClass`: that of the call's rule.
 * - `amount`: what a duplicate row, or one whose charge differs, was billed with, `null` where the row names no currency.
 * - `detail`: of audio, what it should be and is; of a charge that differs, what it should have been, and by which rate.
 *
 * @category models
 * @since 0.1.0
 */
export class Finding extends Schema.Class<Finding>("@vobiz-effect/reconcile/Finding")({
  ...found,
  severity: Severity,
  explanation: Schema.String,
  nextStep: Schema.String
}) {}

/**
 * What was found, before it is explained.
 *
 * @category models
 * @since 0.1.0
 */
export type Found = Omit<Finding, "severity" | "explanation" | "nextStep" | Times> & Partial<Pick<Finding, Times>>

/** What is only of calls. @inline */
type Times = "base" | "surely" | "gaps" | "allowed" | "excuse" | "retentionClass"
