/** By which rules a reconciliation judges, as the flags and settings say. */
import { PhoneNumber } from "@vobiz-effect/core"
import { Policy } from "@vobiz-effect/reconcile"
import * as BigDecimal from "effect/BigDecimal"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import { SettingError } from "../../Failure.ts"
import * as Policies from "../policies.ts"
import * as Session from "../session.ts"
import * as Time from "../time.ts"

/** The coverage to reach, in percent, of calls or of talk. */
const target = Effect.gen(function* () {
  const text = yield* Session.optional("RECON_TARGET")
  if (text === undefined) return {}
  const [, share, of] = /^([\d.]+)(?:\s*%?\s+of\s+(calls|talk)|\s*%)?$/.exec(text.trim()) ?? []
  const percent = Option.filter(
    BigDecimal.fromString(share ?? ""),
    BigDecimal.between({ minimum: BigDecimal.fromBigInt(0n), maximum: BigDecimal.fromBigInt(100n) })
  )
  if (share !== undefined && Option.isSome(percent)) {
    return { target: percent.value, of: of === "talk" ? ("talk" as const) : undefined }
  }
  const detail = `must be a percentage from 0 to 100, such as 99.9, or "99.9% of talk" (got "${text}")`
  return yield* new SettingError({ setting: "--target", detail })
})

/** What the verdict is judged by. */
export const goal = Effect.gen(function* () {
  return { ...(yield* target), allowEmpty: yield* Session.yes("RECON_ALLOW_EMPTY") }
})

const Share = Schema.FiniteFromString.check(
  Schema.makeFilter((percent: number) => percent > 0 && percent <= 100, {
    expected: "a percentage up to 100, such as 95"
  })
)

/** Which calls had to be recorded: as a policy file says, or by flags and settings in short. */
const policy = Effect.gen(function* () {
  const file = yield* Session.optional("RECON_POLICY")
  const voiceApi = yield* Config.option(Config.Literals(["must", "may", "unknown"], "RECON_VOICE_API"))
  const list = (yield* Config.String("RECON_RECORDED_NUMBERS").pipe(Config.withDefault(""))).trim()
  const tolerances = {
    ...Record.getSomes({
      minimumTalk: yield* Config.option(Time.notNegative("RECON_MINIMUM_TALK")),
      maximumGap: yield* Config.option(Time.notNegative("RECON_MAXIMUM_GAP"))
    }),
    ...Record.getSomes({ minimumShare: yield* Config.option(Config.schema(Share, "RECON_MINIMUM_SHARE")) })
  }
  if (file === undefined) {
    const numbers = yield* recordedNumbers(list)
    return Policy.short({
      ...tolerances,
      numbers,
      ...Option.match(voiceApi, { onNone: () => ({}), onSome: (voiceApi) => ({ voiceApi }) })
    })
  }
  if (Option.isSome(voiceApi) || list !== "" || Object.keys(tolerances).length > 0) {
    const detail =
      "the policy says all. Leave out --voice-api, --recorded-numbers, --minimum-talk, --minimum-share and --maximum-gap, or --policy"
    return yield* new SettingError({ setting: "--policy", detail })
  }
  return yield* Policies.read(file)
})

/** Numbers in a list, of which all calls must be recorded. */
const recordedNumbers = Effect.fnUntraced(function* (list: string) {
  const numbers: Record<string, Policy.Verdict> = {}
  for (const text of list.split(",").map((part) => part.trim())) {
    if (text === "") continue
    const e164 = PhoneNumber.revealE164(PhoneNumber.fromRaw(text))
    if (e164 === null) {
      return yield* new SettingError({
        setting: "--recorded-numbers",
        detail: `"${PhoneNumber.maskDigits(text)}" is no number in international form, such as +9180…`
      })
    }
    numbers[e164] = "must"
  }
  return numbers
})

/** What the flags and settings say of the rules. */
export const rules = Effect.gen(function* () {
  const times = {
    settle: yield* Config.option(Time.notNegative("RECON_SETTLE")),
    skew: yield* Config.option(Time.notNegative("RECON_SKEW")),
    longestCall: yield* Config.option(Time.positive("RECON_LONGEST_CALL")),
    retention: yield* Config.option(Time.notNegative("RECON_RETENTION"))
  }
  return { policy: yield* policy, ...Record.getSomes(times) }
})
