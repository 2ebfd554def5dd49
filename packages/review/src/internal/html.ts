/**
 * Markup in which text stays text: a template that escapes every value that is not markup already.
 *
 * An attribute's value stands in quotes. The text of a `script` or a `style` element has rules of its own and comes as `Html.raw`.
 */

/** Markup: part of a page or an image. Only `html`, `lines` and `Html.raw` make it, so no other text can take its place. */
export class Html {
  readonly #text: string
  private constructor(text: string) {
    this.#text = text
  }

  /** Text that is markup already. Nothing is escaped: say at each use why it is safe. */
  static readonly raw = (text: string): Html => new Html(text)

  /** The markup as text, to be written. */
  get text(): string {
    return this.#text
  }
}

/** What can stand in a template. The values of an array follow each other; `null`, `undefined` and `false` are nothing. */
export type Value = Html | string | number | null | undefined | false | ReadonlyArray<Value>

/** Markup as written, with its values escaped unless they are `Html`. */
export const html = (markup: TemplateStringsArray, ...values: ReadonlyArray<Value>): Html =>
  Html.raw(markup.map((text, n) => text + textOf(values[n])).join(""))

/** Each value on a line of its own. Those that are nothing have no line. */
export const lines = (values: ReadonlyArray<Value>): Html =>
  Html.raw(
    values
      .filter((value) => !isNothing(value))
      .map(textOf)
      .join("\n")
  )

const isNothing = (value: Value): value is null | undefined | false =>
  value === null || value === undefined || value === false

const textOf = (value: Value): string => {
  if (isNothing(value)) return ""
  if (value instanceof Html) return value.text
  return typeof value === "object" ? value.map(textOf).join("") : escape(String(value))
}

/** Nothing in the text can become markup, inside an element or an attribute in quotes. */
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "")

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}
