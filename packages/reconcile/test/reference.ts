/**
 * The rules of reconciliation as maps and loops: slow, in memory, and written without a look at the SQL, so that the two
 * can be held against each other.
 */
import { CallDetailRecord, PhoneNumber, type Recording, Trunk } from "@vobiz-effect/core"
import { BigDecimal, DateTime, Duration } from "effect"

import { Finding, type Kernel, Policy, type Relations } from "../src/index.ts"

type Cdr = CallDetailRecord.CallDetailRecord

/** A recording, and where it was found. */
interface Audio extends Pick<
  Recording.Recording,
  "recordingId" | "callUuid" | "recordingType" | "conferenceName" | "addTime" | "startTime" | "endTime" | "duration"
> {
  readonly resourceUri: string | null
  readonly from: PhoneNumber.PhoneNumber | null
  readonly to: PhoneNumber.PhoneNumber | null
  readonly source: Finding.RecordingEvidence["source"]
}

export interface Account {
  readonly cdrs: ReadonlyArray<Cdr>
  readonly recordings: ReadonlyArray<Recording.Recording>
  readonly trunks: ReadonlyArray<Trunk.Trunk>
  readonly archive?: ReadonlyArray<Relations.Archived>
  readonly remembered?: ReadonlyArray<Relations.Remembered>
  readonly trunkHistory?: ReadonlyArray<Relations.TrunkSeen>
}

const compare = <A extends string | number>(a: A, b: A) => (a < b ? -1 : a > b ? 1 : 0)
const idOf = ({ id }: Cdr) => (id === null ? Infinity : Number(id))
const byId = (a: Cdr, b: Cdr) => compare(idOf(a), idOf(b))
const startOf = (cdr: Cdr) => DateTime.toEpochMillis(cdr.startTime)
const talkOf = (cdr: Cdr) => Duration.toMillis(cdr.billsec ?? Duration.zero)
const numberOf = (number: PhoneNumber.PhoneNumber | null) => (number === null ? null : PhoneNumber.reveal(number))
/** A number as evidence has it. */
const evidenceOf = (number: PhoneNumber.PhoneNumber | null) => {
  const text = numberOf(number)
  return text === null ? null : PhoneNumber.of(text, /^\+[1-9]\d{6,14}$/.test(text) ? text : null)
}
const earliest = (a: Cdr, b: Cdr) => compare(startOf(a), startOf(b)) || compare(a.uuid, b.uuid) || byId(a, b)

/** An id as ids are compared. */
export const same = (id: string) => id.trim().toLowerCase()
const sameOrNone = (id: string | null) => (id === null ? null : same(id) || null)

/** A row with its ids as they are compared. */
export const compared = (row: Cdr): Cdr =>
  CallDetailRecord.make({
    ...row,
    uuid: same(row.uuid),
    id: sameOrNone(row.id),
    accountId: sameOrNone(row.accountId),
    sipCallId: sameOrNone(row.sipCallId),
    bridgeUuid: sameOrNone(row.bridgeUuid),
    trunkId: sameOrNone(row.trunkId)
  })

const beganAt = ({ addTime, duration, endTime, startTime }: Audio) =>
  startTime !== null
    ? DateTime.toEpochMillis(startTime)
    : DateTime.toEpochMillis(endTime ?? addTime) - (duration === null ? 0 : Duration.toMillis(duration))
const endedAt = ({ addTime, duration, endTime, startTime }: Audio) =>
  endTime === null && startTime !== null && duration !== null
    ? DateTime.toEpochMillis(startTime) + Duration.toMillis(duration)
    : DateTime.toEpochMillis(endTime ?? addTime)
const accountOf = ({ resourceUri }: Audio) => resourceUri?.split("/Account/")[1]?.split("/")[0] ?? null

/** The last nine digits of both numbers, where both have seven at least. */
const lineOf = ({ from, to }: Pick<Cdr, "from" | "to">) => {
  const digits = [from, to].map((number) => (numberOf(number) ?? "").replaceAll(/[^0-9]/g, ""))
  return digits.every(({ length }) => length >= 7) ? digits.map((text) => text.slice(-9)).join(" ") : null
}
const isContradicted = (a: PhoneNumber.PhoneNumber | null, b: PhoneNumber.PhoneNumber | null) =>
  a !== null &&
  b !== null &&
  PhoneNumber.revealE164(a) !== null &&
  PhoneNumber.revealE164(b) !== null &&
  PhoneNumber.revealE164(a) !== PhoneNumber.revealE164(b)
const lastNine = (number: PhoneNumber.PhoneNumber | null) => {
  const digits = (numberOf(number) ?? "").replaceAll(/[^0-9]/g, "")
  return digits.length >= 7 ? digits.slice(-9) : null
}
const endOf = (cdr: Cdr) =>
  Math.max(
    startOf(cdr),
    cdr.endTime === null
      ? startOf(cdr) + Duration.toMillis(cdr.duration ?? Duration.zero)
      : DateTime.toEpochMillis(cdr.endTime)
  )

/** Whether a recording ends when it starts. */
const isMoment = ({ endTime, startTime }: Recording.Recording) =>
  startTime !== null && endTime !== null && DateTime.toEpochMillis(startTime) === DateTime.toEpochMillis(endTime)

/** When a leg ends, also where that is before it starts. */
const legEnd = (cdr: Cdr) =>
  cdr.endTime === null
    ? startOf(cdr) + Duration.toMillis(cdr.duration ?? Duration.zero)
    : DateTime.toEpochMillis(cdr.endTime)

/** How long the audio is: as the row says, or from its start to its end. */
const lengthOf = ({ duration, endTime, startTime }: Audio) => {
  if (duration !== null) return Duration.toMillis(duration)
  const length =
    endTime === null || startTime === null ? 0 : DateTime.toEpochMillis(endTime) - DateTime.toEpochMillis(startTime)
  return length > 0 ? length : null
}

const isShorter = (audio: Audio, { length }: Relations.Remembered) => {
  const now = lengthOf(audio)
  return now !== null && length !== null && now + 1000 <= Duration.toMillis(length)
}

const word = (recording: boolean | null) => (recording === null ? "unknown" : recording ? "on" : "off")

const secondsOf = (duration: Duration.Duration) => `${Math.round(Duration.toSeconds(duration) * 10) / 10} s`
const secondOf = (instant: DateTime.Utc) => `${DateTime.formatIso(instant).slice(0, 19)}Z`

const lastRead = <A>(rows: ReadonlyArray<A>, key: (row: A) => string) =>
  Array.from(new Map(rows.map((row) => [key(row), row])).values())

/** How a trunk's switch stood, from one instant to another. */
interface Stood extends Span {
  readonly recording: boolean | null
}

interface Sight extends Pick<Relations.TrunkSeen, "recording"> {
  readonly updated: number | null
  readonly first: number
  readonly last: number
  readonly isListed: boolean
}

/** Sights of one trunk in their order, those that are the same one after the other as one. */
const merged = (sights: ReadonlyArray<Sight>): ReadonlyArray<Sight> => {
  const all: Array<Sight> = []
  for (const sight of sights) {
    const before = all.at(-1)
    if (before?.recording === sight.recording && before.updated === sight.updated) {
      all[all.length - 1] = {
        ...before,
        last: Math.max(before.last, sight.last),
        isListed: before.isListed || sight.isListed
      }
    } else all.push(sight)
  }
  return all
}

