/** `@effect/vitest`, with clocks that start at a date. */
import * as V from "@effect/vitest"
import { DateTime, Effect, Exit, Layer, Scope } from "effect"
import { TestClock, TestConsole } from "effect/testing"

/**
 * When every test clock starts. At epoch zero, where it would, an instant and a length of time look alike, and a mistake in
 * their units goes unseen.
 */
export const start = DateTime.makeUnsafe("2026-01-01T00:00:00Z")

const fromStart = TestClock.setTime(start.epochMilliseconds)

/** A test that first sets its clock. Vitest reads a function's source to see which fixtures it asks for. */
const dated = <Args extends Array<unknown>, A, E, R>(self: (...args: Args) => Effect.Effect<A, E, R>) =>
  Object.defineProperty((...args: Args) => Effect.andThen(fromStart, self(...args)), "toString", {
    value: () => self.toString()
  })

const datedTest =
  <R>(test: V.Vitest.Test<R>): V.Vitest.Test<R> =>
  (name, self, options) =>
    test(name, dated(self), options)

const datedTester = <R>(tester: V.Vitest.Tester<R>): V.Vitest.Tester<R> =>
  Object.assign(datedTest(tester), {
    skip: datedTest(tester.skip),
    skipIf: (condition: unknown) => datedTest(tester.skipIf(condition)),
    runIf: (condition: unknown) => datedTest(tester.runIf(condition)),
    only: datedTest(tester.only),
    fails: datedTest(tester.fails),
    each:
      <T>(cases: ReadonlyArray<T>) =>
      <A, E>(
        name: string,
        self: V.Vitest.TestFunction<A, E, R, [T, V.TestContext]>,
        options?: number | V.TestOptions
      ) =>
        tester.each(cases)(name, dated(self), options),
    prop: ((name, arbitraries, self, options) =>
      tester.prop(name, arbitraries, dated(self), options)) satisfies typeof tester.prop
  })

const effect = datedTester(V.it.effect)

export const it: typeof V.it = new Proxy(V.it, {
  get: (target, key, receiver) => (key === "effect" ? effect : Reflect.get(target, key, receiver))
})

/** The services of one clock and one console for all tests of a group. */
const services = Layer.mergeAll(
  TestConsole.layer,
  Layer.tap(TestClock.layer(), (clock) => Effect.provide(fromStart, clock))
)

/** Tests that share services, built once. */
export const layer = <R, E>(shared: Layer.Layer<R, E>, options?: Parameters<typeof V.layer>[1]) =>
  V.layer(
    options?.excludeTestServices === true ? shared : (Layer.provideMerge(shared, services) as Layer.Layer<R, E>),
    { ...options, excludeTestServices: true }
  )

/** Tests each of which gets services of its own, a clock and a console among them: they run side by side. */
export const layerEach =
  <R, E>(own: Layer.Layer<R, E>) =>
  (name: string, tests: (it: { readonly effect: V.Vitest.Test<R | Scope.Scope> }) => void) =>
    V.describe(name, () =>
      tests({
        effect: (name, self, options) => it.effect(name, (context) => Effect.provide(self(context), own), options)
      })
    )

/** Done once for all tests of a file, by the first that needs it. What it acquires is released after the last. */
export const once = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Scope.Scope>> => {
  const scope = Scope.makeUnsafe()
  V.afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  return Effect.runSync(Effect.cached(Scope.provide(self, scope)))
}
