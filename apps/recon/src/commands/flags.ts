/** The flags that several commands have, and how flags are made of settings. */
import { Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Failure from "../Failure.ts"
import { all, type Key, type Setting, type Table } from "../Setting.ts"

export const optional = <A>(flag: Flag.Flag<A>) => Flag.map(Flag.optional(flag), Option.getOrUndefined)

export const text = (name: string, metavar: string, description: string) =>
  optional(Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description)))

/** A whole number of a range. */
export const ranged = (name: string, [least, most]: readonly [least: number, most: number], description: string) =>
  Flag.Int(name).pipe(
    Flag.filter(
      (value) => value >= least && value <= most,
      () => `a whole number from ${least} to ${most}`
    ),
    Flag.withDescription(description)
  )

export const whole = (name: string, range: readonly [least: number, most: number], description: string) =>
  optional(ranged(name, range, description))

/** As many as there can be of anything. */
export const many = 1_000_000_000

export const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

/** What a setting means, how else it can be set, and what holds without it. */
export const described = ({ default: unless, help, range, variable }: Setting) => {
  const bounds = range === undefined ? "" : `, ${range[0]} to ${range[1]}`
  const otherwise = unless === undefined ? "" : unless === "required" ? "; required" : `, by default ${unless}`
  return `${help}${bounds} (${variable})${otherwise}`
}

type Switch = { [K in Key]: Table[K] extends { readonly isSwitch: true } ? K : never }[Key]
type WithFlag = { [K in Key]: Table[K] extends { readonly flag: string } ? K : never }[Key]

/** The flag of a setting. `help` says what it means to the command. */
export const setting = <K extends WithFlag>(
  key: K,
  help?: string
): Flag.Flag<K extends Switch ? boolean : string | undefined> => {
  const row = help === undefined ? all[key] : { ...all[key], help }
  const { choices, flag = key, isSwitch, metavar = "VALUE", range } = row
  const about = described(row)
  const one =
    isSwitch === true
      ? yes(flag, about)
      : range !== undefined
        ? Flag.map(whole(flag, range, about), (value) => value?.toString())
        : choices !== undefined
          ? optional(Flag.Literals(flag, choices).pipe(Flag.withDescription(about)))
          : text(flag, metavar, about)
  return one as Flag.Flag<K extends Switch ? boolean : string | undefined>
}

/** The flags of settings, by their keys. */
export const settings = <K extends WithFlag>(...keys: ReadonlyArray<K>) =>
  Object.fromEntries(keys.map((key) => [key, setting(key)])) as {
    readonly [k in K]: Flag.Flag<k extends Switch ? boolean : string | undefined>
  }

export const config = text("config", "FILE", "Configuration file in YAML or JSON (RECON_CONFIG)")

/** How the provider is reached. */
export const connection = {
  config,
  ...settings("authId", "baseUrl", "pageSize", "concurrency", "rateLimit", "rowsZone", "contract")
}

export const window = {
  from: text("from", "TIME", "Start: a day such as 2026-05-10, or an instant such as 2026-05-10T18:30:00Z"),
  to: text("to", "TIME", "End, exclusive, by default now"),
  zone: setting("zone")
}

export const json = yes("json", "Print JSON on standard output instead of a table")

export const reveal = yes("reveal", "Show telephone numbers in full; by default all but two digits are hidden")

export const out = setting("out")

export const wait = setting("wait")

/** How a run is repeated, watched and reported. */
export const watched = settings("wait", "every", "logFormat", "otlp", "metricsFile", "notifyUrl", "notifyCommand")

export const files = (name: string, what: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("FILES"),
    Flag.withDescription(
      `Read ${what} from this file, folder (without the folders in it) or pattern of Parquet, CSV, NDJSON or JSON files, such as recon list --json prints, instead of the account; may be repeated`
    ),
    Flag.between(0, 1000)
  )

export const theLedger = setting("ledger", "The ledger of recon reconcile")

export const ofAccount = { config, authId: setting("authId", "Which account's"), wait }

export const theArchive = setting("archive", "The archive's folder")

/** Loads a command that plays the provider: the package that does so need not be installed. */
export const simulated = <A>(load: () => Promise<A>) =>
  Effect.tryPromise({
    try: load,
    catch: (cause) => {
      const isMissing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND"
      if (!isMissing || !cause.message.includes("@vobiz-effect/testing")) throw cause
      return new Failure.MissingPackage({ name: "@vobiz-effect/testing", use: "to play the provider" })
    }
  })

export const simulation = {
  calls: ranged("calls", [0, 10_000_000], "Number of calls in the made-up account, by default 10000").pipe(
    Flag.withDefault(10_000)
  ),
  days: ranged("days", [1, 3660], "Over how many days, by default 33: recordings are gone after 30").pipe(
    Flag.withDefault(33)
  ),
  seed: ranged("seed", [0, Number.MAX_SAFE_INTEGER], "Another seed makes another account, by default 1").pipe(
    Flag.withDefault(1)
  ),
  pageCap: ranged("page-cap", [1, 1000], "Largest number of rows per page: 100 is documented, 20 was observed").pipe(
    Flag.withDefault(100)
  )
}
