/** Lists of a policy that are in files of their own: `{ file: numbers.txt }` in place of the list. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Problem } from "../PolicyError.ts"
import * as Text from "./policyText.ts"

interface Reference {
  readonly path: Text.Path
  readonly file: unknown
}

const isReference = (value: unknown): value is { readonly file: unknown } =>
  Predicate.isObject(value) && !Array.isArray(value) && Object.keys(value).join() === "file"

/** The references under a value. */
const references = (value: unknown, path: Text.Path = []): ReadonlyArray<Reference> =>
  typeof value !== "object" || value === null
    ? []
    : isReference(value) && path.includes("when")
      ? [{ path, file: value.file }]
      : Array.isArray(value)
        ? value.flatMap((item, n) => references(item, [...path, n]))
        : Object.entries(value).flatMap(([key, item]) => references(item, [...path, key]))

/** A value with another in the place of a path. */
const replaced = (value: unknown, [key, ...rest]: Text.Path, by: unknown): unknown =>
  key === undefined
    ? by
    : Array.isArray(value)
      ? value.map((item, n) => (n === key ? replaced(item, rest, by) : item))
      : { ...(value as object), [key]: replaced((value as Record<PropertyKey, unknown>)[key], rest, by) }

/** One value per line; a `#` at the beginning of a line or after a space begins a comment. */
const valuesOf = (text: string): Text.List["values"] =>
  text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .map((line, n) => ({ value: line.replace(/(^|\s)#.*$/, "").trim(), line: n + 1 }))
    .filter(({ value }) => value !== "")

/** A policy with the lists that it names in their places, and which of them cannot be used. */
export const resolve = Effect.fnUntraced(function* (
  source: Text.Source,
  readList: (file: string) => Effect.Effect<string, string>
): Effect.fn.Return<{ readonly source: Text.Source; readonly problems: ReadonlyArray<Problem> }> {
  const problems: Array<Problem> = []
  const lists: Array<Text.List> = []
  for (const { file, path } of references(source.value)) {
    const at = (detail: string) => problems.push(Text.at(source, [...path, "file"], detail))
    if (typeof file !== "string" || file === "") {
      at("name the file of the list, such as { file: numbers.txt }")
      continue
    }
    const text = yield* Effect.result(readList(file))
    if (text._tag === "Failure") {
      at(`list ${file}: ${text.failure}`)
      continue
    }
    const values = valuesOf(text.success)
    if (values.length === 0)
      problems.push({
        ...Text.at(source, path, ""),
        file,
        line: 1,
        column: 1,
        detail: "the list is empty: write at least one value, one per line"
      })
    else lists.push({ path, file, values })
  }
  const value = lists.reduce(
    (whole, { path, values }) =>
      replaced(
        whole,
        path,
        values.map(({ value }) => value)
      ),
    source.value
  )
  return { source: { ...source, value, lists }, problems }
})
