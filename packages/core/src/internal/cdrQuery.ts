/** Which CDRs are asked for, and by which days of the provider. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

import type { CallDetailRecord } from "../CallDetailRecord.ts"
import type { CdrDays } from "../VobizConfig.ts"
import { DecodeFailure, VobizError } from "../VobizError.ts"
import * as Refuse from "./refuse.ts"

/**
 * Which CDRs: those whose `startTime` is in `[from, to)`, and the provider's own filters.
 *
 * @category models
 * @since 0.1.0
 */
export interface CdrQuery {
  readonly from: DateTime.Utc
  readonly to: DateTime.Utc
  readonly direction?: "inbound" | "outbound" | undefined
  readonly fromNumber?: string | undefined
  readonly toNumber?: string | undefined
  readonly minDuration?: Duration.Duration | undefined
  readonly sipCallId?: string | undefined
  readonly bridgeUuid?: string | undefined
  readonly hangupCause?: string | undefined
  readonly hangupDisposition?: string | undefined
  readonly context?: string | undefined
  readonly campaignId?: string | undefined
  readonly search?: string | undefined
  readonly params?: Readonly<Record<string, string>> | undefined
}

/** Whether a call started in the window. */
export const started = ({ from, to }: CdrQuery) => {
  const start = DateTime.toEpochMillis(from)
  const end = DateTime.toEpochMillis(to)
  return ({ startTime }: CallDetailRecord) => {
    const at = DateTime.toEpochMillis(startTime)
    return at >= start && at < end
  }
}

export const refuseWrongQuery = (operation: string, query: CdrQuery) =>
  DateTime.isLessThan(query.from, query.to) ? Effect.void : Refuse.because(operation, "to", "must be later than from")

/** How far back a CDR may enter the list: the provider does not say whether it sorts by start or by writing. */
export const longestCall = Duration.toMillis(Duration.hours(4))

/** How long after its beginning in UTC a day can last: 24 hours, and as many as the westernmost zone is behind. */
const longestDay = Duration.toMillis(Duration.hours(36))

/**
 * The days to ask for. Where it is not known how the provider understands them, a day more on each side covers every zone and
 * both readings of `end_date`. `includes` tells whether a call can be of these days, and from `growsUntil` on none comes in.
 */
export const daysOf = ({ from, to }: Pick<CdrQuery, "from" | "to">, days: CdrDays | null) => {
  if (days === null) {
    const end = DateTime.add(to, { days: 1 })
    return {
      start: DateTime.formatIsoDateUtc(DateTime.subtract(from, { days: 1 })),
      end: DateTime.formatIsoDateUtc(end),
      includes: () => true,
      growsUntil: DateTime.toEpochMillis(DateTime.startOf(end, "day")) + longestDay + longestCall
    }
  }
  const first = DateTime.startOf(DateTime.setZone(from, days.zone), "day")
  const last = DateTime.startOf(DateTime.setZone(DateTime.subtract(to, { milliseconds: 1 }), days.zone), "day")
  const over = DateTime.add(last, { days: 1 })
  const start = DateTime.toEpochMillis(first)
  const end = DateTime.toEpochMillis(over)
  return {
    start: DateTime.formatIsoDate(first),
    end: DateTime.formatIsoDate(days.endDate === "inclusive" ? last : over),
    includes: ({ startTime }: CallDetailRecord) =>
      startTime.epochMilliseconds >= start && startTime.epochMilliseconds < end,
    growsUntil: end + longestCall
  }
}

export type Days = ReturnType<typeof daysOf>

/** Both days are sent: a lone one may be ignored. */
export const filterOf = ({ from: _from, to: _to, ...query }: CdrQuery, { end, start }: Days) => ({
  ...query.params,
  start_date: start,
  end_date: end,
  call_direction: query.direction,
  from_number: query.fromNumber,
  to_number: query.toNumber,
  min_duration: query.minDuration === undefined ? undefined : Math.floor(Duration.toSeconds(query.minDuration)),
  sip_call_id: query.sipCallId,
  bridge_uuid: query.bridgeUuid,
  hangup_cause: query.hangupCause,
  hangup_disposition: query.hangupDisposition,
  context: query.context,
  campaign_id: query.campaignId,
  search: query.search
})

/** A call of other days says that `cdrDays` is wrong, and so that calls may be missing. */
export const refuseOtherDays = (operation: string, days: Days, records: ReadonlyArray<CallDetailRecord>) => {
  const nth = records.findIndex((record) => !days.includes(record))
  if (nth === -1) return Effect.void
  const expected = `a call of the days asked for, ${days.start} to ${days.end} by the setting cdrDays, which is wrong: examine the account anew, or leave it out`
  return Effect.fail(
    new VobizError({
      operation,
      requestId: null,
      reason: new DecodeFailure({ path: `[${nth}].start_time`, expected, syntax: false, body: "not shown" })
    })
  )
}
