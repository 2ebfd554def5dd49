/** What every probe works with: it asks the provider, within the budget, and notes what was found. */
import { VobizClient, VobizConfig } from "@vobiz-effect/core"
import { InvalidRequest, type VobizError } from "@vobiz-effect/core/VobizError"
import * as Effect from "effect/Effect"
import { type Check, type Finding, unknown } from "./finding.ts"
import { type Cdr, decodeCdrs, decodeRecordings, failure } from "./rows.ts"
import { isSpent, spent, type Wire } from "./watchedClient.ts"

export type Params = Readonly<Record<string, string | number>>

export type Examiner = Effect.Success<ReturnType<typeof make>>

export const make = Effect.fnUntraced(function* (wire: Wire) {
  const client = yield* VobizClient.VobizClient
  const config = yield* VobizConfig.VobizConfig
  const checks: Array<Check> = []

  /** Notes what a probe found; what goes wrong with it is why nothing was found. */
  const probe = <A, R>(name: string, nothing: A, found: Effect.Effect<Finding<A>, VobizError, R>) =>
    found.pipe(
      Effect.catch(({ message }) => Effect.succeed(unknown(nothing, message))),
      Effect.map(({ value, ...check }) => {
        checks.push({ name, ...check })
        return value
      })
    )

  const whileFunded = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.suspend((): Effect.Effect<A, E | VobizError, R> =>
      isSpent(wire)
        ? Effect.fail(failure(new InvalidRequest({ status: null, code: null, detail: spent(wire), fields: [] })))
        : effect
    )

  const get = (target: string, params: Params = {}) =>
    whileFunded(client.json({ operation: "Doctor.run", target, params })).pipe(Effect.map(({ json }) => json))

  const open = (target: string | URL, options: Pick<VobizClient.VobizRequest, "params" | "headers">) =>
    whileFunded(client.open({ operation: "Doctor.run", target, ...options }))

  const recordings = (params: Params) => Effect.flatMap(get("/Recording/", params), decodeRecordings)

  /** All CDRs listed so far, by `uuid`. */
  const seen = new Map<string, Cdr>()
  const cdrs = (params: Params) =>
    get("/cdr", params).pipe(
      Effect.flatMap(decodeCdrs),
      Effect.tap(({ rows }) =>
        Effect.sync(() => {
          for (const row of rows) seen.set(row.uuid, row)
        })
      )
    )

  return { wire, config, checks, probe, whileFunded, get, open, recordings, cdrs, seen }
})
