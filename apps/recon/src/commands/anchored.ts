/** Anchors the head of an archive where that is wanted. */
import { Anchor } from "@vobiz-effect/archive"
import * as Effect from "effect/Effect"
import { FetchHttpClient } from "effect/http"
import * as Layer from "effect/Layer"
import { SettingError } from "../Failure.ts"
import * as Evidence from "./evidence.ts"
import * as Session from "./session.ts"

/** The time-stamp authority that is set, if any. */
export const authority = Effect.gen(function* () {
  const text = yield* Session.optional("RECON_ANCHOR")
  if (text === undefined) return null
  const url = URL.parse(text)
  if (url !== null && ["http:", "https:"].includes(url.protocol)) return url
  // It may hold a secret, and is not told.
  return yield* new SettingError({ setting: "--anchor", detail: "this is no http or https address" })
})

/** Anchors the newest entry. */
export const keep = (url: URL, directory: string) =>
  Anchor.keep(directory).pipe(
    Effect.provide(
      Layer.merge(
        Evidence.layerAlone(directory),
        Anchor.Anchor.layerTimestamp({ url }).pipe(Layer.provide(FetchHttpClient.layer))
      )
    ),
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
  )
