/**
 * Tables for a terminal.
 *
 * @since 0.1.0
 */
import stringWidth from "string-width"
import * as Terminal from "./internal/terminal.ts"

/**
 * A column: its header, and to which side its cells are moved. Numbers read best to the right.
 *
 * @category models
 * @since 0.1.0
 */
export interface Column {
  readonly header: string
  readonly align?: "left" | "right"
}

/**
 * How wide a table may be, and whether it may use colours.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly width: number
  readonly color: boolean
}

const gap = "  "
const narrowest = 8
const mark = "…"

/**
 * Lines of a table, each no wider than the terminal: where there is not enough room, the widest columns are cut, and then
 * the last ones are left out. A `…` stands for what is not shown.
 *
 * @category rendering
 * @since 0.1.0
 */
export const render = (
  columns: ReadonlyArray<Column>,
  cells: ReadonlyArray<ReadonlyArray<string>>,
  { color, width }: Options
): string => {
  const rows = cells.map((row) => row.map(Terminal.plain))
  const natural = columns.map(({ header }, n) =>
    rows.reduce((widest, row) => Math.max(widest, stringWidth(row[n] ?? "")), stringWidth(header))
  )
  const shown = columnsThatFit(natural, width)
  const more = shown < columns.length ? [mark] : []
  const widths = fit(natural.slice(0, shown), width - gap.length * (shown + more.length - 1) - more.length)
  const line = (cells: ReadonlyArray<string>) =>
    widths
      .map((room, n) => {
        const cell = cut(cells[n] ?? "", room)
        const space = " ".repeat(Math.max(0, room - stringWidth(cell)))
        return columns[n]?.align === "right" ? space + cell : cell + space
      })
      .concat(more)
      .join(gap)
      .trimEnd()
  const header = line(columns.map(({ header }) => header))
  return [color ? `\u001b[1m${header}\u001b[22m` : header, ...rows.map(line)].join("\n")
}

/** How many columns there is room for when each gives what it can, and the mark that there are more stands after them. */
const columnsThatFit = (natural: ReadonlyArray<number>, width: number): number => {
  const least = natural.map((needed) => Math.min(needed, narrowest) + gap.length)
  const room = (shown: number) => least.slice(0, shown).reduce((sum, needed) => sum + needed, -gap.length)
  let shown = natural.length
  while (shown > 1 && room(shown) + (shown < natural.length ? gap.length + mark.length : 0) > width) shown--
  return shown
}

/** Takes from the widest columns, a character at a time, until all fit or none can give more. */
const fit = (natural: ReadonlyArray<number>, room: number): ReadonlyArray<number> => {
  const widths = [...natural]
  let over = widths.reduce((sum, width) => sum + width, 0) - room
  while (over > 0) {
    const widest = Math.max(...widths)
    if (widest <= narrowest) break
    widths[widths.indexOf(widest)] = widest - 1
    over--
  }
  return widths
}

const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" })

/** As much of a text as there is room for: some characters are of several code points, and some take two columns. */
const cut = (text: string, room: number): string => {
  if (stringWidth(text) <= room) return text
  let [kept, width] = ["", 0]
  for (const { segment } of characters.segment(text)) {
    width += stringWidth(segment)
    if (width > room - mark.length) break
    kept += segment
  }
  return kept + mark
}
