/**
 * Connects runners by TLS 1.2 with a pre-shared key (RFC 5489, RFC 7905).
 *
 * The handshake proves to each side that the other has the cluster's secret, without revealing it. Each connection has fresh keys,
 * so a recorded one cannot be replayed. OpenSSL compares in constant time. TLS 1.3 would need certificates, because Node.js does
 * not support external pre-shared keys for it.
 */
import { constants } from "node:crypto"
import { createServer, type TLSSocket } from "node:tls"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import {
  RunnerHealth,
  Runners,
  ShardingConfig,
  SocketRunner,
  SqlMessageStorage,
  SqlRunnerStorage
} from "effect/cluster"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { RpcClient, RpcSerialization } from "effect/rpc"
import { Socket, SocketServer } from "effect/socket"

import type { ClusterSecret } from "../ClusterSecret.ts"

/** The name of the key that both sides use. Not secret. */
const identity = "vobiz-effect runner"

const tls = {
  ciphers: "ECDHE-PSK-CHACHA20-POLY1305",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
  // No session tickets: each connection proves the secret by its own handshake.
  secureOptions: constants.SSL_OP_NO_TICKET
} as const

/** How long a peer may take to prove that it has the secret, in milliseconds. */
const patience = 5000

/** How many refused addresses are remembered. Those beyond it are refused, but not logged. */
const mostRefused = 1000

/** Completes the handshake on a new connection, from which nothing was read yet. */
const secured = (conn: NodeSocket.NetSocket["Service"], secret: ClusterSecret) =>
  Effect.callback<TLSSocket, Error>((resume) => {
    const handshake = createServer({
      ...tls,
      handshakeTimeout: patience,
      pskCallback: (_, name) => (name === identity ? Redacted.value(secret) : null)
    })
    handshake.once("secureConnection", (socket) => {
      // Pause, so that no data is lost before a handler reads.
      socket.pause()
      resume(Effect.succeed(socket))
    })
    handshake.on("tlsClientError", (error) => resume(Effect.fail(error)))
    handshake.emit("connection", conn)
  }).pipe(Effect.onExit((exit) => (exit._tag === "Success" ? Effect.void : Effect.sync(() => conn.destroy()))))

/** Why a peer was refused: OpenSSL's code or message, and nothing that the peer sent. */
const reasonOf = (error: Error) => ("code" in error && typeof error.code === "string" ? error.code : error.message)

/** Accepts connections from peers that have the secret. Closes others, and logs each address once. */
const server = (secret: ClusterSecret) =>
  Layer.effect(
    SocketServer.SocketServer,
    Effect.gen(function* () {
      const config = yield* ShardingConfig.ShardingConfig
      const address = Option.orElse(config.runnerListenAddress, () => config.runnerAddress)
      if (Option.isNone(address)) return yield* Effect.die(new Error("a runner has an address"))
      const { host, port } = address.value
      const plain = yield* NodeSocketServer.make({ host, port })
      const refused = new Set<string>()
      const refuse = (from: string, error: Error) =>
        Effect.suspend(() => {
          if (refused.has(from) || refused.size >= mostRefused) return Effect.void
          refused.add(from)
          return Effect.logWarning(
            `refused a peer at ${from}: it did not prove that it has the cluster's secret (${reasonOf(error)}). Further refusals from this address are not logged`
          )
        })
      return SocketServer.SocketServer.of({
        address: plain.address,
        run: <R, E, A>(handler: (socket: Socket.Socket) => Effect.Effect<A, E, R>) =>
          plain.run(() =>
            Effect.gen(function* () {
              const conn = Option.getOrThrow(yield* Effect.serviceOption(NodeSocket.NetSocket))
              const from = conn.remoteAddress ?? "an unknown address"
              const socket = yield* Effect.acquireRelease(secured(conn, secret), (socket) =>
                Effect.sync(() => void socket.destroySoon())
              ).pipe(Effect.catch((error) => Effect.as(refuse(from, error), null)))
              if (socket === null) return
              yield* Effect.flatMap(NodeSocket.fromDuplex(Effect.succeed(socket)), handler)
            }).pipe(Effect.scoped)
          )
      })
    })
  )

/** Connects to runners that have the secret, and to no others. */
export const client = (secret: ClusterSecret) =>
  Layer.effect(
    Runners.RpcClientProtocol,
    Effect.gen(function* () {
      const serialization = yield* RpcSerialization.RpcSerialization
      return {
        codecFor: serialization.codecFor,
        make: Effect.fnUntraced(function* ({ host, port }) {
          const socket = yield* NodeSocket.makeTls({
            ...tls,
            host,
            port,
            openTimeout: 2000,
            // There are no certificates: the shared key identifies the runner.
            checkServerIdentity: () => undefined,
            pskCallback: () => ({ psk: Redacted.value(secret), identity })
          })
          return yield* RpcClient.makeProtocolSocket().pipe(
            Effect.provideService(Socket.Socket, socket),
            Effect.provideService(RpcSerialization.RpcSerialization, serialization)
          )
        })
      }
    })
  )

type Settings = Partial<ShardingConfig.ShardingConfig["Service"]>

const storage = Layer.provideMerge(
  SqlMessageStorage.layer.pipe(Layer.provide(NodeCrypto.layerDigest)),
  Layer.orDie(SqlRunnerStorage.layer)
)

/** The services that a runner or a client needs, composed as in `NodeClusterSocket.layer`. */
const over =
  (settings: Settings) =>
  <A, E, R>(layer: Layer.Layer<A, E, R>) =>
    layer.pipe(
      Layer.provideMerge(storage),
      Layer.provide(ShardingConfig.layerFromEnv(settings)),
      Layer.provide(RpcSerialization.layerSchemaBinary())
    )

/** A runner that listens at its address. */
export const layerRunner = (secret: ClusterSecret, settings: Settings) =>
  SocketRunner.layer.pipe(
    Layer.provide([server(secret), client(secret)]),
    Layer.provide(RunnerHealth.layerPing.pipe(Layer.provide(Runners.layerRpc), Layer.provide(client(secret)))),
    over(settings)
  )

/** A client that gives work to runners and does not listen. */
export const layerClient = (secret: ClusterSecret, settings: Settings) =>
  SocketRunner.layerClientOnly.pipe(Layer.provide(client(secret)), over(settings))
