/**
 * Settings of the connection to the provider.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

import { isSecure } from "./internal/trust.ts"

/**
 * The settings of one account, as every service reads them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Settings {
  /** The account's id, `MA_…`. */
  readonly authId: string
  readonly authToken: Redacted.Redacted<string>
  /** The API's host: https, or http on this machine. */
  readonly baseUrl: URL
  /** Rows to ask for per page, 1 to 100. The server may give fewer (docs/vobiz-api.md, "Paging"). */
  readonly pageSize: number
  /** Requests in flight where a list is read ahead, 1 to 64. */
  readonly concurrency: number
  /** Requests per second, over all calls of one layer, 1 to 10,000. The provider states no number for reads. */
  readonly rateLimit: number
  /** How long one HTTP exchange may take; for audio, the longest silence between two pieces. */
  readonly attemptTimeout: Duration.Duration
  /** The most bytes of an answer that is read whole, after decompression. Audio and CSV are streamed and have no such limit. */
  readonly maxBodyBytes: number
  /** Calling code of the account's country, such as `"91"`, for numbers in national form; `null` leaves them unknown. */
  readonly callingCode: string | null
  /** The zone of instants in rows that name none; `null` assumes UTC. Both are counted in the proofs. */
  readonly rowsZone: DateTime.TimeZone | null
  /** How the provider was found to filter CDRs by day; `null` where that is not known. */
  readonly cdrDays: CdrDays | null
}

/**
 * What a user writes: the credentials, and what differs from {@link defaults}.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The account's id, `MA_…`. */
  readonly authId: string
  /** The secret. Plain text does not compile: it would end up in a log. */
  readonly authToken: Redacted.Redacted<string>
  /** The API's host: https, or http on this machine. @default "https://api.vobiz.ai" */
  readonly baseUrl?: string | URL | undefined
  /** Rows to ask for per page, 1 to 100. @default 100 */
  readonly pageSize?: number | undefined
  /** Requests in flight where a list is read ahead, 1 to 64. @default 4 */
  readonly concurrency?: number | undefined
  /** Requests per second, over all calls of the layer, 1 to 10,000. @default 10 */
  readonly rateLimit?: number | undefined
  /** How long one HTTP exchange may take; for audio, the longest silence between two pieces. @default "30 seconds" */
  readonly attemptTimeout?: Duration.Input | undefined
  /** The most bytes of an answer that is read whole, after decompression, up to 256 MiB. @default 64 MiB */
  readonly maxBodyBytes?: number | undefined
  /** Calling code of the account's country, such as `"91"`, for numbers in national form. @default null: these are unknown */
  readonly callingCode?: string | null | undefined
  /** The zone of instants in rows that name none, such as `"Asia/Kolkata"` or `"+05:30"`. @default null: UTC is assumed */
  readonly rowsZone?: string | DateTime.TimeZone | null | undefined
  /** How the provider was found to filter CDRs by day. @default null: one more day is asked for on each side */
  readonly cdrDays?: CdrDays | null | undefined
}

/**
 * The days that the provider filters CDRs by: those of which zone, and whether `end_date` counts among them. It documents
 * neither (docs/vobiz-api.md, "CDR filters"), so that a day more is asked on each side where this is not known.
 *
 * @category models
 * @since 0.1.0
 */
export interface CdrDays {
  readonly zone: DateTime.TimeZone
  readonly endDate: "inclusive" | "exclusive"
}

/**
 * All settings but the credentials, where nothing else is said.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaults: Omit<Settings, "authId" | "authToken"> = {
  baseUrl: new URL("https://api.vobiz.ai"),
  pageSize: 100,
  concurrency: 4,
  rateLimit: 10,
  attemptTimeout: Duration.seconds(30),
  maxBodyBytes: 64 * 1024 * 1024,
  callingCode: null,
  rowsZone: null,
  cdrDays: null
}

const bounds = {
  pageSize: [1, 100],
  concurrency: [1, 64],
  rateLimit: [1, 10_000],
  maxBodyBytes: [1024, 256 * 1024 * 1024]
} as const

const insecure = "must be https, or the token would travel in the clear (http: this machine only)"

/** What a header can hold. */
const visible = /^[\x21-\x7e]+$/
const invisible = "must be visible ASCII characters, without spaces or line ends"
const callingCodes = /^[1-9]\d{0,2}$/

/** Why a base URL cannot be used, if it cannot. Paths of the API would be lost behind a query or a fragment. */
const urlProblem = (url: URL): string | undefined => {
  if (url.username !== "" || url.password !== "") return "must not hold a user or password"
  if (url.search !== "" || url.hash !== "") return "must end before ? and #"
  return isSecure(url) ? undefined : insecure
}

