import { assert, describe, it } from "@vobiz-effect/test-support"
import { Context, ConfigProvider, Effect, Exit, Layer, Redacted, Schedule } from "effect"
import { HttpClient } from "effect/http"

import { Recordings, RetryPolicy, Vobiz, VobizConfig } from "../src/index.ts"
import { options, standIn } from "./utils.ts"

const list = { meta: { limit: 20, offset: 0, total_count: 0, next: null }, objects: [] }
const down = () => new Response(null, { status: 503 })

const page = Effect.flatMap(Recordings.Recordings, (recordings) => recordings.page()).pipe(Effect.exit)

/** Retries without waiting. */
const times = (retries: number): RetryPolicy.Options => ({ schedule: Schedule.recurs(retries) })

describe("RetryPolicy sets how many requests are sent", () => {
  const sending = (
    program: (layer: Layer.Layer<Vobiz.Vobiz>) => Effect.Effect<unknown>,
    ofLayer?: RetryPolicy.Options
  ) =>
    Effect.gen(function* () {
      const { layer, sent } = standIn(down)
      const vobiz = Vobiz.layer(options)
      yield* program(
        ofLayer === undefined
          ? vobiz.pipe(Layer.provide(layer))
          : vobiz.pipe(Layer.provide([layer, RetryPolicy.layer(ofLayer)]))
      )
      return sent.length
    })

  it.effect("provided to the Vobiz layer", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* sending((layer) => Effect.provide(page, layer), times(2)), 3)
    })
  )

  it.effect("provided beside the Vobiz layer, and around it", () =>
    Effect.gen(function* () {
      const beside = (layer: Layer.Layer<Vobiz.Vobiz>) =>
        Effect.provide(page, Layer.merge(layer, RetryPolicy.layer(times(1))))
      assert.strictEqual(yield* sending(beside), 2)
      const around = (layer: Layer.Layer<Vobiz.Vobiz>) =>
        Effect.provide(page, layer).pipe(RetryPolicy.with(RetryPolicy.make(times(3))))
      assert.strictEqual(yield* sending(around), 4)
    })
  )

  it.effect("provided around one call, which wins over the layer's, though it be the default", () =>
    Effect.gen(function* () {
      const inside = page.pipe(Effect.provide(RetryPolicy.layer(times(1))))
      assert.strictEqual(yield* sending((layer) => Effect.provide(inside, layer), times(7)), 2)
      const never = page.pipe(RetryPolicy.with(RetryPolicy.none))
      assert.strictEqual(yield* sending((layer) => Effect.provide(never, layer), times(7)), 1)
      const usual = { ...RetryPolicy.interactive, schedule: Schedule.recurs(4) }
      const byService = page.pipe(Effect.provideService(RetryPolicy.RetryPolicy, usual))
      assert.strictEqual(yield* sending((layer) => Effect.provide(byService, layer), times(7)), 5)
    })
  )

  it.effect("and its budget is of one layer alone, and of one budget", () =>
    Effect.gen(function* () {
      const budget = { capacity: 10, retryCost: 5, timeoutCost: 10 }
      const both = (layer: Layer.Layer<Vobiz.Vobiz>) => Effect.provide(Effect.all([page, page]), layer)
      assert.strictEqual(yield* sending(both, { ...times(9), budget }), 4)
      assert.strictEqual(yield* sending(both, { ...times(9), budget }), 4)
      assert.strictEqual(yield* sending(both, { ...times(9), budget: null }), 20)
    })
  )

  it("refuses wrong parts by name", () => {
    assert.throws(() => RetryPolicy.make({ deadline: 0 }), /deadline must be longer than 0/)
    assert.throws(
      () => RetryPolicy.make({ budget: { capacity: Number.NaN, retryCost: 1, timeoutCost: 1 } }),
      /budget\.capacity/
    )
  })
})

