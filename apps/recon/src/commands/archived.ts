/** The archive that the commands work on. */
import { ArchiveIndex, AudioStore, AudioStoreS3, Encryption, type StoreError } from "@vobiz-effect/archive"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { SettingError } from "../Failure.ts"
import * as Bucket from "./bucket.ts"
import * as Evidence from "./evidence.ts"
import * as Session from "./session.ts"
import * as Waiting from "./waiting.ts"

/** The archive's folder. */
export const place = Effect.fnUntraced(function* (setting: string, flag: string | undefined) {
  const directory = flag ?? (yield* Session.optional("RECON_ARCHIVE"))
  if (directory !== undefined) return directory
  const detail = "name the archive's folder, or set RECON_ARCHIVE"
  return yield* new SettingError({ setting, detail })
})

/** The same, which must be there. */
export const existing = Effect.fnUntraced(function* (flag: string | undefined) {
  const directory = yield* place("--archive", flag)
  const fs = yield* FileSystem.FileSystem
  if (yield* Effect.orElseSucceed(fs.exists(directory), () => true)) return directory
  return yield* new SettingError({ setting: "--archive", detail: `there is no folder ${directory}` })
})

/** Where the audio is: in the folder, or in the bucket that is set; the index is always in the folder. */
export const store = Effect.fnUntraced(function* (directory: string) {
  const key = yield* Encryption.keyFromConfig
  const text = yield* Session.optional("RECON_ARCHIVE_S3")
  if (text === undefined) return AudioStore.AudioStore.layerFolder({ directory, key })
  const client = yield* Bucket.client("RECON_ARCHIVE_S3_ENDPOINT")
  const lock = yield* Bucket.lock("RECON_ARCHIVE_S3_LOCK")
  const encryption = yield* Bucket.encryption("RECON_ARCHIVE_S3_ENCRYPTION")
  const bucket = yield* Bucket.parse("RECON_ARCHIVE_S3", text)
  return AudioStoreS3.layer({ ...bucket, ...encryption, directory, key, client, lock })
}, Layer.unwrap)

/** The keys that are set. */
export const key = Encryption.keyFromConfig

/** Whether audio is in the folder, as it was served: then a page beside it can play it. */
export const isPlain = Effect.gen(function* () {
  return (yield* key) === null && (yield* Session.optional("RECON_ARCHIVE_S3")) === undefined
})

/** An archive in a folder, whatever is set. */
export const folder = (directory: string) =>
  Layer.mergeAll(AudioStore.AudioStore.layerFolder({ directory }), ArchiveIndex.ArchiveIndex.layerFolder({ directory }))

/** The index of the archive in a folder, with the keys that are set. */
export const index = (directory: string) =>
  Layer.unwrap(Effect.map(Encryption.keyFromConfig, (key) => ArchiveIndex.ArchiveIndex.layerFolder({ directory, key })))

/** What the archive has, to be read. */
export const reader = (directory: string) => Layer.mergeAll(store(directory), index(directory))

/** Whether it has no entry. */
export const isEmpty = Effect.flatMap(ArchiveIndex.ArchiveIndex, ({ list }) =>
  Effect.map(Stream.runHead(list), Option.isNone)
)

/** The same to be written to. Where another run is writing, that one is waited for. */
export const layer = (directory: string) =>
  Evidence.layer(directory).pipe(Layer.provideMerge(patient), Layer.provideMerge(reader(directory)))

const patient = Layer.effect(
  ArchiveIndex.ArchiveIndex,
  Effect.gen(function* () {
    const index = yield* ArchiveIndex.ArchiveIndex
    const wait = Waiting.whileBusy<StoreError.StoreError>(({ kind }) => kind === "busy", yield* Waiting.patience)
    return ArchiveIndex.ArchiveIndex.of({ ...index, exclusive: wait(index.exclusive) })
  })
)
