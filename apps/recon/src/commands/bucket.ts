/** Buckets of S3 as settings name them. */
import * as Effect from "effect/Effect"
import { SettingError } from "../Failure.ts"
import * as Session from "./session.ts"

/** `s3://bucket/prefix`, taken apart. */
export const parse = Effect.fnUntraced(function* (setting: string, text: string) {
  const [, bucket, prefix = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]*)(?:\/(.*))?$/.exec(text) ?? []
  if (bucket !== undefined) return { bucket, prefix: prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/` }
  const detail = `"${text}" is no bucket, such as s3://recordings/vobiz`
  return yield* new SettingError({ setting, detail })
})

/** How long an object cannot be deleted, such as `compliance 365 days`. */
export const lock = Effect.fnUntraced(function* (setting: string) {
  const text = yield* Session.optional(setting)
  if (text === undefined) return undefined
  const [, mode, days] = /^(governance|compliance) ([1-9]\d{0,4}) days?$/i.exec(text) ?? []
  if (mode !== undefined) {
    const isForAll = mode.toLowerCase() === "compliance"
    return { mode: isForAll ? ("COMPLIANCE" as const) : ("GOVERNANCE" as const), days: Number(days) }
  }
  const detail = `"${text}" is no object lock, such as "compliance 365 days", which nobody can lift, or "governance 365 days"`
  return yield* new SettingError({ setting, detail })
})

/** Who encrypts objects in the store: `AES256`, `aws:kms`, or `aws:kms` and the id of a key. */
export const encryption = Effect.fnUntraced(function* (setting: string) {
  const text = yield* Session.optional(setting)
  if (text === undefined) return {}
  const [, kind, kmsKeyId] = /^(AES256|aws:kms(?= |$))(?: (\S+))?$/.exec(text) ?? []
  if (kind === "AES256" && kmsKeyId === undefined) return { serverSideEncryption: "AES256" as const }
  if (kind === "aws:kms") return { serverSideEncryption: "aws:kms" as const, kmsKeyId }
  const detail = `"${text}" is no encryption of a store: AES256, aws:kms, or aws:kms and the id of a key`
  return yield* new SettingError({ setting, detail })
})

/** Of a store that is not Amazon's, the endpoint that a setting names. The rest stands in the AWS tools' own variables. */
export const client = Effect.fnUntraced(function* (setting: string) {
  const endpoint = yield* Session.optional(setting)
  return endpoint === undefined ? undefined : { endpoint, forcePathStyle: true }
})
