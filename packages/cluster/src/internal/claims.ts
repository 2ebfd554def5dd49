/**
 * Releases the claims on the messages of this runner's shards, again and again.
 *
 * A runner that reads a message claims it for ten minutes, the interval of Effect's `SqlMessageStorage`. Some claims were lost and
 * made their messages wait that long: a runner that was cut off claims messages of shards that it no longer owns and drops them,
 * and a runner that takes over a shard while the database restarts cannot reset its claims. Releasing a claim does no harm: the
 * runner knows which messages it is processing and does not start them twice.
 */
import { MessageStorage, ShardId, Sharding, ShardingConfig } from "effect/cluster"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Releases the claims once per `lease`. */
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
      // If the database does not answer, the next turn tries again.
      yield* Effect.ignore(giveBack).pipe(Effect.delay(lease), Effect.forever, Effect.forkScoped)
    })
  ).pipe(Layer.provide(ShardingConfig.layerFromEnv(settings)))
