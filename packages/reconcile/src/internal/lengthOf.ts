import type { CallDetailRecord } from "@vobiz-effect/core/CallDetailRecord"
import * as Duration from "effect/Duration"

/** How long a call lasted: where its row does not say, from its start to its end, or at least what it rang and was talked. */
export const lengthOf = ({ billsec, duration, endTime, ringTime, startTime }: CallDetailRecord): Duration.Duration =>
  duration ??
  (endTime === null
    ? Duration.sum(ringTime ?? Duration.zero, billsec ?? Duration.zero)
    : Duration.millis(Math.max(0, endTime.epochMilliseconds - startTime.epochMilliseconds)))
