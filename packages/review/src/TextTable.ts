/**
 * Tables of text, for a page or a terminal.
 *
 * @since 0.1.0
 */

/**
 * A column of a table.
 *
 * @category models
 * @since 0.1.0
 */
export interface Column {
  readonly header: string
  /**
   * The alignment of the cells. Align numbers to the right.
   *
   * @default "left"
   */
  readonly align?: "left" | "right"
}

/**
 * A table of text. The first cell of each row is the row's header.
 *
 * @category models
 * @since 0.1.0
 */
export interface TextTable {
  readonly title: string
  readonly columns: ReadonlyArray<Column>
  /** Each row has one cell per column. */
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}
