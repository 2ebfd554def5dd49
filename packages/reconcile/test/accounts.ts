/** Random small accounts, made of few ids, numbers and instants so that they collide in every way. */
import * as CallDetailRecord from "@vobiz-effect/core/CallDetailRecord"
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"

import * as Seed from "@vobiz-effect/test-support/Seed"
import type * as Finding from "../src/Finding.ts"
import type * as Kernel from "../src/Kernel.ts"
import * as Policy from "../src/Policy.ts"
import * as Reconciliation from "../src/Reconciliation.ts"
import type { Account } from "./reference.ts"
import * as Make from "./utils.ts"
import { at, cdr, money, recording, start, trunk, window } from "./utils.ts"

const hour = 3600
const day = 24 * hour

export const make = (
  seed: number
): {
  readonly account: Account
  readonly parameters: Kernel.Parameters
  readonly options: Reconciliation.Options
  readonly policy: Policy.Short
} => {
  const next = Seed.generator(seed)
  const pick = <A>(...options: ReadonlyArray<A>) => options[Math.floor(next() * options.length)] as A
  const many = <A>(most: number, make: () => A) => Array.from({ length: Math.floor(next() * (most + 1)) }, make)

  const verdict = () => pick<Policy.Verdict>("must", "must", "may", "must-not", "unknown")
  const policy: Policy.Short = {
    voiceApi: verdict(),
    numbers: pick<Required<Policy.Short>["numbers"]>(
      {},
      { "+918045670011": verdict() },
      { "+918045670011": verdict(), "+919812345670": verdict() }
    ),
    trunkOff: verdict(),
    minimumTalk: Duration.seconds(pick(0, 3))
  }
  const byLeg = Seed.generator(seed + 1_000_000)
  const pickBy = <A>(...options: ReadonlyArray<A>) => options[Math.floor(byLeg() * options.length)] as A
  const gap = (): Policy.AllowedGap => ({
    reason: "pause",
    at: pickBy<"start" | "within" | "end">("start", "within", "end"),
    longest: Duration.seconds(pickBy(10, 30, 90)),
    most: pickBy(1, 2)
  })
  const more = (rule: Policy.Rule): Policy.Rule => ({
    ...rule,
    per: byLeg() < 0.25 ? "leg" : "conversation",
    ...(rule.verdict !== "must" || byLeg() < 0.4
      ? {}
      : { allowedGaps: byLeg() < 0.5 ? [gap()] : [gap(), gap()], retentionClass: "long" }),
    ...(rule.verdict === "must-not" || byLeg() < 0.8 ? {} : { minimumTalk: Duration.seconds(pickBy(1, 2, 61)) })
  })
  const excuse = (name: string, when: Policy.Conditions): Policy.Excuse => ({
    name,
    reason: "outage",
    reference: "CHG-1",
    approver: "A. Person",
    expires: at(pickBy(0, 60 * day)),
    when
  })
  const excuses: Partial<Policy.Policy> =
    byLeg() < 0.5
      ? {}
      : {
          excuses: [
            excuse("outage", { since: at(12 * hour), until: at(12 * hour + pickBy(60, 300)) }),
            excuse("inbound", { not: { to: ["+919812345671"] }, directions: ["inbound"] })
          ]
        }
  const timed = (short: Policy.Policy): Policy.Policy => ({
    ...short,
    ...excuses,
    ...pick({}, {}, { minimumShare: 50 }, { maximumGap: Duration.seconds(40) }),
    rules: short.rules.map(more)
  })
  const options: Reconciliation.Options = {
    settle: Duration.hours(1),
    lookBack: pick(Duration.zero, Duration.hours(1), Duration.hours(5)),
    account: pick(null, "MA_TEST", "MA_TEST"),
    skew: Duration.seconds(pick(0, 5, 5, 30)),
    policy: timed(Policy.short(policy))
  }

  // Ends of calls fall upon and beside the edges of the settle window, of retention and of the window.
  const now = pick(13 * hour, day + hour, 2 * day, 30.5 * day)
  const edges = [now - hour, now - 30 * day].flatMap((edge) => [edge - 61, edge - 60, edge - 59])
  const plain = [-5 * hour, -1, 0, 1, hour, 4 * hour - 1, 4 * hour, 12 * hour, day - 60, day - 1, day, now - 10]
  const instant = pick<() => number>(
    () => pick(12 * hour, pick(...plain), pick(...edges)),
    () => pick(12 * hour, 12 * hour, 12 * hour + 61, 12 * hour - 90, 14 * hour),
    () => 12 * hour + Math.floor(next() * 600)
  )
  // Few ids make many legs one conversation, many make chains.
  const id = pick<() => string>(
    () => pick("a", "b", "c", "d", "e", "f", "g", "h"),
    () => String.fromCharCode(97 + Math.floor(next() * 26))
  )
  const idOrNone = () => pick(null, "", id(), id())
  const number = () => pick(null, "+918045670011", "918045670011", "08045670011", "+448045670011", "1001")
  const talk = () => pick(0, 1, 3, 60, 60, 60, 66, 300)

  // An id that so many legs have that it may mean nothing; one of them may have a recording's.
  const crowd = pick(0, 0, 0, 0, 0, 0, 0, 0, 99, 100)
  const crowded = Array.from({ length: crowd }, (_, nth) =>
    cdr({
      uuid: `crowd${nth}`,
      sip: "0",
      bridge: pick(null, null, null, id()),
      to: `9198123${45_000 + nth}`,
      start: 12 * hour
    })
  )
  const cdrs = many(14, () =>
    cdr({
      uuid: id(),
      id: pick(null, 1, 2, 3),
      account: pick(null, "", "MA_TEST", "MA_TEST", "MA_TEST", "SA_1"),
      sip: pick(idOrNone(), idOrNone(), crowd === 0 ? null : "0"),
      bridge: idOrNone(),
      from: number(),
      to: pick("919812345670", "919812345671"),
      trunk: pick(null, null, "on", "off", "mute", "gone", ""),
      context: pick(null, "voice-api", "sip-trunking"),
      start: instant(),
      ...pick({}, { end: null }),
      zoneStated: next() < 0.9,
      talk: talk(),
      cost: pick(null, ["0.1", "INR"] as const, ["0.2", "USD"] as const)
    })
  )
  // The same leg written twice, and the same row read twice.
  const repeated = cdrs.flatMap((row) => {
    const kind = pick("none", "none", "none", "twin", "same")
    const updatedAt = byLeg() < 0.5 ? null : at(byLeg() < 0.5 ? -1 : 1)
    const changes =
      kind === "twin" ? { uuid: id(), id: pick(null, "4", "5") } : { billsec: Duration.seconds(talk()), updatedAt }
    return kind === "none" ? [] : [CallDetailRecord.make({ ...row, ...changes })]
  })
  // Of some rows nobody can read how long was talked.
  const garble = Seed.generator(seed + 5_000_000)
  const garbled = <A extends CallDetailRecord.CallDetailRecord>(rows: ReadonlyArray<A>) =>
    rows.map((row) => (garble() < 0.06 ? { ...row, billsec: null } : row))
  const moved = ({ endTime, startTime }: CallDetailRecord.CallDetailRecord, milliseconds: number) => ({
    startTime: DateTime.add(startTime, { milliseconds }),
    endTime: endTime === null ? null : DateTime.add(endTime, { milliseconds })
  })
  // Corrected under another number, taken back, passed on to another account, and written again a moment apart.
  const late = Seed.generator(seed + 3_000_000)
  const some = <A>(...options: ReadonlyArray<A>) => options[Math.floor(late() * options.length)] as A
  const further = cdrs
    .filter(() => late() < 0.25)
    .flatMap((row) => {
      const dated = CallDetailRecord.make({ ...row, updatedAt: some(null, at(1), at(2)) })
      const again = (changes: Partial<CallDetailRecord.CallDetailRecord>) =>
        CallDetailRecord.make({ ...dated, id: some("6", "7"), ...changes })
      return [dated].concat(
        some(
          [again({ billsec: Duration.seconds(some(0, 60, 120)), updatedAt: some(null, at(1), at(3)) })],
          [again({ totalCost: money(some("-0.1", "-0.2"), some("INR", "USD")) })],
          [again({}), again({ id: "8", totalCost: money(some("-0.1", "-0.2"), "INR") })],
          [again({ accountId: some("SA_1", "SA_2", "MA_TEST") })],
          [again(moved(row, some(-1000, 1, 1000, 1001)))]
        )
      )
    })

  const recordings = many(10, () =>
    recording({
      id: pick("r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9"),
      call: pick("", "x", "y", "0", id(), id(), id(), id()),
      type: pick("call", "call", "trunk", "conference"),
      account: pick(null, "MA_TEST", "MA_TEST", "MA_TEST", "SA_1"),
      from: number(),
      to: pick("919812345670", "919812345671", "9812345670"),
      conference: pick(null, null, "", "room"),
      add: instant() + pick(0, 60, 61.2),
      start: pick(null, null, instant()),
      end: pick(null, null, instant()),
      length: pick(null, 0, 30, 50, 55, 60, 70, 330)
    })
  )

  // Recordings that name no call, but agree with one in numbers and time.
  const strays = cdrs
    .filter(() => next() < 0.15)
    .map((row, nth) => {
      const begin = (DateTime.toEpochMillis(row.startTime) - start) / 1000 + pick(-30, 0, 5, 61)
      return recording({
        id: `stray${nth}`,
        call: "nobody",
        from: pick("+918045670011", "8045670011", row.from && PhoneNumber.revealRaw(row.from)),
        to: pick(row.to && PhoneNumber.revealRaw(row.to), "9812345670"),
        start: begin,
        end: begin + 30,
        add: begin + 31,
        length: pick(null, 30)
      })
    })

  // Audio that an archive holds, some with faults; of some the provider lists no recording any more.
  const faults = () =>
    many(2, () => ({
      code: pick<Finding.Code>(
        "audio-silent",
        "audio-truncated",
        "audio-unreadable",
        "audio-duration",
        "audio-one-way"
      ),
      detail: pick("so", "otherwise")
    }))
  const archive = Array.from(
    new Map(
      many(pick(0, 0, 6), () => {
        const listed = pick(null, ...recordings)
        return {
          recordingId: listed?.recordingId ?? pick("a1", "a2", "a3", "a4"),
          callUuid: listed?.callUuid ?? pick("", "x", "0", id(), id(), id()),
          recordingType: listed?.recordingType ?? pick(null, "call", "trunk", "conference"),
          addTime: listed?.addTime ?? at(instant() + 61.2),
          duration: pick(null, Duration.zero, Duration.seconds(60), Duration.seconds(60)),
          faults: Array.from(new Map(faults().map((fault) => [`${fault.code} ${fault.detail}`, fault])).values())
        }
      }).map((row) => [row.recordingId, row])
    ).values()
  )

  // Two legs of one call, of which one has a recording, and that is silent.
  const isSilent = byLeg() < 0.2
  const silent = (uuid: string, to: string) => cdr({ uuid, sip: "silent", context: "voice-api", to, start: 12 * hour })

  // A caller who hung up while the other leg still rang.
  const unmet =
    byLeg() < 0.2
      ? [
          cdr({ uuid: "unmet1", sip: "unmet", context: "voice-api", start: 12 * hour, talk: 35 }),
          cdr({
            uuid: "unmet2",
            sip: "unmet",
            context: "voice-api",
            to: "919812345671",
            start: 12 * hour + 1,
            end: 12 * hour + 31,
            talk: 0
          })
        ]
      : []
  // Recordings that were listed before: the same still, shorter now, gone, or with an archive.
  const before = Seed.generator(seed + 2_000_000)
  const among = <A>(...options: ReadonlyArray<A>) => options[Math.floor(before() * options.length)] as A
  const listedBefore = [...recordings, ...archive.map(({ recordingId: id }) => recording({ id, call: "a" }))].filter(
    () => before() < 0.3
  )
  const goneSince = cdrs
    .filter(() => before() < 0.15)
    .map(({ sipCallId, uuid }, nth) =>
      recording({ id: `gone${nth}`, call: among(uuid, uuid, sipCallId ?? "", "nobody"), add: among(36_061, 50_000) })
    )
  const remember = before() < 0.6
  const remembered = remember
    ? Array.from(
        new Map(
          [...listedBefore, ...goneSince].map((row) => [
            row.recordingId,
            Make.remembered(row, {
              began: among(-1, 0, 12 * hour, 12 * hour, 12 * hour + 61, now - 30 * day - 60, now - 30 * day - 59),
              length: among(null, 30, 60, 60.9, 61, 66.66, 400),
              first: among(-hour, 13 * hour),
              last: among(13 * hour, 13 * hour, day, now, now + 1)
            })
          ])
        ).values()
      )
    : []

  // Trunks that were changed before, within and after the window, and how runs saw them.
  const hasHistory = before() < 0.4
  const changedAt = () => (hasHistory ? among(null, -20 * day, 12 * hour, 12 * hour + 31, day, 2 * day) : null)
  const trunks = [
    trunk("on", false),
    trunk("on", true, changedAt()),
    trunk("off", false, changedAt()),
    trunk("mute", null, changedAt())
  ]
  const trunkHistory = hasHistory
    ? ["on", "off", "gone", "mute"].flatMap((id) =>
        [-10 * day, 6 * hour, 13 * hour, 30 * hour]
          .filter(() => before() < 0.4)
          .map((first, nth) =>
            Make.trunkSeen(id, among(true, true, false, false, null), {
              first: first + nth,
              last: first + nth + among(0, 5 * hour, 11 * day),
              updated: among(null, -20 * day, first, first + 2 * hour)
            })
          )
      )
    : []

  const quiet = isSilent ? [recording({ id: "silent", call: "silent1", start: 12 * hour, length: 60 })] : []

  // A call of five minutes whose recording was paused, once or twice, and may have begun late and ended early.
  const isPaused = byLeg() < 0.5
  const pieces = [pickBy(0, 8, 20), 100 + pickBy(0, 15, 40, 85), 200 + pickBy(0, 20, 40)]
  const paused = isPaused
    ? [
        cdr({
          uuid: "paused",
          context: "voice-api",
          to: "919812345672",
          start: 12 * hour,
          end: 12 * hour + 300,
          talk: 300
        })
      ]
    : []
  const parts = isPaused
    ? pieces.map((begin, nth) =>
        recording({
          id: `part${nth}`,
          call: "paused",
          start: byLeg() < 0.03 ? null : 12 * hour + begin,
          length: (nth + 1) * 100 - begin - (nth === 2 ? pickBy(0, 8, 20) : 0)
        })
      )
    : []

  // Legs in a conference, of which its recording alone tells, and a call that was handed over under a new id.
  const roomBegin = 12 * hour + pickBy(0, 3, 6, 40)
  const conferenced =
    byLeg() < 0.3
      ? [
          cdr({
            uuid: "room1",
            context: "voice-api",
            from: "918045670099",
            to: "919812345673",
            start: 12 * hour,
            end: 12 * hour + 300,
            talk: 300
          }),
          cdr({
            uuid: "room2",
            context: "voice-api",
            from: "918045670099",
            to: "919812345674",
            start: 12 * hour + 60,
            end: 12 * hour + 300,
            talk: 240
          })
        ]
      : []
  const rooms = conferenced.flatMap(() =>
    byLeg() < 0.5
      ? []
      : [
          recording({
            id: `room${Math.floor(byLeg() * 3)}`,
            call: "nobody's",
            type: "conference",
            conference: "all",
            from: "918045670099",
            to: "1001",
            start: roomBegin,
            length: pickBy(200, 295, 300)
          })
        ]
  )
  const isHandedOver = byLeg() < 0.3
  const second = 12 * hour + 60 + pickBy(0, 4, 30)
  const handed = isHandedOver
    ? [
        cdr({
          uuid: "first",
          context: "voice-api",
          from: "919812345675",
          to: "918045670098",
          start: 12 * hour,
          end: 12 * hour + 60,
          talk: 60
        }),
        cdr({
          uuid: "second",
          context: "voice-api",
          from: pickBy("919812345675", "08045670098"),
          to: pickBy("918045670097", "918045670098"),
          start: second,
          end: second + 200,
          talk: 200
        })
      ]
    : []
  const long = isHandedOver
    ? [recording({ id: "long", call: "first", start: 12 * hour, length: pickBy(200, 258, 264, 300) })]
    : []

  // A call id that was used again: far apart or close by, and recordings that are of one of these calls, or of none.
  const odd = Seed.generator(seed + 6_000_000)
  const oddly = <A>(...options: ReadonlyArray<A>) => options[Math.floor(odd() * options.length)] as A
  const isReused = odd() < 0.4
  const apart = oddly(70, 70, 600, 6 * hour)
  const idOf = (nth: number): Partial<Make.Cdr> =>
    oddly({ sip: "reused" }, { sip: "reused" }, { bridge: "reused" }, { uuid: "reused", id: nth })
  const reused = isReused
    ? Array.from({ length: oddly(2, 3) }, (_, nth) =>
        cdr({
          uuid: `again${nth}`,
          context: "voice-api",
          start: 12 * hour + nth * apart,
          end: 12 * hour + nth * apart + 65,
          talk: oddly(60, 60, 40, 0),
          zoneStated: odd() < 0.9,
          ...idOf(nth)
        })
      )
    : []
  const takes = isReused
    ? Array.from({ length: oddly(1, 2, 3) }, (_, nth) => {
        const begin = 12 * hour + oddly(0, 1, 2) * apart + oddly(5, 5, -70, 300)
        return recording({
          id: `take${nth}`,
          call: "reused",
          type: "trunk",
          start: oddly(null, begin, begin),
          length: oddly(60, 60, 40, 0, null),
          add: begin + oddly(61, 61, 3000)
        })
      })
    : []

  // Ids as other programs write them: in capitals, or with spaces around them.
  const isRewritten = odd() < 0.4
  const rewritten = <A extends string | null>(id: A): A =>
    id === null || !isRewritten
      ? id
      : (oddly(
          (same: string) => same,
          (same: string) => same.toUpperCase(),
          (same: string) => ` ${same}\t`
        )(id) as A)
  const rewrittenCdr = (row: CallDetailRecord.CallDetailRecord) =>
    CallDetailRecord.make({
      ...row,
      uuid: rewritten(row.uuid),
      sipCallId: rewritten(row.sipCallId),
      bridgeUuid: rewritten(row.bridgeUuid),
      accountId: rewritten(row.accountId),
      trunkId: rewritten(row.trunkId)
    })
  const rewrittenAudio = <A extends { readonly recordingId: string; readonly callUuid: string | null }>(row: A): A => ({
    ...row,
    recordingId: rewritten(row.recordingId),
    callUuid: rewritten(row.callUuid)
  })

  return {
    account: {
      cdrs: [
        ...garbled(cdrs),
        ...reused,
        ...paused,
        ...conferenced,
        ...handed,
        ...repeated,
        ...further,
        ...crowded,
        ...unmet,
        ...(isSilent ? [silent("silent1", "919812345670"), silent("silent2", "919812345671")] : [])
      ].map(rewrittenCdr),
      recordings: [...recordings, ...strays, ...quiet, ...parts, ...rooms, ...long, ...takes].map(rewrittenAudio),
      archive: [
        ...archive,
        ...quiet.map(({ addTime, callUuid, duration, recordingId, recordingType }) => ({
          recordingId,
          callUuid: callUuid ?? "",
          recordingType,
          addTime,
          duration,
          faults: [{ code: "audio-silent" as const, detail: "so" }]
        }))
      ],
      remembered,
      trunks,
      trunkHistory
    },
    parameters: {
      window,
      asOf: at(now),
      settings: Reconciliation.settings(options),
      proved: { cdrs: pick(true, false), recordings: pick(true, false) }
    },
    options,
    policy
  }
}
