/**
 * Objects in a bucket of an S3-compatible store.
 *
 * @since 0.1.0
 */
import { createReadStream } from "node:fs"
import { Readable } from "node:stream"
import type { PutObjectCommandInput, S3ClientConfig } from "@aws-sdk/client-s3"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

import { StoreError } from "./StoreError.ts"

/**
 * The bucket, and how to reach it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * The options of `S3Client`, such as region, endpoint and credentials.
   *
   * Without them, the SDK uses the environment, like the AWS tools.
   */
  readonly client?: S3ClientConfig | undefined
  /** The name of the bucket. */
  readonly bucket: string
}

/**
 * An object of a bucket.
 *
 * @category models
 * @since 0.1.0
 */
export interface Listed {
  readonly key: string
  /** In bytes. */
  readonly size: number
}

/**
 * The operations on a bucket's objects. An object is whole or absent.
 *
 * @category models
 * @since 0.1.0
 */
export interface Bucket {
  /** The name of a key in errors: `s3://<bucket>/<key>`. */
  place(key: string): string
  /** Whether an object exists. */
  has(key: string): Effect.Effect<boolean, StoreError>
  /** The bytes of an object. Fails with kind `missing` if it does not exist. */
  open(key: string): Stream.Stream<Uint8Array, StoreError>
  /** Uploads a file in parts of 8 MiB, two at a time. The store checks the SHA-256 of each part. */
  upload(key: string, file: string, headers?: Partial<PutObjectCommandInput>): Effect.Effect<void, StoreError>
  /**
   * Stores a text unless the object exists, and returns whether it did.
   *
   * A store without conditional writes (`If-None-Match`) replaces an existing object.
   */
  putNew(key: string, text: string): Effect.Effect<boolean, StoreError>
  /** All objects whose keys begin with `prefix`, in the order of their keys. */
  list(prefix: string): Stream.Stream<Listed, StoreError>
  /** Removes an object, or its latest version in a bucket with versions. A missing object is no error. */
  remove(key: string): Effect.Effect<void, StoreError>
}

/** Loaded when it is used: it is by far the largest thing that this package has to do with, and who has no bucket need not install it. */
const sdk = (place: string) =>
  Effect.tryPromise({
    try: () => Promise.all([import("@aws-sdk/client-s3"), import("@aws-sdk/lib-storage")]),
    catch: () =>
      new StoreError({
        kind: "other",
        place,
        detail:
          "a bucket needs the AWS SDK, which is not installed: npm install @aws-sdk/client-s3 @aws-sdk/lib-storage"
      })
  })

/**
 * Opens a bucket, without sending a request.
 *
 * Fails if the AWS SDK, an optional peer dependency of this package, is not installed.
 *
 * @category constructors
 * @since 0.1.0
 */
// oxlint-disable-next-line max-lines-per-function -- the methods of one bucket, which share its client and the form of its errors
export const make = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Bucket, StoreError, Scope.Scope> {
  const { bucket } = options
  const [S3, { Upload }] = yield* sdk(`s3://${bucket}`)
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => new S3.S3Client(options.client ?? {})),
    (client) => Effect.sync(() => client.destroy())
  )
  const place = (key: string) => `s3://${bucket}/${key}`
  const ask = <A>(key: string, request: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, StoreError> =>
    Effect.tryPromise({ try: request, catch: (error) => failedAt(place(key), error) })

  return {
    place,
    has: (key) =>
      ask(key, (abortSignal) =>
        client.send(new S3.HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal })
      ).pipe(
        Effect.as(true),
        Effect.catchIf(isMissing, () => Effect.succeed(false))
      ),
    open: (key) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const { Body } = yield* ask(key, (abortSignal) =>
            client.send(new S3.GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal })
          )
          if (!(Body instanceof Readable)) {
            return yield* new StoreError({ kind: "other", place: place(key), detail: "the answer had no body" })
          }
          return Stream.fromAsyncIterable<Uint8Array, StoreError>(Body, (error) => failedAt(place(key), error))
        })
      ),
    upload: (key, file, headers = {}) =>
      Effect.suspend(() => {
        const task = new Upload({
          client,
          params: {
            Bucket: bucket,
            Key: key,
            Body: createReadStream(file, { highWaterMark: 1024 * 1024 }),
            ContentType: "application/octet-stream",
            ChecksumAlgorithm: "SHA256",
            ...headers
          },
          partSize,
          queueSize: 2
        })
        return ask(key, (signal) => {
          signal.addEventListener("abort", () => void task.abort())
          return task.done()
        })
      }).pipe(Effect.asVoid),
    putNew: (key, text) => {
      const put = (condition: { readonly IfNoneMatch?: string }) =>
        Effect.tryPromise({
          try: (abortSignal) =>
            client.send(new S3.PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ...condition }), {
              abortSignal
            }),
          catch: (error) => ({ status: statusOf(error), error })
        })
      return put({ IfNoneMatch: "*" }).pipe(
        // Another is putting it at this moment.
        Effect.retry({ while: ({ status }) => status === 409, times: 5, schedule: Schedule.spaced("200 millis") }),
        Effect.as(true),
        Effect.catchIf(
          ({ status }) => status === 412,
          () => Effect.succeed(false)
        ),
        Effect.catchIf(
          ({ status }) => status === 501,
          () => Effect.as(put({}), true)
        ),
        Effect.mapError(({ error }) => failedAt(place(key), error))
      )
    },
    list: (prefix) =>
      Stream.fromAsyncIterable(
        { [Symbol.asyncIterator]: () => S3.paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }) },
        (error) => failedAt(place(prefix), error)
      ).pipe(
        Stream.map(({ Contents = [] }) => Contents.map(({ Key = "", Size = 0 }) => ({ key: Key, size: Size }))),
        Stream.flattenIterable
      ),
    remove: Effect.fnUntraced(function* (key) {
      const object = { Bucket: bucket, Key: key }
      // Where versions are kept, to delete the object would only hide it.
      const version = yield* ask(key, (abortSignal) =>
        client.send(new S3.HeadObjectCommand(object), { abortSignal })
      ).pipe(
        Effect.map(({ VersionId }) => VersionId),
        Effect.catchIf(isMissing, () => Effect.succeed(null))
      )
      if (version === null) return
      const one = version === undefined ? object : { ...object, VersionId: version }
      yield* ask(key, (abortSignal) => client.send(new S3.DeleteObjectCommand(one), { abortSignal }))
    })
  }
})

const partSize = 8 * 1024 * 1024

const isMissing = ({ kind }: StoreError) => kind === "missing"

const isAnswered = Schema.is(Schema.Struct({ $metadata: Schema.Struct({ httpStatusCode: Schema.Finite }) }))

const statusOf = (error: unknown): number | undefined =>
  isAnswered(error) ? error.$metadata.httpStatusCode : undefined

/** What the SDK says by an error of no name. */
const noRegion = "Region is missing"

/** What the store said, without anything that was sent to it. */
const failedAt = (place: string, error: unknown): StoreError => {
  const name = error instanceof Error ? error.name : "unknown"
  const status = statusOf(error)
  const kind =
    status === 404 || name === "NoSuchKey" || name === "NotFound"
      ? "missing"
      : status === 401 || status === 403
        ? "denied"
        : status === 507
          ? "full"
          : status === undefined || status >= 500
            ? "unreachable"
            : "other"
  const detail = error instanceof Error && error.message === noRegion ? "no region is set, as by AWS_REGION" : name
  return new StoreError({ kind, place, detail: status === undefined ? detail : `${name}, HTTP ${status}` })
}