describe("Vobiz takes the HTTP client at hand", () => {
  const environment = ConfigProvider.fromEnv({ env: { VOBIZ_AUTH_ID: "MA_X", VOBIZ_AUTH_TOKEN: "t" } })
  const each: ReadonlyArray<readonly [string, (http: Layer.Layer<HttpClient.HttpClient>) => Effect.Effect<unknown>]> = [
    ["layer", (http) => Effect.provide(page, Vobiz.layer(options).pipe(Layer.provide(http)))],
    ["layer, beside it", (http) => Effect.provide(page, Vobiz.layer(options).pipe(Layer.provideMerge(http)))],
    [
      "layerConfig",
      (http) =>
        Effect.orDie(
          Effect.provide(page, Vobiz.layerConfig().pipe(Layer.provide([http, ConfigProvider.layer(environment)])))
        )
    ]
  ]
  for (const [name, run] of each) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { layer, sent } = standIn(() => Response.json(list))
        yield* run(layer)
        assert.strictEqual(sent.length, 1)
      })
    )
  }

  it.effect("and wraps it, once per attempt", () =>
    Effect.gen(function* () {
      const { layer, sent } = standIn(down)
      let wrapped = 0
      const transformClient = HttpClient.tapRequest(() => Effect.sync(() => void wrapped++))
      const vobiz = Vobiz.layer({ ...options, transformClient }).pipe(
        Layer.provide([layer, RetryPolicy.layer(times(2))])
      )
      yield* Effect.provide(page, vobiz)
      assert.strictEqual(sent.length, 3)
      assert.strictEqual(wrapped, 3)
    })
  )
})

describe("accounts of one layer graph", () => {
  /** A program of one account, and what its client was sent. */
  const account = (id: string, retries: number) => {
    const { layer: http, sent } = standIn(down)
    const Program = Context.Service<{ readonly go: Effect.Effect<unknown> }>(`Program ${id}`)
    const vobiz = (own: Layer.Layer<never> = RetryPolicy.layer(times(retries))) =>
      Vobiz.layer({ authId: id, authToken: Redacted.make(`token-of-${id}`) }).pipe(Layer.provide([http, own]))
    const program = Layer.effect(
      Program,
      Effect.gen(function* () {
        const recordings = yield* Recordings.Recordings
        const { authId } = yield* VobizConfig.VobizConfig
        assert.strictEqual(authId, id)
        return { go: Effect.exit(recordings.page()) }
      })
    )
    const check = () => {
      assert.deepStrictEqual(
        sent.map(({ headers, url }) => [headers["x-auth-id"], headers["x-auth-token"], url.pathname.split("/")[4]]),
        Array.from({ length: retries + 1 }, () => [id, `token-of-${id}`, id])
      )
    }
    return { check, http, Program, program, sent, vobiz }
  }

  const [one, two, three] = [0, 1, 2].map((retries) => () => account(`MA_${retries}`, retries)) as [
    () => Account,
    () => Account,
    () => Account
  ]
  type Account = ReturnType<typeof account>
  type Accounts = readonly [Account, Account, Account]

  const ways: Record<string, (accounts: Accounts) => Layer.Layer<never>> = {
    "merge of layers that each have their own": ([a, b, c]) =>
      Layer.merge(
        a.program.pipe(Layer.provide(a.vobiz())),
        Layer.merge(b.program.pipe(Layer.provide(b.vobiz())), c.program.pipe(Layer.provide(c.vobiz())))
      ),
    mergeAll: ([a, b, c]) =>
      Layer.mergeAll(
        a.program.pipe(Layer.provide(a.vobiz())),
        b.program.pipe(Layer.provide(b.vobiz())),
        c.program.pipe(Layer.provide(c.vobiz()))
      ),
    "provideMerge, one above the other": ([a, b, c]) =>
      a.program.pipe(
        Layer.provide(a.vobiz()),
        Layer.provideMerge(b.program.pipe(Layer.provide(b.vobiz()))),
        Layer.provideMerge(c.program.pipe(Layer.provide(c.vobiz())))
      ),
    "one inside a program that has another": ([a, b, c]) =>
      Layer.mergeAll(b.program.pipe(Layer.provide(b.vobiz())), c.program.pipe(Layer.provide(c.vobiz()))).pipe(
        Layer.provideMerge(Layer.merge(a.program, Layer.empty)),
        Layer.provideMerge(a.vobiz())
      ),
    "Layer.unwrap": ([a, b, c]) => {
      const unwrapped = ({ program, vobiz }: Account) =>
        Layer.unwrap(Effect.sync(() => program.pipe(Layer.provide(vobiz()))))
      return Layer.mergeAll(unwrapped(a), unwrapped(b), unwrapped(c))
    }
  }

  for (const [way, combine] of Object.entries(ways)) {
    it.effect(`never share a service: ${way}`, () =>
      Effect.gen(function* () {
        const accounts = [one(), two(), three()] as const
        const context = (yield* Layer.build(combine(accounts))) as Context.Context<never>
        for (const { Program } of accounts) yield* Context.getUnsafe(context, Program).go
        for (const { check } of accounts) check()
      }).pipe(Effect.scoped)
    )
  }

  it.effect("never share a service: each provided to a part of one effect", () =>
    Effect.gen(function* () {
      const accounts = [one(), two(), three()]
      yield* Effect.forEach(accounts, ({ vobiz }) => Effect.provide(page, vobiz()), { concurrency: "unbounded" })
      for (const { check } of accounts) check()
    })
  )

  it.effect("never share a service: read from two environments", () =>
    Effect.gen(function* () {
      const programOf = (id: string) => {
        const { layer, sent } = standIn(() => Response.json(list))
        const Program = Context.Service<Recordings.Recordings["Service"]>(id)
        const env = { VOBIZ_AUTH_ID: id, VOBIZ_AUTH_TOKEN: `token-of-${id}` }
        const program = Layer.effect(Program, Recordings.Recordings).pipe(
          Layer.provide(Vobiz.layerConfig()),
          Layer.provide([layer, ConfigProvider.layer(ConfigProvider.fromEnv({ env }))])
        )
        return { id, Program, program, sent }
      }
      const [a, b] = [programOf("MA_ONE"), programOf("MA_TWO")] as const
      const context = yield* Layer.build(Layer.merge(a.program, b.program))
      for (const { id, Program, sent } of [a, b]) {
        yield* Context.getUnsafe(context as Context.Context<never>, Program).page()
        assert.deepStrictEqual(
          sent.map(({ headers }) => headers["x-auth-id"]),
          [id]
        )
      }
    }).pipe(Effect.scoped)
  )

  it.effect("that are one layer are built once", () =>
    Effect.gen(function* () {
      let built = 0
      const vobiz = Vobiz.layer({ ...options, transformClient: (client) => (built++, client) })
      const user = () => Layer.effectDiscard(Recordings.Recordings).pipe(Layer.provide(vobiz))
      yield* Layer.build(Layer.merge(user(), user()))
      assert.strictEqual(built, 1)
    }).pipe(Effect.scoped)
  )
})

