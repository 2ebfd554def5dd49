/** Makes one call with its CDRs and recordings, independently of other calls. */
import type { Media } from "../Media.ts"
import type { CdrRow, RecordingRow, TrunkRow } from "../Wire.ts"
import * as Print from "./print.ts"
import * as Prng from "./prng.ts"
import type { CdrEntry, RecordingEntry, Scenario } from "./scenario.ts"

const second = 1000
const minute = 60 * second

/** How long before the account's end all calls except pending ones end. All their rows are visible. */
export const settled = 120 * minute

/** Pending calls end within this long before the account's end. */
const pendingWindow = 10 * minute

/** The account whose calls are generated. */
export interface AccountSetup {
  /** The account's id. */
  readonly authId: string
  /** The start of the account's period, in milliseconds since the epoch. */
  readonly from: number
  /** The end of the account's period, in milliseconds since the epoch. */
  readonly until: number
  /** The currency of all costs, such as `INR`. */
  readonly currency: string
  /** The mean talk of a call, in seconds. */
  readonly meanTalk: number
  /** The numbers whose voice calls are recorded, in E.164. */
  readonly recordedNumbers: readonly [string, ...Array<string>]
  /** The numbers whose voice calls are not recorded, in E.164. */
  readonly unrecordedNumbers: readonly [string, ...Array<string>]
  /** The trunks that record. */
  readonly recordedTrunks: readonly [TrunkRow, ...Array<TrunkRow>]
  /** The trunks that do not record. */
  readonly unrecordedTrunks: readonly [TrunkRow, ...Array<TrunkRow>]
}

export interface Call {
  readonly cdrs: ReadonlyArray<CdrEntry>
  readonly recordings: ReadonlyArray<RecordingEntry>
}

/** The sub-account of an account. */
const subAccountOf = (authId: string) => authId.replace(/^MA_/, "SA_")

/** The trunk and the number of a call. They decide how its rows look. */
interface Line {
  readonly trunk: TrunkRow | null
  /** The account's own number, in E.164. */
  readonly own: string
}

interface Leg {
  readonly row: CdrRow
  readonly line: Line
  readonly startedAt: number
  /** The answer, or the end of an unanswered call. */
  readonly answeredAt: number
  readonly endedAt: number
}

/** The building blocks of the calls of a scenario. */
const partsOf = (prng: Prng.Prng, setup: AccountSetup, kind: Scenario, endsAt: number | undefined) => {
  const voice = (): Line => ({ trunk: null, own: Prng.pick(prng, setup.recordedNumbers) })
  const silentVoice = (): Line => ({ trunk: null, own: Prng.pick(prng, setup.unrecordedNumbers) })
  const trunk = (): Line => ({
    trunk: Prng.pick(prng, setup.recordedTrunks),
    own: Prng.pick(prng, setup.unrecordedNumbers)
  })
  const silentTrunk = (): Line => ({
    trunk: Prng.pick(prng, setup.unrecordedTrunks),
    own: Prng.pick(prng, setup.unrecordedNumbers)
  })
  const recordedLine = (): Line => (Prng.chance(prng, 0.6) ? voice() : trunk())
  const anyLine = (): Line => Prng.pick(prng, [voice, voice, trunk, trunk, silentVoice, silentTrunk])()

  /** Seconds of talk: most calls take a minute or two, few take many. */
  const talkTime = () => 5 + Math.floor(-setup.meanTalk * Math.log(1 - prng.unit() * 0.999))

  const answered = (line: Line, billsec = talkTime(), bridge = Prng.uuid(prng)) => {
    const ring = Prng.integer(prng, 1, 30)
    const start =
      endsAt === undefined ? startTime(prng, setup, kind, ring + billsec) : endsAt - (ring + billsec) * second
    return leg(prng, setup, line, { start, ring, billsec, bridge })
  }
  const whole = (leg: Leg, key?: string) => recording(prng, setup, leg, key === undefined ? {} : { key })
  const call = (legs: ReadonlyArray<Leg>, recordings: ReadonlyArray<RecordingEntry> = []): Call => ({
    cdrs: legs.map((leg) => entry(prng, leg)),
    recordings
  })
  return {
    anyLine,
    answered,
    call,
    kind,
    prng,
    recordedLine,
    setup,
    silentTrunk,
    silentVoice,
    talkTime,
    trunk,
    voice,
    whole
  }
}

