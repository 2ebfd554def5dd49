import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, Layer, Redacted } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { readFileSync } from "node:fs"

export const until = DateTime.makeUnsafe("2026-08-15T06:00:00Z")

export const later = (millis: number) => DateTime.makeUnsafe(until.epochMilliseconds + millis)

/** A sample of the provider, as text and as JSON. */
export const sampleText = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8")

// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any

export const sample = (name: string): Json => JSON.parse(sampleText(name))

/** The names of a value's fields, and of the objects in it; for an array, those of its first element. */
export const shape = (value: Json): Json =>
  Array.isArray(value)
    ? value.slice(0, 1).map(shape)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, inner]) => [name, shape(inner)])
        )
      : "a value"

export const small = Simulator.make({ seed: 7, calls: 120, days: 2, until })

/** A server for one test, with a client. */
export const withFake = (options: Partial<FakeVobiz.Options> = {}) =>
  Effect.provide(Layer.merge(FakeVobiz.FakeVobiz.layer({ account: small, ...options }), FetchHttpClient.layer))

/** Asks for a path of the server, by default with its credentials. */
export const ask = Effect.fnUntraced(function* (
  path: string,
  options: {
    readonly method?: "GET" | "DELETE" | "POST"
    readonly headers?: Readonly<Record<string, string>>
  } = {}
) {
  const fake = yield* FakeVobiz.FakeVobiz
  const credentials = { "X-Auth-ID": fake.authId, "X-Auth-Token": Redacted.value(fake.authToken) }
  return yield* HttpClient.execute(
    HttpClientRequest.make(options.method ?? "GET")(new URL(path, fake.url), {
      headers: options.headers ?? credentials
    })
  ).pipe(Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }))
})

export const askJson = Effect.fnUntraced(function* (path: string, options?: Parameters<typeof ask>[1]) {
  const response = yield* ask(path, options)
  const json: Json = yield* response.json
  return { status: response.status, headers: response.headers, json }
})

const root = `/api/v1/Account/${small.authId}`

export const recordings = (query = "") => `${root}/Recording/${query}`
export const cdrs = (rest = "") => `${root}/cdr${rest}`
export const trunks = (rest = "") => `${root}/trunks${rest}`
export const audio = (file: string) => `/v1/Account/${small.authId}/Recording/${file}`
