/**
 * Simulates an account of the provider: calls, CDRs, recordings, trunks, and the truth about them.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"

import * as Call from "./internal/call.ts"
import * as Prng from "./internal/prng.ts"
import { type CdrEntry, type RecordingEntry, type Scenario, scenarios } from "./internal/scenario.ts"
import type { CdrRow, RecordingRow, TrunkRow } from "./Wire.ts"

export { type CdrEntry, type RecordingEntry, type Scenario, scenarios } from "./internal/scenario.ts"

/**
 * The weight of each scenario.
 *
 * Only the proportions matter: a scenario gets its share of the calls, rounded to whole calls.
 *
 * @category models
 * @since 0.1.0
 */
export type Mix = Readonly<Record<Scenario, number>>

/**
 * The default mix, in about percent.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMix: Mix = {
  "voice-recorded": 35,
  "voice-unrecorded": 8,
  "trunk-recorded": 20,
  "trunk-unrecorded": 6,
  unexpected: 0.5,
  bridged: 6,
  "bridge-keyed": 1.5,
  unanswered: 14,
  "very-short": 1.5,
  "duplicate-cdr": 1,
  late: 2,
  pending: 0.5,
  missing: 1.2,
  orphan: 0.5,
  several: 1,
  "duration-mismatch": 0.5,
  conference: 0.8,
  "conference-room": 0,
  unkeyed: 0,
  "sub-account": 0,
  straddling: 0,
  "flawed-audio": 0
}

/**
 * The options of an account. Equal options make equal accounts.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** A whole number. */
  readonly seed: number
  /** The number of calls. There are more CDRs than calls. */
  readonly calls: number
  /**
   * How many days before `until` the first call may start, at least 1.
   *
   * The provider deletes recordings 30 days after they were added. With more days, some calls have lost their recordings.
   */
  readonly days: number
  /**
   * The end of the account.
   *
   * All calls except `pending` and `straddling` ones ended at least two hours before, and all their rows are visible. Any settle
   * window from 10 minutes to two hours therefore distinguishes the pending ones.
   */
  readonly until: DateTime.Utc
  readonly authId?: string | undefined
  /**
   * Weights that replace those of the default mix. A weight of 0 leaves a scenario out.
   *
   * @default defaultMix
   */
  readonly mix?: Partial<Mix> | undefined
  /**
   * The average talk per call in seconds, besides what its scenario adds. Little talk makes small audio.
   *
   * @default 95
   */
  readonly meanTalk?: number | undefined
  /**
   * The currency of CDRs in the list, and of a CDR requested alone.
   *
   * They were observed to differ for the same call, `USD` and `INR` (docs/vobiz-api.md, "Billing").
   *
   * @default { list: "INR", detail: "INR" }
   */
  readonly currency?: { readonly list?: string | undefined; readonly detail?: string | undefined } | undefined
}

/**
 * What happened to one call, and the rows that it left or will leave.
 *
 * @category models
 * @since 0.1.0
 */
export interface CallTruth {
  readonly kind: Scenario
  readonly cdrUuids: ReadonlyArray<string>
  readonly recordingIds: ReadonlyArray<string>
}

/**
 * What happened, per call and in counts.
 *
 * It records what the simulator did, independently of any reconciliation.
 *
 * @category models
 * @since 0.1.0
 */
export interface Truth {
  readonly calls: ReadonlyArray<CallTruth>
  readonly counts: Readonly<Record<Scenario, number>>
}

/**
 * A simulated account.
 *
 * @category models
 * @since 0.1.0
 */
export interface Account {
  readonly authId: string
  readonly from: DateTime.Utc
  readonly until: DateTime.Utc
  /**
   * The account's own numbers, in E.164.
   *
   * Voice-API calls of a `recorded` number have to be recorded. The provider's API does not say so: a policy has to.
   */
  readonly numbers: ReadonlyArray<{ readonly number: string; readonly recorded: boolean }>
  readonly trunks: ReadonlyArray<TrunkRow>
  /** Latest start first. */
  readonly cdrs: ReadonlyArray<CdrEntry>
  /** Latest `add_time` first. */
  readonly recordings: ReadonlyArray<RecordingEntry>
  /** The currency of a CDR requested alone (`Options.currency`). */
  readonly detailCurrency: string
  readonly truth: Truth
}

const day = 86_400_000

