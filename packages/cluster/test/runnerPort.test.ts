/** Peers that reach a runner's port, with the cluster's secret and without. */
import { connect, createServer, type Server, type Socket } from "node:net"
import * as Tls from "node:tls"
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import { NodeServices } from "@effect/platform-node"
import { assert, it, Wait } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer, Redacted } from "effect"
import { RunnerAddress, Runners as ClusterRunners } from "effect/cluster"
import { RpcClient, RpcSerialization } from "effect/rpc"
import { SqlClient } from "effect/sql"

import { ClusterSecret, JobRunner } from "../src/index.ts"
import * as RunnerPort from "../src/internal/runnerPort.ts"
import * as Postgres from "./postgres.ts"
import { sharding } from "./programs/runner.ts"
import * as Runners from "./runners.ts"
import * as Runs from "./runs.ts"

const account = Simulator.make({ seed: 1, calls: 20, days: 1, until: Runs.until, authId: "MA_ONE" })
/** The nth run over it. */
const specOf = (nth: number) => Runs.of("MA_ONE", 1, { asOf: DateTime.add(Runs.until, { minutes: nth }) })

const listening = (server: Server) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () => Effect.sync(() => server.close())
  )

/** Asks a runner whether it is there, as runners do. */
const ping = (port: number) =>
  Effect.gen(function* () {
    const { make } = yield* ClusterRunners.RpcClientProtocol
    const protocol = yield* make(RunnerAddress.make("127.0.0.1", port))
    const client = yield* Effect.provideService(RpcClient.make(ClusterRunners.Rpcs), RpcClient.Protocol, protocol)
    yield* client.Ping()
  }).pipe(Effect.scoped)

/** What a peer that knows nothing of a secret sends to be answered. */
const barePing = Effect.gen(function* () {
  const sent: Array<Buffer> = []
  const port = yield* listening(createServer((socket) => void socket.on("data", (bytes) => sent.push(bytes))))
  yield* Effect.forkScoped(
    Effect.provide(
      ping(port),
      NodeClusterSocket.layerClientProtocol.pipe(Layer.provide(RpcSerialization.layerSchemaBinary()))
    )
  )
  yield* Wait.until(
    "the peer has asked",
    Effect.sync(() => Buffer.concat(sent)),
    ({ length }) => length > 0
  )
  return Buffer.concat(sent)
})

/** Whether there is something else among records of TLS than a handshake and alerts. */
const hasData = (bytes: Buffer): boolean => {
  if (bytes.length < 5) return false
  const type = bytes[0] ?? 0
  return type < 20 || type > 22 || hasData(bytes.subarray(5 + bytes.readUInt16BE(3)))
}

/** What a peer is answered until it is closed, which is an alert of TLS at most if it is refused. */
const answer = (socket: Socket, says: Uint8Array) =>
  Effect.callback<Buffer>((resume) => {
    const got: Array<Buffer> = []
    socket.on("data", (bytes) => {
      got.push(bytes)
      // Who is answered is not closed.
      if (hasData(Buffer.concat(got))) resume(Effect.succeed(Buffer.concat(got)))
    })
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(Buffer.concat(got))))
    if (says.length > 0) socket.write(says)
    return Effect.sync(() => socket.destroy())
  })

const bare = (port: number, says: Uint8Array) =>
  Effect.suspend(() => answer(connect({ port, host: "127.0.0.1" }), says))

const withTls = (port: number, options: Tls.ConnectionOptions) =>
  Effect.suspend(() =>
    answer(Tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options }), new Uint8Array())
  )

const psk = (key: Uint8Array, identity = "vobiz-effect runner"): Tls.ConnectionOptions => ({
  ciphers: "ECDHE-PSK-CHACHA20-POLY1305",
  maxVersion: "TLSv1.2",
  checkServerIdentity: () => undefined,
  pskCallback: () => ({ psk: Buffer.from(key), identity })
})

/** A way to a port on which is written down what goes there. */
const recorder = Effect.fnUntraced(function* (to: number) {
  const sent: Array<Array<Buffer>> = []
  const port = yield* listening(
    createServer((near) => {
      const one: Array<Buffer> = []
      sent.push(one)
      const far = connect({ port: to, host: "127.0.0.1" })
      near.on("data", (bytes) => {
        one.push(bytes)
        far.write(bytes)
      })
      far.pipe(near)
      for (const socket of [near, far]) {
        socket.on("error", () => undefined)
        socket.on("close", () => {
          near.destroy()
          far.destroy()
        })
      }
    })
  )
  return { port, sent: () => sent.map((pieces) => Buffer.concat(pieces)) }
})

const counts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql`SELECT
    (SELECT count(*)::int FROM recon_run) AS runs, (SELECT count(*)::int FROM recon_unit) AS units,
    (SELECT count(*)::int FROM recon_queue) AS queued, (SELECT count(*)::int FROM cluster_messages) AS messages`
  return row
})

