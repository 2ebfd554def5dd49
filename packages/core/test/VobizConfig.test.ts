import { assert, describe, it } from "@vobiz-effect/test-support"
import { ConfigProvider, DateTime, Duration, Effect, Layer, Redacted } from "effect"

import { VobizConfig } from "../src/index.ts"

const settings = (env: Record<string, string>) =>
  Effect.provide(
    VobizConfig.VobizConfig,
    VobizConfig.VobizConfig.layerConfig().pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))))
  )

const credentials = { VOBIZ_AUTH_ID: "MA_X", VOBIZ_AUTH_TOKEN: "s3cret" }

describe("VobizConfig.layerConfig", () => {
  it.effect("needs the credentials alone", () =>
    Effect.gen(function* () {
      const { authId, authToken, ...rest } = yield* settings(credentials)
      assert.strictEqual(authId, "MA_X")
      assert.strictEqual(Redacted.value(authToken), "s3cret")
      assert.notInclude(String(authToken), "s3cret")
      assert.deepStrictEqual(rest, VobizConfig.defaults)
    })
  )

  it.effect("reads every setting", () =>
    Effect.gen(function* () {
      const {
        authId: _id,
        authToken: _token,
        ...rest
      } = yield* settings({
        ...credentials,
        VOBIZ_BASE_URL: "https://gateway.example",
        VOBIZ_PAGE_SIZE: "20",
        VOBIZ_CONCURRENCY: "8",
        VOBIZ_RATE_LIMIT: "50",
        VOBIZ_ATTEMPT_TIMEOUT: "5 seconds",
        VOBIZ_MAX_BODY_BYTES: "1048576",
        VOBIZ_CALLING_CODE: "91",
        VOBIZ_ROWS_ZONE: "Asia/Kolkata"
      })
      assert.deepStrictEqual(
        { ...rest, baseUrl: rest.baseUrl.href },
        {
          baseUrl: "https://gateway.example/",
          pageSize: 20,
          concurrency: 8,
          rateLimit: 50,
          attemptTimeout: Duration.seconds(5),
          maxBodyBytes: 1_048_576,
          callingCode: "91",
          rowsZone: DateTime.zoneMakeNamedUnsafe("Asia/Kolkata"),
          cdrDays: null
        }
      )
    })
  )

  const wrong: ReadonlyArray<readonly [string, Record<string, string>, string]> = [
    ["no credentials", {}, "AUTH_ID"],
    ["an empty token", { ...credentials, VOBIZ_AUTH_TOKEN: "" }, "AUTH_TOKEN"],
    ["a base URL in the clear", { ...credentials, VOBIZ_BASE_URL: "http://api.vobiz.ai" }, "https"],
    ["a base URL that is none", { ...credentials, VOBIZ_BASE_URL: "api.vobiz.ai" }, "BASE_URL"],
    [
      "a base URL with a password",
      { ...credentials, VOBIZ_BASE_URL: "https://u:s3cret@api.vobiz.ai" },
      "user or password"
    ],
    [
      "a base URL with a query",
      { ...credentials, VOBIZ_BASE_URL: "https://api.vobiz.ai/?token=s3cret" },
      "before ? and #"
    ],
    [
      "a base URL with a fragment",
      { ...credentials, VOBIZ_BASE_URL: "https://api.vobiz.ai/#s3cret" },
      "before ? and #"
    ],
    ["no time for an attempt", { ...credentials, VOBIZ_ATTEMPT_TIMEOUT: "0 seconds" }, "longer than 0"],
    ["a time below 0 for an attempt", { ...credentials, VOBIZ_ATTEMPT_TIMEOUT: "-5 seconds" }, "ATTEMPT_TIMEOUT"],
    ["a page of 101", { ...credentials, VOBIZ_PAGE_SIZE: "101" }, "PAGE_SIZE"],
    ["a page of half a row", { ...credentials, VOBIZ_PAGE_SIZE: "0.5" }, "PAGE_SIZE"],
    ["no concurrency", { ...credentials, VOBIZ_CONCURRENCY: "0" }, "CONCURRENCY"],
    ["a zone that is none", { ...credentials, VOBIZ_ROWS_ZONE: "Mars" }, "ROWS_ZONE"],
    ["a calling code with a plus", { ...credentials, VOBIZ_CALLING_CODE: "+91" }, "such as 91, without a plus"]
  ]
  for (const [name, env, told] of wrong) {
    it.effect(`refuses ${name}, and says which setting`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(settings(env))
        assert.include(String(error), told)
        assert.notInclude(String(error), "s3cret")
      })
    )
  }
})