type Parts = ReturnType<typeof partsOf>

/** Makes a call of each scenario. */
const makers: Readonly<Record<Scenario, (parts: Parts) => Call>> = {
  "voice-recorded": ({ answered, call, voice, whole }) => {
    const a = answered(voice())
    return call([a], [whole(a)])
  },
  "voice-unrecorded": ({ answered, call, silentVoice }) => call([answered(silentVoice())]),
  "trunk-recorded": ({ answered, call, trunk, whole }) => {
    const a = answered(trunk())
    return call([a], [whole(a)])
  },
  "trunk-unrecorded": ({ answered, call, silentTrunk }) => call([answered(silentTrunk())]),
  unexpected: ({ answered, call, silentTrunk, whole }) => {
    const a = answered(silentTrunk())
    return call([a], [whole(a)])
  },
  bridged: ({ answered, call, prng, talkTime, voice, whole }) => {
    const a = answered(voice(), talkTime() + 10)
    return call([a, bLeg(prng, a)], [whole(a)])
  },
  "bridge-keyed": ({ answered, call, voice, whole }) => {
    const a = answered(voice())
    return call([a], [whole(a, a.row.bridge_uuid ?? a.row.uuid)])
  },
  unanswered: ({ anyLine, call, kind, prng, setup }) => {
    const line = anyLine()
    const ring = Prng.integer(prng, 3, 45)
    const start = startTime(prng, setup, kind, ring)
    return call([leg(prng, setup, line, { start, ring, billsec: 0, bridge: null })])
  },
  "very-short": ({ answered, call, prng, recordedLine }) => call([answered(recordedLine(), Prng.integer(prng, 1, 2))]),
  "duplicate-cdr": ({ answered, call, prng, recordedLine, talkTime, voice, whole }) => {
    const bridged = Prng.chance(prng, 1 / 3)
    const a = answered(bridged ? voice() : recordedLine(), talkTime() + 10)
    const legs = bridged ? [a, bLeg(prng, a)] : [a]
    return call([...legs, duplicate(prng, legs.at(-1) ?? a)], [whole(a)])
  },
  late: ({ answered, call, prng, recordedLine, setup }) => {
    const a = answered(recordedLine())
    const lateness = Prng.integer(prng, 5 * minute, 60 * minute)
    return call([a], [recording(prng, setup, a, { availableAt: a.endedAt + lateness })])
  },
  pending: ({ answered, call, prng, recordedLine, setup }) => {
    const a = answered(recordedLine())
    const wait = Prng.integer(prng, 1 * minute, 45 * minute)
    return call([a], [recording(prng, setup, a, { availableAt: setup.until + wait })])
  },
  missing: ({ answered, call, recordedLine, talkTime }) => call([answered(recordedLine(), talkTime() + 10)]),
  orphan: ({ answered, recordedLine, whole }) => ({
    cdrs: [],
    recordings: [whole(answered(recordedLine()))]
  }),
  several: ({ answered, call, prng, setup, talkTime, voice }) => {
    const a = answered(voice(), talkTime() + 60)
    return call([a], restarted(prng, setup, a))
  },
  "duration-mismatch": ({ answered, call, prng, recordedLine, setup, talkTime }) => {
    const a = answered(recordedLine(), talkTime() + 180)
    const length = Math.round(a.row.billsec * (0.1 + 0.3 * prng.unit())) * second
    return call([a], [recording(prng, setup, a, { length })])
  },
  conference: ({ answered, call, prng, setup, silentVoice, talkTime, voice }) => {
    const name = Prng.pick(prng, ["standup-room", "weekly-review", "support-bridge", "sales-desk"])
    const a = answered(voice(), talkTime() + 60)
    const others = Array.from({ length: Prng.integer(prng, 1, 3) }, () => {
      const ring = Prng.integer(prng, 1, 20)
      const start = a.startedAt + Prng.integer(prng, 0, 20) * second
      const billsec = Math.max(1, Math.floor((a.endedAt - start) / second) - ring)
      return leg(prng, setup, silentVoice(), { start, ring, billsec, bridge: a.row.bridge_uuid })
    })
    return call([a, ...others], [recording(prng, setup, a, { conference: name })])
  },
  "conference-room": ({ answered, call, prng, setup, silentVoice }) => {
    const a = answered(silentVoice())
    return call([a], [recording(prng, setup, a, { key: Prng.uuid(prng), conference: "all-hands" })])
  },
  unkeyed: ({ answered, call, prng, voice, whole }) => {
    const a = answered(voice())
    return call([a], [whole(a, Prng.uuid(prng))])
  },
  straddling: ({ prng, recordedLine, setup, whole }) => {
    const [ring, billsec] = [Prng.integer(prng, 1, 30), 20 * 60]
    const start = setup.until - 4 * minute - (ring + billsec) * second
    return { cdrs: [], recordings: [whole(leg(prng, setup, recordedLine(), { start, ring, billsec, bridge: null }))] }
  },
  "flawed-audio": ({ answered, call, prng, voice, whole }) => {
    const a = answered(voice(), 7)
    const { media, row, ...entry } = whole(a)
    const flaw = Prng.pick(prng, ["silent", "one-way", "cut", "noise", "codec", "format", "length"] as const)
    const wav = { ...media, container: "wav", channels: 2 } as const
    const format = flaw === "format" ? "mp3" : "wav"
    return call(
      [a],
      [
        {
          ...entry,
          row: {
            ...row,
            recording_format: format,
            recording_url: row.recording_url.replace(/\.(mp3|wav)$/, `.${format}`)
          },
          media:
            flaw === "length" ? { ...wav, duration: media.duration / 2 } : flaw === "format" ? wav : { ...wav, flaw }
        }
      ]
    )
  },
  "sub-account": ({ answered, call, setup, voice }) => {
    const a = answered(voice())
    return call([{ ...a, row: { ...a.row, account_id: subAccountOf(setup.authId) } }])
  }
}

