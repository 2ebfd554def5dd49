/** `recon list` */
import * as Zone from "@vobiz-effect/reconcile/Zone"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { CommandInput } from "../../Settings.ts"
import { CannotTell, SettingError } from "../../Failure.ts"
import * as List from "../../List.ts"
import * as Table from "../../Table.ts"
import * as Proved from "../proved.ts"
import * as Session from "../session.ts"
import * as Terminal from "../../internal/terminal.ts"

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
  readonly commandInput: CommandInput
}

/** The rows that are asked for, and what their reading proves. */
const listingOf = Effect.fnUntraced(function* (input: Input) {
  const { what, reveal } = input
  // Programs read times of UTC.
  const options = { reveal, zone: input.json ? undefined : yield* Session.zoneOf(input.zone) }
  switch (what) {
    case "trunks":
      return yield* List.trunks(options)
    case "cdrs":
      return yield* List.callDetailRecords((yield* Session.span(input)).window, options)
    case "recordings": {
      const dated = input.from !== undefined || input.to !== undefined
      const window = dated ? (yield* Session.span(input)).window : undefined
      return yield* List.recordings({ recordingType: input.type, callUuid: input.call, window }, options)
    }
  }
})

/** Refuses what would be passed over in silence. */
const refuse = Effect.fnUntraced(function* ({ call, from, to, type, what }: Input) {
  const others: Readonly<Record<string, string | undefined>> =
    what === "recordings"
      ? {}
      : { "--type": type, "--call": call, ...(what === "cdrs" ? {} : { "--from": from, "--to": to }) }
  const given = Object.entries(others).find(([, value]) => value !== undefined)
  if (given !== undefined) {
    const detail = `it is of no use with ${what}: leave it out`
    return yield* new SettingError({ setting: given[0], detail })
  }
  if (type !== undefined && !/^[a-z][a-z-]*$/.test(type)) {
    const detail = `types are lower-case words: ${types.join(", ")}, or another that the provider gives`
    return yield* new SettingError({ setting: "--type", detail })
  }
})

/** The types that the provider documents. It may have others. */
const types = ["call", "conference", "trunk"]

export const run = (input: Input) =>
  Effect.gen(function* () {
    yield* refuse(input)
    const { proof, rows } = yield* listingOf(input)
    const { limit = input.json ? Infinity : rowsOfTable } = input
    let found = 0
    const shown = rows.pipe(
      // One row more than is shown tells whether there are more.
      Stream.take(limit + 1),
      Stream.zipWithIndex,
      Stream.tap(() => Effect.sync(() => found++)),
      Stream.filter(([, index]) => index < limit),
      Stream.map(([row]) => row)
    )
    yield* input.json ? Stream.runForEach(shown, (row) => Console.log(Terminal.json(row))) : table(shown)
    if (!input.json && input.what !== "trunks") {
      if (input.what === "cdrs") {
        const { window, zone } = yield* Session.span(input)
        yield* Console.error(`CDRs of ${Zone.span(window, zone)} (${zone.name})`)
      } else if (found > 0) yield* Console.error(`Times are in ${(yield* Session.zoneOf(input.zone)).name}`)
    }
    if (found === 0 && input.type !== undefined && !types.includes(input.type)) {
      yield* Proved.demand([yield* proof])
      const reason = `no recording is of the type ${input.type}, which the provider does not document: there are ${types.join(", ")}`
      return yield* new CannotTell({ reasons: [reason] })
    }
    // The first rows need no proof that the list is complete.
    if (found <= limit) return yield* Proved.demand([yield* proof])
    yield* Console.error(`There are more: --limit shows more than ${limit}, and --json without --limit shows all`)
  }).pipe(Effect.provide(Session.services.pipe(Layer.provideMerge(Session.settings(input.commandInput)))))

const table = Effect.fnUntraced(function* <E>(rows: Stream.Stream<List.Row, E>) {
  const shown = yield* Stream.runCollect(rows)
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
})
