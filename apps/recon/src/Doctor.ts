/**
 * Examines an account: how does the provider's API behave where its documentation is silent, contradictory or wrong?
 *
 * @since 0.1.0
 */
import type { VobizConfig } from "@vobiz-effect/core"
import type { VobizError } from "@vobiz-effect/core/VobizError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Contract from "./Contract.ts"
import * as Account from "./internal/doctor/account.ts"
import * as Audio from "./internal/doctor/audio.ts"
import * as Cdrs from "./internal/doctor/cdrs.ts"
import * as Examiner from "./internal/doctor/examiner.ts"
import type { Check } from "./internal/doctor/finding.ts"
import * as Recordings from "./internal/doctor/recordings.ts"
import { layer, makeWire } from "./internal/doctor/watchedClient.ts"

export type { Check } from "./internal/doctor/finding.ts"

/**
 * The most HTTP requests one examination sends, retries and redirects included.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxRequests = 60

/**
 * What an examination found.
 *
 * @category models
 * @since 0.1.0
 */
export interface Examination {
  readonly contract: Contract.Contract
  readonly checks: ReadonlyArray<Check>
  readonly requests: number
}

/**
 * Examines the account of `VobizConfig`. It only reads, and sends at most `budget` requests, by default `maxRequests`;
 * what they do not suffice for stays unknown.
 *
 * It fails only where nothing can be found out: the credentials are refused, or nobody answers. Whatever else fails is
 * unknown, with the reason as evidence.
 *
 * @example
 * ```ts
 * import { VobizConfig } from "@vobiz-effect/core"
 * import { Doctor } from "@vobiz-effect/recon"
 * import { Effect } from "effect"
 *
 * const concerns = Doctor.run().pipe(
 *   Effect.map(({ checks }) => checks.flatMap(({ concern }) => concern ?? [])),
 *   Effect.provide(VobizConfig.VobizConfig.layerConfig())
 * )
 * ```
 *
 * @category programs
 * @since 0.1.0
 */
export const run = Effect.fn("Doctor.run")(function* (options?: {
  readonly budget?: number | undefined
}): Effect.fn.Return<Examination, VobizError, VobizConfig.VobizConfig> {
  const wire = makeWire(options?.budget ?? maxRequests)
  return yield* Effect.gen(function* () {
    const examiner = yield* Examiner.make(wire)
    const checkedAt = yield* DateTime.now
    const first = yield* Account.firstPage(examiner)
    yield* Account.credentials(examiner, first)
    const clockSkewMillis = yield* Account.clockSkew(examiner)
    const { found: recordings, rows } = yield* Recordings.examine(examiner, first)
    const cdrs = yield* Cdrs.examine(examiner)
    const audio = yield* Audio.examine(examiner, rows)
    yield* Account.formsOfRows(examiner)
    const retryAfter = yield* Account.retryAfter(examiner)
    const contract = new Contract.Contract({
      version: Contract.version,
      checkedAt,
      accountId: examiner.config.authId,
      baseUrl: examiner.config.baseUrl.href,
      clockSkewMillis,
      recordings,
      cdrs,
      audio,
      retryAfter
    })
    return { contract, checks: examiner.checks, requests: wire.sent }
  }).pipe(Effect.provide(layer(wire)))
})