it.live("a runner takes work of those alone who have the secret: not of a bare peer, a wrong one, or a replay", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const server = yield* FakeVobiz.FakeVobiz
    const postgres = yield* Postgres.make
    const listens = yield* Postgres.freePort
    const tapped = yield* recorder(listens)
    const runners = yield* Runners.make({
      postgres,
      servers: [server],
      lake: `${folder}/lake`,
      rateLimit: 1000,
      pageSize: 20,
      listens: () => listens
    })
    yield* runners.start(tapped.port)
    const friend = RunnerPort.client(Runners.secret).pipe(Layer.provide(RpcSerialization.layerSchemaBinary()))
    const isThere = Effect.isSuccess(Effect.provide(ping(listens), friend))
    yield* runners.reaches(tapped.port, "whoever has the secret is answered", isThere)

    // A client with the secret submits work, which is recorded on its way. Until the client knows the runner, work goes by the database alone.
    let runs = 0
    const recorded = yield* Effect.gen(function* () {
      const jobs = yield* JobRunner.JobRunner
      const give = Effect.gen(function* () {
        yield* jobs.result(yield* jobs.submit(specOf(runs++)))
        return tapped.sent().filter(({ length }) => length > 0)
      })
      return yield* Wait.until("work goes by its port", give, ({ length }) => length > 0)
    }).pipe(Effect.provide(JobRunner.JobRunner.layerClient({ url: postgres.url, secret: Runners.secret, sharding })))

    yield* Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      for (const table of ["recon_run", "recon_unit", "recon_queue", "cluster_replies", "cluster_messages"]) {
        yield* sql`DELETE FROM ${sql(table)}`
      }
      const none = { runs: 0, units: 0, queued: 0, messages: 0 }
      assert.deepStrictEqual(yield* counts, none)

      const alert = 7
      const asked = yield* barePing
      assert.isAtLeast(asked.length, 10)
      assert.isAtMost((yield* bare(listens, asked)).length, alert)
      assert.isAtMost((yield* bare(listens, Buffer.from("POST / HTTP/1.1\r\nhost: x\r\n\r\n"))).length, alert)
      assert.lengthOf(yield* withTls(listens, {}), 0)
      const key = Redacted.value(Runners.secret)
      assert.lengthOf(yield* withTls(listens, psk(Uint8Array.from(key, (byte) => byte ^ 1))), 0)
      assert.lengthOf(yield* withTls(listens, psk(new Uint8Array(32))), 0)
      assert.lengthOf(yield* withTls(listens, psk(key, "another")), 0)
      for (const bytes of recorded) {
        // What comes back is the beginning of another handshake, and its end.
        const back = yield* bare(listens, bytes)
        assert.isFalse(hasData(back), "it was answered")
      }

      // It goes on serving whoever has the secret, and nothing was begun.
      assert.isTrue(yield* isThere)
      assert.deepStrictEqual(yield* counts, none)
    }).pipe(Effect.provide(JobRunner.database(postgres.url)))

    // It is said once of each address, without the secret.
    const said = runners.out(tapped.port)
    assert.lengthOf(said.match(/did not prove that it has the cluster's secret/g) ?? [], 1)
    assert.include(said, "127.0.0.1")
    assert.notInclude(said, Runners.secretText)
    assert.notInclude(said, Buffer.from(Redacted.value(Runners.secret)).toString("hex"))
  }).pipe(Effect.provide([NodeServices.layer, FakeVobiz.FakeVobiz.layer({ account })]), Effect.scoped)
)

it.live("a runner does not send work to a port whose owner does not have the secret", () =>
  Effect.gen(function* () {
    const sent: Array<Buffer> = []
    const port = yield* listening(createServer((socket) => void socket.on("data", (bytes) => sent.push(bytes))))
    const friend = RunnerPort.client(Runners.secret).pipe(Layer.provide(RpcSerialization.layerSchemaBinary()))
    yield* Effect.forkScoped(Effect.provide(ping(port), friend))
    const got = yield* Wait.until(
      "something came",
      Effect.sync(() => Buffer.concat(sent)),
      ({ length }) => length > 0
    )
    // The beginning of a handshake, and nothing else.
    assert.deepStrictEqual([...got.subarray(0, 2)], [22, 3])
    assert.strictEqual(got.length, 5 + got.readUInt16BE(3))
  }).pipe(Effect.scoped)
)

it.effect("a secret that can be guessed is refused, and its text is not told", () =>
  Effect.gen(function* () {
    for (const text of ["", "short", "0".repeat(64), "correct horse battery staple", "aabbccdd".repeat(10)]) {
      const error = yield* Effect.flip(ClusterSecret.fromText(Redacted.make(text), "RECON_CLUSTER_SECRET"))
      assert.match(
        error.message,
        /^the cluster's secret from RECON_CLUSTER_SECRET: .* Generate one with: openssl rand -hex 32$/
      )
      if (text !== "") assert.notInclude(error.message, text)
    }
    const [one, same, other] = yield* Effect.forEach(
      ["0123456789abcdef0123456789abcdef", " 0123456789abcdef0123456789abcdef\n", "0123456789abcdef0123456789abcdee"],
      (text) => ClusterSecret.fromText(Redacted.make(text), "the test")
    )
    const bytes = (secret: ClusterSecret.ClusterSecret | undefined) =>
      secret === undefined ? assert.fail("there is one") : Redacted.value(secret)
    assert.deepStrictEqual(bytes(one), bytes(same))
    assert.notDeepEqual(bytes(one), bytes(other))
  })
)
