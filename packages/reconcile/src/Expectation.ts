/**
 * Which calls had to be recorded.
 *
 * The first rule that applies decides a CDR's verdict, and is named with it:
 *
 * | Rule               | Applies to                                             | Verdict                                |
 * | ------------------ | ------------------------------------------------------ | -------------------------------------- |
 * | any below          | a call that its rule says must not be recorded         | `must-not`                             |
 * | `unanswered`       | nobody talked: `billsec` is 0                          | `may`                                  |
 * | `minimum-talk`     | less talk than `minimumTalk`                           | `may`                                  |
 * | `trunk-on`         | on a trunk whose recording switch stands on today      | `must`                                 |
 * | `trunk-off`        | on a trunk whose switch stands off today               | `trunkOff`                             |
 * | `trunk-unknown`    | on a trunk that is not listed or does not say, or marked `sip-trunking` without naming one | `unknown` |
 * | `number`           | on no trunk, from or else to one of `numbers`          | the number's                           |
 * | `voice-api`        | every other call on no trunk                           | `voiceApi`                             |
 *
 * The provider keeps no history of a trunk's switch, so the first two trunk rules speak of today's position. Whether a
 * voice-API call is recorded is decided by the application that runs the call, and its API does not tell
 * (docs/vobiz-api.md, "Tying CDRs to recordings"): it is unknown unless the caller says. Unknown accuses nobody.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * Whether a call had to be recorded.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Verdict = Schema.Literals(["must", "may", "must-not", "unknown"])
/**
 * @category models
 * @since 0.1.0
 */
export type Verdict = typeof Verdict.Type

/**
 * The rule that decided a verdict.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rule = Schema.Literals([
  "unanswered",
  "minimum-talk",
  "trunk-on",
  "trunk-off",
  "trunk-unknown",
  "number",
  "voice-api"
])
/**
 * @category models
 * @since 0.1.0
 */
export type Rule = typeof Rule.Type

/**
 * What the caller knows of which calls had to be recorded.
 *
 * - `voiceApi`: the verdict on calls on no trunk.
 * - `numbers`: verdicts on calls on no trunk by number, in E.164; it wins over `voiceApi`.
 * - `trunkOff`: the verdict on calls on a trunk whose switch stands off.
 * - `minimumTalk`: calls with less talk need no recording.
 *
 * @category models
 * @since 0.1.0
 */
export interface Expectation {
  readonly voiceApi: Verdict
  readonly numbers: Readonly<Record<string, Verdict>>
  readonly trunkOff: Verdict
  readonly minimumTalk: Duration.Duration
}

/**
 * What is expected when the caller says nothing: trunks by their switch, of voice-API calls nothing is known.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaults: Expectation = {
  voiceApi: "unknown",
  numbers: {},
  trunkOff: "may",
  minimumTalk: Duration.seconds(3)
}
