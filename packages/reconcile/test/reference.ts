/**
 * The rules of reconciliation as maps and loops: slow, in memory, and written without a look at the SQL, so that the two
 * can be held against each other.
 */
import type { CallDetailRecord, PhoneNumber, Recording, Trunk } from "@vobiz-effect/core"
import { DateTime, Duration } from "effect"

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
  readonly source: "provider" | "archive"
}

export interface Account {
  readonly cdrs: ReadonlyArray<Cdr>
  readonly recordings: ReadonlyArray<Recording.Recording>
  readonly trunks: ReadonlyArray<Trunk.Trunk>
  readonly archive?: ReadonlyArray<Relations.Archived>
}

const compare = <A extends string | number>(a: A, b: A) => (a < b ? -1 : a > b ? 1 : 0)
const byId = (a: Cdr, b: Cdr) => compare(a.id ?? Infinity, b.id ?? Infinity)
const startOf = (cdr: Cdr) => DateTime.toEpochMillis(cdr.startTime)
const talkOf = (cdr: Cdr) => Duration.toMillis(cdr.billsec)
const numberOf = (number: PhoneNumber.PhoneNumber | null) => number?.e164 ?? number?.raw ?? null
const earliest = (a: Cdr, b: Cdr) => compare(startOf(a), startOf(b)) || compare(a.uuid, b.uuid) || byId(a, b)

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
  a?.e164 !== b?.e164 && typeof a?.e164 === "string" && typeof b?.e164 === "string"
const endOf = (cdr: Cdr) =>
  Math.max(
    startOf(cdr),
    cdr.endTime === null ? startOf(cdr) + Duration.toMillis(cdr.duration) : DateTime.toEpochMillis(cdr.endTime)
  )

const lastRead = <A>(rows: ReadonlyArray<A>, key: (row: A) => string) =>
  Array.from(new Map(rows.map((row) => [key(row), row])).values())

const expected = (
  cdr: Cdr,
  trunks: ReadonlyMap<string, Trunk.Trunk>,
  policy: Policy.Policy
): readonly [Policy.Verdict, string] => {
  const { rule, verdict } = Policy.decide(policy, cdr, trunks.get(cdr.trunkId ?? "") ?? null)
  return [verdict, rule]
}

