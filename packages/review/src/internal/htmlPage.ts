/**
 * One self-contained HTML file: no network, and no script unless a page brings its own; readable in light and dark, on
 * paper, by keyboard and by screen readers.
 *
 * @since 0.1.0
 */
import type { PageLink } from "../PageLink.ts"
import type { TextTable } from "../TextTable.ts"
import * as AgeScript from "./ageScript.ts"
import { type Html, html, lines, type Value } from "./html.ts"
import { style } from "./htmlStyle.ts"

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
 * An answer in one sentence, with the tone of the verdict that it words.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answer {
  readonly text: string
  readonly tone: NonNullable<Card["tone"]>
}

/**
 * A part of a whole, as a bar shows it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Part {
  readonly label: string
  readonly value: number
  readonly tone: "good" | "part" | "poor" | "bad" | "unknown"
}

/**
 * A drawing, and what it shows.
 *
 * @category models
 * @since 0.1.0
 */
export interface Chart {
  readonly svg: Html
  readonly caption: string
}

/**
 * A table on a page, captioned by its title. `more` tells what the table leaves out.
 *
 * @category models
 * @since 0.1.0
 */
export interface PageTable extends TextTable {
  /** Until when something can be done about each row, in epoch milliseconds: a page with `asOf` keeps the least time left first. */
  readonly deadlines?: ReadonlyArray<number | null> | undefined
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
  /** Stands first, and large. */
  readonly answer?: Answer | undefined
  readonly intro?: string | undefined
  /** Parts of one whole, drawn as a bar to scale with their numbers below. */
  readonly bar?: ReadonlyArray<Part> | undefined
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
  readonly links?: ReadonlyArray<PageLink> | undefined
  /** The instant that the page is of, in epoch milliseconds: it then says how old it is. */
  readonly asOf?: number | undefined
  readonly sections: ReadonlyArray<Section>
}

/**
 * The page as HTML. All texts are escaped, so data can hold anything.
 *
 * @category rendering
 * @since 0.1.0
 */
export const render = ({ asOf, links, sections, subtitle, title }: Page): string =>
  lines([
    beginning({
      title,
      subtitle,
      links,
      sections: sections.map(({ title }) => title),
      ...(asOf === undefined ? {} : { allowed: AgeScript.allowed })
    }),
    asOf !== undefined && html`<p id="age" role="status" data-as-of="${asOf}" hidden></p>`,
    lines(sections.map(section)),
    asOf !== undefined && html`<script>${AgeScript.source}</script>`,
    ending
  ]).text

/**
 * A page up to the first of its sections, for one that is written in parts: then come the sections of these titles, each
 * from `section` or with the id `section-<n>` on its heading, and `ending`. `allowed` is what its content security policy
 * allows beside styles, and `style` is more of them.
 *
 * @category rendering
 * @since 0.1.0
 */