/** How a trunk stood when, as far as it was seen. */
const stoodOf = (sights: ReadonlyArray<Sight>): ReadonlyArray<Stood & Pick<Sight, "isListed">> => {
  const all = merged(sights)
  return all.map(({ first, isListed, last, recording, updated }, nth) => {
    const before = all[nth - 1]?.last ?? null
    const isAlways = before === null && updated === null && isListed
    const from = isAlways
      ? -Infinity
      : updated !== null && updated > (before ?? -Infinity)
        ? Math.min(updated, first)
        : first
    return { recording, isListed, from, to: isListed && nth === all.length - 1 ? Infinity : last }
  })
}

interface Span {
  readonly from: number
  readonly to: number
}

const holds =
  (t: number) =>
  ({ from, to }: Span) =>
    from <= t && t < to

const within = (t: number, spans: ReadonlyArray<Span>) => spans.some(holds(t))

/**
 * The spans in which something holds, asked at each change. Spans that touch are one, unless they are of two of `apart`.
 */
const where = (
  changes: ReadonlyArray<number>,
  isSo: (t: number) => boolean,
  apart: ReadonlyArray<Span> = []
): ReadonlyArray<Span> => {
  const times = [...new Set(changes)].toSorted((a, b) => a - b)
  const spans: Array<Span> = []
  for (const [n, from] of times.entries()) {
    const to = times[n + 1]
    if (to === undefined || !isSo(from)) continue
    const last = spans.at(-1)
    if (last?.to === from && !apart.some((span) => span.from === from))
      spans[spans.length - 1] = { from: last.from, to }
    else spans.push({ from, to })
  }
  return spans
}

/** The same without the holes of at most so long between them. */
const closed = (spans: ReadonlyArray<Span>, most: number): ReadonlyArray<Span> => {
  const all: Array<Span> = []
  for (const span of spans) {
    const last = all.at(-1)
    if (last !== undefined && span.from - last.to <= most) all[all.length - 1] = { from: last.from, to: span.to }
    else all.push(span)
  }
  return all
}

const clip = (spans: ReadonlyArray<Span>, by: Span): ReadonlyArray<Span> =>
  spans
    .map(({ from, to }) => ({ from: Math.max(from, by.from), to: Math.min(to, by.to) }))
    .filter(({ from, to }) => to > from)

/** The same function, which works each answer out once. */
const once = <A, B>(f: (a: A) => B): ((a: A) => B) => {
  const answers = new Map<A, B>()
  return (a) => {
    const answer = answers.get(a) ?? f(a)
    answers.set(a, answer)
    return answer
  }
}

const isCredit = ({ totalCost }: Cdr) => totalCost !== null && totalCost.amount.value < 0n

/** The rows that stand, each by its last version, and those that were corrected under another number, by which row. */
export const standing = (all: ReadonlyArray<Cdr>) => {
  const updated = ({ updatedAt }: Cdr) => (updatedAt === null ? -Infinity : DateTime.toEpochMillis(updatedAt))
  const versions = all.toSorted((a, b) => compare(updated(a), updated(b)))
  const rows = lastRead(versions, ({ id, uuid }) => JSON.stringify([uuid, id]))
  /** The row that corrects another, updated last of all rows of its leg. */
  const correctedBy = (row: Cdr): Cdr | null => {
    const leg = (cdr: Cdr) =>
      JSON.stringify([
        cdr.uuid,
        cdr.accountId || null,
        cdr.sipCallId || null,
        cdr.bridgeUuid || null,
        numberOf(cdr.from),
        numberOf(cdr.to),
        startOf(cdr)
      ])
    const [standing] = rows
      .filter((cdr) => leg(cdr) === leg(row) && !isCredit(cdr))
      .toSorted((a, b) => compare(updated(b), updated(a)) || compare(talkOf(b), talkOf(a)) || byId(a, b))
    return isCredit(row) || standing === undefined || talkOf(row) === talkOf(standing) ? null : standing
  }
  const superseded = new Map(
    rows.flatMap((row) => {
      const standing = correctedBy(row)
      return standing === null ? [] : [[row, standing] as const]
    })
  )
  const cdrs = rows.filter((row) => !superseded.has(row))
  return { cdrs, superseded }
}

