/**
 * One self-contained HTML file: no network, and no script unless a page brings its own; readable in light and dark, on
 * paper, by keyboard and by screen readers.
 *
 * @since 0.1.0
 */
import { escape } from "./internal/htmlEscape.ts"
import { style } from "./internal/htmlStyle.ts"
import type * as Table from "./Table.ts"

/**
 * A figure that stands out. `tone` says whether it is as it should be; the page never tells it by colour alone, so say
 * it in words too.
 *
 * @category models
 * @since 0.1.0
 */
export interface Card {
  readonly label: string
  readonly value: string
  readonly note?: string | undefined
  readonly tone?: "good" | "bad" | "unknown" | undefined
}

/**
 * A drawing, and what it shows. `svg` is put into the page as it is: it must come from `Charts`, or be trusted as much.
 *
 * @category models
 * @since 0.1.0
 */
export interface Chart {
  readonly svg: string
  readonly caption: string
}

/**
 * A table of texts. The first cell of a row is its header. `more` tells what the table leaves out.
 *
 * @category models
 * @since 0.1.0
 */
export interface PageTable {
  readonly caption: string
  readonly columns: ReadonlyArray<Table.Column>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  readonly more?: string | undefined
}

/**
 * A part of the page.
 *
 * @category models
 * @since 0.1.0
 */
export interface Section {
  readonly title: string
  readonly intro?: string | undefined
  readonly cards?: ReadonlyArray<Card> | undefined
  readonly notes?: ReadonlyArray<string> | undefined
  readonly charts?: ReadonlyArray<Chart> | undefined
  readonly tables?: ReadonlyArray<PageTable> | undefined
}

/**
 * A page.
 *
 * @category models
 * @since 0.1.0
 */
export interface Page {
  readonly title: string
  readonly subtitle: string
  readonly sections: ReadonlyArray<Section>
}

/**
 * The page as HTML. All texts are escaped, so data can hold anything.
 *
 * @category rendering
 * @since 0.1.0
 */
export const render = ({ sections, subtitle, title }: Page): string =>
  [
    beginning({ title, subtitle, sections: sections.map(({ title }) => title) }),
    sections.map(section).join("\n"),
    ending
  ].join("\n")

/**
 * A page up to the first of its sections, for one that is written in parts: then come the sections of these titles, each
 * from `section` or with the id `section-<n>` on its heading, and `ending`. `allowed` is what its content security policy
 * allows beside styles, and `style` is more of them; both are put in as they are.
 *
 * @category rendering
 * @since 0.1.0
 */
export const beginning = (page: {
  readonly title: string
  readonly subtitle: string
  readonly sections: ReadonlyArray<string>
  readonly allowed?: string | undefined
  readonly style?: string | undefined
}): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'${page.allowed === undefined ? "" : `; ${page.allowed}`}">
<title>${escape(page.title)}</title>
<style>${style}${page.style ?? ""}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<h1>${escape(page.title)}</h1>
<p>${escape(page.subtitle)}</p>
${contents(page.sections)}
</header>
<main id="content">`

/**
 * The end of a page.
 *
 * @category rendering
 * @since 0.1.0
 */
export const ending = `</main>
</body>
</html>
`

const contents = (sections: ReadonlyArray<string>): string =>
  sections.length < 2
    ? ""
    : `<nav aria-label="Sections"><ul>${sections.map((title, n) => `<li><a href="#section-${n}">${escape(title)}</a></li>`).join("")}</ul></nav>`

/**
 * The section of a page that is its `n`th, counted from 0.
 *
 * @category rendering
 * @since 0.1.0
 */
export const section = ({ cards, charts, intro, notes, tables, title }: Section, n: number): string =>
  [
    `<section aria-labelledby="section-${n}">`,
    `<h2 id="section-${n}">${escape(title)}</h2>`,
    ...(intro === undefined ? [] : [`<p class="intro">${escape(intro)}</p>`]),
    ...group("dl", "cards", cards, card),
    ...group("ul", "notes", notes, (note) => `<li>${escape(note)}</li>`),
    ...group("div", "charts", charts, chart),
    ...group("div", "tables", tables, (part, k) => table(part, `table-${n}-${k}`)),
    "</section>"
  ].join("\n")

const group = <A>(
  element: string,
  name: string,
  parts: ReadonlyArray<A> | undefined,
  one: (part: A, n: number) => string
): ReadonlyArray<string> =>
  parts === undefined || parts.length === 0
    ? []
    : [`<${element} class="${name}">\n${parts.map(one).join("\n")}\n</${element}>`]

const card = ({ label, note, tone, value }: Card): string =>
  `<div${tone === undefined ? "" : ` class="${tone}"`}><dt>${escape(label)}</dt><dd class="value">${escape(value)}</dd>${note === undefined ? "" : `<dd class="note">${escape(note)}</dd>`}</div>`

const chart = ({ caption, svg }: Chart): string => `<figure><figcaption>${escape(caption)}</figcaption>${svg}</figure>`

/** From so many characters on, a cell may be broken into lines. Anything shorter, such as an instant, is read as one. */
const long = 25

/**
 * A table, whose caption has the id. One too large for its place scrolls within it; being focusable, it does so by keyboard
 * as well.
 *
 * @category rendering
 * @since 0.1.0
 */
export const table = ({ caption, columns, more, rows }: PageTable, id: string): string => {
  const cell = (text: string, n: number, scope?: "col" | "row") => {
    const kind = columns[n]?.align === "right" ? "number" : text.length >= long ? "long" : undefined
    const tag = scope === undefined ? "td" : "th"
    const attributes = [
      ["scope", scope],
      ["class", kind]
    ].map(([name, value]) => (value === undefined ? "" : ` ${name}="${value}"`))
    return `<${tag}${attributes.join("")}>${escape(text)}</${tag}>`
  }
  const header = columns.map(({ header }, n) => cell(header, n, "col")).join("")
  const body = rows.map(
    (cells) => `<tr>${cells.map((text, n) => cell(text, n, n === 0 ? "row" : undefined)).join("")}</tr>`
  )
  const empty = `<tr><td class="none" colspan="${columns.length}">None</td></tr>`
  const wide = rows.some((cells) => cells.some(({ length }) => length >= 2 * long))
  return `<div class="table${wide ? " wide" : ""}">
<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
<table>
<caption id="${id}">${escape(caption)}</caption>
<thead><tr>${header}</tr></thead>
<tbody>
${rows.length === 0 ? empty : body.join("\n")}
</tbody>
</table>
</div>${more === undefined ? "" : `\n<p class="more">${escape(more)}</p>`}
</div>`
}
