/** The scenarios of calls, and the rows that they leave. */
import type { Media } from "../Media.ts"
import type { CdrRow, RecordingRow } from "../Wire.ts"

/**
 * What can happen to a call.
 *
 * | Scenario            | CDRs                                        | Recordings                                              |
 * | ------------------- | ------------------------------------------- | ------------------------------------------------------- |
 * | `voice-recorded`    | one, from a recorded number                 | one, its `call_uuid` the CDR's `uuid`                   |
 * | `voice-unrecorded`  | one, from a number that is not recorded     | none asked for                                          |
 * | `trunk-recorded`    | one, on a trunk that records                | one, its `call_uuid` and its id the CDR's `sip_call_id` |
 * | `trunk-unrecorded`  | one, on a trunk that does not record        | none                                                    |
 * | `unexpected`        | one, on a trunk that does not record        | one                                                     |
 * | `bridged`           | two legs; B's `bridge_uuid` is A's `uuid`   | one, of leg A                                           |
 * | `bridge-keyed`      | one                                         | one, its `call_uuid` the CDR's `bridge_uuid`            |
 * | `unanswered`        | one, `billsec` 0, nothing billed            | none                                                    |
 * | `very-short`        | one, answered for a second or two           | none: over before the recording began                   |
 * | `duplicate-cdr`     | one or two, the last written and billed twice | one                                                   |
 * | `late`              | one                                         | one, visible 5 to 60 minutes after the call             |
 * | `pending`           | one, ended within 10 minutes of `until`     | one, visible after `until`                              |
 * | `missing`           | one, of a call that had to be recorded      | none was ever made                                      |
 * | `orphan`            | none                                        | one                                                     |
 * | `several`           | one                                         | two or three: stopped and started again                 |
 * | `duration-mismatch` | one                                         | one, of 10 to 40 percent of the talk                    |
 * | `conference`        | the moderator's and one to three others     | one, of the moderator's leg, with `conference_name`     |
 * | `conference-room`   | one, from a number that is not recorded     | one, its `call_uuid` the room's, which is no CDR's      |
 * | `unkeyed`           | one, from a recorded number                 | one, its `call_uuid` no CDR's                           |
 * | `sub-account`       | one, of a sub-account's recorded number     | none here: it is in the sub-account's list              |
 * | `straddling`        | none: it is written after `until`           | one, of a call of 20 minutes that ended 4 before `until` |
 * | `flawed-audio`      | one, on a recorded line, of 7 seconds       | one, whose audio has a `Media.Flaw`, is WAV under `.mp3`, or half as long as its row says |
 *
 * The default mix does not have the last five.
 *
 * @category models
 * @since 0.1.0
 */
export type Scenario = (typeof scenarios)[number]

/**
 * All scenarios.
 *
 * @category constants
 * @since 0.1.0
 */
export const scenarios = [
  "voice-recorded",
  "voice-unrecorded",
  "trunk-recorded",
  "trunk-unrecorded",
  "unexpected",
  "bridged",
  "bridge-keyed",
  "unanswered",
  "very-short",
  "duplicate-cdr",
  "late",
  "pending",
  "missing",
  "orphan",
  "several",
  "duration-mismatch",
  "conference",
  "conference-room",
  "unkeyed",
  "sub-account",
  "straddling",
  "flawed-audio"
] as const

/**
 * A CDR and its times.
 *
 * @category models
 * @since 0.1.0
 */
export interface CdrEntry {
  readonly row: CdrRow
  /** When the call started, in epoch milliseconds. */
  readonly startedAt: number
  /** When the provider first lists the row, in epoch milliseconds. */
  readonly availableAt: number
}

/**
 * A recording, its audio and its times.
 *
 * @category models
 * @since 0.1.0
 */
export interface RecordingEntry {
  /** The row, with a `recording_storage_duration` of 0. `Simulator.recordingRowAt` computes the days. */
  readonly row: RecordingRow
  readonly media: Media
  /** The instant of `add_time`, in epoch milliseconds. */
  readonly addedAt: number
  /** When the provider first lists the row, in epoch milliseconds. */
  readonly availableAt: number
}
