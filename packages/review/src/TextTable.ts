/**
 * Tables of texts, for a page or a terminal.
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
 * A table of texts. The first cell of a row is its header.
 *
 * @category models
 * @since 0.1.0
 */
export interface TextTable {
  readonly title: string
  readonly columns: ReadonlyArray<Column>
  /** As many cells a row as there are columns. */
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}