/** Makes a call that ends at `endsAt`, or at a random instant of the account's days. */
export const make = (prng: Prng.Prng, setup: AccountSetup, kind: Scenario, endsAt?: number): Call =>
  makers[kind](partsOf(prng, setup, kind, endsAt))

// ---------------------------------------------------------------------------
// Times
// ---------------------------------------------------------------------------

/** A start, mostly in working hours, of a call of `length` seconds. */
const startTime = (prng: Prng.Prng, setup: AccountSetup, kind: Scenario, length: number): number => {
  const ends =
    kind === "pending"
      ? { from: setup.until - pendingWindow, to: setup.until - 10 * second }
      : { from: setup.from + length * second, to: setup.until - settled }
  for (;;) {
    const end = ends.from + prng.unit() * (ends.to - ends.from)
    const hour = Print.indianHour(end)
    if (kind === "pending" || (hour >= 9 && hour < 20) || Prng.chance(prng, 0.1)) {
      // CDRs are written in whole seconds.
      return Math.floor(end / second) * second - length * second
    }
  }
}

// ---------------------------------------------------------------------------
// CDRs
// ---------------------------------------------------------------------------

/** Cause, code, name, disposition and source. */
type Ending = readonly [string, number, string, string, string]

const hangups: readonly [Ending, Ending] = [
  ["NORMAL_CLEARING", 4000, "Normal Hangup", "send_bye", "Caller"],
  ["NORMAL_CLEARING", 4000, "Normal Hangup", "recv_bye", "Callee"]
]

const failures: readonly [Ending, ...Array<Ending>] = [
  ["NO_ANSWER", 6010, "Ring Timeout Reached", "send_cancel", "Vobiz"],
  ["USER_BUSY", 3010, "Busy Line", "recv_refuse", "Callee"],
  ["CALL_REJECTED", 3020, "Rejected", "recv_refuse", "Callee"],
  ["ORIGINATOR_CANCEL", 1010, "Cancelled", "recv_cancel", "Caller"]
]

/** The id of a CDR until the account numbers all its CDRs. */
export const unnumbered = 0

const entry = (prng: Prng.Prng, leg: Leg): CdrEntry => ({
  row: leg.row,
  startedAt: leg.startedAt,
  availableAt: leg.endedAt + Prng.integer(prng, 0, 5 * second)
})

