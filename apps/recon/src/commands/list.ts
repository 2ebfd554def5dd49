/** `recon list` */
import type { CallDetailRecords, Recordings, Trunks } from "@vobiz-effect/core"
import type { VobizError } from "@vobiz-effect/core/VobizError"
import type * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Connection } from "../Cli.ts"
import type { SettingError } from "../Failure.ts"
import * as List from "../List.ts"
import * as Table from "../Table.ts"
import * as Session from "./session.ts"

/** How many rows a table has when nothing else is said. */
const rowsOfTable = 50

interface Input {
  readonly what: "recordings" | "cdrs" | "trunks"
  readonly type: string | undefined
  readonly call: string | undefined
  readonly limit: number | undefined
  readonly from: string | undefined
  readonly to: string | undefined
  readonly zone: string | undefined
  readonly json: boolean
  readonly reveal: boolean
  readonly connection: Connection
}

type Rows = Stream.Stream<
  List.Row,
  VobizError,
  Recordings.Recordings | CallDetailRecords.CallDetailRecords | Trunks.Trunks
>

const rowsOf = Effect.fnUntraced(function* (input: Input): Effect.fn.Return<Rows, Config.ConfigError | SettingError> {
  const { what, reveal } = input
  const options = { reveal }
  switch (what) {
    case "trunks":
      return List.trunks
    case "cdrs":
      return List.callDetailRecords((yield* Session.span(input)).window, options)
    case "recordings": {
      const dated = input.from !== undefined || input.to !== undefined
      const window = dated ? (yield* Session.span(input)).window : undefined
      return List.recordings({ recordingType: input.type, callUuid: input.call, window }, options)
    }
  }
})

export const run = (input: Input) =>
  Effect.gen(function* () {
    const rows = yield* rowsOf(input)
    const limited = (limit: number | undefined) => (limit === undefined ? rows : Stream.take(rows, limit))
    if (input.json) {
      yield* Stream.runForEach(limited(input.limit), (row) => Console.log(JSON.stringify(row)))
      return
    }
    const limit = input.limit ?? rowsOfTable
    const found = yield* Stream.runCollect(limited(limit + 1))
    const shown = found.slice(0, limit)
    const headers = Object.keys(shown[0] ?? {})
    yield* Console.log(
      shown.length === 0
        ? "Nothing found"
        : Table.render(
            headers.map((header) => ({ header, align: typeof shown[0]?.[header] === "number" ? "right" : "left" })),
            shown.map((row) => headers.map((header) => String(row[header] ?? ""))),
            yield* Session.terminal
          )
    )
    if (found.length > limit)
      yield* Console.error(`There are more: --limit shows more than ${limit}, --json all of them`)
  }).pipe(Effect.provide(Session.services.pipe(Layer.provideMerge(Session.settings(input.connection)))))