/** The findings of an account, in order. */
export const reconcile = (account: Account, parameters: Kernel.Parameters): ReadonlyArray<Finding.Finding> => {
  const { settings } = parameters
  const from = DateTime.toEpochMillis(parameters.window.from)
  const to = DateTime.toEpochMillis(parameters.window.to)
  const now = DateTime.toEpochMillis(parameters.asOf)
  const settle = Duration.toMillis(settings.settle)
  const longestCall = Duration.toMillis(settings.longestCall)
  const skew = Duration.toMillis(settings.skew)

  const shown = new Map(account.cdrs.map((row) => [compared(row), row]))
  const cameAs = (cdr: Cdr) => shown.get(cdr) ?? cdr
  const { cdrs, superseded } = standing(Array.from(shown.keys()))
  const archive = account.archive ?? []
  const listed = new Map(
    account.recordings.map((row): readonly [string, Audio] => [
      same(row.recordingId),
      {
        recordingId: row.recordingId,
        callUuid: row.callUuid,
        recordingType: row.recordingType,
        conferenceName: row.conferenceName,
        addTime: row.addTime,
        startTime: row.startTime,
        endTime: row.endTime,
        duration: row.duration ?? (isMoment(row) ? Duration.zero : null),
        resourceUri: row.resourceUri,
        from: row.from,
        to: row.to,
        source: "provider"
      }
    ])
  )
  const onlyArchived = archive.filter(({ recordingId }) => !listed.has(same(recordingId)))
  const recordings: ReadonlyArray<Audio> = [
    ...listed.values(),
    ...onlyArchived.map(({ addTime, callUuid, duration, recordingId, recordingType }): Audio => ({
      recordingId,
      callUuid,
      recordingType: recordingType ?? "",
      conferenceName: null,
      addTime,
      startTime: null,
      endTime: null,
      duration,
      resourceUri: null,
      from: null,
      to: null,
      source: "archive"
    }))
  ]
  const badAudio = new Set(
    archive.flatMap(({ faults, recordingId }) =>
      faults.some(({ code }) => ["audio-unreadable", "audio-truncated", "audio-silent"].includes(code))
        ? [same(recordingId)]
        : []
    )
  )
  const isUsable = ({ duration, recordingId }: Audio) =>
    !badAudio.has(same(recordingId)) && (duration === null || Duration.toMillis(duration) !== 0)
  // How the switches of trunks stood.
  const trunks = new Map(account.trunks.map((trunk) => [same(trunk.trunkId), trunk]))
  const history = account.trunkHistory ?? []
  const stood = new Map(
    [...new Set([...trunks.keys(), ...history.map(({ trunkId }) => trunkId)])].map((id) => {
      const listed = trunks.get(id)
      const before = history
        .filter(({ trunkId }) => trunkId === id)
        .map(({ firstSeen, lastSeen, recording, updatedAt }): Sight => ({
          recording,
          updated: updatedAt?.epochMilliseconds ?? null,
          first: firstSeen.epochMilliseconds,
          last: lastSeen.epochMilliseconds,
          isListed: false
        }))
      const today: ReadonlyArray<Sight> =
        listed === undefined
          ? []
          : [
              {
                recording: listed.recording,
                updated: listed.updatedAt?.epochMilliseconds ?? null,
                first: now,
                last: now,
                isListed: true
              }
            ]
      return [id, stoodOf([...before, ...today].toSorted((a, b) => a.first - b.first || +a.isListed - +b.isListed))]
    })
  )
  const lookBack = from - Duration.toMillis(settings.lookBack) - Duration.toMillis("14 hours")
  const sinceOf = (id: string) => stood.get(id)?.find(({ isListed }) => isListed)?.from
  const isHistoric = Array.from(stood.keys()).some((id) => (sinceOf(id) ?? Infinity) > lookBack)
  /** From when until when recordings of a trunk that was changed show that it recorded. */
  const shownOf = (id: string): ReadonlyArray<Stood> => {
    if ((sinceOf(id) ?? -Infinity) <= lookBack) return []
    const day = Duration.toMillis("1 day")
    const starts = cdrs
      .filter((cdr) => cdr.trunkId === id && cdr.zoneStated)
      .filter((cdr) =>
        account.recordings.some(
          ({ addTime, callUuid, duration, recordingType }) =>
            recordingType === "trunk" &&
            (duration === null || !Duration.isZero(duration)) &&
            sameOrNone(callUuid) !== null &&
            (sameOrNone(callUuid) === cdr.sipCallId || sameOrNone(callUuid) === cdr.uuid) &&
            addTime.epochMilliseconds >= startOf(cdr) &&
            addTime.epochMilliseconds <= startOf(cdr) + longestCall + day
        )
      )
      .map(startOf)
    return closed(
      starts.toSorted((a, b) => a - b).map((start) => ({ from: start, to: start })),
      day
    ).map(({ from, to }) => ({ from, to, recording: true }))
  }
  const listedTrunks = new Set(
    [...account.trunks, ...history].flatMap(({ name, trunkId }) => (name === null ? [trunkId] : [trunkId, name]))
  )
  const decided = new Map<Cdr, readonly [Policy.Verdict, string, boolean]>()
  /** What was expected of a call: the verdict, its rule, and whether that rests on how a trunk stood that was changed since. */
  const expected = (cdr: Cdr): readonly [Policy.Verdict, string, boolean] => {
    const known = decided.get(cdr)
    if (known !== undefined) return known
    const id = cdr.trunkId || ""
    const trunk = trunks.get(id) ?? null
    const doubt = cdr.zoneStated ? 0 : Duration.toMillis("14 hours")
    const spans = [...(stood.get(id) ?? []), ...shownOf(id)].toSorted(
      (a, b) => a.from - b.from || compare(word(a.recording), word(b.recording))
    )
    const asListed = !isHistoric || startOf(cdr) - doubt >= (sinceOf(id) ?? Infinity)
    const then = asListed
      ? { recording: trunk?.recording ?? null }
      : spans.find(({ from, to }) => from <= startOf(cdr) - doubt && to >= startOf(cdr) + doubt)
    const name = trunk?.name ?? history.findLast(({ trunkId }) => trunkId === id)?.trunkId ?? null
    const by = (recording: boolean | null) =>
      Policy.decide(
        settings.policy,
        cdr,
        name === null && trunk === null ? null : Trunk.make({ ...trunk, trunkId: id, name, recording }),
        listedTrunks
      )
    const decide = (): readonly [Policy.Verdict, string, boolean] => {
      if (then !== undefined || trunk === null) {
        const { rule, verdict } = by(then?.recording ?? null)
        return [verdict, rule, false]
      }
      const [on, off] = [by(true), by(false)]
      if (on.verdict === off.verdict) return [on.verdict, on.rule, false]
      const must = [on, off].find(({ verdict }) => verdict === "must")
      const may = [on, off].find(({ verdict }) => verdict === "may")
      return must === undefined || may === undefined ? ["unknown", on.rule, false] : ["must", must.rule, true]
    }
    const result = decide()
    decided.set(cdr, result)
    return result
  }

  // Which ids join legs, and which legs they join.
  const ids = (cdr: Cdr) =>
    [...new Set([cdr.uuid, cdr.sipCallId, cdr.bridgeUuid])].filter((id): id is string => id !== null && id !== "")
  const isOneConversation = (legs: ReadonlyArray<Cdr>) => {
    const starts = legs.map(startOf)
    const isMixed = new Set(legs.map(({ zoneStated }) => zoneStated)).size > 1
    const most = longestCall + (isMixed ? Duration.toMillis("14 hours") : 0)
    return legs.length <= 100 && Math.max(...starts) - Math.min(...starts) <= most
  }
  const bearers = new Map<string, Array<Cdr>>()
  for (const cdr of cdrs) for (const id of ids(cdr)) bearers.set(id, [...(bearers.get(id) ?? []), cdr])
  const joining = new Set([...bearers].flatMap(([id, legs]) => (isOneConversation(legs) ? [id] : [])))
  const joins = (id: string) => joining.has(id)
  const conversationOf = once((cdr: Cdr): ReadonlyArray<Cdr> => {
    const legs = new Set([cdr])
    for (const leg of legs)
      for (const id of ids(leg)) if (joins(id)) bearers.get(id)?.forEach((other) => legs.add(other))
    return isOneConversation([...legs]) ? [...legs] : [cdr]
  })

  // Which recordings belong to which CDR.
  const owned = new Map<Cdr, { readonly key: Finding.Key; readonly audio: Array<Audio> }>()
  const keysOf = new Map<string, Finding.Key>()
  const homeless: Array<Audio> = []
  /** How many milliseconds of a leg from an instant on lie in a span, give or take the skew; of a leg whose time is vague nobody knows. */
  const overlap = (cdr: Cdr, since: number, { from, to }: Span) =>
    cdr.zoneStated ? Math.max(0, Math.min(legEnd(cdr) + skew, to) - Math.max(since - skew, from) + 1) : 0
  const ofTalk = (cdr: Cdr, span: Span) => (talkOf(cdr) > 0 ? overlap(cdr, legEnd(cdr) - talkOf(cdr), span) : 0)
  const ofLeg = (cdr: Cdr, span: Span) => overlap(cdr, startOf(cdr), span)
  const named = (told: string | null, span: Span): readonly [cdr: Cdr, key: Finding.Key] | null => {
    const id = sameOrNone(told)
    const keys: ReadonlyArray<readonly [Finding.Key, (cdr: Cdr) => string | null]> = [
      ["uuid", (cdr) => cdr.uuid],
      ["sip_call_id", (cdr) => cdr.sipCallId],
      ["bridge_uuid", (cdr) => cdr.bridgeUuid]
    ]
    for (const [key, of] of keys) {
      if (id === null) continue
      const bearing = cdrs.filter((cdr) => of(cdr) === id)
      const isFew = (key === "uuid" ? bearing : (bearers.get(id) ?? [])).length <= 100
      const [best] = bearing.toSorted(
        (a, b) =>
          +isCredit(a) - +isCredit(b) ||
          (isFew ? ofTalk(b, span) - ofTalk(a, span) || ofLeg(b, span) - ofLeg(a, span) : 0) ||
          talkOf(b) - talkOf(a) ||
          earliest(a, b)
      )
      if (best === undefined) continue
      if (key === "uuid" || joins(id) || (isFew && ofTalk(best, span) + ofLeg(best, span) > 0)) return [best, key]
    }
    return null
  }
  for (const audio of recordings) {
    const [best, key] = named(audio.callUuid, { from: beganAt(audio), to: endedAt(audio) }) ?? []
    if (best === undefined || key === undefined) {
      homeless.push(audio)
      continue
    }
    const own = owned.get(best) ?? { key, audio: [] }
    own.audio.push(audio)
    owned.set(best, own)
    keysOf.set(audio.recordingId, key)
  }

  // Recordings that were listed before, and are gone or shorter.
  const isHeld = (id: string) =>
    archive.some(
      ({ faults, recordingId }) =>
        same(recordingId) === id &&
        !faults.some(({ code }) => ["audio-unreadable", "audio-truncated", "audio-duration"].includes(code))
    )
  const changed = (account.remembered ?? []).flatMap((row) => {
    const [began, ended, added] = [
      row.began.epochMilliseconds,
      row.ended.epochMilliseconds,
      row.addTime.epochMilliseconds
    ] as const
    const isOfWindow = began >= from && began < to && added >= from && added < to + longestCall + settle
    const isKept = now < ended + Duration.toMillis(settings.retention)
    if (!isOfWindow || !isKept || DateTime.toEpochMillis(row.lastSeen) > now) return []
    if (row.length !== null && Duration.isZero(row.length)) return []
    const audio = listed.get(same(row.recordingId))
    if (audio === undefined ? isHeld(same(row.recordingId)) : !isShorter(audio, row)) return []
    const { callUuid, recordingType } = audio ?? row
    const span = audio === undefined ? { from: began, to: ended } : { from: beganAt(audio), to: endedAt(audio) }
    const [cdr, key] = named(callUuid, span) ?? []
    if (cdr !== undefined && expected(cdr)[0] === "must-not") return []
    const evidence = new Finding.RecordingEvidence({
      recordingId: (audio ?? row).recordingId,
      key: key ?? null,
      callUuid: callUuid || null,
      type: recordingType || null,
      account: audio === undefined ? null : accountOf(audio),
      began: audio === undefined ? row.began : DateTime.makeUnsafe(beganAt(audio)),
      duration: audio === undefined ? row.length : audio.duration,
      isGuess: audio !== undefined && audio.startTime === null && audio.endTime === null,
      source: audio === undefined ? "ledger" : "provider"
    })
    return [{ row, audio, cdr, evidence }]
  })
  /** The recording that a missing call had. */
  const hadBefore = (cdr: Cdr) =>
    changed
      .filter((one) => one.cdr === cdr && one.audio === undefined)
      .toSorted((a, b) => compare(a.row.recordingId, b.row.recordingId))
      .map(({ evidence }) => evidence)
      .slice(0, 1)

  const isForeign = (account: string | null) =>
    settings.account !== null && sameOrNone(account) !== null && sameOrNone(account) !== same(settings.account)
  /** When the leg of a row starts: rows that are the same except for starting a second apart seem to be of one. */
  const legStart = once((cdr: Cdr): number => {
    const like = (row: Cdr) =>
      JSON.stringify([
        row.uuid,
        row.sipCallId || null,
        row.bridgeUuid || null,
        numberOf(row.from),
        numberOf(row.to),
        talkOf(row),
        row.zoneStated
      ])
    const starts = cdrs
      .filter((row) => like(row) === like(cdr))
      .map(startOf)
      .filter((start) => start <= startOf(cdr))
      .toSorted((a, b) => b - a)
    const apart = starts.findIndex((start, nth) => start - (starts[nth + 1] ?? -Infinity) > 1000)
    return starts[apart] ?? startOf(cdr)
  })
  const twinsOf = (cdr: Cdr) =>
    cdrs
      .filter(
        (other) =>
          talkOf(cdr) > 0 &&
          talkOf(other) === talkOf(cdr) &&
          legStart(other) === legStart(cdr) &&
          numberOf(other.from) === numberOf(cdr.from) &&
          numberOf(other.to) === numberOf(cdr.to) &&
          (other.sipCallId || null) === (cdr.sipCallId || null) &&
          (other.bridgeUuid || null) === (cdr.bridgeUuid || null) &&
          (cdr.sipCallId || cdr.bridgeUuid || other.uuid === cdr.uuid)
      )
      .toSorted(
        (a, b) =>
          +isCredit(a) - +isCredit(b) ||
          +isForeign(a.accountId) - +isForeign(b.accountId) ||
          byId(a, b) ||
          compare(a.uuid, b.uuid)
      )
  /** Whether a row bills its leg again, and no credit takes that back. */
  const isBilledAgain = (cdr: Cdr) => {
    const ofAccount = twinsOf(cdr)
      .filter((twin) => (twin.accountId || null) === (cdr.accountId || null))
      .toSorted((a, b) => byId(a, b) || compare(a.uuid, b.uuid))
    const sizeOf = ({ totalCost }: Cdr) =>
      totalCost === null
        ? null
        : `${BigDecimal.format(BigDecimal.normalize(BigDecimal.abs(totalCost.amount)))} ${totalCost.currency}`
    const bills = (row: Cdr) => {
      const alike = ofAccount.filter((twin) => sizeOf(twin) === sizeOf(row))
      const charges = alike.filter((twin) => !isCredit(twin)).toReversed()
      return charges.indexOf(row) >= alike.length - charges.length && row.totalCost?.amount.value !== 0n
    }
    return !isCredit(cdr) && ofAccount.filter((row) => !isCredit(row) && bills(row)).indexOf(cdr) > 0
  }
  const retention = Duration.toMillis(settings.retention)
  const evidence = (row: Cdr) => {
    const cdr = cameAs(row)
    return new Finding.CdrEvidence({
      uuid: cdr.uuid,
      id: cdr.id,
      account: cdr.accountId || null,
      start: cdr.startTime,
      end: cdr.endTime,
      direction: cdr.direction,
      trunkId: cdr.trunkId || null,
      from: evidenceOf(cdr.from),
      to: evidenceOf(cdr.to),
      talk: cdr.billsec,
      cost: cdr.totalCost
    })
  }
  const heard = (audio: Audio) =>
    new Finding.RecordingEvidence({
      recordingId: audio.recordingId,
      key: keysOf.get(audio.recordingId) ?? null,
      callUuid: audio.callUuid || null,
      type: audio.recordingType || null,
      account: accountOf(audio),
      began: DateTime.makeUnsafe(beganAt(audio)),
      duration: audio.duration,
      isGuess: audio.startTime === null && audio.endTime === null,
      source: audio.source
    })

  // ---------------------------------------------------------------------------
  // By time: what holds is asked of each moment between two at which something changes.
  // ---------------------------------------------------------------------------

  const longestGap = Duration.toMillis(settings.policy.maximumGap ?? Policy.defaultMaximumGap)
  const perLeg = new Set(settings.policy.rules.filter(({ per }) => per === "leg").map(({ name }) => name))
  const talkSpan = (cdr: Cdr): Span => ({ from: legEnd(cdr) - talkOf(cdr), to: legEnd(cdr) })
  const isBanned = (cdr: Cdr) => expected(cdr)[0] === "must-not"
  const audioOf = (cdr: Cdr) => owned.get(cdr)?.audio ?? []
  const isNothing = ({ duration }: Audio) => duration !== null && Duration.isZero(duration)
  /** A leg's recordings that are of any length: others are none. */
  const heardOn = (cdr: Cdr) => audioOf(cdr).filter((audio) => !isNothing(audio))
  const placeOf = ({ duration, endTime, startTime }: Audio) =>
    startTime !== null
      ? DateTime.toEpochMillis(startTime)
      : endTime !== null && duration !== null
        ? DateTime.toEpochMillis(endTime) - Duration.toMillis(duration)
        : null

  /** One row for each leg that somebody was on. */
  /** Whether a leg talked, and no row before it in its conversation is of the same leg. */
  const talks = (cdr: Cdr) =>
    talkOf(cdr) > 0 &&
    !isCredit(cdr) &&
    (twinsOf(cdr).find((twin) => conversationOf(cdr).includes(twin)) ?? cdr) === cdr

  interface Heard extends Span {
    readonly audio: Audio
    readonly owner: Cdr
    readonly isPoor: boolean
    readonly isSure: boolean
  }

  /** Where all audio of a conversation lies. */
  const heardOf = (legs: ReadonlyArray<Cdr>): ReadonlyArray<Heard> => {
    const isVague = legs.some(({ zoneStated }) => !zoneStated)
    const first = Math.min(...legs.filter(talks).map((leg) => talkSpan(leg).from))
    return legs.flatMap((owner) => {
      const talk = talkOf(owner)
      const all = audioOf(owner)
        .toSorted((a, b) => compare(a.recordingId, b.recordingId))
        .map((audio) => {
          const place = placeOf(audio)
          const length = lengthOf(audio)
          const isSure = place !== null && length !== null && length > 0 && !isVague
          return { audio, isPoor: !isUsable(audio), isSure, place, length: length || talk }
        })
      return all.map(({ audio, isPoor, isSure, length, place }, nth): Heard => {
        const isAlike = (other: { readonly isPoor: boolean; readonly isSure: boolean }) =>
          isPoor === other.isPoor && isSure === other.isSure
        const sum = (some: typeof all) => some.filter(isAlike).reduce((total, { length }) => total + length, 0)
        const start = Number.isFinite(first) ? first : legEnd(owner) - talk
        const laid = Math.max(start, legEnd(owner) - Math.max(sum(all), talk)) + sum(all.slice(0, nth))
        const from = isSure && place !== null ? place : laid
        return { audio, owner, isPoor, isSure, from, to: from + length }
      })
    })
  }

  /** What a leg has of its talk. */
  const timeOf = (cdr: Cdr, rule: string) => {
    const isBannedLeg = isBanned(cdr)
    const isAlone = perLeg.has(rule) && !isBannedLeg
    const legs = conversationOf(cdr)
    const talk = talkSpan(cdr)
    const all = heardOf(legs)
    const own = isAlone ? all.filter(({ owner }) => owner === cdr) : all
    const allowed = own.filter(({ owner }) => !isBanned(owner))
    const good = allowed.filter(({ isPoor }) => !isPoor)
    const sure = good.filter(({ isSure }) => isSure)
    const audible = own.filter(({ isPoor }) => !isPoor)
    const poor = allowed.filter(({ isPoor }) => isPoor)
    const parties = isAlone ? [cdr] : legs.filter((leg) => talks(leg) && !isBanned(leg))
    const banned = isAlone ? [] : legs.filter((leg) => talks(leg) && isBanned(leg)).map(talkSpan)
    const changes = [...parties.map(talkSpan), ...banned, ...own, talk].flatMap(({ from, to }) => [from, to])
    const spans = parties.map(talkSpan)
    const counts = (least: number) => (t: number) => !within(t, banned) && spans.filter(holds(t)).length >= least
    const paired = clip(closed(where(changes, counts(2)), skew), talk)
    const base = paired.length > 0 ? paired : clip(where(changes, counts(1)), talk)
    const inBase = (t: number) => within(t, base)
    const edges = [...changes, ...base.flatMap(({ from, to }) => [from, to])]
    const holes = where(edges, (t) => inBase(t) && !within(t, good), base)
    const sum = (some: ReadonlyArray<Span>) => some.reduce((total, { from, to }) => total + to - from, 0)
    const islands = where(edges, (t) => within(t, good))
    const begin = base[0]?.from ?? 0
    const end = base.at(-1)?.to ?? 0
    // The next audio after the first moment, and the last before the last one.
    const next = within(begin, good) ? begin : Math.min(...islands.map(({ from }) => from).filter((t) => t > begin))
    const isHeardLast = islands.some(({ from, to }) => from < end && to >= end)
    const last = isHeardLast ? end : Math.max(...islands.map(({ to }) => to).filter((t) => t < end))
    const kept = holes.filter(
      ({ from, to }) =>
        !(next > begin && next - begin <= skew && to <= next) && !(last < end && end - last <= skew && from >= last)
    )
    const lacking = sum(base) - sum(kept) <= sum(islands) + 1000 ? kept : holes
    const recorded = sum(base) - sum(lacking)
    const isLone = legs.length === 1 && audioOf(cdr).length <= 1
    const [single] = isLone ? good : []
    const unknown =
      single === undefined ? 0 : (lengthOf(single.audio) ?? 0) - (legEnd(cdr) - startOf(cdr) - talkOf(cdr)) - skew
    const isGuess = JSON.stringify(where(edges, (t) => within(t, sure))) !== JSON.stringify(islands)
    const least = isLone
      ? single !== undefined && !single.isSure
        ? Math.min(recorded, Math.max(0, unknown))
        : recorded
      : isGuess
        ? sum(where(edges, (t) => inBase(t) && within(t, sure)))
        : recorded
    const answered = legs.filter(talks)
    const others = isAlone
      ? []
      : all
          .filter(
            ({ from, owner, to }) => owner !== cdr && !isBanned(owner) && to > talk.from - skew && from < talk.to + skew
          )
          .toSorted(
            (a, b) =>
              Number(a.isPoor) - Number(b.isPoor) ||
              earliest(a.owner, b.owner) ||
              compare(a.audio.recordingId, b.audio.recordingId)
          )
    // Over the talk of a leg that must not be recorded: what has a place, and what may be anywhere in the conversation.
    const placed = audible.filter(({ isSure }) => isSure)
    const across = where(edges, (t) => holds(t)(talk) && within(t, placed))
    const [opening, closing] = [Math.min(...legs.map(startOf)), Math.max(...legs.map(legEnd))]
    const isVague = legs.some(({ zoneStated }) => !zoneStated)
    const inOrder = (a: Heard, b: Heard) => compare(a.from, b.from) || compare(a.audio.recordingId, b.audio.recordingId)
    const unplaced = audible
      .filter(({ isSure }) => !isSure)
      .toSorted(inOrder)
      .map((heard) => {
        const latest = isVague ? closing : Math.min(closing, endedAt(heard.audio) + skew)
        const began = isVague ? null : placeOf(heard.audio)
        const soonest = began === null ? opening : Math.max(opening, began - skew)
        const within = Math.max(0, Math.min(talk.to, latest) - Math.max(talk.from, soonest))
        return {
          audio: heard.audio,
          owner: heard.owner,
          within,
          least: (lengthOf(heard.audio) ?? -Infinity) - (latest - soonest - within)
        }
      })
    const surely = unplaced.filter(({ least }) => least > skew)
    const acrossLeast = Math.max(sum(across), ...surely.map(({ least }) => least))
    const surelyAcross = where(edges, (t) => within(t, placed)).some(
      ({ from, to }) => from + skew < talk.to && to - skew > talk.from
    )
    const longest = Math.max(0, ...audioOf(cdr).map((audio) => lengthOf(audio) ?? 0))
    const isSwept = talkOf(cdr) > 0
    const span = isSwept ? Math.max(...legs.map(legEnd)) - Math.min(...legs.map(startOf)) : legEnd(cdr) - startOf(cdr)
    const share = (settings.policy.minimumShare ?? Policy.defaultMinimumShare) / 100
    const longestHole = Math.max(0, ...lacking.map(({ from, to }) => to - from))
    return {
      base: sum(base),
      recorded,
      least,
      gaps: lacking.map(({ from, to }) => ({
        from: Duration.millis(from - talk.from),
        to: Duration.millis(to - talk.from)
      })),
      isFull: recorded > 0 && recorded + 1000 >= share * sum(base) && longestHole <= longestGap,
      isPoor: poor.some(({ from, to }) => base.some((span) => from < span.to && to > span.from)),
      lacking,
      next,
      last,
      isGuess: isLone ? single !== undefined && !single.isSure : isGuess,
      longestGap,
      share,
      talk,
      others,
      across: acrossLeast,
      acrossMost: sum(where(edges, (t) => holds(t)(talk) && within(t, audible))),
      isOver: acrossLeast > skew || surelyAcross,
      over: [...placed.filter(({ from, to }) => from < talk.to && to > talk.from).toSorted(inOrder), ...surely][0],
      maybeOver: unplaced.find((heard) => heard.within > skew),
      metNobody:
        answered.length === 1 &&
        answered[0] === cdr &&
        !isAlone &&
        legs.some(
          (leg) =>
            talkOf(leg) === 0 &&
            !isCredit(leg) &&
            legEnd(leg) > talk.from &&
            startOf(leg) >= talk.from - skew &&
            startOf(leg) <= talk.from + longestGap
        ),
      longer: longest > span + skew && longest * 20 > span * 21 ? longest : null
    }
  }

  /** The same, less the gaps that the rule allows. */
  const allow = (time: ReturnType<typeof timeOf>, rule: string) => {
    const entries = settings.policy.rules.find(({ name }) => name === rule)?.allowedGaps ?? []
    const allowed: Array<Span> = []
    for (const { at = "within", longest, most = 1 } of time.recorded > 0 && !time.isGuess ? entries : []) {
      let left = most
      for (const gap of time.lacking) {
        const where = gap.to <= time.next ? "start" : gap.from >= time.last ? "end" : "within"
        const isFit = where === at && gap.to - gap.from <= Duration.toMillis(longest)
        if (left === 0 || !isFit || allowed.includes(gap)) continue
        allowed.push(gap)
        left -= 1
      }
    }
    const told = ({ from, to }: Span) => ({
      from: Duration.millis(from - time.talk.from),
      to: Duration.millis(to - time.talk.from)
    })
    const lacking = time.lacking.filter((gap) => !allowed.includes(gap))
    const base = allowed.reduce((rest, { from, to }) => rest - (to - from), time.base)
    const longest = Math.max(0, ...lacking.map(({ from, to }) => to - from))
    return {
      ...time,
      base,
      gaps: lacking.map(told),
      allowed: allowed.toSorted((a, b) => a.from - b.from).map(told),
      isFull: time.recorded > 0 && time.recorded + 1000 >= time.share * base && longest <= time.longestGap
    }
  }

  const classOf = (rule: string | null) =>
    settings.policy.rules.find(({ name }) => name === rule)?.retentionClass ?? null

  const found: Array<{ readonly order: ReadonlyArray<string | number>; readonly finding: Finding.Found }> = []

  const isInDoubt = (code: Finding.Code, hasAudio: boolean) =>
    code === "orphan"
      ? !parameters.proved.cdrs
      : (code === "missing" ||
          code === "partly-recorded" ||
          code === "excused" ||
          code === "deleted-since" ||
          (code === "unusable" && !hasAudio)) &&
        !parameters.proved.recordings
  const missing: Array<{ readonly cdr: Cdr; readonly verdict: Policy.Verdict; readonly rule: string }> = []
  const orphans: Array<Audio> = []
  const overruns: Array<{ readonly owner: Cdr; readonly audio: Audio; readonly stop: number }> = []
  const allIds = new Set(
    Array.from(shown.keys()).flatMap(({ bridgeUuid, sipCallId, uuid }) => [uuid, sipCallId, bridgeUuid])
  )
  const rooms = [...listed.values()].filter(
    (audio) =>
      (audio.recordingType === "conference" || Boolean(audio.conferenceName)) &&
      (sameOrNone(audio.callUuid) === null || !allIds.has(sameOrNone(audio.callUuid))) &&
      isUsable(audio)
  )
  /** The room that may have a call: of those that began by the start of its talk, the last to stop, if that is late enough. */
  const roomOf = (cdr: Cdr) => {
    const talk = talkSpan(cdr)
    const spans = rooms.flatMap((audio) => {
      const [place, length] = [placeOf(audio), lengthOf(audio)]
      const numbers = new Set([audio.from, audio.to].flatMap((number) => lastNine(number) ?? []))
      const isShared = [cdr.from, cdr.to].some((number) => numbers.has(lastNine(number) ?? ""))
      return place !== null && length !== null && isShared && place <= talk.from + skew
        ? [{ audio, stop: place + length }]
        : []
    })
    const [last] = spans.toSorted((a, b) => b.stop - a.stop || compare(b.audio.recordingId, a.audio.recordingId))
    return cdr.zoneStated && last !== undefined && last.stop >= talk.to - skew ? last.audio : null
  }

  for (const cdr of cdrs) {
    if (startOf(cdr) < from || startOf(cdr) >= to) continue
    const [verdict, rule, isChanged] = expected(cdr)
    const audio = (owned.get(cdr)?.audio ?? []).toSorted((a, b) => compare(a.recordingId, b.recordingId))
    const twins = twinsOf(cdr)
    const first = twins[0] ?? cdr
    const time = allow(timeOf(cdr, rule), rule)

    const add = (
      code: Finding.Code,
      rank: number,
      more: Partial<Pick<Finding.Found, "reason" | "amount" | "gaps" | "detail">> & {
        readonly deadline?: number
        readonly audio?: ReadonlyArray<Audio>
        readonly why?: Cdr | undefined
        readonly recorded?: number | null
        readonly base?: number
        readonly allowed?: ReadonlyArray<Finding.Gap>
        readonly excuse?: Policy.Excuse
        readonly least?: number
        readonly shown?: Audio
        readonly withAudio?: boolean
        readonly had?: ReadonlyArray<Finding.RecordingEvidence>
      }
    ) =>
      found.push({
        order: [startOf(cdr), 0, cameAs(cdr).uuid, idOf(cdr), rank],
        finding: {
          code,
          inDoubt: isInDoubt(code, more.withAudio === true),
          reason: more.reason ?? null,
          verdict,
          rule,
          at: cdr.startTime,
          deadline:
            more.deadline !== undefined
              ? DateTime.makeUnsafe(more.deadline)
              : more.withAudio === true && heardOn(cdr).length > 0
                ? DateTime.makeUnsafe(Math.min(...heardOn(cdr).map(endedAt)) + retention)
                : null,
          cdrs: more.why === undefined ? [evidence(cdr)] : [evidence(cdr), evidence(more.why)],
          recordings:
            more.shown !== undefined
              ? [new Finding.RecordingEvidence({ ...heard(more.shown), key: null })]
              : more.withAudio === true
                ? (more.audio ?? audio).map(heard)
                : (more.had ?? []),
          talk: cdr.billsec,
          base: more.base === undefined || isUnread ? null : Duration.millis(more.base),
          surely: more.least === undefined || isUnread ? null : Duration.millis(more.least),
          gaps: more.gaps ?? [],
          allowed: verdict === "must" ? (more.allowed ?? []) : [],
          excuse:
            more.excuse === undefined
              ? null
              : {
                  name: more.excuse.name,
                  reason: more.excuse.reason,
                  reference: more.excuse.reference,
                  approver: more.excuse.approver,
                  expires: more.excuse.expires
                },
          retentionClass: classOf(rule),
          recorded:
            more.recorded === undefined || more.recorded === null || (isUnread && rank === 1)
              ? null
              : Duration.millis(more.recorded),
          amount: more.amount ?? null,
          ...(more.detail === undefined ? {} : { detail: more.detail })
        }
      })

    const isUnread = cdr.billsec === null
    const covers = (leg: Cdr) => audioOf(leg).some(isUsable)
    const end = legEnd(cdr)
    const doubt = cdr.zoneStated ? 0 : Duration.toMillis("14 hours")
    const isRecent = now < end + doubt + settle
    const isOwnBad = audio.length > 0 && !covers(cdr)
    const counted = { base: time.base, recorded: time.recorded, least: time.least, allowed: time.allowed }
    const excuse = Policy.excuse(
      settings.policy,
      cdr,
      trunks.get(cdr.trunkId ?? "") ?? null,
      parameters.asOf,
      listedTrunks
    )
    const withAudio = audio.length > 0
    const isHeard = heardOn(cdr).length > 0

    const primary = () => {
      const other = time.others[0]?.owner
      const needless = (
        reason: Finding.Reason,
        more: { readonly why?: Cdr; readonly base?: number; readonly recorded?: number; readonly least?: number } = {}
      ) => add("not-expected", 1, { withAudio, reason, ...more })
      if (!isHeard) {
        const recordedTwin = twins.find(covers) ?? twins.find((twin) => heardOn(twin).length > 0)
        if (recordedTwin !== undefined) return needless("duplicate", { why: recordedTwin })
        if (first !== cdr) return needless("duplicate", { why: first })
        if (isCredit(cdr)) return needless("credit")
        if (rule === "unanswered") return needless("unanswered")
        if (rule === "minimum-talk") return needless("too-short")
      }
      if (verdict === "must-not" && (isHeard || (time.isOver && talkOf(cdr) > 0))) {
        const shown = isHeard ? undefined : time.over
        return add("prohibited-recording", 1, {
          withAudio,
          base: talkOf(cdr),
          recorded: isHeard ? time.acrossMost : time.across,
          ...(shown === undefined
            ? {}
            : { shown: shown.audio, why: shown.owner, deadline: endedAt(shown.audio) + retention })
        })
      }
      const { maybeOver } = time
      if (verdict === "must-not" && maybeOver !== undefined) {
        return add("may-be-prohibited", 1, {
          base: talkOf(cdr),
          shown: maybeOver.audio,
          why: maybeOver.owner,
          deadline: endedAt(maybeOver.audio) + retention
        })
      }
      if (!isHeard) {
        if (verdict === "must" && time.base === 0) return needless("by-rule")
        if (other !== undefined && (verdict === "must" ? time.isFull : verdict !== "must-not" && time.recorded > 0))
          return needless("other-leg", { why: other, ...counted })
        if (verdict === "must" && time.metNobody) return needless("met-nobody")
        if (verdict !== "must") return needless("by-rule")
      } else if (verdict !== "must" || time.isFull || time.metNobody || time.base === 0) {
        return add(heardOn(cdr).length > 1 ? "several-recordings" : "matched", 1, { withAudio, ...counted })
      }
      const deadline = end - doubt + retention
      const ends = isHeard ? {} : { deadline }
      if (isRecent) return add("settling", 1, { withAudio, ...ends, ...counted })
      if (isChanged) return add("trunk-changed", 1, { withAudio, ...ends, base: time.base })
      if (time.recorded > 0 || (withAudio && !isOwnBad)) {
        if (now >= deadline - talkOf(cdr)) return add("expired", 1, { withAudio, ...counted })
        const until = Math.min(...time.others.map(({ audio }) => endedAt(audio))) + retention
        return add(excuse === null ? "partly-recorded" : "excused", 1, {
          withAudio,
          gaps: time.gaps,
          ...(excuse === null ? {} : { excuse }),
          ...(isHeard ? {} : { deadline: until, why: other }),
          ...counted
        })
      }
      const otherwise = isHeard ? {} : { why: other }
      if (isOwnBad && excuse !== null) return add("excused", 1, { withAudio, excuse, ...otherwise, ...counted })
      if (isOwnBad) return add("unusable", 1, { withAudio, ...ends, ...otherwise, ...counted })
      if (now >= deadline) return add("expired", 1, counted)
      if (isForeign(cdr.accountId)) return add("other-account", 1, { deadline, ...counted })
      if (excuse !== null) return add("excused", 1, { excuse, ...(time.isPoor ? { why: other } : {}), ...counted })
      if (time.isPoor) return add("unusable", 1, { deadline, why: other, ...counted })
      const room = roomOf(cdr)
      if (room !== null)
        return add("in-conference", 1, {
          deadline: endedAt(room) + retention,
          shown: room,
          base: time.base,
          allowed: time.allowed
        })
      missing.push({ cdr, verdict, rule })
      return add("missing", 1, { deadline, had: hadBefore(cdr), ...counted })
    }
    primary()

    if (isBilledAgain(cdr)) {
      const apart = Math.abs(startOf(cdr) - startOf(first))
      add("duplicate-cdr", 2, {
        why: first,
        amount: apart > 0 ? null : cdr.totalCost,
        ...(apart > 0 ? { detail: `${(apart / 1000).toFixed(1)} s apart` } : {})
      })
    }

    if (time.longer !== null) add("recording-longer", 3, { withAudio: true, recorded: time.longer })
    const [only, ...several] = audio
    const place = only === undefined ? null : placeOf(only)
    if (time.longer !== null && only !== undefined && several.length === 0 && place !== null)
      if (isUsable(only) && cdr.zoneStated)
        overruns.push({ owner: cdr, audio: only, stop: place + (lengthOf(only) ?? 0) })
  }

  for (const audio of homeless) {
    const added = DateTime.toEpochMillis(audio.addTime)
    const began = beganAt(audio)
    if (began < from || began >= to) continue
    const code =
      audio.recordingType === "conference" || audio.conferenceName
        ? "conference"
        : isForeign(accountOf(audio))
          ? "other-account"
          : began - longestCall < from - Duration.toMillis(settings.lookBack) || added >= to
            ? "outside-window"
            : now < began + longestCall + settle
              ? "settling"
              : "orphan"
    if (code === "orphan" && !isNothing(audio)) orphans.push(audio)
    found.push({
      order: [began, 1, audio.recordingId],
      finding: {
        code,
        inDoubt: isInDoubt(code, true),
        reason: null,
        verdict: null,
        rule: null,
        at: DateTime.makeUnsafe(began),
        deadline: DateTime.makeUnsafe(endedAt(audio) + retention),
        cdrs: [],
        recordings: [heard(audio)],
        talk: null,
        recorded: audio.duration,
        amount: null
      }
    })
  }

  // A missing call and an orphan that agree, and no other with either.
  const agree = (cdr: Cdr, audio: Audio) =>
    cdr.zoneStated &&
    lineOf(cdr) !== null &&
    lineOf(cdr) === lineOf(audio) &&
    startOf(cdr) <= beganAt(audio) + Duration.toMillis(audio.duration ?? Duration.zero) + skew &&
    beganAt(audio) - skew <= endOf(cdr)
  const hinted = new Set<Cdr>()
  for (const { cdr, rule, verdict } of missing) {
    const [audio, ...more] = orphans.filter((audio) => agree(cdr, audio))
    if (audio === undefined || more.length > 0 || missing.filter((other) => agree(other.cdr, audio)).length > 1)
      continue
    if (!isContradicted(cdr.from, audio.from) && !isContradicted(cdr.to, audio.to)) {
      hinted.add(cdr)
      found.push({
        order: [startOf(cdr), 0, cameAs(cdr).uuid, idOf(cdr), 5],
        finding: {
          code: "candidate",
          inDoubt: false,
          reason: null,
          verdict,
          rule,
          at: cdr.startTime,
          deadline: DateTime.makeUnsafe(endedAt(audio) + retention),
          cdrs: [evidence(cdr)],
          recordings: [heard(audio)],
          talk: cdr.billsec,
          recorded: audio.duration,
          amount: null,
          retentionClass: classOf(rule)
        }
      })
    }
  }

  // A missing call in which another's recording runs on.
  for (const { cdr, rule, verdict } of missing) {
    if (hinted.has(cdr) || !cdr.zoneStated) continue
    const talk = talkSpan(cdr)
    const near = (["from", "to"] as const).flatMap((side) => {
      const number = lastNine(cdr[side])
      const some = overruns.filter(
        ({ owner, stop }) =>
          number !== null &&
          lastNine(owner[side]) === number &&
          legEnd(owner) - skew <= talk.to &&
          talk.from <= stop + skew
      )
      return some.length === 1 ? some.filter(({ owner }) => !isContradicted(cdr[side], owner[side])) : []
    })
    const [one] = near
    if (one === undefined || new Set(near).size > 1) continue
    if (legEnd(one.owner) - skew > talk.from || one.stop + skew < talk.to) continue
    const length = lengthOf(one.audio)
    found.push({
      order: [startOf(cdr), 0, cameAs(cdr).uuid, idOf(cdr), 5],
      finding: {
        code: "candidate",
        inDoubt: false,
        reason: null,
        verdict,
        rule,
        at: cdr.startTime,
        deadline: DateTime.makeUnsafe(endedAt(one.audio) + retention),
        cdrs: [evidence(cdr), evidence(one.owner)],
        recordings: [heard(one.audio)],
        talk: cdr.billsec,
        recorded: length === null ? null : Duration.millis(length),
        amount: null,
        retentionClass: classOf(rule)
      }
    })
  }

  // What is wrong with audio, of a call of the window or of a recording that began in it.
  const ownerOf = new Map(
    Array.from(owned).flatMap(([cdr, { audio }]) => audio.map(({ recordingId }) => [recordingId, cdr]))
  )
  for (const audio of recordings) {
    const cdr = ownerOf.get(audio.recordingId)
    const start = cdr === undefined ? beganAt(audio) : startOf(cdr)
    if (start < from || start >= to) continue
    const faults = archive
      .filter(({ recordingId }) => same(recordingId) === same(audio.recordingId))
      .flatMap(({ faults }) => faults)
    for (const { code, detail } of faults) {
      const [verdict, rule] = cdr === undefined ? [null, null] : expected(cdr)
      found.push({
        order:
          cdr === undefined
            ? [start, 0, "\uffff", Infinity, 6, audio.recordingId, code, detail]
            : [start, 0, cameAs(cdr).uuid, idOf(cdr), 6, audio.recordingId, code, detail],
        finding: {
          code,
          inDoubt: false,
          reason: null,
          verdict,
          rule,
          at: DateTime.makeUnsafe(start),
          deadline: DateTime.makeUnsafe(endedAt(audio) + retention),
          cdrs: cdr === undefined ? [] : [evidence(cdr)],
          recordings: [heard(audio)],
          talk: cdr?.billsec ?? null,
          recorded: audio.duration,
          amount: null,
          retentionClass: classOf(rule),
          detail
        }
      })
    }
  }

  for (const [row, standing] of superseded) {
    if (startOf(row) < from || startOf(row) >= to) continue
    found.push({
      order: [startOf(row), 0, cameAs(row).uuid, idOf(row), 1],
      finding: {
        code: "not-expected",
        inDoubt: false,
        reason: "superseded",
        verdict: null,
        rule: null,
        at: row.startTime,
        deadline: null,
        cdrs: [evidence(row), evidence(standing)],
        recordings: [],
        talk: row.billsec,
        recorded: null,
        amount: null
      }
    })
  }

  for (const { audio, cdr, evidence: recording, row } of changed) {
    const start = cdr?.startTime ?? row.began
    const [verdict, rule] = cdr === undefined ? [null, null] : expected(cdr)
    const length = row.length === null ? [] : [secondsOf(row.length)]
    const code = audio === undefined ? "deleted-since" : "shortened-since"
    const detail =
      audio === undefined
        ? [...length, `listed from ${secondOf(row.firstSeen)} to ${secondOf(row.lastSeen)}`].join(", ")
        : [...length.map((was) => `${was} before`), `${secondsOf(Duration.millis(lengthOf(audio) ?? 0))} now`].join(
            ", "
          )
    found.push({
      order: [
        DateTime.toEpochMillis(start),
        0,
        ...(cdr === undefined ? ["\uffff", Infinity] : [cameAs(cdr).uuid, idOf(cdr)]),
        7,
        (audio ?? row).recordingId,
        code
      ],
      finding: {
        code,
        inDoubt: isInDoubt(code, true),
        reason: null,
        verdict,
        rule,
        at: start,
        deadline: DateTime.makeUnsafe(DateTime.toEpochMillis(row.ended) + retention),
        cdrs: cdr === undefined ? [] : [evidence(cdr)],
        recordings: [recording],
        talk: cdr?.billsec ?? null,
        recorded: audio === undefined ? row.length : Duration.millis(lengthOf(audio) ?? 0),
        retentionClass: classOf(rule),
        amount: null,
        detail
      }
    })
  }

  return found
    .toSorted((a, b) => {
      for (const [index, left] of a.order.entries()) {
        const right = b.order[index]
        if (right === undefined) return 1
        const sign = typeof left === typeof right ? compare(left, right) : 0
        if (sign !== 0) return sign
      }
      return 0
    })
    .map(({ finding }) => Finding.explain(finding))
}
