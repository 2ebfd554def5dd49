/** The ways to read a whole list: ours, and a bare loop. */
import { NodeHttpClient } from "@effect/platform-node"
import { CallDetailRecords, JsonDispatcher, ProviderRow, Recordings, Vobiz, type VobizConfig } from "@vobiz-effect/core"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { request } from "undici"

const settings = (baseUrl: URL, concurrency: number): VobizConfig.Options => ({
  authId: "MA_BENCH",
  authToken: Redacted.make("bench"),
  baseUrl,
  concurrency,
  rateLimit: 10_000,
  cdrDays: { zone: DateTime.zoneMakeOffset(0), endDate: "inclusive" }
})

/** Over undici, as the loops are. */
export const services = (baseUrl: URL, concurrency: number) =>
  Vobiz.layer(settings(baseUrl, concurrency)).pipe(
    Layer.provide([NodeHttpClient.layerUndici, JsonDispatcher.layerNode])
  )

/** Decoded, checked and proved complete. */
export const recordings = (url: URL, concurrency: number) =>
  Effect.flatMap(Recordings.Recordings, (service) => Stream.runCount(service.stream())).pipe(
    Effect.provide(services(url, concurrency))
  )

const may = { from: DateTime.makeUnsafe("2026-05-01T00:00:00Z"), to: DateTime.makeUnsafe("2026-05-11T00:00:00Z") }

export const cdrs = (url: URL, concurrency: number, window: CallDetailRecords.CdrQuery = may) =>
  Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) => Stream.runCount(service.stream(window))).pipe(
    Effect.provide(services(url, concurrency))
  )

interface Page {
  readonly meta: { readonly next: string | null }
  readonly objects: ReadonlyArray<unknown>
}

const getPage = (url: URL, offset: number): Promise<Page> =>
  request(`${url.origin}/api/v1/Account/MA_BENCH/Recording/?limit=100&offset=${offset}`, {
    headers: { "X-Auth-ID": "MA_BENCH", "X-Auth-Token": "bench" }
  }).then(({ body }) => body.json() as Promise<Page>)

/** As a user of an SDK writes it: page after page. */
const loop = (url: URL, take: (rows: ReadonlyArray<unknown>) => void): Effect.Effect<number> =>
  Effect.promise(() => {
    const from = (offset: number): Promise<number> =>
      getPage(url, offset).then(({ meta, objects }) => {
        take(objects)
        return meta.next === null ? offset + objects.length : from(offset + objects.length)
      })
    return from(0)
  })

/** Nothing checked. */
export const bareLoop = (url: URL): Effect.Effect<number> => loop(url, () => {})

/** Each row checked, and made what the services give. */
export const decodingLoop = (url: URL): Effect.Effect<number> => {
  const read = ProviderRow.recording.reader()
  return loop(url, (rows) => {
    for (const row of rows) Result.getOrThrow(read(row))
  })
}