/**
 * How long the provider keeps a recording after its `add_time`, in milliseconds: 30 days.
 *
 * Source: docs/vobiz-api.md, "Retention".
 *
 * @category constants
 * @since 0.1.0
 */
export const retentionMillis = 30 * day

/**
 * Makes an account. Throws a `RangeError` for invalid options.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Account => {
  const { calls, days, seed, until } = options
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a whole number, and is ${seed}`)
  if (!Number.isSafeInteger(calls) || calls < 0) throw new RangeError(`calls must be a count, and is ${calls}`)
  if (options.meanTalk !== undefined && !(options.meanTalk >= 0)) {
    throw new RangeError(`meanTalk must be seconds, and is ${options.meanTalk}`)
  }
  if (!(days >= 1)) throw new RangeError(`days must be 1 or more, and is ${days}`)

  const prng = Prng.make(seed, 0)
  const authId = options.authId ?? "MA_SIM00001"
  const from = DateTime.makeUnsafe(until.epochMilliseconds - days * day)
  const trunks = makeTrunks(prng, authId, from)
  const setup = setupOf(authId, from, until, options.currency?.list ?? "INR", trunks, options.meanTalk)

  const kinds = assign(prng, calls, { ...defaultMix, ...options.mix })
  const cdrs: Array<CdrEntry> = []
  const recordings: Array<RecordingEntry> = []
  const truth: Array<CallTruth> = []
  const counts = Object.fromEntries(scenarios.map((kind) => [kind, 0])) as Record<Scenario, number>
  for (const [index, kind] of kinds.entries()) {
    const call = Call.make(Prng.make(seed, index + 1), setup, kind)
    cdrs.push(...call.cdrs)
    recordings.push(...call.recordings)
    counts[kind] += 1
    truth.push({
      kind,
      cdrUuids: call.cdrs.map(({ row }) => row.uuid),
      recordingIds: call.recordings.map(({ row }) => row.recording_id)
    })
  }
  return {
    authId,
    from,
    until,
    numbers,
    trunks,
    cdrs: number(cdrs),
    recordings: recordings.toSorted((a, b) => b.addedAt - a.addedAt),
    detailCurrency: options.currency?.detail ?? "INR",
    truth: { calls: truth, counts }
  }
}

/**
 * The recordings that the provider lists at an instant: those that exist and are not yet deleted.
 *
 * @category getters
 * @since 0.1.0
 */
export const recordingsAt = (account: Account, now: DateTime.Utc): ReadonlyArray<RecordingRow> =>
  account.recordings
    .filter((entry) => isKept(entry, now.epochMilliseconds))
    .map((entry) => recordingRowAt(entry, now.epochMilliseconds))

/**
 * The CDRs that the provider lists at an instant: those that it has written by then.
 *
 * @category getters
 * @since 0.1.0
 */
export const cdrsAt = (account: Account, now: DateTime.Utc): ReadonlyArray<CdrRow> =>
  account.cdrs.filter((entry) => entry.availableAt <= now.epochMilliseconds).map(({ row }) => row)

/**
 * Whether the provider lists a recording at an instant, in epoch milliseconds.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isKept = (entry: RecordingEntry, now: number): boolean =>
  entry.availableAt <= now && now < entry.addedAt + retentionMillis

/**
 * A recording's row at an instant in epoch milliseconds, with the number of days it has been stored.
 *
 * @category getters
 * @since 0.1.0
 */
export const recordingRowAt = (entry: RecordingEntry, now: number): RecordingRow => ({
  ...entry.row,
  recording_storage_duration: Math.max(0, Math.floor((now - entry.addedAt) / day))
})

/**
 * One more recorded voice-API call, which ended just before an instant.
 *
 * Insert it into an account while a test reads the account. The same `index` makes the same call, which is none of the account's.
 *
 * @category constructors
 * @since 0.1.0
 */
export const oneMore = (
  account: Account,
  index: number,
  at: DateTime.Utc
): { readonly cdr: CdrEntry; readonly recording: RecordingEntry } => {
  const end = Math.floor(at.epochMilliseconds / 1000) * 1000 - 2000
  const setup = setupOf(account.authId, account.from, account.until, account.cdrs[0]?.row.currency ?? "INR", [
    ...account.trunks
  ])
  const call = Call.make(Prng.make(-1, index), setup, "voice-recorded", end)
  const [cdr] = call.cdrs
  const [recording] = call.recordings
  if (cdr === undefined || recording === undefined) throw new Error("a recorded call has a CDR and a recording")
  const available = { availableAt: at.epochMilliseconds }
  return {
    cdr: { ...cdr, ...available, row: { ...cdr.row, id: firstId * 2 + index } },
    recording: { ...recording, ...available }
  }
}