describe("Vobiz refuses wrong options when the layer is built", () => {
  const wrong: ReadonlyArray<readonly [Partial<Vobiz.Options>, string]> = [
    [{ pageSize: 1000 }, "pageSize must be a whole number from 1 to 100 (got 1000)"],
    [{ pageSize: 0.5 }, "pageSize must be a whole number"],
    [{ concurrency: 0 }, "concurrency must be a whole number from 1 to 64 (got 0)"],
    [{ rateLimit: Number.NaN }, "rateLimit must be a whole number"],
    [{ maxBodyBytes: -1 }, "maxBodyBytes must be a whole number"],
    [{ attemptTimeout: 0 }, "attemptTimeout must be longer than 0"],
    [{ baseUrl: "vobiz" }, 'baseUrl is not a URL (got "vobiz")'],
    [{ baseUrl: "http://api.example" }, "baseUrl must be https"],
    [{ baseUrl: new URL("https://u:p@api.example") }, "baseUrl must not hold a user or password"],
    [{ baseUrl: "https://api.example/?token=s3cret" }, "baseUrl must end before ? and #"],
    [{ callingCode: "+91" }, "callingCode must be"],
    [{ authId: "" }, "authId must be"],
    [{ authToken: Redacted.make("s3cret\n") }, "authToken must be visible ASCII"]
  ]
  for (const [option, told] of wrong) {
    it.effect(told, () =>
      Effect.gen(function* () {
        const { layer, sent } = standIn(() => Response.json(list))
        const exit = yield* Effect.exit(
          Layer.build(Vobiz.layer({ ...options, ...option }).pipe(Layer.provide(layer))).pipe(Effect.scoped)
        )
        assert.isTrue(Exit.isFailure(exit))
        assert.include(String(exit), told)
        assert.notInclude(String(exit), "s3cret")
        assert.strictEqual(sent.length, 0)
      })
    )
  }
})
