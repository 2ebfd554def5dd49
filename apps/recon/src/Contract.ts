/**
 * What was found out about an account of the provider, kept in a file: how its API behaves where the provider's
 * documentation is silent, contradictory or wrong.
 *
 * @since 0.1.0
 */
import type { VobizConfig } from "@vobiz-effect/core"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import type { OutputError } from "./Failure.ts"
import * as Output from "./Output.ts"
import * as FileTrouble from "./internal/fileTrouble.ts"
import * as Terminal from "./internal/terminal.ts"

/**
 * The version of the file's form.
 *
 * @category constants
 * @since 0.1.0
 */
export const version = 1

const Order = Schema.Literals(["newest-first", "oldest-first", "none", "unknown"])
const Filter = Schema.Literals(["honoured", "ignored", "unknown"])
const PageCap = Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 })))

/**
 * What was found of one account at one instant. `null`, `"unknown"` and `"not-seen"` stand for what could not be told;
 * nothing is ever assumed.
 *
 * - `clockSkewMillis`: how far the provider's clock is ahead of the own one, to half a second.
 * - `pageCap`: the most rows that a page held when 100 were asked, in a list that had more; so 100 says at least 100.
 * - `nextForm`: what `meta.next` is while more follows; `nextAtEnd` what it is on the last page.
 * - `dayZone` and `endDate`: the zone of the days that CDRs are filtered by, and whether `end_date` counts among them.
 * - `emptyExport`: what an export without rows is.
 * - `redirectHost`: where a request for audio was redirected to, the last one of several.
 * - `retryAfter`: whether an answer 429 named a wait in its header, where there was one.
 *
 * @category models
 * @since 0.1.0
 */
export class Contract extends Schema.Class<Contract>("@vobiz-effect/recon/Contract")(
  Schema.Struct({
    version: Schema.Literal(version),
    checkedAt: Schema.DateTimeUtcFromString,
    accountId: Schema.NonEmptyString,
    baseUrl: Schema.NonEmptyString,
    clockSkewMillis: Schema.NullOr(Schema.Int),
    recordings: Schema.Struct({
      pageCap: PageCap,
      order: Order,
      recordingTypeFilter: Filter,
      callUuidFilter: Filter,
      nextForm: Schema.Literals(["path-without-api", "path", "url", "other", "unknown"]),
      nextAtEnd: Schema.Literals(["null", "absent", "never-null", "unknown"])
    }),
    cdrs: Schema.Struct({
      pageCap: PageCap,
      order: Order,
      dayZone: Schema.Literals(["UTC", "+05:30", "unknown"]),
      endDate: Schema.Literals(["inclusive", "exclusive", "unknown"]),
      csvHeader: Schema.NullOr(Schema.Array(Schema.String).check(Schema.isMinLength(1))),
      emptyExport: Schema.Literals(["header", "nothing", "unknown"]),
      currencyInList: Schema.NullOr(Schema.String),
      currencyInDetail: Schema.NullOr(Schema.String)
    }),
    audio: Schema.Struct({
      host: Schema.NullOr(Schema.String),
      redirects: Schema.Literals(["yes", "no", "unknown"]),
      redirectHost: Schema.NullOr(Schema.String),
      ranges: Schema.Literals(["honoured", "ignored", "unknown"])
    }),
    retryAfter: Schema.Literals(["header", "no-header", "not-seen"])
  }).check(
    Schema.makeFilter(
      ({ audio }) =>
        (audio.redirects === "yes") === (audio.redirectHost !== null) ||
        "audio.redirects and audio.redirectHost contradict each other"
    ),
    Schema.makeFilter(
      ({ audio }) =>
        audio.host !== null ||
        (audio.redirects === "unknown" && audio.ranges === "unknown") ||
        "audio.host is not known, and audio.redirects or audio.ranges is"
    )
  )
) {}

/**
 * A contract file that cannot be used. It is left as it is.
 *
 * @category errors
 * @since 0.1.0
 */
export class ContractError extends Schema.TaggedError<ContractError>()("ContractError", {
  file: Schema.String,
  reason: Schema.Literals(["unreadable", "damaged", "version", "account"]),
  detail: Schema.String
}) {
  override get message(): string {
    return `contract file ${this.file}: ${this.detail}. Nothing was overwritten; move it away, or name another with --contract`
  }
}

// ---------------------------------------------------------------------------
// The file
// ---------------------------------------------------------------------------

const codec = Schema.toCodecJson(Contract)
const encode = Schema.encodeSync(codec)
const decode = Schema.decodeUnknownEffect(codec)
const hasVersion = Schema.is(Schema.Struct({ version: Schema.Unknown }))

/**
 * The contract as plain data, as it stands in the file.
 *
 * @category encoding
 * @since 0.1.0
 */
export const toJson = (contract: Contract): Schema.Json => encode(contract)

/**
 * Reads the contract in a file; `null` where there is no such file. What is damaged, of another version or contradicts
 * itself is refused.
 *
 * @category files
 * @since 0.1.0
 */
