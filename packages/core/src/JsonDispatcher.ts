/**
 * Reads JSON and audio over a dispatcher of undici, in place of the `HttpClient`.
 *
 * A page of a list takes a third less processor time so, and a small audio file 40 % less. Deletions go over the `HttpClient` as before, and so
 * does audio that a server compresses although it was asked not to.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/**
 * What is needed of a request on its way: to end it, and to have the server wait with its body.
 *
 * @category models
 * @since 0.1.0
 */
export interface Controller {
  abort(reason: Error): void
  pause(): void
  resume(): void
}

/**
 * What is needed of a dispatcher, such as `new Agent()` of undici, from its version 7 on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Dispatcher {
  dispatch(
    options: {
      readonly origin: string
      readonly path: string
      readonly method: "GET"
      readonly headers: Record<string, string>
      readonly headersTimeout: number
      readonly bodyTimeout: number
    },
    handler: {
      onRequestStart(controller: Controller): void
      onResponseStart(
        controller: unknown,
        status: number,
        headers: Readonly<Record<string, string | Array<string> | undefined>>
      ): void
      onResponseData(controller: unknown, piece: Uint8Array): void
      onResponseEnd(): void
      onResponseError(controller: unknown, error: Error): void
    }
  ): boolean
}

/**
 * The dispatcher that JSON and audio are read over; `undefined`, as by default, reads them over the `HttpClient`. It is looked up when the layer of an
 * account is built, and left out where `transformClient` wraps the client.
 *
 * @category references
 * @since 0.1.0
 */
export const JsonDispatcher = Context.Reference<Dispatcher | undefined>(
  "@vobiz-effect/core/JsonDispatcher/JsonDispatcher",
  { defaultValue: () => undefined }
)

/**
 * Over a dispatcher of your own.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (dispatcher: Dispatcher): Layer.Layer<never> => Layer.succeed(JsonDispatcher, dispatcher)

/**
 * Over the dispatcher that `fetch` of Node.js has, with its proxies and connections. Where there is none, as in Node.js 22, or one of
 * another form, the `HttpClient` is used.
 *
 * @example
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import { JsonDispatcher, Vobiz } from "@vobiz-effect/core"
 *
 * const services = Vobiz.layer({ authId: "MA_XXXXXX", authToken: Redacted.make("token") }).pipe(
 *   Layer.provide(JsonDispatcher.layerNode)
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerNode: Layer.Layer<never> = Layer.sync(JsonDispatcher, () => nodeDispatcher())

interface Global {
  readonly process?: { readonly versions?: { readonly undici?: string } }
  readonly [known: symbol]: unknown
}

const nodeDispatcher = (): Dispatcher | undefined => {
  const known = globalThis as unknown as Global
  // Earlier versions have other handlers, and later ones keep their dispatcher elsewhere.
  if (known.process?.versions?.undici?.split(".")[0] !== "7") return undefined
  // Node.js loads its undici when the first of these is made.
  void new Headers()
  const set = known[Symbol.for("undici.globalDispatcher.1")] as Dispatcher | undefined
  // A program may have set one of an undici of its own. Those before version 7 have interceptors, and other handlers.
  return set !== undefined && "interceptors" in set ? undefined : set
}
