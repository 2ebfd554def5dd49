/**
 * Encodes findings as columns, so that a page can contain many of them.
 *
 * A dictionary has each text once, and instants count from an epoch, in milliseconds. `decode` runs in the browser, so it must not refer
 * to anything outside itself.
 */
import * as Money from "@vobiz-effect/core/Money"
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import type { CdrEvidence, Finding, RecordingEvidence } from "@vobiz-effect/reconcile/Finding"
import * as Duration from "effect/Duration"
import { Html } from "../html.ts"

/** A CDR of a row. Instants and durations are in milliseconds. */
export interface CdrRow {
  readonly uuid: string
  readonly id: string | null
  readonly account: string | null
  readonly start: number
  readonly end: number | null
  readonly direction: string | null
  readonly trunkId: string | null
  readonly from: string | null
  readonly to: string | null
  /** `null` if it could not be read. */
  readonly talk: number | null
  readonly cost: string | null
}

/** A recording of a row. `audio` is the address of its audio, relative to the page. */
export interface RecordingRow {
  readonly recordingId: string
  readonly key: string | null
  readonly callUuid: string | null
  readonly type: string | null
  readonly account: string | null
  readonly began: number
  readonly duration: number | null
  readonly audio: string | null
}

/** A finding, as the page needs it. */
export interface Row {
  readonly code: string
  readonly severity: string
  readonly reason: string | null
  readonly verdict: string | null
  readonly rule: string | null
  readonly at: number
  readonly deadline: number | null
  readonly talk: number | null
  readonly recorded: number | null
  readonly amount: string | null
  readonly explanation: string
  readonly nextStep: string
  readonly cdrs: ReadonlyArray<CdrRow>
  readonly recordings: ReadonlyArray<RecordingRow>
}

type Columns<A> = {
  readonly [Name in keyof A]: A[Name] extends ReadonlyArray<infer B>
    ? { readonly counts: ReadonlyArray<number>; readonly columns: Columns<B> }
    : ReadonlyArray<number | null>
}

/** Some findings as columns. Texts are encoded as indices of `texts`, and nested rows by counts. */
export interface Chunk {
  readonly texts: ReadonlyArray<string>
  readonly columns: Columns<Row>
}

const millis = (duration: Duration.Duration | null) => (duration === null ? null : Duration.toMillis(duration))

/** A telephone number as the finding has it, which may be masked. */
const number = (number: PhoneNumber.PhoneNumber | null) => (number === null ? null : PhoneNumber.reveal(number))

/** A CDR as evidence. Its account matters only if it differs from that of the page. */
const cdr =
  (showAccount: boolean) =>
  ({ account, cost, direction, end, from, id, start, talk, to, trunkId, uuid }: CdrEvidence): CdrRow => ({
    uuid,
    id,
    account: showAccount ? account : null,
    start: start.epochMilliseconds,
    end: end === null ? null : end.epochMilliseconds,
    direction,
    trunkId,
    from: number(from),
    to: number(to),
    talk: millis(talk),
    cost: cost === null ? null : Money.format(cost)
  })

const recording =
  (showAccount: boolean, audioOf: (recordingId: string) => string | null) =>
  ({ account, began, callUuid, duration, key, recordingId, type }: RecordingEvidence): RecordingRow => ({
    recordingId,
    key,
    callUuid,
    type,
    account: showAccount ? account : null,
    began: began.epochMilliseconds,
    duration: millis(duration),
    audio: audioOf(recordingId)
  })

/** Makes the row of a finding. */
export const row =
  (audioOf: (recordingId: string) => string | null) =>
  (finding: Finding): Row => {
    const showAccount = finding.code === "other-account"
    return {
      code: finding.code,
      severity: finding.severity,
      reason: finding.reason,
      verdict: finding.verdict,
      rule: finding.rule,
      at: finding.at.epochMilliseconds,
      deadline: finding.deadline === null ? null : finding.deadline.epochMilliseconds,
      talk: millis(finding.talk),
      recorded: millis(finding.recorded),
      amount: finding.amount === null ? null : Money.format(finding.amount),
      explanation: finding.explanation,
      nextStep: finding.nextStep,
      cdrs: finding.cdrs.map(cdr(showAccount)),
      recordings: finding.recordings.map(recording(showAccount, audioOf))
    }
  }

