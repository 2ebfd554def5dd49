/** The CDRs of the provider's CSV export, and whether it is whole. */
import * as Effect from "effect/Effect"
import { Csv } from "effect/encoding"
import * as Stream from "effect/Stream"

import type { CallDetailRecord } from "../CallDetailRecord.ts"
import type { Reject } from "../Extract.ts"
import type { VobizClient } from "../VobizClient.ts"
import type { CdrDays } from "../VobizConfig.ts"
import { DecodeFailure, Transport, VobizError } from "../VobizError.ts"
import * as CdrQuery from "./cdrQuery.ts"
import * as Wire from "./cdrWire.ts"
import { counter, rowsSetAside, unknownForm } from "./decode.ts"
import type * as Foreign from "./foreign.ts"
import { totalOf } from "./listBody.ts"
import type { RowTable } from "./rowTable.ts"

const operation = "CallDetailRecords.exportCsv"

const lineFeed = 0x0a

/** The longest row of a CSV, in characters: a quote that is never closed must not fill the memory. */
const longestRecord = 1 << 20

const csvFailure = ({ line, message }: Csv.CsvError) =>
  new VobizError({
    operation,
    requestId: null,
    reason: new DecodeFailure({ path: `line ${line}`, expected: message, syntax: true, body: "" })
  })

const fail = (reason: Transport | DecodeFailure) => Effect.fail(new VobizError({ operation, requestId: null, reason }))

/** How the export is read. */
export interface Options {
  readonly client: VobizClient["Service"]
  readonly cdrDays: CdrDays | null
  readonly table: RowTable<CallDetailRecord>
  /** Cuts what the provider says, for messages. */
  readonly cut: Foreign.Cut
  /** Takes the token out of a cell. */
  readonly erase: (text: string) => string
}

/** Names the cells of an export's lines by its header, and counts its rows. */
const namer = ({ cut, erase, table }: Pick<Options, "cut" | "erase" | "table">) => {
  let rows = 0
  let columns: ReadonlyArray<string> | undefined
  return {
    rows: () => rows,
    /** The rows of some lines, by the names of the header, which is the first of all. */
    named: (lines: ReadonlyArray<ReadonlyArray<string>>) =>
      Effect.gen(function* () {
        const named: Array<Record<string, string>> = []
        for (const cells of lines) {
          if (columns === undefined) {
            const missing = table.required.find((names) => !names.some((name) => cells.includes(name)))
            if (missing !== undefined) {
              const expected = `CSV with the columns ${table.required.map((names) => names.join(" or ")).join(", ")}`
              return yield* fail(
                new DecodeFailure({ path: missing.join(" or "), expected, syntax: false, body: cut(cells.join(",")) })
              )
            }
            columns = cells
          } else if (cells.length === columns.length) {
            named.push(Object.fromEntries(columns.map((name, n) => [name, erase(cells[n] ?? "")])))
          } else {
            const path = `row ${rows + named.length + 1}`
            const expected = `${columns.length} cells, as in the header (got ${cells.length})`
            return yield* fail(new DecodeFailure({ path, expected, syntax: true, body: "not shown" }))
          }
        }
        rows += named.length
        return named
      })
  }
}

/** Reads the export of a query: all its rows, each once. */
export const make = (options: Options) => {
  const { cdrDays, client, cut, table } = options
  const countCsv = counter(operation, table)
  return (query: CdrQuery.CdrQuery): Stream.Stream<CallDetailRecord, VobizError> =>
    Effect.gen(function* () {
      yield* CdrQuery.refuseWrongQuery(operation, query)
      const days = CdrQuery.daysOf(query, cdrDays)
      const params = CdrQuery.filterOf(query, days)
      // Asked before the export: CDRs are added, and never go.
      const counted = yield* client.json({ operation, target: "/cdr", params: { ...params, page: 1, per_page: 1 } })
      const total = totalOf(counted.json, Wire.list)
      if (total === null) {
        return yield* unknownForm(
          operation,
          { path: "pagination.total", expected: "how many rows there are" },
          counted,
          cut
        )
      }
      const headers = { accept: "text/csv" }
      const { bytes, host } = yield* client.open({ operation, target: "/cdr/export", params, headers })
      const { named, rows } = namer(options)
      let last = lineFeed
      let setAside = 0
      let firstReject: Reject | undefined

      const isWhole = Effect.suspend(() =>
        rows() < total
          ? fail(new Transport({ host, detail: `the CSV has ${rows()} rows, and the list counts ${total}` }))
          : last === lineFeed
            ? firstReject === undefined
              ? Effect.void
              : Effect.fail(rowsSetAside(operation, [firstReject], cut, null, setAside))
            : fail(new Transport({ host, detail: "the CSV does not end with a line end: its last row may be cut" }))
      )

      return bytes.pipe(
        Stream.tap((piece) => Effect.sync(() => void (last = piece.at(-1) ?? last))),
        Stream.pipeThroughChannel(Csv.decode<VobizError>({ maxRecordSize: longestRecord })),
        Stream.catchTag("CsvError", (error) => Stream.fail(csvFailure(error))),
        Stream.chunks,
        Stream.mapEffect((lines) =>
          Effect.gen(function* () {
            const found = yield* named(lines)
            const decoded = table.many(found)
            yield* countCsv(found, decoded)
            setAside += decoded.rejects.length
            firstReject ??= decoded.rejects[0]
            yield* CdrQuery.refuseOtherDays(operation, days, decoded.rows)
            return decoded.rows
          })
        ),
        Stream.flattenIterable,
        Stream.concat(Stream.drain(Stream.fromEffect(isWhole))),
        Stream.filter(CdrQuery.started(query))
      )
    }).pipe(Stream.unwrap, Stream.withSpan(operation))
}
