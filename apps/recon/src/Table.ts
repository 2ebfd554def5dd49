/**
 * Tables for a terminal.
 *
 * @since 0.1.0
 */

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

/**
 * Lines of a table, each no wider than the terminal: where there is not enough room, the widest columns are cut.
 *
 * @category rendering
 * @since 0.1.0
 */
export const render = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  { color, width }: Options
): string => {
  const natural = columns.map(({ header }, n) =>
    rows.reduce((widest, row) => Math.max(widest, (row[n] ?? "").length), header.length)
  )
  const widths = fit(natural, width - gap.length * Math.max(0, columns.length - 1))
  const line = (cells: ReadonlyArray<string>) =>
    columns
      .map(({ align }, n) => {
        const room = widths[n] ?? 0
        const cell = cut(cells[n] ?? "", room)
        return align === "right" ? cell.padStart(room) : cell.padEnd(room)
      })
      .join(gap)
      .trimEnd()
  const header = line(columns.map(({ header }) => header))
  return [color ? `\u001b[1m${header}\u001b[22m` : header, ...rows.map(line)].join("\n")
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

/** Control characters of the data must not reach the terminal. */
const cut = (text: string, room: number): string => {
  // oxlint-disable-next-line no-control-regex
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ")
  return clean.length <= room ? clean : `${clean.slice(0, Math.max(0, room - 1))}…`
}
