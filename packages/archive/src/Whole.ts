/**
 * Whether the archive holds a recording whole: the one answer that every deletion and every new download goes by.
 *
 * Audio is whole if its digest agrees, it decodes to its end, and its length agrees with the provider's within
 * `Media.tolerance`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

import type { AudioStore } from "./AudioStore.ts"
import * as Media from "./Media.ts"
import type { StoreError } from "./StoreError.ts"

/**
 * Why audio is not whole.
 *
 * - `missing`: the store does not have it. `damaged`: the stored bytes do not match their digest.
 * - `unreadable`: it is no audio, or cannot be decoded. `cut`: its end is missing.
 * - `shorter`, `longer`: its length differs from the provider's by more than the tolerance.
 *
 * @category models
 * @since 0.1.0
 */
export type Fault = "missing" | "damaged" | "unreadable" | "cut" | "shorter" | "longer"

/**
 * Why nothing proves that audio is whole.
 *
 * - `undecoded`: its codec cannot be decoded here. `no-length`: the provider tells no length.
 *
 * @category models
 * @since 0.1.0
 */
export type Doubt = "undecoded" | "no-length"

/**
 * Audio that is not whole. `detail` says what was expected and what was found.
 *
 * @category models
 * @since 0.1.0
 */
export interface Flawed {
  readonly _tag: "Flawed"
  readonly reason: Fault
  readonly detail: string
}

/**
 * Whole, not whole, or not known: only `Whole` allows a deletion.
 *
 * @category models
 * @since 0.1.0
 */
export type Answer =
  | { readonly _tag: "Whole"; readonly media: Media.Media }
  | Flawed
  | { readonly _tag: "Unknown"; readonly reason: Doubt; readonly detail: string }

/**
 * Judges audio whose digest agrees. `duration` is the provider's, in milliseconds; `null` where it tells none.
 *
 * @category judging
 * @since 0.1.0
 */
export const judge = (media: Media.Media, duration: number | null): Answer => {
  const flawed = (reason: Fault, detail: string): Answer => ({ _tag: "Flawed", reason, detail })
  const { claimed, levels, truncated, unreadable } = media
  if (unreadable !== null) return flawed("unreadable", `the audio cannot be read: ${unreadable}`)
  const length = media.duration === null ? "an unknown length" : Media.inSeconds(media.duration)
  if (truncated === true) {
    return flawed(
      "cut",
      claimed === null
        ? `the audio is cut after ${length}, within a frame`
        : `the audio is cut: ${length} of the ${Media.inSeconds(claimed)} in its header`
    )
  }
  if (media.duration !== null && duration !== null && Media.isApart(media.duration, duration)) {
    const reason = media.duration < duration ? "shorter" : "longer"
    return flawed(reason, `the audio has ${length}, and the provider says ${Media.inSeconds(duration)}`)
  }
  if (media.duration === null || levels === null) {
    const what = media.codec ?? media.container ?? "an unknown codec"
    return { _tag: "Unknown", reason: "undecoded", detail: `the audio is ${what}, which cannot be decoded here` }
  }
  if (duration === null) {
    return { _tag: "Unknown", reason: "no-length", detail: "the provider tells no length to compare with" }
  }
  return { _tag: "Whole", media }
}

/**
 * Reads stored audio from its first byte to its last, and judges it. Fails only where the store cannot be read.
 *
 * @category judging
 * @since 0.1.0
 */
export const check = Effect.fn("Whole.check")(function* (
  sha256: string,
  duration: number | null
): Effect.fn.Return<Answer, StoreError, AudioStore> {
  return yield* Media.read(sha256).pipe(
    Effect.map((media) => judge(media, duration)),
    Effect.catchIf(isLost, ({ detail, kind }) =>
      Effect.succeed<Answer>({
        _tag: "Flawed",
        reason: kind === "missing" ? "missing" : "damaged",
        detail: kind === "missing" ? "the archive does not have the audio" : `the archived audio is damaged: ${detail}`
      })
    )
  )
})

const isLost = ({ kind }: StoreError) => kind === "missing" || kind === "damaged"

/**
 * Whether another download can bring more of the audio than is held.
 *
 * @category judging
 * @since 0.1.0
 */
export const isIncomplete = (answer: Answer): answer is Flawed => answer._tag === "Flawed" && answer.reason !== "longer"
