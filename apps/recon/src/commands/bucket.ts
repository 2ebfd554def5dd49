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

/** Of a store that is not Amazon's, the endpoint that a setting names. The rest stands in the AWS tools' own variables. */
export const client = Effect.fnUntraced(function* (setting: string) {
  const endpoint = yield* Session.optional(setting)
  return endpoint === undefined ? undefined : { endpoint, forcePathStyle: true }
})