/** Encodes rows as columns. */
export const encode = (rows: ReadonlyArray<Row>, epoch: number): Chunk => {
  const places = new Map<string, number>()
  const text = (value: string | null) => {
    if (value === null) return null
    const known = places.get(value)
    if (known !== undefined) return known
    places.set(value, places.size)
    return places.size - 1
  }
  const since = (instant: number | null) => (instant === null ? null : instant - epoch)
  const cdrs = rows.flatMap(({ cdrs }) => cdrs)
  const recordings = rows.flatMap(({ recordings }) => recordings)
  const columns: Columns<Row> = {
    code: rows.map(({ code }) => text(code)),
    severity: rows.map(({ severity }) => text(severity)),
    reason: rows.map(({ reason }) => text(reason)),
    verdict: rows.map(({ verdict }) => text(verdict)),
    rule: rows.map(({ rule }) => text(rule)),
    at: rows.map(({ at }) => since(at)),
    deadline: rows.map(({ deadline }) => since(deadline)),
    talk: rows.map(({ talk }) => talk),
    recorded: rows.map(({ recorded }) => recorded),
    amount: rows.map(({ amount }) => text(amount)),
    explanation: rows.map(({ explanation }) => text(explanation)),
    nextStep: rows.map(({ nextStep }) => text(nextStep)),
    cdrs: {
      counts: rows.map(({ cdrs }) => cdrs.length),
      columns: {
        uuid: cdrs.map(({ uuid }) => text(uuid)),
        id: cdrs.map(({ id }) => text(id)),
        account: cdrs.map(({ account }) => text(account)),
        start: cdrs.map(({ start }) => since(start)),
        end: cdrs.map(({ end }) => since(end)),
        direction: cdrs.map(({ direction }) => text(direction)),
        trunkId: cdrs.map(({ trunkId }) => text(trunkId)),
        from: cdrs.map(({ from }) => text(from)),
        to: cdrs.map(({ to }) => text(to)),
        talk: cdrs.map(({ talk }) => talk),
        cost: cdrs.map(({ cost }) => text(cost))
      }
    },
    recordings: {
      counts: rows.map(({ recordings }) => recordings.length),
      columns: {
        recordingId: recordings.map(({ recordingId }) => text(recordingId)),
        key: recordings.map(({ key }) => text(key)),
        callUuid: recordings.map(({ callUuid }) => text(callUuid)),
        type: recordings.map(({ type }) => text(type)),
        account: recordings.map(({ account }) => text(account)),
        began: recordings.map(({ began }) => since(began)),
        duration: recordings.map(({ duration }) => duration),
        audio: recordings.map(({ audio }) => text(audio))
      }
    }
  }
  return { texts: Array.from(places.keys()), columns }
}

/** Decodes columns into rows. */
export function decode(chunk: Chunk, epoch: number): ReadonlyArray<Row> {
  const { columns, texts } = chunk
  const text = (place: number | null | undefined) => texts[place ?? -1] ?? null
  const sure = (place: number | null | undefined) => texts[place ?? -1] ?? ""
  const number = (value: number | null | undefined) => value ?? null
  const instant = (value: number | null | undefined) => (typeof value === "number" ? value + epoch : null)
  const { columns: cdr, counts: cdrCounts } = columns.cdrs
  const { columns: recording, counts: recordingCounts } = columns.recordings
  let nextCdr = 0
  let nextRecording = 0
  return columns.code.map((code, n): Row => {
    const cdrs: Array<CdrRow> = []
    for (const end = nextCdr + (cdrCounts[n] ?? 0); nextCdr < end; nextCdr++) {
      cdrs.push({
        uuid: sure(cdr.uuid[nextCdr]),
        id: text(cdr.id[nextCdr]),
        account: text(cdr.account[nextCdr]),
        start: instant(cdr.start[nextCdr]) ?? epoch,
        end: instant(cdr.end[nextCdr]),
        direction: text(cdr.direction[nextCdr]),
        trunkId: text(cdr.trunkId[nextCdr]),
        from: text(cdr.from[nextCdr]),
        to: text(cdr.to[nextCdr]),
        talk: number(cdr.talk[nextCdr]),
        cost: text(cdr.cost[nextCdr])
      })
    }
    const recordings: Array<RecordingRow> = []
    for (const end = nextRecording + (recordingCounts[n] ?? 0); nextRecording < end; nextRecording++) {
      recordings.push({
        recordingId: sure(recording.recordingId[nextRecording]),
        key: text(recording.key[nextRecording]),
        callUuid: text(recording.callUuid[nextRecording]),
        type: text(recording.type[nextRecording]),
        account: text(recording.account[nextRecording]),
        began: instant(recording.began[nextRecording]) ?? epoch,
        duration: number(recording.duration[nextRecording]),
        audio: text(recording.audio[nextRecording])
      })
    }
    return {
      code: sure(code),
      severity: sure(columns.severity[n]),
      reason: text(columns.reason[n]),
      verdict: text(columns.verdict[n]),
      rule: text(columns.rule[n]),
      at: instant(columns.at[n]) ?? epoch,
      deadline: instant(columns.deadline[n]),
      talk: number(columns.talk[n]),
      recorded: number(columns.recorded[n]),
      amount: text(columns.amount[n]),
      explanation: sure(columns.explanation[n]),
      nextStep: sure(columns.nextStep[n]),
      cdrs,
      recordings
    }
  })
}

const dangerous = /[<\u2028\u2029]/g

/**
 * JSON in a script element, which decodes only the escapes of JSON.
 *
 * Raw: without a "<", nothing can end the element or begin a comment.
 */
export const embed = (value: unknown): Html =>
  Html.raw(
    JSON.stringify(value).replace(
      dangerous,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
    )
  )

/** The relative address of a path with `/` between its parts. It cannot name another host or scheme. */
export const relativeAddress = (path: string): string =>
  `./${path.toWellFormed().split("/").map(encodeURIComponent).join("/")}`