/**
 * The settings, with defaults filled in. Throws an error that names a wrong option, and never shows the token.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromOptions = (options: Options): Settings => {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const settings: Settings = {
    ...defaults,
    ...(given as Pick<Options, "authId" | "authToken">),
    baseUrl: urlOf(options.baseUrl ?? defaults.baseUrl),
    rowsZone: zoneOf(options.rowsZone ?? null),
    attemptTimeout: Duration.fromInputUnsafe(options.attemptTimeout ?? defaults.attemptTimeout)
  }
  const refuse = (option: string, problem: string): never => {
    throw new RangeError(`Vobiz: ${option} ${problem}`)
  }
  if (!visible.test(settings.authId)) refuse("authId", invisible)
  if (!visible.test(Redacted.value(settings.authToken))) refuse("authToken", invisible)
  if (!Duration.isPositive(settings.attemptTimeout)) refuse("attemptTimeout", "must be longer than 0")
  if (settings.callingCode !== null && !callingCodes.test(settings.callingCode)) {
    refuse("callingCode", `must be a country calling code such as "91" (got ${JSON.stringify(settings.callingCode)})`)
  }
  for (const [name, [least, most]] of Object.entries(bounds)) {
    const value = settings[name as keyof typeof bounds]
    if (!Number.isInteger(value) || value < least || value > most) {
      refuse(name, `must be a whole number from ${least} to ${most} (got ${value})`)
    }
  }
  return settings
}

const zoneOf = (zone: string | DateTime.TimeZone | null): DateTime.TimeZone | null => {
  if (typeof zone !== "string") return zone
  const found = Option.getOrUndefined(DateTime.zoneFromString(zone))
  if (found === undefined) {
    throw new RangeError(
      `Vobiz: rowsZone must be a zone such as "Asia/Kolkata" or "+05:30" (got ${JSON.stringify(zone)})`
    )
  }
  return found
}

const urlOf = (input: string | URL): URL => {
  const url = URL.parse(String(input))
  if (url === null) throw new RangeError(`Vobiz: baseUrl is not a URL (got ${JSON.stringify(input)})`)
  const problem = urlProblem(url)
  if (problem !== undefined) throw new RangeError(`Vobiz: baseUrl ${problem} (got ${url.origin})`)
  return url
}

/**
 * The settings of the environment: `VOBIZ_AUTH_ID` and `VOBIZ_AUTH_TOKEN`, and if set `VOBIZ_BASE_URL`,
 * `VOBIZ_PAGE_SIZE`, `VOBIZ_CONCURRENCY`, `VOBIZ_RATE_LIMIT`, `VOBIZ_ATTEMPT_TIMEOUT` (such as `30 seconds`),
 * `VOBIZ_MAX_BODY_BYTES`, `VOBIZ_CALLING_CODE` and `VOBIZ_ROWS_ZONE`. The default of `layerConfig`.
 *
 * @category config
 * @since 0.1.0
 */
export const config: Config.Wrap<Options> = {
  authId: Config.schema(Schema.String.check(Schema.isPattern(visible, { message: invisible })), "VOBIZ_AUTH_ID"),
  authToken: Config.schema(
    Schema.RedactedFromValue(Schema.String.check(Schema.isPattern(visible, { message: invisible }))),
    "VOBIZ_AUTH_TOKEN"
  ),
  baseUrl: Config.schema(
    Schema.URLFromString.check(Schema.makeFilter((url: URL) => urlProblem(url) ?? true)),
    "VOBIZ_BASE_URL"
  ).pipe(Config.withDefault(undefined)),
  pageSize: whole("pageSize", "VOBIZ_PAGE_SIZE"),
  concurrency: whole("concurrency", "VOBIZ_CONCURRENCY"),
  rateLimit: whole("rateLimit", "VOBIZ_RATE_LIMIT"),
  attemptTimeout: Config.schema(
    Schema.DurationFromString.check(Schema.makeFilter(Duration.isPositive, { expected: "longer than 0" })),
    "VOBIZ_ATTEMPT_TIMEOUT"
  ).pipe(Config.withDefault(undefined)),
  maxBodyBytes: whole("maxBodyBytes", "VOBIZ_MAX_BODY_BYTES"),
  callingCode: Config.schema(
    Schema.String.check(
      Schema.isPattern(callingCodes, { expected: "a country calling code such as 91, without a plus" })
    ),
    "VOBIZ_CALLING_CODE"
  ).pipe(Config.withDefault(undefined)),
  rowsZone: Config.schema(Schema.TimeZoneFromString, "VOBIZ_ROWS_ZONE").pipe(Config.withDefault(undefined)),
  cdrDays: Config.succeed(undefined)
}

function whole(option: keyof typeof bounds, variable: string): Config.Config<number | undefined> {
  const [minimum, maximum] = bounds[option]
  const schema = Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum, maximum }))
  return Config.schema(schema, variable).pipe(Config.withDefault(undefined))
}

/**
 * The settings every service of this package reads.
 *
 * @category services
 * @since 0.1.0
 */
export class VobizConfig extends Context.Service<VobizConfig, Settings>()("@vobiz-effect/core/VobizConfig") {
  /** The settings given in code. A wrong one is a defect that names it. */
  static readonly layer = (options: Options): Layer.Layer<VobizConfig> =>
    Layer.sync(VobizConfig, () => fromOptions(options))

  /** The settings read from the `ConfigProvider`; by default those of the environment ({@link config}). */
  static readonly layerConfig = (wanted: Config.Wrap<Options> = config): Layer.Layer<VobizConfig, Config.ConfigError> =>
    Layer.effect(VobizConfig, Effect.map(Config.unwrap(wanted), fromOptions))
}
