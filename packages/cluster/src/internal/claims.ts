/**
 * A runner that reads a message claims it, and nobody else reads it for ten minutes. A message whose claim was lost waited so
 * long: a runner that was cut off claims messages of shards that are another's by then and drops them, and one that takes a shard over while the
 * database restarts cannot take the claims back. So each runner gives the claims of its shards back, again and again. What it is
 * at it knows, and does not begin again.
 */
import { MessageStorage, ShardId, Sharding, ShardingConfig } from "effect/cluster"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Gives claims back after each `lease`. */
export const layer = (lease: Duration.Input, settings?: Partial<ShardingConfig.ShardingConfig["Service"]>) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const sharding = yield* Sharding.Sharding
      const storage = yield* MessageStorage.MessageStorage
      const { assignedShardGroups, shardsPerGroup } = yield* ShardingConfig.ShardingConfig
      const shards = assignedShardGroups.flatMap((group) =>
        Array.from({ length: shardsPerGroup }, (_, index) => ShardId.make(group, index + 1))
      )
      const giveBack = Effect.suspend(() => storage.resetShards(shards.filter(sharding.hasShardId)))
      // A database that does not answer is asked at the next turn.
      yield* Effect.ignore(giveBack).pipe(Effect.delay(lease), Effect.forever, Effect.forkScoped)
    })
  ).pipe(Layer.provide(ShardingConfig.layerFromEnv(settings)))