const leg = (
  prng: Prng.Prng,
  setup: AccountSetup,
  line: Line,
  call: { readonly start: number; readonly ring: number; readonly billsec: number; readonly bridge: string | null }
): Leg => {
  const { billsec, bridge, ring, start } = call
  const isAnswered = billsec > 0
  const answeredAt = start + ring * second
  const endedAt = answeredAt + billsec * second
  const outbound = line.trunk === null ? Prng.chance(prng, 0.8) : line.trunk.trunk_direction === "outbound"
  const other = `9198${Prng.integer(prng, 10_000_000, 99_999_999)}`
  const own = line.own.slice(1)
  // Observed: the caller's number has its plus sign, and the called number mostly does not.
  const called = Prng.chance(prng, 0.2) ? "+" : ""
  const pulses = Math.ceil(billsec / 60)
  const streams = isAnswered && line.trunk === null && Prng.chance(prng, 0.1)
  const end = Print.cdrTime(endedAt)
  const ending = Prng.pick(prng, isAnswered ? hangups : failures)
  const row: CdrRow = {
    id: unnumbered,
    uuid: Prng.uuid(prng),
    account_id: setup.authId,
    call_direction: outbound ? "outbound" : "inbound",
    caller_id_name: outbound ? own : other,
    caller_id_number: `+${outbound ? own : other}`,
    destination_number: called + (outbound ? other : own),
    duration: ring + billsec,
    billsec,
    ring_time: ring,
    answer_time: isAnswered ? Print.cdrTime(answeredAt) : null,
    start_time: Print.cdrTime(start),
    end_time: end,
    progress_time: line.trunk === null ? Print.cdrTime(start + second) : null,
    created_at: end,
    updated_at: Prng.chance(prng, 0.3) ? Print.cdrTime(endedAt + second) : end,
    // Billed per minute, in hundredths, so that the decimals stay short.
    cost: (pulses * 45) / 100,
    total_cost: (pulses * (streams ? 65 : 45)) / 100,
    streaming_cost: streams ? (pulses * 20) / 100 : 0,
    currency: setup.currency,
    hangup_cause: ending[0],
    hangup_cause_code: ending[1],
    hangup_cause_name: ending[2],
    hangup_disposition: ending[3],
    hangup_source: ending[4],
    failure_code: null,
    failure_reason: null,
    bridge_uuid: bridge,
    sip_call_id: line.trunk === null ? Prng.uuid(prng) : Prng.base58(prng, 28),
    sip_user_agent: line.trunk === null ? "Vobiz" : null,
    codec: isAnswered ? "PCMU" : null,
    mos: isAnswered ? (Prng.chance(prng, 0.9) ? 4.4 : 3.9) : 0,
    jitter: isAnswered ? 0 : null,
    packet_loss: isAnswered ? 0 : null,
    network_addr: "198.51.100.7",
    carrier_ip: null,
    context: line.trunk === null ? "voice-api" : "sip-trunking",
    region: "ap-south-1",
    origination_region: "mumbai",
    campaign_id: null,
    customer_endpoint: null,
    trunk_id: line.trunk?.trunk_id ?? null,
    terminated_to: null
  }
  return { row, line, startedAt: start, answeredAt, endedAt }
}

/**
 * The other leg of a bridged pair.
 *
 * It names the first leg, is billed too, and has no recording of its own.
 */
const bLeg = (prng: Prng.Prng, a: Leg): Leg => {
  const later = Math.min(a.row.billsec - 1, Prng.integer(prng, 2, 8))
  const billsec = a.row.billsec - later
  const cost = (Math.ceil(billsec / 60) * 45) / 100
  const row: CdrRow = {
    ...a.row,
    uuid: Prng.uuid(prng),
    destination_number: `9198${Prng.integer(prng, 10_000_000, 99_999_999)}`,
    billsec,
    ring_time: a.row.ring_time + later,
    answer_time: Print.cdrTime(a.answeredAt + later * second),
    cost,
    total_cost: cost,
    streaming_cost: 0,
    bridge_uuid: a.row.uuid
  }
  return { ...a, row, answeredAt: a.answeredAt + later * second }
}

/** The second row, billed again, that the provider writes when a call ends on a registered endpoint. */
const duplicate = (prng: Prng.Prng, leg: Leg): Leg => ({
  ...leg,
  row: {
    ...leg.row,
    uuid: Prng.uuid(prng),
    customer_endpoint: `agent${String(Prng.integer(prng, 1, 20)).padStart(2, "0")}@registrar.vobiz.ai`
  }
})

