/**
 * Lists what the account holds, row by row, and what the reading proves about its completeness.
 *
 * @since 0.1.0
 */
import {
  type CallDetailRecord,
  CallDetailRecords,
  type Extract,
  Money,
  PhoneNumber,
  ProviderRow,
  type Recording,
  Recordings,
  type Trunk,
  Trunks
} from "@vobiz-effect/core"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Window } from "./Window.ts"

/**
 * One row for people and programs: plain values by the names of their columns.
 *
 * @category models
 * @since 0.1.0
 */
export type Row = Readonly<Record<string, string | number | boolean | null>>

/**
 * How a list is shown. Telephone numbers are hidden except two digits unless `reveal` is set.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly reveal: boolean
  /**
   * For people: a few columns, with instants of this zone, printed such as `2026-05-10 18:30:00`.
   *
   * @default none: for programs, with every field of the provider's, by its name in camel case (`recordingUrl`), and instants in UTC;
   * `recon reconcile` reads such rows
   */
  readonly zone?: Zone.Zone | undefined
}

/** Options for people. */
interface Shown extends Options {
  readonly zone: Zone.Zone
}

const phone = (number: PhoneNumber.PhoneNumber | null, { reveal }: Options) =>
  number === null ? null : reveal ? PhoneNumber.reveal(number) : PhoneNumber.mask(number)

/** Text that is no id: there can be telephone numbers in it. */
const words = (text: string | null, { reveal }: Options) =>
  text === null || reveal ? text : PhoneNumber.maskDigits(text)

const instant = (value: DateTime.Utc | null, { zone }: Shown) => (value === null ? null : Zone.moment(value, zone))

const seconds = (value: Duration.Duration | null) => (value === null ? null : Duration.toSeconds(value))

const recordingRow =
  (options: Shown) =>
  (recording: Recording.Recording): Row => ({
    recording_id: recording.recordingId,
    type: words(recording.recordingType, options),
    format: words(recording.recordingFormat, options),
    added: instant(recording.addTime, options),
    seconds: seconds(recording.duration),
    billed_seconds: seconds(recording.roundedDuration),
    from: phone(recording.from, options),
    to: phone(recording.to, options),
    call_uuid: recording.callUuid,
    conference: words(recording.conferenceName, options)
  })

const cdrRow =
  (options: Shown) =>
  (cdr: CallDetailRecord.CallDetailRecord): Row => ({
    uuid: cdr.uuid,
    start: instant(cdr.startTime, options),
    direction: words(cdr.direction, options),
    from: phone(cdr.from, options),
    to: phone(cdr.to, options),
    billsec: seconds(cdr.billsec),
    ring: seconds(cdr.ringTime),
    cost: cdr.totalCost === null ? null : Money.format(cdr.totalCost),
    hangup: words(cdr.hangupCause, options),
    context: words(cdr.context, options),
    trunk_id: cdr.trunkId,
    sip_call_id: cdr.sipCallId
  })

const trunkRow =
  (options: Shown) =>
  (trunk: Trunk.Trunk): Row => ({
    trunk_id: trunk.trunkId,
    name: words(trunk.name, options),
    direction: words(trunk.direction, options),
    status: words(trunk.status, options),
    recording: trunk.recording
  })

const camelCase = (name: string) => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Every field of a row, for programs. */
const dataOf =
  <A>({ toJson }: ProviderRow.Kind<A>, { reveal }: Options) =>
  (row: A): Row =>
    Object.fromEntries(Object.entries(toJson(row, { reveal })).map(([name, value]) => [camelCase(name), value]))

const rowsOf =
  <A>(kind: ProviderRow.Kind<A>, shown: (options: Shown) => (row: A) => Row, options: Options) =>
  ({ rows, ...read }: Extract.Extract<A>): Extract.Extract<Row> => {
    const { zone } = options
    return { ...read, rows: Stream.map(rows, zone === undefined ? dataOf(kind, options) : shown({ ...options, zone })) }
  }

/**
 * The account's recordings. With a window, only those added within it; the provider has no filter for that, so the
 * list is read down to the window's start.
 *
 * @category programs
 * @since 0.1.0
 */
export const recordings = (
  { window, ...query }: Recordings.RecordingsQuery & { readonly window?: Window | undefined },
  options: Options
): Effect.Effect<Extract.Extract<Row>, never, Recordings.Recordings> =>
  Effect.flatMap(Recordings.Recordings, (service) =>
    service.extract({ ...query, since: window?.from ?? query.since, until: window?.to ?? query.until })
  ).pipe(Effect.map(rowsOf(ProviderRow.recording, recordingRow, options)))

/**
 * The CDRs of calls that started within a window.
 *
 * @category programs
 * @since 0.1.0
 */
export const callDetailRecords = (
  query: CallDetailRecords.CdrQuery,
  options: Options
): Effect.Effect<Extract.Extract<Row>, never, CallDetailRecords.CallDetailRecords> =>
  Effect.flatMap(CallDetailRecords.CallDetailRecords, (service) => service.extract(query)).pipe(
    Effect.map(rowsOf(ProviderRow.cdr, cdrRow, options))
  )

/**
 * The account's trunks.
 *
 * @category programs
 * @since 0.1.0
 */
export const trunks = (options: Options): Effect.Effect<Extract.Extract<Row>, never, Trunks.Trunks> =>
  Effect.flatMap(Trunks.Trunks, ({ extract }) => extract).pipe(Effect.map(rowsOf(ProviderRow.trunk, trunkRow, options)))