export const beginning = (page: {
  readonly title: string
  readonly subtitle: string
  readonly links?: ReadonlyArray<PageLink> | undefined
  readonly sections: ReadonlyArray<string>
  readonly allowed?: Html | undefined
  readonly style?: Html | undefined
}): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'${page.allowed && html`; ${page.allowed}`}">
<title>${page.title}</title>
<style>${style}${page.style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<h1>${page.title}</h1>
<p>${page.subtitle}</p>${page.links?.map(({ href, text }) => html`\n<p><a href="${href}">${text}</a></p>`)}
${contents(page.sections)}
</header>
<main id="content">`

/**
 * The end of a page.
 *
 * @category rendering
 * @since 0.1.0
 */
export const ending = html`</main>
</body>
</html>
`

const contents = (sections: ReadonlyArray<string>): Value =>
  sections.length > 1 &&
  html`<nav aria-label="Sections"><ul>${sections.map((title, n) => html`<li><a href="#section-${n}">${title}</a></li>`)}</ul></nav>`

/**
 * The section of a page that is its `n`th, counted from 0.
 *
 * @category rendering
 * @since 0.1.0
 */
export const section = ({ answer, bar, cards, charts, intro, notes, tables, title }: Section, n: number): Html =>
  lines([
    html`<section aria-labelledby="section-${n}">`,
    html`<h2 id="section-${n}">${title}</h2>`,
    answer && html`<p class="answer ${answer.tone}">${answer.text}</p>`,
    intro !== undefined && html`<p class="intro">${intro}</p>`,
    bar && stacked(bar),
    group("dl", "cards", cards?.map(card)),
    group(
      "ul",
      "notes",
      notes?.map((note) => html`<li>${note}</li>`)
    ),
    group("div", "charts", charts?.map(chart)),
    group(
      "div",
      "tables",
      tables?.map((part, k) => table(part, `table-${n}-${k}`))
    ),
    html`</section>`
  ])

const group = (element: "div" | "dl" | "ul", name: string, parts: ReadonlyArray<Html> = []): Value =>
  parts.length > 0 && html`<${element} class="${name}">\n${lines(parts)}\n</${element}>`

/** A bar to scale. Its numbers stand below it in words, so that it says nothing by colour alone. */
const stacked = (parts: ReadonlyArray<Part>): Html => {
  const whole = parts.reduce((sum, { value }) => sum + value, 0)
  const drawn = parts.filter(({ value }) => value > 0)
  const strips = drawn.map(({ tone, value }) => html`<span class="${tone}" style="flex-grow: ${value}"></span>`)
  const legend = parts.map(
    ({ label, tone, value }) =>
      html`<div><dt><span class="${tone}" aria-hidden="true"></span>${label}</dt><dd>${value.toLocaleString("en")}</dd></div>`
  )
  return html`<div class="stacked">${whole > 0 && html`\n<div class="strip" aria-hidden="true">${strips}</div>`}
<dl class="legend">
${lines(legend)}
</dl>
</div>`
}

const card = ({ label, note, tone, value }: Card): Html =>
  html`<div${tone && html` class="${tone}"`}><dt>${label}</dt><dd class="value">${value}</dd>${note !== undefined && html`<dd class="note">${note}</dd>`}</div>`

const chart = ({ caption, svg }: Chart): Html => html`<figure><figcaption>${caption}</figcaption>${svg}</figure>`

/** From so many characters on, a cell may be broken into lines. Anything shorter, such as an instant, is read as one. */
const long = 25

/** With more columns, a table is as wide as the page: the last ones must not be out of sight. */
const many = 7

/**
 * A table, whose caption has the id. One too large for its place scrolls within it; being focusable, it does so by keyboard
 * as well.
 *
 * @category rendering
 * @since 0.1.0
 */
export const table = ({ columns, deadlines, more, rows, title }: PageTable, id: string): Html => {
  const cell = (text: string, n: number, scope?: "col" | "row") => {
    const kind = columns[n]?.align === "right" ? "number" : text.length >= long ? "long" : undefined
    const named = kind && html` class="${kind}"`
    return scope === undefined ? html`<td${named}>${text}</td>` : html`<th scope="${scope}"${named}>${text}</th>`
  }
  const header = columns.map(({ header }, n) => cell(header, n, "col"))
  const body = rows.map(
    (cells, row) =>
      html`<tr${deadlines && html` data-deadline="${deadlines[row]}"`}>${cells.map((text, n) => cell(text, n, n === 0 ? "row" : undefined))}</tr>`
  )
  const empty = html`<tr><td class="none" colspan="${columns.length}">None</td></tr>`
  const wide = columns.length > many || rows.some((cells) => cells.some(({ length }) => length >= 2 * long))
  return html`<div class="table${wide && " wide"}">
<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
<table>
<caption id="${id}">${title}</caption>
<thead><tr>${header}</tr></thead>
<tbody>
${rows.length === 0 ? empty : lines(body)}
</tbody>
</table>
</div>${more !== undefined && html`\n<p class="more">${more}</p>`}
</div>`
}
