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

describe("the settings", () => {
  it("have the defaults that their documentation names", () => {
    const { attemptTimeout, baseUrl, ...rest } = VobizConfig.defaults
    assert.strictEqual(baseUrl.href, "https://api.vobiz.ai/")
    assert.strictEqual(Duration.toMillis(attemptTimeout), 30_000)
    assert.deepStrictEqual(rest, {
      pageSize: 100,
      concurrency: 4,
      rateLimit: 10,
      maxBodyBytes: 67_108_864,
      callingCode: null,
      rowsZone: null,
      cdrDays: null
    })
  })

  const given = { authId: "MA_X", authToken: Redacted.make("s3cret") }
  const of = (options: Partial<VobizConfig.Options>) => {
    try {
      const { authToken: _, baseUrl, ...settings } = VobizConfig.fromOptions({ ...given, ...options })
      return { ...settings, baseUrl: baseUrl.href }
    } catch (error) {
      assert.instanceOf(error, RangeError)
      return (error as RangeError).message
    }
  }
  const whole = (option: string, range: string, got: unknown) =>
    `Vobiz: ${option} must be a whole number from ${range} (got ${String(got)})`
  const visible = "must be visible ASCII characters, without spaces or line ends"
  const clear = "must be https, or the token would travel in the clear (http: this machine only)"
  const refused: ReadonlyArray<readonly [Partial<VobizConfig.Options>, string]> = [
    [{ authId: "" }, `Vobiz: authId ${visible}`],
    [{ authId: "MA X" }, `Vobiz: authId ${visible}`],
    [{ authId: "MÄ" }, `Vobiz: authId ${visible}`],
    [{ authId: "MA\n" }, `Vobiz: authId ${visible}`],
    [{ authToken: Redacted.make(" x") }, `Vobiz: authToken ${visible}`],
    [{ authToken: Redacted.make("x\u007f") }, `Vobiz: authToken ${visible}`],
    [{ attemptTimeout: 0 }, "Vobiz: attemptTimeout must be longer than 0"],
    [{ callingCode: "0" }, 'Vobiz: callingCode must be a country calling code such as "91" (got "0")'],
    [{ callingCode: "1234" }, 'Vobiz: callingCode must be a country calling code such as "91" (got "1234")'],
    [{ callingCode: "91 " }, 'Vobiz: callingCode must be a country calling code such as "91" (got "91 ")'],
    [{ callingCode: "x91" }, 'Vobiz: callingCode must be a country calling code such as "91" (got "x91")'],
    [{ pageSize: 0 }, whole("pageSize", "1 to 100", 0)],
    [{ pageSize: 101 }, whole("pageSize", "1 to 100", 101)],
    [{ pageSize: 1.5 }, whole("pageSize", "1 to 100", 1.5)],
    [{ concurrency: 0 }, whole("concurrency", "1 to 64", 0)],
    [{ concurrency: 65 }, whole("concurrency", "1 to 64", 65)],
    [{ rateLimit: 0 }, whole("rateLimit", "1 to 10000", 0)],
    [{ rateLimit: 10_001 }, whole("rateLimit", "1 to 10000", 10_001)],
    [{ maxBodyBytes: 1023 }, whole("maxBodyBytes", "1024 to 268435456", 1023)],
    [{ maxBodyBytes: 268_435_457 }, whole("maxBodyBytes", "1024 to 268435456", 268_435_457)],
    [{ rowsZone: "Mars" }, 'Vobiz: rowsZone must be a zone such as "Asia/Kolkata" or "+05:30" (got "Mars")'],
    [{ baseUrl: "api" }, 'Vobiz: baseUrl is not a URL (got "api")'],
    [{ baseUrl: "http://api.example/x" }, `Vobiz: baseUrl ${clear} (got http://api.example)`],
    [{ baseUrl: "http://127.0.0.256.example" }, `Vobiz: baseUrl ${clear} (got http://127.0.0.256.example)`],
    [{ baseUrl: "http://x127.0.0.1.example" }, `Vobiz: baseUrl ${clear} (got http://x127.0.0.1.example)`],
    [{ baseUrl: "ftp://localhost" }, `Vobiz: baseUrl ${clear} (got ftp://localhost)`],
    [{ baseUrl: "https://u@a.example" }, "Vobiz: baseUrl must not hold a user or password (got https://a.example)"],
    [{ baseUrl: "https://:p@a.example" }, "Vobiz: baseUrl must not hold a user or password (got https://a.example)"],
    [{ baseUrl: "https://a.example/?x" }, "Vobiz: baseUrl must end before ? and # (got https://a.example)"],
    [{ baseUrl: "https://a.example/#x" }, "Vobiz: baseUrl must end before ? and # (got https://a.example)"]
  ]
  for (const [options, message] of refused) {
    it(`are refused: ${message.slice(7)}`, () => assert.strictEqual(of(options), message))
  }

  it("take what lies within their bounds, and leave out what is not given", () => {
    const least = { pageSize: 1, concurrency: 1, rateLimit: 1, maxBodyBytes: 1024 }
    const most = { pageSize: 100, concurrency: 64, rateLimit: 10_000, maxBodyBytes: 268_435_456 }
    for (const options of [least, most]) assert.deepInclude(of(options), options)
    assert.deepStrictEqual(of({ pageSize: undefined, callingCode: undefined, attemptTimeout: undefined }), of({}))
    assert.deepInclude(of({ callingCode: "1" }), { callingCode: "1" })
    assert.deepInclude(of({ callingCode: "880" }), { callingCode: "880" })
    assert.deepInclude(of({ attemptTimeout: 1 }), { attemptTimeout: Duration.millis(1) })
    assert.deepInclude(of({ authId: "!~" }), { authId: "!~" })
    for (const host of ["http://localhost", "http://[::1]", "http://127.0.0.1", "http://127.255.255.255"]) {
      assert.deepInclude(of({ baseUrl: `${host}:8080/x` }), { baseUrl: `${host}:8080/x` })
    }
    const zone = DateTime.zoneMakeOffset(3_600_000)
    assert.deepInclude(of({ rowsZone: zone }), { rowsZone: zone })
    assert.deepInclude(of({ rowsZone: "+01:00" }), { rowsZone: zone })
  })

  const outOfBounds: ReadonlyArray<readonly [string, string, string]> = [
    ["VOBIZ_PAGE_SIZE", "1", "100"],
    ["VOBIZ_CONCURRENCY", "1", "64"],
    ["VOBIZ_RATE_LIMIT", "1", "10000"],
    ["VOBIZ_MAX_BODY_BYTES", "1024", "268435456"]
  ]
  for (const [variable, least, most] of outOfBounds) {
    it.effect(`${variable} may be from ${least} to ${most}`, () =>
      Effect.gen(function* () {
        const isTaken = (value: number) =>
          Effect.map(
            Effect.exit(settings({ ...credentials, [variable]: String(value) })),
            ({ _tag }) => _tag === "Success"
          )
        assert.deepStrictEqual(
          yield* Effect.forEach(
            [Number(least) - 1, Number(least), Number(most), Number(most) + 1, Number(least) + 0.5],
            isTaken
          ),
          [false, true, true, false, false]
        )
      })
    )
  }
})
