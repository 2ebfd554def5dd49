/**
 * Against s3rver, a server of the S3 protocol over real HTTP. It keeps objects and takes uploads in parts, but knows nothing
 * of locks and of encryption on its side: of these the tests see that they are asked for.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Archive, ArchiveIndex, AudioStore, AudioStoreS3 } from "@vobiz-effect/archive"
import { Recordings } from "@vobiz-effect/core"
import { Effect, Layer, Redacted, Stream } from "effect"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import type { IncomingHttpHeaders } from "node:http"
import { fileURLToPath } from "node:url"
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import S3rver from "@20minutes/s3rver"

import { layerFake, small } from "./accounts.ts"
import { collect, sha256, temporary, tree } from "./utils.ts"

interface Request {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** A server with a bucket `audio`, and what it was asked. */
const server = Effect.gen(function* () {
  const directory = yield* temporary
  const made = new S3rver({
    port: 0,
    address: "127.0.0.1",
    silent: true,
    allowMismatchedSignatures: true,
    directory,
    configureBuckets: [{ name: "audio" }]
  })
  const { port } = yield* Effect.acquireRelease(
    Effect.promise(() => made.run()),
    () => Effect.promise(() => made.close())
  )
  const requests: Array<Request> = []
  // A connection that is kept may be closed just when it is used again.
  made.httpServer.keepAliveTimeout = 0
  made.httpServer.on("request", ({ headers, method = "", url = "" }) => requests.push({ method, path: url, headers }))
  return { requests, endpoint: `http://127.0.0.1:${port}` }
})

const clientOf = (endpoint: string) => ({
  endpoint,
  region: "us-east-1",
  forcePathStyle: true,
  credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" }
})

const withStore = <A, E, R>(
  test: (at: {
    readonly directory: string
    readonly endpoint: string
    readonly requests: ReadonlyArray<Request>
  }) => Effect.Effect<A, E, R>,
  options: Partial<AudioStoreS3.Options> = {}
) =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const { endpoint, requests } = yield* server
    const layer = Layer.mergeAll(
      AudioStoreS3.layer({ client: clientOf(endpoint), bucket: "audio", prefix: "vobiz/", directory, ...options }),
      ArchiveIndex.ArchiveIndex.layerFolder({ directory, key: options.key })
    ).pipe(Layer.provideMerge(NodeServices.layer))
    return yield* test({ directory, endpoint, requests }).pipe(Effect.provide(layer))
  }).pipe(Effect.scoped)

const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) % 251)
const puts = (requests: ReadonlyArray<Request>) =>
  requests.filter(({ method }) => method === "PUT" || method === "POST")

