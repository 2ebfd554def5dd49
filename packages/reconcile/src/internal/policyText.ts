/** YAML as text, of policies and rate cards: where a field stands in it, and what is wrong with the form of a policy. */
import * as SchemaIssue from "effect/SchemaIssue"
import { type Document, isNode, LineCounter, type Node, parseDocument } from "yaml"
import type { Problem } from "../PolicyError.ts"
import { nearest } from "./distance.ts"

export type Path = ReadonlyArray<PropertyKey>

/** A text that could be read, and what stands where in it. */
export interface Source {
  readonly value: unknown
  readonly document: Document
  readonly lines: LineCounter
  /** The lists that come from files of their own, and on which line of these each value is. */
  readonly lists?: ReadonlyArray<List>
}

/** A list in a file of its own. */
export interface List {
  readonly path: Path
  readonly file: string
  readonly values: ReadonlyArray<{ readonly value: string; readonly line: number }>
}

export const read = (text: string): Source | { readonly problems: ReadonlyArray<Problem> } => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true })
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ message, pos: [offset] }) => {
      const { col, line } = lines.linePos(offset)
      const [detail = message] = message.split(/ at line \d+/)
      return { line, column: col, field: "", detail }
    })
    return { problems }
  }
  try {
    return { value: document.toJS(), document, lines }
  } catch (cause) {
    // Aliases are resolved here: one may name no anchor, or so many that they would fill the memory.
    const detail = `${cause instanceof Error ? cause.message : String(cause)}; write the value out`
    return { problems: [{ line: 1, column: 1, field: "", detail }] }
  }
}

const startsWith = (path: Path, start: Path) => start.every((key, n) => path[n] === key)

/** A problem with the field of a path, or with the innermost field around it that is there. */
export const at = ({ document, lines, lists = [] }: Source, path: Path, detail: string): Problem => {
  const list = lists.find((list) => startsWith(path, list.path))
  const value = list?.values[Number(path[list.path.length])]
  if (list !== undefined && value !== undefined) {
    return { file: list.file, line: value.line, column: 1, field: print(list.path), detail }
  }
  const { col, line } = lines.linePos(offsetOf(document, path))
  return { line, column: col, field: print(path), detail }
}

const offsetOf = (document: Document, path: Path): number => {
  for (let length = path.length; length > 0; length--) {
    const keys = path.slice(0, length)
    const last = keys.at(-1)
    const parent = document.getIn(keys.slice(0, -1), true) as { readonly items?: ReadonlyArray<unknown> } | undefined
    for (const item of parent?.items ?? []) {
      const key = (item as { readonly key?: { readonly value?: unknown; readonly range?: Node["range"] } }).key
      if (key?.value === last && key?.range != null) return key.range[0]
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

/** The fields of a policy, and of what is under some of them. */
export interface Fields {
  readonly policy: ReadonlyArray<string>
  readonly rules: ReadonlyArray<string>
  readonly excuses: ReadonlyArray<string>
  readonly allowedGaps: ReadonlyArray<string>
  readonly when: ReadonlyArray<string>
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** What a schema says is wrong, each where it stands. */
export const problemsOf = (issue: SchemaIssue.Issue, source: Source, fields: Fields): ReadonlyArray<Problem> =>
  format(issue).issues.map(({ message, path = [] }) => {
    const keys = path.map((key) => (typeof key === "object" ? key.key : key))
    const under = (["when", "allowedGaps", "excuses", "rules"] as const).find((field) => keys.includes(field))
    const known = keys.length === 1 || under === undefined ? fields.policy : fields[under]
    const name = String(keys.at(-1))
    const detail = /excess|unexpected/i.test(message) ? misspelt(name, known) : malformed(message, keys, source)
    return at(source, keys, detail)
  })

const malformed = (message: string, keys: Path, { document }: Source): string => {
  const field = keys.findLast((key) => typeof key === "string")
  if (message.toLowerCase().startsWith("missing")) {
    return typeof keys.at(-1) === "number"
      ? "the list is empty; leave it out, or name something"
      : "it is missing; add it"
  }
  const value = document.getIn(keys)
  const form =
    field === "minimumTalk" || field === "maximumTalk" || field === "maximumGap" || field === "longest"
      ? "write a number and its unit, such as 5 seconds"
      : message === "Expected array"
        ? "write a list, in brackets"
        : message === "Expected string" && (typeof value === "number" || typeof value === "boolean")
          ? "put it in quotes"
          : field !== undefined && forms[field]
  return form === undefined || form === false ? message : `${message}; ${form}`
}

const forms: Readonly<Record<string, string>> = {
  version: "this program reads version 1",
  hours: 'write both ends, such as { from: "09:00", to: "18:00" }',
  when: "write conditions under it, or leave it out"
}

/** What is said of a field that is not known. */
export const misspelt = (name: string, known: ReadonlyArray<string>): string => {
  const near = nearest(name, known)
  return near === null
    ? `there is no such field. There are: ${known.join(", ")}`
    : `there is no such field; is "${near}" meant?`
}
