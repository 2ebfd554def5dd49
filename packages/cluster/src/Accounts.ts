/**
 * The provider's services for each account.
 *
 * @since 0.1.0
 */
import {
  type CallDetailRecords,
  JsonDispatcher,
  type Recordings,
  RetryPolicy,
  type Trunks,
  Vobiz,
  type VobizConfig
} from "@vobiz-effect/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { FetchHttpClient } from "effect/http"
import * as Layer from "effect/Layer"
import { RateLimiter } from "effect/persistence"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/**
 * The services that read an account's lists.
 *
 * @category models
 * @since 0.1.0
 */
export type Services = CallDetailRecords.CallDetailRecords | Recordings.Recordings | Trunks.Trunks

/**
 * The runner has no credentials for the account of a unit of work.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnknownAccount extends Schema.TaggedError<UnknownAccount>()("UnknownAccount", {
  account: Schema.String
}) {
  override get message(): string {
    return `this runner has no credentials for account ${this.account}. Give every runner the credentials, and retry the run`
  }
}

/**
 * The accounts that a runner has credentials for.
 *
 * @category services
 * @since 0.1.0
 */
export class Accounts extends Context.Service<
  Accounts,
  {
    /** Builds the services of an account. They live until the scope closes. */
    open(account: string): Effect.Effect<Context.Context<Services>, UnknownAccount, Scope.Scope>
  }
>()("@vobiz-effect/cluster/Accounts") {
  /**
   * Looks an account up by its `authId`, and retries its requests by `RetryPolicy.unattended`.
   *
   * All requests of an account share one rate limit in the `RateLimiterStore`. With a shared store (`SqlRateLimiterStore`), the
   * limit holds across all runners.
   */
  static readonly layer = (
    accounts: Iterable<VobizConfig.Options>
  ): Layer.Layer<Accounts, never, RateLimiter.RateLimiterStore> =>
    Layer.effect(
      Accounts,
      Effect.gen(function* () {
        const store = yield* RateLimiter.RateLimiterStore
        const limiter = RateLimiter.layer.pipe(Layer.provide(Layer.succeed(RateLimiter.RateLimiterStore, store)))
        const byId = new Map(Array.from(accounts, (options) => [options.authId, options]))
        return Accounts.of({
          open: Effect.fn("Accounts.open")(function* (account) {
            const options = byId.get(account)
            if (options === undefined) return yield* new UnknownAccount({ account })
            return yield* Layer.build(
              Vobiz.layerNoDeps(options).pipe(
                Layer.provide([
                  limiter,
                  FetchHttpClient.layer,
                  JsonDispatcher.layerNode,
                  RetryPolicy.layer(RetryPolicy.unattended)
                ])
              )
            )
          })
        })
      })
    )
}