export const read = Effect.fn("Contract.read")(function* (
  file: string
): Effect.fn.Return<Contract | null, ContractError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs
    .readFileString(file)
    .pipe(
      Effect.catch((error) =>
        error.reason._tag === "NotFound"
          ? Effect.succeed(null)
          : Effect.fail(
              new ContractError({ file, reason: "unreadable", detail: `cannot be read: ${FileTrouble.toRead(error)}` })
            )
      )
    )
  if (text === null) return null
  const json = yield* Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: () => new ContractError({ file, reason: "damaged", detail: "is not JSON: damaged, or no contract" })
  })
  if (hasVersion(json) && json.version !== version) {
    return yield* new ContractError({
      file,
      reason: "version",
      detail: `is of version ${Terminal.json(json.version)}, and this program knows version ${version}`
    })
  }
  return yield* decode(json, { onExcessProperty: "error" }).pipe(
    Effect.mapError(
      ({ message }) =>
        new ContractError({ file, reason: "damaged", detail: `is damaged: ${message.replace(/\s*\n\s*/g, " ")}` })
    )
  )
})

/**
 * The contract of an account in a file, as `read` gives it. One of another account, or of another host, is refused.
 *
 * @category files
 * @since 0.1.0
 */
export const readOf = Effect.fnUntraced(function* (
  file: string,
  { authId, baseUrl }: { readonly authId: string; readonly baseUrl: URL }
) {
  const contract = yield* read(file)
  if (contract !== null && (contract.accountId !== authId || contract.baseUrl !== baseUrl.href)) {
    return yield* new ContractError({
      file,
      reason: "account",
      detail: `is of account ${contract.accountId} at ${contract.baseUrl}, not of ${authId} at ${baseUrl.href}`
    })
  }
  return contract
})

/**
 * Writes a contract, whole or not at all.
 *
 * @category files
 * @since 0.1.0
 */
export const write = Effect.fnUntraced(function* (
  file: string,
  contract: Contract
): Effect.fn.Return<void, OutputError, FileSystem.FileSystem | Path.Path> {
  const path = yield* Path.Path
  yield* Output.file(path.dirname(file), path.basename(file), `${JSON.stringify(toJson(contract), null, 2)}\n`)
})

// ---------------------------------------------------------------------------
// What follows
// ---------------------------------------------------------------------------

/**
 * The days that the provider filters CDRs by, where both their zone and their end are known: the setting `cdrDays`.
 *
 * @category getters
 * @since 0.1.0
 */
export const cdrDays = ({ cdrs: { dayZone, endDate } }: Contract): VobizConfig.CdrDays | null => {
  if (dayZone === "unknown" || endDate === "unknown") return null
  return Option.match(DateTime.zoneFromString(dayZone), { onNone: () => null, onSome: (zone) => ({ zone, endDate }) })
}

// ---------------------------------------------------------------------------
// Differences
// ---------------------------------------------------------------------------

/**
 * A field that differs between two contracts, by its path, and what it was and is, as text. `known` says whether both
 * are known: only then has the provider changed, and otherwise what is known of it. `lost` says that it was known, and could not be
 * found out this time.
 *
 * @category models
 * @since 0.1.0
 */
export interface Difference {
  readonly field: string
  readonly before: string
  readonly after: string
  readonly known: boolean
  readonly lost: boolean
}

/**
 * How far a clock may be off, and move, before it is worth telling: an answer's way takes its time.
 *
 * @category constants
 * @since 0.1.0
 */
export const clockTolerance = 5000

const isKnown = (value: unknown) => value !== null && value !== "unknown" && value !== "not-seen"

const print = (value: unknown): string =>
  value === null ? "unknown" : Array.isArray(value) ? value.join(",") : String(value)

/** The fields by their paths, except those that are no finding. */
const fields = (contract: Contract): ReadonlyMap<string, unknown> => {
  const { audio, cdrs, clockSkewMillis, recordings, retryAfter } = contract
  const found: Readonly<Record<string, unknown>> = { clockSkewMillis, recordings, cdrs, audio, retryAfter }
  return new Map(
    Object.entries(found).flatMap(([name, value]): Array<[string, unknown]> =>
      typeof value === "object" && value !== null
        ? Object.entries(value).map(([key, inner]) => [`${name}.${key}`, inner])
        : [[name, value]]
    )
  )
}

/**
 * What differs between two contracts of an account. A clock that moved by no more than `clockTolerance` does not.
 *
 * @category comparisons
 * @since 0.1.0
 */
export const diff = (before: Contract, after: Contract): ReadonlyArray<Difference> => {
  const old = fields(before)
  return [...fields(after)].flatMap(([field, value]) => {
    const was = old.get(field)
    if (print(was) === print(value)) return []
    if (typeof was === "number" && typeof value === "number" && field === "clockSkewMillis") {
      if (Math.abs(was - value) <= clockTolerance) return []
    }
    const [wasKnown, isKnownNow] = [isKnown(was), isKnown(value)]
    return [
      {
        field,
        before: print(was),
        after: print(value),
        known: wasKnown && isKnownNow,
        lost: wasKnown && !isKnownNow && value !== "not-seen"
      }
    ]
  })
}
