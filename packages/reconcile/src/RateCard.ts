/**
 * What calls cost, by the user's own word: the provider's prices differ by account, and its API tells none (docs/vobiz-api.md,
 * "Billing").
 *
 * A call has at most one rate: of those whose direction, trunks and dates are the call's, the one with the longest prefix of the
 * called number. Two rates that could both be a call's with the same prefix are refused when the card is read. Talk is billed by
 * the first pulse and begun next ones; a call without talk costs nothing.
 *
 * @since 0.1.0
 */
import type { CallDetailRecord } from "@vobiz-effect/core/CallDetailRecord"
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import { CanonicalJson, Digest } from "@vobiz-effect/files"
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

import * as Text from "./internal/policyText.ts"
import { Rate, RateCard } from "./internal/rateModel.ts"
import * as RateText from "./internal/rateText.ts"
import { RateCardError } from "./RateCardError.ts"

export { Rate, RateCard } from "./internal/rateModel.ts"

const strictly = { errors: "all", onExcessProperty: "error" } as const

/**
 * Reads a rate card in YAML, of which JSON is a part. `file` is its name in errors. All its faults are reported at once, each with
 * line, column and field: fields that are misspelt or of a wrong form, and rates that could both be a call's.
 *
 * @example
 * ```ts
 * import { RateCard } from "@vobiz-effect/reconcile"
 *
 * const card = RateCard.parse(`
 * version: 1
 * name: outbound voice
 * currency: INR
 * rounding: { decimals: 2, mode: half-up }
 * rates:
 *   - name: India
 *     prefix: "+91"
 *     pulse: { first: 60 seconds, next: 60 seconds }
 *     price: "0.45"
 *     per: pulse
 * `, "rates.yaml")
 * ```
 *
 * @category reading
 * @since 0.1.0
 */
export const parse = (text: string, file = "rate card"): Effect.Effect<RateCard, RateCardError> =>
  Effect.gen(function* () {
    const source = Text.read(text)
    if ("problems" in source) return yield* new RateCardError({ file, problems: source.problems })
    const decoded = Schema.decodeUnknownResult(RateCard, strictly)(source.value)
    const problems = Result.isFailure(decoded)
      ? RateText.problemsOf(decoded.failure.issue, source, fields)
      : RateText.contradictions(decoded.success.rates, source)
    if (Result.isFailure(decoded) || problems.length > 0) {
      return yield* new RateCardError({
        file,
        problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
      })
    }
    return decoded.success
  })

const fields: RateText.Fields = {
  card: Object.keys(RateCard.fields),
  rates: Object.keys(Rate.fields),
  pulse: Object.keys(Rate.fields.pulse.fields),
  rounding: Object.keys(RateCard.fields.rounding.fields)
}

/**
 * Reads a rate card from a file.
 *
 * @category reading
 * @since 0.1.0
 */
export const read = Effect.fn("RateCard.read")(function* (
  file: string
): Effect.fn.Return<RateCard, RateCardError | PlatformError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  return yield* parse(yield* fs.readFileString(file), file)
})

/**
 * A rate card as plain data that can be written to YAML or JSON.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode: (card: RateCard) => typeof RateCard.Encoded = Schema.encodeSync(RateCard)

/**
 * What tells rate cards apart: the SHA-256, in hexadecimal, of the card as JSON with the fields of each object in order.
 *
 * @category encoding
 * @since 0.1.0
 */
export const fingerprint = (card: RateCard): string => Digest.of(CanonicalJson.stringify(encode(card)))

/**
 * The instants from which on and before which a rate holds; `null` where it has no such end.
 *
 * @category getters
 * @since 0.1.0
 */
export const spanOf = (card: RateCard, { from, until }: Rate): Record<"from" | "until", DateTime.Utc | null> => {
  const timeZone = Option.getOrThrow(DateTime.zoneFromString(card.zone ?? "UTC"))
  const instant = (day: string | undefined) =>
    day === undefined
      ? null
      : DateTime.toUtc(DateTime.makeZonedUnsafe(`${day}T00:00:00Z`, { timeZone, adjustForTimeZone: true }))
  return { from: instant(from), until: instant(until) }
}