// ---------------------------------------------------------------------------
// Parts of an account
// ---------------------------------------------------------------------------

const firstId = 18_990_001

const recordedNumbers = ["+918045670011", "+918045670012", "+918045670013", "+918045670014"] as const
const unrecordedNumbers = ["+918045670091", "+918045670092"] as const

const numbers: Account["numbers"] = [
  ...recordedNumbers.map((number) => ({ number, recorded: true })),
  ...unrecordedNumbers.map((number) => ({ number, recorded: false }))
]

const makeTrunks = (prng: Prng.Prng, authId: string, from: DateTime.Utc): Array<TrunkRow> =>
  (
    [
      ["prod-outbound", "outbound", true],
      ["prod-inbound", "inbound", true],
      ["fax-outbound", "outbound", false],
      ["test-inbound", "inbound", false]
    ] as const
  ).map(([name, direction, recording]) => {
    const trunkId = Prng.uuid(prng)
    const created = `${new Date(from.epochMilliseconds - 45 * day).toISOString().slice(0, 19)}Z`
    return {
      trunk_id: trunkId,
      account_id: authId,
      name,
      trunk_domain: `${trunkId.slice(0, 8)}.sip.vobiz.ai`,
      trunk_status: "enabled",
      secure: false,
      trunk_direction: direction,
      concurrent_calls_limit: 10,
      cps_limit: 2,
      description: "",
      transport: "udp",
      recording,
      enable_transcription: false,
      pii_redaction: false,
      webhook_method: "POST",
      recording_webhook_enabled: recording,
      created_at: created,
      updated_at: created
    }
  })

const setupOf = (
  authId: string,
  from: DateTime.Utc,
  until: DateTime.Utc,
  currency: string,
  trunks: ReadonlyArray<TrunkRow>,
  meanTalk = 95
): Call.AccountSetup => ({
  meanTalk,
  authId,
  from: from.epochMilliseconds,
  until: until.epochMilliseconds,
  currency,
  recordedNumbers,
  unrecordedNumbers,
  recordedTrunks: trunks.filter((trunk) => trunk.recording) as [TrunkRow, ...Array<TrunkRow>],
  unrecordedTrunks: trunks.filter((trunk) => !trunk.recording) as [TrunkRow, ...Array<TrunkRow>]
})

/** The scenario of each call, in random order. The counts follow the weights, by largest remainder. */
const assign = (prng: Prng.Prng, calls: number, mix: Mix): ReadonlyArray<Scenario> => {
  const total = scenarios.reduce((sum, kind) => sum + mix[kind], 0)
  if (calls > 0 && !(total > 0 && scenarios.every((kind) => mix[kind] >= 0))) {
    throw new RangeError("the weights of a mix must be at least 0, and not all 0")
  }
  const shares = scenarios.map((kind) => ({ kind, exact: total === 0 ? 0 : (calls * mix[kind]) / total }))
  const whole = shares.map(({ exact }) => Math.floor(exact))
  const byRemainder = shares
    .map(({ exact }, index) => ({ index, remainder: exact - Math.floor(exact) }))
    .toSorted((a, b) => b.remainder - a.remainder || a.index - b.index)
  let left = calls - whole.reduce((sum, count) => sum + count, 0)
  for (const { index } of byRemainder) {
    if (left <= 0) break
    whole[index] = (whole[index] ?? 0) + 1
    left -= 1
  }
  const kinds = shares.flatMap(({ kind }, index) => Array.from({ length: whole[index] ?? 0 }, () => kind))
  Prng.shuffle(prng, kinds)
  return kinds
}

/** Numbers the CDRs in the order in which they were written, and sorts them newest first. */
const number = (entries: ReadonlyArray<CdrEntry>): ReadonlyArray<CdrEntry> => {
  const written = entries.toSorted((a, b) => a.availableAt - b.availableAt)
  for (const [index, { row }] of written.entries()) (row as { id: number }).id = firstId + index
  return written.toSorted((a, b) => b.startedAt - a.startedAt || b.row.id - a.row.id)
}
