/**
 * A template for markup that escapes every value except markup.
 *
 * Put the values of attributes in quotes. Pass the text of `script` and `style` elements as `Html.raw`, because they decode no escapes.
 */

/** Markup. Only `html`, `lines` and `Html.raw` make it, so that other text cannot pass for markup. */
export class Html {
  readonly #text: string
  private constructor(text: string) {
    this.#text = text
  }

  /** Takes text as markup, without escaping. Say at each use why it is safe. */
  static readonly raw = (text: string): Html => new Html(text)

  /** The markup as text. */
  get text(): string {
    return this.#text
  }
}

/** A value in a template. Arrays are concatenated; `null`, `undefined` and `false` are empty. */
export type Value = Html | string | number | null | undefined | false | ReadonlyArray<Value>

/** Makes markup. Escapes values that are not `Html`. */
export const html = (markup: TemplateStringsArray, ...values: ReadonlyArray<Value>): Html =>
  Html.raw(markup.map((text, n) => text + textOf(values[n])).join(""))

/** Puts each value on a line of its own. Leaves out empty values. */
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

/** Escapes text for use inside an element or a quoted attribute. */
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "")

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}
