/** Rate cards as text: what is wrong with their form, and what in them says two things. */
import * as Duration from "effect/Duration"
import * as SchemaIssue from "effect/SchemaIssue"

import type { Problem } from "../PolicyError.ts"
import * as Text from "./policyText.ts"
import type { Rate } from "./rateModel.ts"

/** The fields of a card, and of what is under some of them. */
export interface Fields {
  readonly card: ReadonlyArray<string>
  readonly rates: ReadonlyArray<string>
  readonly pulse: ReadonlyArray<string>
  readonly rounding: ReadonlyArray<string>
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** What a schema says is wrong, each where it stands. */
export const problemsOf = (issue: SchemaIssue.Issue, source: Text.Source, fields: Fields): ReadonlyArray<Problem> =>
  format(issue).issues.map(({ message, path = [] }) => {
    const keys = path.map((key) => (typeof key === "object" ? key.key : key))
    const under = (["pulse", "rounding", "rates"] as const).find((field) => keys.slice(0, -1).includes(field))
    const name = String(keys.at(-1))
    const detail = /excess|unexpected/i.test(message)
      ? Text.misspelt(name, fields[under ?? "card"])
      : malformed(message, keys, source)
    return Text.at(source, keys, detail)
  })

const malformed = (message: string, keys: Text.Path, { document }: Text.Source): string => {
  const field = keys.findLast((key) => typeof key === "string")
  if (message.toLowerCase().startsWith("missing")) {
    return typeof keys.at(-1) === "number" ? "the list is empty; name something" : "it is missing; add it"
  }
  const value = document.getIn(keys)
  if (message === "Expected string" && typeof value === "number") {
    return "put it in quotes: it is read as text, so that no digit of it is lost"
  }
  const form = field === undefined ? undefined : forms[field]
  return form === undefined ? message : `${message}; ${form}`
}

const forms: Readonly<Record<string, string>> = {
  version: "this program reads version 1",
  pulse: "write both lengths, such as { first: 60 seconds, next: 60 seconds }",
  first: "write a number and its unit, such as 60 seconds",
  next: "write a number and its unit, such as 60 seconds",
  rounding: "write { decimals: 2, mode: half-up }",
  trunks: "write a list of ids, in brackets",
  rates: "write a list of rates"
}

/** What makes no sense: empty spans, prices of pulses of two lengths, one name twice, and rates that could both be a call's. */
export const contradictions = (rates: ReadonlyArray<Rate>, source: Text.Source): ReadonlyArray<Problem> => {
  const names = new Set<string>()
  const byPrefix = new Map<string, Array<{ readonly rate: Rate; readonly n: number }>>()
  return rates.flatMap((rate, n) => {
    const at = (field: string, detail: string) => Text.at(source, ["rates", n, field], detail)
    const { from, name, per, pulse, until } = rate
    const alike = byPrefix.get(rate.prefix ?? "") ?? []
    const rival = alike.find((other) => overlap(other.rate, rate))
    byPrefix.set(rate.prefix ?? "", [...alike, { rate, n }])
    const isTaken = names.has(name)
    names.add(name)
    return [
      ...(isTaken ? [at("name", "another rate has the same name; choose another")] : []),
      ...(from !== undefined && until !== undefined && from >= until
        ? [at("until", "it must be after from: the rate holds on no day")]
        : []),
      ...(per === "pulse" && !Duration.equals(pulse.first, pulse.next)
        ? [at("per", "its pulses have two lengths; give the price of a minute")]
        : []),
      ...(rival === undefined
        ? []
        : [
            at(
              "name",
              `a call could have this rate and that of line ${Text.at(source, ["rates", rival.n, "name"], "").line}, and neither has the longer prefix; give them other prefixes, directions, trunks or dates`
            )
          ])
    ]
  })
}

/** Whether a call could have two rates of one prefix. Days are texts that sort as they follow each other. */
const overlap = (a: Rate, b: Rate): boolean =>
  (a.direction === undefined || b.direction === undefined || a.direction === b.direction) &&
  (a.trunks === undefined || b.trunks === undefined || a.trunks.some((trunk) => b.trunks?.includes(trunk))) &&
  (a.from ?? "") < (b.until ?? "~") &&
  (b.from ?? "") < (a.until ?? "~")
