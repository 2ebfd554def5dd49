/** Whether the account can be examined at all, and what its answers tell by the way. */
import { PhoneNumber, ProviderRow, type Trunk } from "@vobiz-effect/core"
import type { VobizError } from "@vobiz-effect/core/VobizError"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Contract from "../../Contract.ts"
import type { Examiner } from "./examiner.ts"
import { asked, type Finding, unknown } from "./finding.ts"
import type { RecordingsAnswer } from "./rows.ts"

/** Without these answers there is no account to examine. */
const isFatal = ({ reason }: VobizError) =>
  ["Unauthorized", "Transport", "Timeout", "UntrustedHost"].includes(reason._tag) ||
  (reason._tag === "DecodeFailure" && reason.syntax)

/** The first page of recordings, or why there is none. */
export type FirstPage = Effect.Effect<RecordingsAnswer, VobizError>

/** Asks for the first page of recordings; fails where that says that nothing can be found out. */
export const firstPage = ({ recordings }: Examiner): Effect.Effect<FirstPage, VobizError> =>
  Effect.result(recordings({ limit: asked, offset: 0 })).pipe(
    Effect.flatMap((answer) =>
      Result.isFailure(answer) && isFatal(answer.failure)
        ? Effect.fail(answer.failure)
        : Effect.succeed(Effect.fromResult(answer))
    )
  )

export const credentials = ({ probe }: Examiner, first: FirstPage) =>
  probe(
    "credentials",
    undefined,
    first.pipe(
      Effect.as("the list of recordings was given"),
      // Whom it knows, it forbids.
      Effect.catchReason("VobizError", "Forbidden", ({ message }) => Effect.succeed(message)),
      Effect.map((evidence) => ({ value: undefined, found: "accepted", evidence }))
    )
  )

export const clockSkew = ({ probe, wire }: Examiner) =>
  probe(
    "clock",
    null,
    Effect.sync((): Finding<number | null> => {
      const skew = wire.exchanges[0]?.skew ?? null
      if (skew === null) return unknown(null, "the answer had no readable Date header")
      const off = Math.abs(skew) > Contract.clockTolerance
      const seconds = (Math.abs(skew) / 1000).toFixed(1)
      return {
        value: skew,
        found: off ? `${seconds} s ${skew > 0 ? "ahead" : "behind"}` : "in step",
        evidence: `the Date header of the first answer was ${seconds} s ${skew > 0 ? "ahead of" : "behind"} the clock here`,
        concern: off
          ? `the provider's clock and the one here are ${seconds} s apart: windows that end now, and settling times, are off by as much`
          : undefined
      }
    })
  )

/** What the rows of each list hold that @vobiz-effect/core cannot read, or does not know, by name. */
export const formsOfRows = Effect.fnUntraced(function* ({ config, get, probe }: Examiner) {
  const readable = <A extends Pick<Trunk.Trunk, "unreadable" | "zoneless">>(
    name: string,
    kind: ProviderRow.Kind<A>,
    target: string,
    key: string
  ) =>
    probe(
      `${name}: form of rows`,
      undefined,
      Effect.map(get(target, { limit: rowsRead }), (json) =>
        formOf(name, kind.reader(config), kind.known, rowsOf(json, key))
      )
    )
  yield* readable("recordings", ProviderRow.recording, "/Recording/", "objects")
  yield* readable("cdrs", ProviderRow.cdr, "/cdr/recent", "data")
  yield* readable("trunks", ProviderRow.trunk, "/trunks", "objects")
})

const rowsRead = 20

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const rowsOf = (json: unknown, key: string): ReadonlyArray<unknown> | null => {
  const rows = isObject(json) ? json[key] : json
  return rows === null ? [] : Array.isArray(rows) ? rows : null
}

const formOf = <A extends Pick<Trunk.Trunk, "unreadable" | "zoneless">>(
  name: string,
  read: (row: unknown) => Result.Result<A, ProviderRow.Fault>,
  known: ReadonlySet<string>,
  rows: ReadonlyArray<unknown> | null
): Finding<undefined> => {
  const cannot = `rows of the list of ${name} are of a form that this version cannot read`
  if (rows === null) {
    return { value: undefined, found: "not known", evidence: "the answer holds no list of rows", concern: cannot }
  }
  const [unreadable, zoneless, lacking, unknown] = [1, 2, 3, 4].map(() => new Set<string>()) as [
    Set<string>,
    Set<string>,
    Set<string>,
    Set<string>
  ]
  for (const row of rows) {
    const found = read(row)
    if (Result.isFailure(found)) lacking.add(found.failure.field === "" ? "an object" : found.failure.field)
    else {
      for (const field of found.success.unreadable) unreadable.add(field)
      for (const field of found.success.zoneless) zoneless.add(field)
    }
    for (const key of isObject(row) ? Object.keys(row) : []) if (!known.has(key)) unknown.add(printed(key))
  }
  const told = [
    ["set aside for lack of", lacking],
    ["unreadable fields", unreadable],
    ["instants without a zone", zoneless],
    ["keys that this version does not know", unknown]
  ] as const
  const odd = told.flatMap(([what, names]) =>
    names.size === 0 ? [] : [`${what}: ${[...names].toSorted().join(", ")}`]
  )
  const isGood = lacking.size + unreadable.size + zoneless.size === 0
  return {
    value: undefined,
    found: lacking.size > 0 ? "not known" : "known",
    evidence: [`a page of ${rows.length} rows was read`, ...odd].join("; "),
    concern: isGood ? undefined : lacking.size > 0 ? cannot : `the list of ${name} has ${odd.join("; ")}`
  }
}

/** A key of a row, as far as it is fit to be shown. */
const printed = (key: string) => (/^[\w.-]{1,60}$/.test(key) ? PhoneNumber.maskDigits(key) : "one that is no name")

/** Whether an answer 429 named a wait, if there was one among all answers. */
export const retryAfter = ({ probe, wire }: Examiner) =>
  probe<Contract.Contract["retryAfter"], never>(
    "retry-after",
    "not-seen",
    Effect.sync(() => {
      const refusals = wire.exchanges.filter(({ status }) => status === 429)
      const value = refusals.length === 0 ? "not-seen" : refusals.some((one) => one.retryAfter) ? "header" : "no-header"
      return {
        value,
        found: { "not-seen": "never seen", header: "sent", "no-header": "not sent" }[value],
        evidence: `${refusals.length} of ${wire.sent} requests were answered with status 429`,
        concern:
          refusals.length === 0
            ? undefined
            : "the provider answered that it was asked too often: lower VOBIZ_RATE_LIMIT"
      }
    })
  )