/**
 * What a call costs by a card, or why the card does not tell:
 *
 * - `talk-unknown`: nobody could read how long it was talked.
 * - `no-rate`: no rate is for it.
 * - `unclear`: the CDR does not say what decides between rates: its direction, its number in E.164, or the zone of its start.
 *
 * @category models
 * @since 0.1.0
 */
export type Charge =
  | {
      readonly _tag: "Rated"
      readonly rate: Rate
      /** The talk that is billed: whole pulses. */
      readonly billed: Duration.Duration
      readonly amount: BigDecimal.BigDecimal
    }
  | { readonly _tag: "Unrated"; readonly reason: "talk-unknown" | "no-rate" | "unclear" }

/** By how much a time may be off that came without its zone, in milliseconds. */
const widestZone = 14 * 3_600_000

/** Whether a rate is for a call: yes, no, or `null` where its CDR leaves that open. */
const isFor = (card: RateCard, rate: Rate, cdr: CallDetailRecord): boolean | null => {
  const { from, until } = spanOf(card, rate)
  const doubt = cdr.zoneStated ? 0 : widestZone
  const start = cdr.startTime.epochMilliseconds
  const within = (offset: number) =>
    (from === null || start + offset >= from.epochMilliseconds) &&
    (until === null || start + offset < until.epochMilliseconds)
  const mayStart =
    (from === null || start + doubt >= from.epochMilliseconds) &&
    (until === null || start - doubt < until.epochMilliseconds)
  const to = cdr.to === null ? null : PhoneNumber.revealE164(cdr.to)
  const answers = new Set([
    mayStart ? (within(-doubt) && within(doubt) ? true : null) : false,
    rate.trunks === undefined || (cdr.trunkId !== null && rate.trunks.includes(cdr.trunkId)),
    rate.direction === undefined || (cdr.direction === null ? null : cdr.direction === rate.direction),
    rate.prefix === undefined || (to === null ? null : to.startsWith(rate.prefix))
  ])
  return answers.has(false) ? false : answers.has(null) ? null : true
}

/**
 * What a call costs by a card, by its talk alone.
 *
 * @category judging
 * @since 0.1.0
 */
export const charge = (card: RateCard, cdr: CallDetailRecord): Charge => {
  if (cdr.billsec === null) return { _tag: "Unrated", reason: "talk-unknown" }
  const answers = card.rates.map((rate) => ({ rate, is: isFor(card, rate, cdr) }))
  if (answers.some(({ is }) => is === null)) return { _tag: "Unrated", reason: "unclear" }
  const [longest] = answers
    .filter(({ is }) => is === true)
    .toSorted((a, b) => (b.rate.prefix ?? "").length - (a.rate.prefix ?? "").length)
  if (longest === undefined) return { _tag: "Unrated", reason: "no-rate" }
  const { rate } = longest
  const talk = Duration.toMillis(cdr.billsec)
  const [first, next] = [Duration.toMillis(rate.pulse.first), Duration.toMillis(rate.pulse.next)]
  const billed = talk === 0 ? 0 : first + Math.max(0, Math.ceil((talk - first) / next)) * next
  return { _tag: "Rated", rate, billed: Duration.millis(billed), amount: amountOf(card, rate, billed) }
}

/** How long what a price is of lasts, in milliseconds. */
const unitOf = ({ per, pulse }: Rate): number => (per === "minute" ? 60_000 : Duration.toMillis(pulse.first))

/** The amount is a fraction: it is rounded once, from the whole of it. */
const amountOf = ({ rounding }: RateCard, rate: Rate, billed: number): BigDecimal.BigDecimal => {
  const power = 10n ** BigInt(rounding.decimals)
  const price = BigDecimal.fromStringUnsafe(rate.price)
  const over = price.value * BigInt(billed) * power
  const under = BigInt(unitOf(rate)) * 10n ** BigInt(price.scale)
  const [whole, rest] = [over / under, over % under]
  const isUp = rounding.mode === "up" ? rest > 0n : rounding.mode === "half-up" && 2n * rest >= under
  return BigDecimal.normalize(BigDecimal.make(isUp ? whole + 1n : whole, rounding.decimals))
}
