/** How the list of recordings behaves. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Contract from "../../Contract.ts"
import * as Terminal from "../terminal.ts"
import type { FirstPage } from "./account.ts"
import type { Examiner } from "./examiner.ts"
import { asked, capOf, type Finding, orderOf, unknown } from "./finding.ts"
import { instantOf, type RecordingRow } from "./rows.ts"

type Found = Contract.Contract["recordings"]
type FilterFound = Found["recordingTypeFilter"]

const noSuch = "no-such-thing"

/** What was found, and the newest recordings: as many as two pages hold. */
export const examine = Effect.fnUntraced(function* (examiner: Examiner, first: FirstPage) {
  const { config, probe, recordings } = examiner

  const pageCap = yield* probe(
    "recordings: page cap",
    null,
    Effect.map(first, ({ meta, objects }) => capOf(objects.length, typeof meta.next === "string", meta.total_count))
  )

  const rows = yield* newest(examiner, first)

  const order = yield* probe(
    "recordings: order",
    "unknown" as const,
    Effect.map(first, () =>
      orderOf(
        "add_time",
        rows.map(({ add_time }) => instantOf(add_time))
      )
    )
  )

  const filter = (name: "recording_type" | "call_uuid") =>
    probe<FilterFound, never>(`recordings: filter ${name}`, "unknown", filterProbe(examiner, first, rows, name))
  const recordingTypeFilter = yield* filter("recording_type")
  const callUuidFilter = yield* filter("call_uuid")

  const nextForm = yield* probe<Found["nextForm"], never>(
    "recordings: next",
    "unknown",
    Effect.gen(function* () {
      if ((yield* first).meta.total_count < 2) return unknown("unknown", "there is no second page to point at")
      const { next } = (yield* recordings({ limit: 1, offset: 0 })).meta
      const evidence = `of the first of several pages it is ${next === undefined ? "absent" : Terminal.json(next)}`
      const form = formOf(next)
      return {
        value: form,
        found: form,
        evidence: evidence.replaceAll(config.authId, "{account}"),
        concern: next === null || next === undefined ? "next says that there is no more where there is" : undefined
      }
    })
  )

  const nextAtEnd = yield* probe<Found["nextAtEnd"], never>(
    "recordings: next at the end",
    "unknown",
    Effect.gen(function* () {
      const total = (yield* first).meta.total_count
      if (total === 0) return unknown("unknown", "there are no recordings")
      const { meta, objects } = yield* recordings({ limit: 1, offset: total - 1 })
      const evidence = `asked for row ${total} of ${meta.total_count}: ${objects.length} rows, and next is ${meta.next === undefined ? "absent" : meta.next === null ? "null" : "not null"}`
      if (meta.next === undefined) return { value: "absent", found: "absent", evidence }
      if (meta.next === null) return { value: "null", found: "null", evidence }
      return meta.total_count > total
        ? unknown("unknown", `${evidence}; the list grew meanwhile`)
        : {
            value: "never-null",
            found: "never null",
            evidence,
            concern: "next is never null, so that a reader that follows it never ends"
          }
    })
  )

  const found: Found = { pageCap, order, recordingTypeFilter, callUuidFilter, nextForm, nextAtEnd }
  return { found, rows }
})

/** The rows of the first page and of the next one; of the first alone where the next fails. */
const newest = Effect.fnUntraced(function* ({ recordings }: Examiner, first: FirstPage) {
  const page = yield* Effect.result(first)
  if (Result.isFailure(page)) return []
  const { meta, objects } = page.success
  if (objects.length === 0 || meta.total_count <= objects.length) return objects
  return yield* recordings({ limit: asked, offset: objects.length }).pipe(
    Effect.map((next) => [...objects, ...next.objects]),
    Effect.orElseSucceed(() => objects)
  )
})

/** Whether the rows are those that were asked for, and none where there cannot be any. */
const filterProbe = Effect.fnUntraced(function* (
  { recordings }: Examiner,
  first: FirstPage,
  rows: ReadonlyArray<RecordingRow>,
  name: "recording_type" | "call_uuid"
) {
  const whole = (yield* first).meta.total_count
  const value = rows.map((row) => row[name]).find((value) => value !== "")
  if (value === undefined) return unknown<FilterFound>("unknown", "there is no recording to filter by")
  const none = yield* recordings({ limit: asked, offset: 0, [name]: noSuch }).pipe(
    // A filter whose value is refused was read.
    Effect.catchIf(
      ({ reason }) => reason._tag === "InvalidRequest" && reason.status !== null,
      () => Effect.succeed({ objects: [] })
    )
  )
  const some = yield* recordings({ limit: asked, offset: 0, [name]: value })
  const foreign = [...some.objects, ...none.objects].filter((row) => row[name] !== value).length
  const evidence = `${name}=${noSuch} gave ${none.objects.length} rows, ${name} of a listed recording gave ${some.objects.length}, ${foreign} of another value; without there are ${whole}`
  if (none.objects.length > 0 || foreign > 0) {
    return {
      value: "ignored",
      found: "ignored",
      evidence,
      concern: `the provider ignores the filter ${name} and gives rows that were not asked for: filter here`
    } satisfies Finding<FilterFound>
  }
  return some.objects.length > 0
    ? ({ value: "honoured", found: "honoured", evidence } satisfies Finding<FilterFound>)
    : unknown<FilterFound>("unknown", evidence, `the filter ${name} does not find a recording that was just listed`)
})

const formOf = (next: string | null | undefined): Found["nextForm"] => {
  if (next === null || next === undefined) return "other"
  if (next.startsWith("/api/")) return "path"
  if (next.startsWith("/")) return "path-without-api"
  return URL.canParse(next) ? "url" : "other"
}
