/** Retention rules as text: what is wrong with them, and where. */
import * as DateTime from "effect/DateTime"
import * as SchemaIssue from "effect/SchemaIssue"
import { type Document, isNode, LineCounter, parseDocument } from "yaml"

export type Path = ReadonlyArray<PropertyKey>

export interface Problem {
  readonly line: number
  readonly field: string
  readonly detail: string
}

export interface Source {
  readonly value: unknown
  problem(path: Path, detail: string): Problem
}

export const read = (text: string): Source | { readonly problems: ReadonlyArray<Problem> } => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true })
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ code, pos: [offset] }) => ({
      line: lines.linePos(offset).line,
      field: "",
      detail: `it is not YAML (${code})`
    }))
    return { problems }
  }
  try {
    return {
      value: document.toJS(),
      problem: (path, detail) => ({
        line: lines.linePos(offsetOf(document, path)).line,
        field: print(path),
        detail
      })
    }
  } catch {
    // One alias may name no anchor, or so many that they would fill the memory.
    return { problems: [{ line: 1, field: "", detail: "an alias cannot be resolved; write the value out" }] }
  }
}

/** Where the innermost field of a path is that is there. */
const offsetOf = (document: Document, path: Path): number => {
  for (let length = path.length; length > 0; length--) {
    const keys = path.slice(0, length)
    const parent = document.getIn(keys.slice(0, -1), true) as { readonly items?: ReadonlyArray<unknown> } | undefined
    for (const item of parent?.items ?? []) {
      const { key } = item as { readonly key?: unknown }
      if (isNode(key) && key.range != null && "value" in key && key.value === keys.at(-1)) return key.range[0]
    }
    const node = document.getIn(keys, true)
    if (isNode(node) && node.range != null) return node.range[0]
  }
  return 0
}

const print = (path: Path): string =>
  path.reduce<string>(
    (text, key) => text + (typeof key === "number" ? `[${key}]` : `${text === "" ? "" : "."}${String(key)}`),
    ""
  )

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** What a schema says is wrong. A message of the schema quotes a value, which may be a telephone number: it is not repeated. */
export const problemsOf = (issue: SchemaIssue.Issue, source: Source): ReadonlyArray<Problem> =>
  format(issue).issues.map(({ message, path = [] }) => {
    const keys = path.map((key) => (typeof key === "object" ? key.key : key))
    return source.problem(keys, adviceFor(message.toLowerCase(), keys))
  })

const adviceFor = (message: string, keys: Path): string => {
  const field = keys.findLast((key) => typeof key === "string")
  if (/excess|unexpected/.test(message)) return "there is no such field"
  if (message.startsWith("missing")) return "it is missing; add it"
  return (field === undefined ? undefined : forms[field]) ?? "it must be a text; put it in quotes"
}

const list = "write a list of texts in quotes, in brackets, with at least one"

const forms: Readonly<Record<string, string>> = {
  rules: "write a list of rules",
  holds: "write a list of holds, or [] for none",
  afterDays: "write a number of days, 0 or more",
  mayBeEmpty: "write true or false",
  addedFrom: "write an instant with its zone, such as 2026-04-01T00:00:00+05:30",
  addedBefore: "write an instant with its zone, such as 2026-04-01T00:00:00+05:30",
  numbers: list,
  recordingIds: list,
  callUuids: list,
  recordingTypes: list,
  trunkIds: list
}

interface Named {
  readonly name: string
  readonly addedFrom?: DateTime.Utc
  readonly addedBefore?: DateTime.Utc
}

/** What makes no sense: names that say two things, and ranges that are empty. */
export const contradictions = (
  part: "rules" | "holds",
  all: ReadonlyArray<Named>
): ReadonlyArray<{ readonly path: Path; readonly detail: string }> =>
  all.flatMap(({ addedBefore, addedFrom, name }, n) => [
    ...(all.slice(0, n).some((other) => other.name === name)
      ? [{ path: [part, n, "name"], detail: "another one has the same name; choose another" }]
      : []),
    ...(addedFrom !== undefined && addedBefore !== undefined && !DateTime.isLessThan(addedFrom, addedBefore)
      ? [{ path: [part, n, "addedBefore"], detail: "it must be after addedFrom: the range is empty" }]
      : [])
  ])

/** A number as people write it, in E.164, or the beginning of some and an asterisk; or why it is none. */
export const numberOf = (text: string, callingCode: string | null): { readonly number: string } | string => {
  const written = text.trim().replace(/^tel:/i, "").replace(/;.*$/, "")
  const isPattern = written.endsWith("*")
  const bare = (isPattern ? written.slice(0, -1) : written).replace(/^(\+\d{1,3}[\s-]*)\(0\)/, "$1")
  const digits = bare.replace(/[\s()\u2010-\u2015-]/g, "")
  if (!/^\+?\d+$/.test(digits)) return "it is not a telephone number; write it as +918045670012 or +9180*"
  const known = international(digits, callingCode, isPattern)
  if (typeof known !== "object") return known
  const isLong = isPattern ? /^[1-9]\d{0,14}$/ : /^[1-9]\d{6,14}$/
  if (!isLong.test(known.digits)) return "no telephone number has so many digits; write it as +918045670012"
  return { number: `+${known.digits}${isPattern ? "*" : ""}` }
}

const international = (
  digits: string,
  callingCode: string | null,
  isPattern: boolean
): { readonly digits: string } | string => {
  if (digits.startsWith("+")) return { digits: digits.slice(1) }
  if (digits.startsWith("00")) return { digits: digits.slice(2) }
  if (callingCode === null) {
    return !isPattern && /^[1-9]\d{10,14}$/.test(digits)
      ? { digits }
      : "its country is not known; write it with + and its country's code, or set VOBIZ_CALLING_CODE"
  }
  if (/^0[1-9]/.test(digits)) return { digits: `${callingCode}${digits.slice(1)}` }
  const isWhole = digits.startsWith(callingCode) && digits.length === callingCode.length + 10
  if (!isPattern && isWhole) return { digits }
  if (!isPattern && digits.length === 10) return { digits: `${callingCode}${digits}` }
  return "its country is not known; write it with + and its country's code"
}
