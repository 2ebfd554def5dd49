/**
 * Renders self-contained HTML pages, without network and, unless a page brings one, without script.
 *
 * Pages are readable in light and dark, on paper, by keyboard and by screen readers.
 *
 * @since 0.1.0
 */
import type { PageLink } from "../PageLink.ts"
import type { TextTable } from "../TextTable.ts"
import * as AgeScript from "./ageScript.ts"
import { type Html, html, lines, type Value } from "./html.ts"
import { style } from "./htmlStyle.ts"

/**
 * A highlighted figure.
 *
 * `tone` colours it. Say the same in words, because the page says nothing by colour alone.
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
 * An answer in one sentence, with the tone of its verdict.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answer {
  readonly text: string
  readonly tone: NonNullable<Card["tone"]>
}

/**
 * A part of a stacked bar.
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
 * A drawing with a caption.
 *
 * @category models
 * @since 0.1.0
 */
export interface Chart {
  readonly svg: Html
  readonly caption: string
}

/**
 * A table on a page, captioned by its title.
 *
 * @category models
 * @since 0.1.0
 */
export interface PageTable extends TextTable {
  /**
   * The deadline of each row, in epoch milliseconds.
   *
   * In the browser, a page with `asOf` keeps the rows with the least time left first.
   */
  readonly deadlines?: ReadonlyArray<number | null> | undefined
  /** What the table leaves out, such as `and 12 more in findings.csv`. */
  readonly more?: string | undefined
}

/**
 * A section of a page.
 *
 * @category models
 * @since 0.1.0
 */
export interface Section {
  readonly title: string
  /** Shown first, in large type. */
  readonly answer?: Answer | undefined
  readonly intro?: string | undefined
  /** Parts of one whole, drawn to scale as a bar, with their numbers below. */
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
  /** The instant that the page is as of, in epoch milliseconds. With it, the page shows its age. */
  readonly asOf?: number | undefined
  readonly sections: ReadonlyArray<Section>
}

/**
 * Renders a page as HTML. Escapes all texts, so data may contain anything.
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
 * The beginning of a page that is written in parts, up to its first section.
 *
 * Write the sections after it, in the order of the titles, and then `ending`. Each section comes from `section`, or has a heading with
 * the id `section-<n>`.
 *
 * @category rendering
 * @since 0.1.0
 */
export const beginning = (page: {
  readonly title: string
  readonly subtitle: string
  readonly links?: ReadonlyArray<PageLink> | undefined
  /** The titles of all sections, for the table of contents. */
  readonly sections: ReadonlyArray<string>
  /** What the content security policy allows besides styles. */
  readonly allowed?: Html | undefined
  /** Styles besides those of every page. */
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
 * The `n`th section of a page, counted from 0.
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

/** A bar to scale, with its numbers below it in words, so that it says nothing by colour alone. */
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

/** Cells of at least this many characters may wrap. Shorter ones, such as instants, stay on one line. */
const long = 25

/** Tables with more columns get the full width of the page, so that the last columns stay visible. */
const many = 7

/**
 * A table whose caption has the given id.
 *
 * A table that is too large scrolls within its container. The container is focusable, so that it scrolls by keyboard, too.
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
