/**
 * Archived audio in a bucket of an S3-compatible store.
 *
 * @since 0.1.0
 */
import type { S3ClientConfig, ServerSideEncryption } from "@aws-sdk/client-s3"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import * as Stream from "effect/Stream"

import { AudioStore, pathOf } from "./AudioStore.ts"
import * as Bucket from "./Bucket.ts"
import type { Keyring } from "./Encryption.ts"
import { isAddress } from "./internal/address.ts"
import * as Disk from "./internal/disk.ts"
import * as Form from "./internal/form.ts"
import * as IntakeFile from "./internal/intake.ts"
import * as Sealed from "./internal/sealed.ts"
import { StoreError } from "./StoreError.ts"

/**
 * - `client`: as `S3Client` takes it: the region, the endpoint, credentials. Without any, the SDK finds them in the
 *   environment as the AWS tools do.
 * - `bucket`, `prefix`: audio is kept as `<prefix>audio/<first two digits>/<sha256>`; by default without a prefix.
 * - `directory`: a local folder for what is on its way and for the quarantine. What is there is resumed after a crash.
 * - `lock`: keeps an object from being deleted for so many days from the upload on; the bucket must have been made with
 *   object lock. `GOVERNANCE` can be lifted by who has the right to, `COMPLIANCE` by nobody.
 * - `serverSideEncryption`: by the store's own keys (`AES256`), or by KMS (`aws:kms`) and the key of `kmsKeyId`.
 * - `key`: encrypts before anything leaves this machine, parts included. Of several, the first one encrypts, and all of them read.
 * - `syncEvery`: how many bytes of a part may be lost by a crash; by default 8 MiB.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly client?: S3ClientConfig | undefined
  readonly bucket: string
  readonly prefix?: string | undefined
  readonly directory: string
  readonly lock?: { readonly mode: "GOVERNANCE" | "COMPLIANCE"; readonly days: number } | undefined
  readonly serverSideEncryption?: ServerSideEncryption | undefined
  readonly kmsKeyId?: string | undefined
  readonly key?: Keyring | null | undefined
  readonly syncEvery?: number | undefined
}

/**
 * Audio in a bucket. It is uploaded when it is whole, in parts of 8 MiB with a SHA-256 each that the store checks, two at a
 * time, so that memory does not grow with the file; an object is there whole or not at all.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<AudioStore, StoreError, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    AudioStore,
    Effect.suspend(() => make(options))
  )

const make = Effect.fnUntraced(function* (options: Options) {
  const { directory, key, kmsKeyId, lock, prefix = "", serverSideEncryption, syncEvery = 8 * 1024 * 1024 } = options
  const bucket = yield* Bucket.make(options)
  const disk = yield* Disk.make
  const form = Form.of(key)

  const root = `${prefix}audio/`
  const nameOf = (sha256: string): Effect.Effect<string, StoreError> =>
    isAddress(sha256)
      ? Effect.succeed(`${prefix}${pathOf(sha256)}`)
      : new StoreError({
          kind: "missing",
          place: bucket.place(root),
          detail: "that is no SHA-256 in 64 hexadecimal digits"
        })

  const upload = Effect.fnUntraced(function* (name: string, file: string) {
    const now = yield* DateTime.now
    const locked =
      lock === undefined
        ? {}
        : {
            ObjectLockMode: lock.mode,
            ObjectLockRetainUntilDate: DateTime.toDateUtc(DateTime.add(now, { days: lock.days }))
          }
    yield* bucket.upload(name, file, {
      ...locked,
      ...(serverSideEncryption === undefined ? {} : { ServerSideEncryption: serverSideEncryption }),
      ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId })
    })
  })

  const deliver = Effect.fnUntraced(function* (part: string, whole: IntakeFile.Whole) {
    const name = yield* nameOf(whole.sha256)
    // What was kept long ago may have been damaged since: now there is a copy that is whole.
    const held = (yield* bucket.has(name))
      ? yield* Effect.catchIf(
          Sealed.held(form, whole.sha256, bucket.open(name)),
          // A copy that cannot be read any more is as none.
          ({ kind }) => kind === "damaged" || kind === "missing" || kind === "key",
          () => Effect.succeed(null)
        )
      : null
    if (held === null) yield* upload(name, part)
    yield* disk.discard(part)
    return { ...whole, ...held, isNew: held === null }
  })

  return AudioStore.of({
    intake: (name) => IntakeFile.open({ disk, directory, form, syncEvery, deliver }, name),
    has: (sha256) => Effect.flatMap(nameOf(sha256), bucket.has),
    open: (sha256) =>
      Stream.unwrap(
        Effect.map(nameOf(sha256), (name) =>
          Sealed.decoded(bucket.open(name), form, bucket.place(name), pathOf(sha256))
        )
      ),
    stored: (sha256) => Stream.unwrap(Effect.map(nameOf(sha256), bucket.open)),
    list: bucket.list(root).pipe(
      Stream.map(({ key, size }) => ({ key, sha256: key.slice(root.length + 3), stored: size })),
      Stream.filter(({ key, sha256 }) => isAddress(sha256) && key === `${prefix}${pathOf(sha256)}`),
      Stream.map(({ sha256, stored }) => ({ sha256, stored }))
    ),
    remove: (sha256) => Effect.flatMap(nameOf(sha256), bucket.remove)
  })
})