describe("AudioStoreS3", () => {
  for (const [name, key] of [
    ["as it is", null],
    ["encrypted before it leaves", Redacted.make(new Uint8Array(32).fill(7))]
  ] as const) {
    it.live(`keeps audio ${name}, once, and gives it back`, () =>
      withStore(
        ({ directory, requests }) =>
          Effect.gen(function* () {
            const store = yield* AudioStore.AudioStore
            const audio = bytes(100_000)
            const address = sha256(audio)
            assert.isFalse(yield* store.has(address))
            const first = yield* AudioStore.put("a", Stream.make(audio))
            assert.deepInclude(first, { sha256: address, bytes: audio.length, isNew: true })
            const stored = yield* collect(store.stored(address))
            assert.deepStrictEqual(
              first.sealed,
              key === null ? null : { path: AudioStore.pathOf(address), sha256: sha256(stored), bytes: stored.length }
            )
            // What is there stays, and is said to be stored as it is.
            const second = yield* AudioStore.put("b", Stream.make(audio))
            assert.deepStrictEqual(second, { ...first, isNew: false })
            assert.strictEqual(puts(requests).length, 1)
            assert.include(
              requests.find(({ method }) => method === "PUT")?.path,
              `/vobiz/audio/${address.slice(0, 2)}/${address}`
            )
            assert.isTrue(yield* store.has(address))
            assert.isTrue((yield* collect(store.open(address))).equals(audio))
            assert.strictEqual(yield* AudioStore.verify(address), audio.length)
            const listed = yield* Stream.runCollect(store.list)
            assert.deepStrictEqual(
              listed.map(({ sha256 }) => sha256),
              [address]
            )
            yield* store.remove(address)
            yield* store.remove(address)
            assert.isFalse(yield* store.has(address))
            assert.strictEqual((yield* Effect.flip(AudioStore.verify(address))).kind, "missing")
            assert.deepStrictEqual(yield* tree(directory), [])
          }),
        { key }
      )
    )
  }

  it.live("lists what has the name of its audio, and nothing else", () =>
    withStore(({ endpoint }) =>
      Effect.gen(function* () {
        const store = yield* AudioStore.AudioStore
        const { sha256: address } = yield* AudioStore.put("a", Stream.make(bytes(100)))
        const client = new S3Client(clientOf(endpoint))
        const shard = address.slice(0, 2)
        for (const name of [
          `audio/${shard === "00" ? "01" : "00"}/${address}`,
          `audio/${shard}-${address}`,
          `audio/${shard}/${address}.part`,
          `audio/${shard}/x${address}`,
          `audio/${address}`,
          `other/${shard}/${address}`
        ]) {
          const object = new PutObjectCommand({ Bucket: "audio", Key: `vobiz/${name}`, Body: "x" })
          yield* Effect.promise(() => client.send(object))
        }
        client.destroy()
        assert.deepStrictEqual(yield* Stream.runCollect(store.list), [{ sha256: address, stored: 100 }])
      })
    )
  )

  it.live("uploads a large file in parts, each with its SHA-256", () =>
    withStore(({ requests }) =>
      Effect.gen(function* () {
        const audio = bytes(20 * 1024 * 1024)
        const { sha256: address } = yield* AudioStore.put("a", Stream.make(audio))
        assert.strictEqual(address, sha256(audio))
        assert.strictEqual(yield* AudioStore.verify(address), audio.length)
        const parts = requests.filter(({ path }) => path.includes("partNumber="))
        assert.strictEqual(parts.length, 3)
        for (const { headers } of parts) assert.match(String(headers["x-amz-checksum-sha256"]), /^[\w+/]{43}=$/)
      })
    )
  )

  const protection = {
    lock: { mode: "COMPLIANCE", days: 400 },
    serverSideEncryption: "aws:kms",
    kmsKeyId: "alias/archive"
  } as const
  for (const length of [1000, 9 * 1024 * 1024]) {
    it.live(`asks for a lock and for encryption of ${length} bytes`, () =>
      withStore(
        ({ requests }) =>
          Effect.gen(function* () {
            yield* AudioStore.put("a", Stream.make(bytes(length)))
            const headers = puts(requests)[0]?.headers ?? {}
            assert.strictEqual(headers["x-amz-object-lock-mode"], "COMPLIANCE")
            const days = (Date.parse(String(headers["x-amz-object-lock-retain-until-date"])) - Date.now()) / 86_400_000
            assert.closeTo(days, 400, 0.1)
            assert.strictEqual(headers["x-amz-server-side-encryption"], "aws:kms")
            assert.strictEqual(headers["x-amz-server-side-encryption-aws-kms-key-id"], "alias/archive")
          }),
        protection
      )
    )
  }

  it.live("archives recordings into a bucket, and with a key puts nothing there in clear", () =>
    withStore(
      ({ directory }) =>
        Effect.gen(function* () {
          const recordings = (yield* Recordings.Recordings).stream()
          const summary = yield* Archive.summarize(Archive.run({ recordings, directory, settle: 0 }))
          assert.strictEqual(summary.Stored, small.recordings.length)
          const index = yield* ArchiveIndex.ArchiveIndex
          const verified = yield* Stream.runCount(
            Stream.mapEffect(
              Stream.filter(index.list, ArchiveIndex.isStored),
              ({ sha256 }) => AudioStore.verify(sha256),
              {
                concurrency: 4
              }
            )
          )
          assert.strictEqual(verified, small.recordings.length)
          const local = yield* tree(directory)
          assert.isTrue(local.every((file) => /^(index|media)\//.test(file)))
          const store = yield* AudioStore.AudioStore
          const listed = yield* Stream.runCollect(store.list)
          const objects = yield* Effect.forEach(listed, ({ sha256 }) => collect(store.stored(sha256)))
          const numbers = [...new Set(JSON.stringify(small).match(/\+\d{11,13}/g))].map((number) => number.slice(-10))
          assert.isAbove(numbers.length, 5)
          for (const bytes of [...objects, ...local.map((file) => readFileSync(`${directory}/${file}`))]) {
            assert.strictEqual(bytes.toString("latin1", 0, 8), "VBZARC2\0")
            assert.isFalse(numbers.some((number) => bytes.includes(number)))
          }
        }),
      { key: Redacted.make(new Uint8Array(32).fill(7)) }
    ).pipe(Effect.provide(layerFake()))
  )

  it.live("says that the store cannot be reached, and keeps the part", () =>
    withStore(
      () =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(AudioStore.put("a", Stream.make(bytes(10))))
          assert.strictEqual(error.kind, "unreachable")
          assert.include(error.message, "s3://audio/vobiz/audio/")
          assert.notInclude(error.message, "S3RVER")
        }),
      { client: { ...clientOf("http://127.0.0.1:1"), maxAttempts: 1 } }
    )
  )

  it.live("says that it is denied", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* server
      const client = { ...clientOf(endpoint), credentials: { accessKeyId: "nobody", secretAccessKey: "hunter2" } }
      return yield* withStore(
        () =>
          Effect.gen(function* () {
            const error = yield* Effect.flip(AudioStore.put("a", Stream.make(bytes(10))))
            assert.strictEqual(error.kind, "denied")
            assert.notInclude(error.message, "hunter2")
          }),
        { client }
      )
    }).pipe(Effect.scoped)
  )

  it.effect("says what to install where the AWS SDK is not there", () =>
    Effect.sync(() => {
      const absent = `import { registerHooks } from "node:module"
        registerHooks({ resolve: (name, context, next) => {
          if (name.startsWith("@aws-sdk/")) throw Object.assign(new Error("not there"), { code: "ERR_MODULE_NOT_FOUND" })
          return next(name, context)
        } })`
      const program = fileURLToPath(new URL("./programs/bucket.ts", import.meta.url))
      const run = (...args: ReadonlyArray<string>) =>
        spawnSync(process.execPath, [...args, program], { encoding: "utf8" }).stdout
      assert.strictEqual(run(), "opened")
      assert.strictEqual(
        run("--import", `data:text/javascript,${encodeURIComponent(absent)}`),
        "s3://recordings: a bucket needs the AWS SDK, which is not installed: npm install @aws-sdk/client-s3 @aws-sdk/lib-storage; what is done is kept"
      )
    })
  )
})
