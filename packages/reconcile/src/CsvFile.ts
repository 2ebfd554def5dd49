/**
 * CSV files that a spreadsheet opens without harm.
 *
 * @since 0.1.0
 */
import { Csv } from "effect/encoding"
import * as Stream from "effect/Stream"

import * as Cell from "./internal/csvCell.ts"

/**
 * A column of a file. Its `kind` says how a cell is made safe:
 *
 * - `text`: what a spreadsheet would take for a formula gets an apostrophe in front.
 * - `phone`, `number`, `instant`: of a form that is no formula, and kept as it is: a leading `+` belongs to a number in
 *   E.164.
 *
 * @category models
 * @since 0.1.0
 */
export interface Column<Row> {
  readonly header: string
  readonly kind: "text" | "phone" | "number" | "instant"
  readonly value: (row: Row) => string | number | null
}

/**
 * The bytes of a CSV file (RFC 4180, UTF-8) with a header line.
 *
 * @category rendering
 * @since 0.1.0
 */
export const encode =
  <Row>(columns: ReadonlyArray<Column<Row>>) =>
  <E, R>(rows: Stream.Stream<Row, E, R>): Stream.Stream<Uint8Array, E, R> =>
    rows.pipe(
      Stream.map((row) => columns.map(({ kind, value }) => Cell.of(kind, value(row)))),
      // The header is a row of its own, so that a file without rows has it too.
      (lines) => Stream.concat(Stream.make(columns.map(({ header }) => header)), lines),
      Stream.pipeThroughChannel(Csv.encode<E>({ newline: "\r\n" }))
    )
