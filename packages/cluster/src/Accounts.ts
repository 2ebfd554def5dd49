/**
 * The provider's services of each account.
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
 * What an account's lists are read by.
 *
 * @category models
 * @since 0.1.0
 */
export type Services = CallDetailRecords.CallDetailRecords | Recordings.Recordings | Trunks.Trunks

/**
 * An account whose credentials a runner does not have.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnknownAccount extends Schema.TaggedError<UnknownAccount>()("UnknownAccount", {
  account: Schema.String
}) {
  override get message(): string {
    return `account ${this.account} is not among those of this runner. Give every runner its credentials, and retry`
  }
}

/**
 * The accounts that a runner can read.
 *
 * @category services
 * @since 0.1.0
 */
export class Accounts extends Context.Service<
  Accounts,
  {
    /** The services of an account, for as long as the scope is open. */
    open(account: string): Effect.Effect<Context.Context<Services>, UnknownAccount, Scope.Scope>
  }
>()("@vobiz-effect/cluster/Accounts") {
  /**
   * By their credentials. Requests are retried as `RetryPolicy.unattended` says. All requests of an account wait under one limit, which is that of the `RateLimiterStore`: with a
   * shared one (`SqlRateLimiterStore`) it holds over all runners.
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