/** The findings of an account, in order. */
export const reconcile = (account: Account, parameters: Kernel.Parameters): ReadonlyArray<Finding.Finding> => {
  const { settings } = parameters
  const from = DateTime.toEpochMillis(parameters.window.from)
  const to = DateTime.toEpochMillis(parameters.window.to)
  const now = DateTime.toEpochMillis(parameters.asOf)
  const settle = Duration.toMillis(settings.settle)
  const longestCall = Duration.toMillis(settings.longestCall)

  const cdrs = lastRead(account.cdrs, ({ id, uuid }) => JSON.stringify([uuid, id]))
  const archive = account.archive ?? []
  const listed = new Map(
    account.recordings.map((row): readonly [string, Audio] => [
      row.recordingId,
      {
        recordingId: row.recordingId,
        callUuid: row.callUuid,
        recordingType: row.recordingType,
        conferenceName: row.conferenceName,
        addTime: row.addTime,
        startTime: row.startTime,
        endTime: row.endTime,
        duration: row.duration,
        resourceUri: row.resourceUri,
        from: row.from,
        to: row.to,
        source: "provider"
      }
    ])
  )
  const onlyArchived = archive.filter(({ recordingId }) => !listed.has(recordingId))
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
        ? [recordingId]
        : []
    )
  )
  const isUsable = ({ duration, recordingId }: Audio) =>
    !badAudio.has(recordingId) && (duration === null || Duration.toMillis(duration) !== 0)
  const trunks = new Map(account.trunks.map((trunk) => [trunk.trunkId, trunk]))

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
  const joins = (id: string) => isOneConversation(bearers.get(id) ?? [])
  const conversationOf = (cdr: Cdr): ReadonlyArray<Cdr> => {
    const legs = new Set([cdr])
    for (const leg of legs)
      for (const id of ids(leg)) if (joins(id)) bearers.get(id)?.forEach((other) => legs.add(other))
    return isOneConversation([...legs]) ? [...legs] : [cdr]
  }

  // Which recordings belong to which CDR.
  const owned = new Map<Cdr, { readonly key: Finding.Key; readonly audio: Array<Audio> }>()
  const keysOf = new Map<string, Finding.Key>()
  const homeless: Array<Audio> = []
  for (const audio of recordings) {
    const keys: ReadonlyArray<readonly [Finding.Key, (cdr: Cdr) => string | null]> = [
      ["uuid", (cdr) => cdr.uuid],
      ["sip_call_id", (cdr) => cdr.sipCallId],
      ["bridge_uuid", (cdr) => cdr.bridgeUuid]
    ]
    let isFound = false
    for (const [key, of] of keys) {
      const isTold = audio.callUuid !== "" && (key === "uuid" || joins(audio.callUuid))
      const candidates = isTold ? cdrs.filter((cdr) => of(cdr) === audio.callUuid) : []
      const [best] = candidates.toSorted((a, b) => talkOf(b) - talkOf(a) || earliest(a, b))
      if (best !== undefined) {
        const own = owned.get(best) ?? { key, audio: [] }
        own.audio.push(audio)
        owned.set(best, own)
        keysOf.set(audio.recordingId, key)
        isFound = true
        break
      }
    }
    if (!isFound) homeless.push(audio)
  }

  const twinsOf = (cdr: Cdr) =>
    cdrs
      .filter(
        (other) =>
          talkOf(cdr) > 0 &&
          talkOf(other) === talkOf(cdr) &&
          startOf(other) === startOf(cdr) &&
          numberOf(other.from) === numberOf(cdr.from) &&
          numberOf(other.to) === numberOf(cdr.to) &&
          (other.sipCallId || null) === (cdr.sipCallId || null) &&
          (other.bridgeUuid || null) === (cdr.bridgeUuid || null) &&
          (cdr.sipCallId || cdr.bridgeUuid || other.uuid === cdr.uuid)
      )
      .toSorted((a, b) => byId(a, b) || compare(a.uuid, b.uuid))
  const retention = Duration.toMillis(settings.retention)
  const evidence = (cdr: Cdr) =>
    new Finding.CdrEvidence({
      uuid: cdr.uuid,
      id: cdr.id,
      account: cdr.accountId || null,
      start: cdr.startTime,
      end: cdr.endTime,
      direction: cdr.direction,
      trunkId: cdr.trunkId || null,
      from: numberOf(cdr.from),
      to: numberOf(cdr.to),
      talk: cdr.billsec,
      cost: cdr.totalCost
    })
  const heard = (audio: Audio) =>
    new Finding.RecordingEvidence({
      recordingId: audio.recordingId,
      key: keysOf.get(audio.recordingId) ?? null,
      callUuid: audio.callUuid || null,
      type: audio.recordingType || null,
      account: accountOf(audio),
      began: DateTime.makeUnsafe(beganAt(audio)),
      duration: audio.duration,
      source: audio.source
    })

  const found: Array<{ readonly order: ReadonlyArray<string | number>; readonly finding: Finding.Found }> = []

  const isForeign = (account: string | null) =>
    settings.account !== null && account !== null && account !== "" && account !== settings.account
  const isInDoubt = (code: Finding.Code, hasAudio: boolean) =>
    code === "orphan"
      ? !parameters.proved.cdrs
      : (code === "missing" || (code === "unusable" && !hasAudio)) && !parameters.proved.recordings
  const missing: Array<{ readonly cdr: Cdr; readonly verdict: Policy.Verdict; readonly rule: string }> = []
  const orphans: Array<Audio> = []

  for (const cdr of cdrs) {
    if (startOf(cdr) < from || startOf(cdr) >= to) continue
    const [verdict, rule] = expected(cdr, trunks, settings.policy)
    const audio = (owned.get(cdr)?.audio ?? []).toSorted((a, b) => compare(a.recordingId, b.recordingId))
    const twins = twinsOf(cdr)
    const first = twins[0] ?? cdr
    const lengths = audio.map(({ duration }) => (duration === null ? null : Duration.toMillis(duration)))
    const known = lengths.filter((length) => length !== null)
    const longest = known.length === 0 ? null : Math.max(...known)
    const sum = audio.length === 0 || known.length < audio.length ? null : known.reduce((a, b) => a + b, 0)

    const add = (
      code: Finding.Code,
      rank: number,
      more: Partial<Pick<Finding.Found, "reason" | "amount">> & {
        readonly deadline?: number
        readonly audio?: ReadonlyArray<Audio>
        readonly why?: Cdr | undefined
        readonly recorded?: number | null
        readonly withAudio?: boolean
      }
    ) =>
      found.push({
        order: [startOf(cdr), 0, cdr.uuid, cdr.id ?? Infinity, rank],
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
              : more.withAudio === true
                ? DateTime.makeUnsafe(Math.min(...audio.map(endedAt)) + retention)
                : null,
          cdrs: more.why === undefined ? [evidence(cdr)] : [evidence(cdr), evidence(more.why)],
          recordings: more.withAudio === true ? (more.audio ?? audio).map(heard) : [],
          talk: cdr.billsec,
          recorded: more.recorded === undefined || more.recorded === null ? null : Duration.millis(more.recorded),
          amount: more.amount ?? null
        }
      })

    const covers = (leg: Cdr) => owned.get(leg)?.audio.some(isUsable) === true
    const end =
      cdr.endTime === null ? startOf(cdr) + Duration.toMillis(cdr.duration) : DateTime.toEpochMillis(cdr.endTime)
    const doubt = cdr.zoneStated ? 0 : Duration.toMillis("14 hours")
    const isRecent = now < end + doubt + settle

    const primary = () => {
      if (audio.length > 0) {
        const isCovered = [cdr, ...twins, ...conversationOf(cdr)].some(covers)
        const code =
          verdict === "must-not"
            ? "prohibited-recording"
            : verdict === "must" && !isCovered
              ? isRecent
                ? "settling"
                : "unusable"
              : audio.length > 1
                ? "several-recordings"
                : "matched"
        return add(code, 1, { withAudio: true, recorded: sum })
      }
      const recordedTwin = twins.find(covers) ?? twins.find((twin) => owned.has(twin))
      if (recordedTwin !== undefined) return add("not-expected", 1, { reason: "duplicate", why: recordedTwin })
      if (first !== cdr) return add("not-expected", 1, { reason: "duplicate", why: first })
      if (rule === "unanswered") return add("not-expected", 1, { reason: "unanswered" })
      if (rule === "minimum-talk") return add("not-expected", 1, { reason: "too-short" })
      const [other] = conversationOf(cdr)
        .filter((leg) => owned.has(leg))
        .toSorted((a, b) => Number(covers(b)) - Number(covers(a)) || earliest(a, b))
      if (other !== undefined && (covers(other) || verdict !== "must"))
        return add("not-expected", 1, { reason: "other-leg", why: other })
      if (verdict === "unknown") return add("not-expected", 1, { reason: "no-rule" })
      if (verdict !== "must" && rule === "trunk-off") return add("not-expected", 1, { reason: "trunk-not-recorded" })
      if (verdict === "may") return add("not-expected", 1, { reason: "optional" })
      if (verdict === "must-not") return add("not-expected", 1, { reason: "prohibited" })
      const deadline = end - doubt + retention
      if (isRecent) return add("settling", 1, { deadline })
      if (now >= deadline) return add("expired", 1, {})
      if (isForeign(cdr.accountId)) return add("other-account", 1, { deadline })
      if (other !== undefined) return add("unusable", 1, { deadline, why: other })
      missing.push({ cdr, verdict, rule })
      return add("missing", 1, { deadline })
    }
    primary()

    if (first !== cdr) add("duplicate-cdr", 2, { why: first, amount: cdr.totalCost })

    const allowed = Math.max(Duration.toMillis(settings.tolerance.absolute), settings.tolerance.relative * talkOf(cdr))
    if (longest !== null && longest > talkOf(cdr) + allowed) {
      add("duration-mismatch", 3, { reason: "recording-longer", withAudio: true, recorded: longest })
    } else if (sum !== null && sum < talkOf(cdr) - allowed) {
      add("duration-mismatch", 3, { reason: "recording-shorter", withAudio: true, recorded: sum })
    }

    const unusual = audio.filter(
      ({ recordingId, recordingType }) =>
        keysOf.get(recordingId) === "bridge_uuid" ||
        (keysOf.get(recordingId) === "sip_call_id" && recordingType !== "trunk")
    )
    if (unusual.length > 0) {
      const deadline = Math.min(...audio.map(endedAt)) + retention
      add("keyed-unusually", 4, { withAudio: true, audio: unusual, deadline })
    }
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
    if (code === "orphan") orphans.push(audio)
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
    startOf(cdr) <= beganAt(audio) + Duration.toMillis(audio.duration ?? Duration.zero) &&
    beganAt(audio) <= endOf(cdr)
  for (const { cdr, rule, verdict } of missing) {
    const [audio, ...more] = orphans.filter((audio) => agree(cdr, audio))
    if (audio === undefined || more.length > 0 || missing.filter((other) => agree(other.cdr, audio)).length > 1)
      continue
    if (!isContradicted(cdr.from, audio.from) && !isContradicted(cdr.to, audio.to)) {
      found.push({
        order: [startOf(cdr), 0, cdr.uuid, cdr.id ?? Infinity, 5],
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
          amount: null
        }
      })
    }
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
      .filter(({ recordingId }) => recordingId === audio.recordingId)
      .flatMap(({ faults }) => faults)
    for (const { code, detail } of faults) {
      const [verdict, rule] = cdr === undefined ? [null, null] : expected(cdr, trunks, settings.policy)
      found.push({
        order:
          cdr === undefined
            ? [start, 0, "\uffff", Infinity, 6, audio.recordingId, code, detail]
            : [start, 0, cdr.uuid, cdr.id ?? Infinity, 6, audio.recordingId, code, detail],
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
          detail
        }
      })
    }
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