// ---------------------------------------------------------------------------
// Recordings
// ---------------------------------------------------------------------------

const recording = (
  prng: Prng.Prng,
  setup: AccountSetup,
  leg: Leg,
  options: {
    /** The `call_uuid` of a recording that is not keyed by the leg. */
    readonly key?: string
    /** Milliseconds into the talk at which it starts. */
    readonly offset?: number
    /** Milliseconds; by default to the end of the call. */
    readonly length?: number
    readonly availableAt?: number
    readonly conference?: string
  }
): RecordingEntry => {
  const isTrunk = leg.line.trunk !== null
  const startedAt = leg.answeredAt + (options.offset ?? Prng.integer(prng, 40, 600))
  // Audio comes in packets of 20 ms.
  const duration = Math.max(20, Math.floor((options.length ?? leg.endedAt - startedAt) / 20) * 20)
  const endedAt = startedAt + duration
  const micros = addedAtMicros(prng, endedAt)
  const addedAt = Math.floor(micros / 1000)
  const recordingId = isTrunk ? leg.row.sip_call_id : Prng.uuid(prng)
  const format = isTrunk || Prng.chance(prng, 0.1) ? "wav" : "mp3"
  const media: Media = {
    // Observed: a file named .mp3 can be WAV, in stereo.
    container: format === "wav" || Prng.chance(prng, 0.1) ? "wav" : "mp3",
    channels: isTrunk || Prng.chance(prng, 0.5) ? 1 : 2,
    duration,
    pitch: Prng.integer(prng, 200, 900)
  }
  const number = (printed: string) => {
    const digits = printed.replace("+", "")
    return isTrunk ? `00${digits}` : Prng.chance(prng, 0.8) ? `+${digits}` : digits
  }
  const row: RecordingRow = {
    add_time: Print.addTime(micros, Prng.chance(prng, 0.7)),
    call_uuid: options.key ?? (isTrunk ? leg.row.sip_call_id : leg.row.uuid),
    conference_name: options.conference ?? (!isTrunk && Prng.chance(prng, 0.8) ? "" : null),
    from_number: number(leg.row.caller_id_number),
    monthly_recording_storage_amount: 0,
    recording_duration_ms: Print.decimal(duration),
    recording_end_ms: isTrunk ? null : Print.decimal(endedAt),
    recording_format: format,
    recording_id: recordingId,
    recording_start_ms: isTrunk ? null : Print.decimal(startedAt),
    recording_storage_duration: 0,
    recording_storage_rate: 0.005,
    recording_type: isTrunk ? "trunk" : options.conference === undefined ? "call" : "conference",
    recording_url: `https://media.vobiz.ai/v1/Account/${setup.authId}/Recording/${recordingId}.${format}`,
    resource_uri: `/v1/Account/${setup.authId}/Recording/${recordingId}/`,
    rounded_recording_duration: Math.ceil(duration / minute) * 60,
    to_number: number(leg.row.destination_number)
  }
  const soon = addedAt + Prng.integer(prng, 30 * second, 120 * second)
  return { row, media, addedAt, availableAt: options.availableAt ?? soon }
}

/** Two or three recordings, one after the other, with pauses between them. */
const restarted = (prng: Prng.Prng, setup: AccountSetup, leg: Leg): ReadonlyArray<RecordingEntry> => {
  const count = Prng.integer(prng, 2, 3)
  const share = Math.floor((leg.row.billsec * second) / count)
  return Array.from({ length: count }, (_, index) =>
    recording(prng, setup, leg, { offset: index * share + 100, length: share - Prng.integer(prng, 500, 3000) })
  )
}

/** 1.1 to 1.3 s after the recording's end, in microseconds. Its seconds have one to six decimals. */
const addedAtMicros = (prng: Prng.Prng, endedAt: number): number => {
  const exact = endedAt * 1000 + Prng.integer(prng, 1_100_000, 1_200_000)
  const step = 10 ** (Prng.chance(prng, 0.7) ? 0 : Prng.integer(prng, 1, 5))
  const rounded = Math.ceil(exact / step) * step
  return rounded % 1_000_000 === 0 ? exact + (exact % 1_000_000 === 0 ? 1 : 0) : rounded
}
