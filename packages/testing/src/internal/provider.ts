/**
 * The provider's endpoints over one account, without HTTP. Rows can change while a client reads them.
 */
import * as DateTime from "effect/DateTime"

import * as Simulator from "../Simulator.ts"
import * as CdrEndpoints from "./cdrEndpoints.ts"
import type { Call, More, Options } from "./endpoint.ts"
import { capOf, isTooDeep, listReply, stretchOf, tooDeep, wholeNumber } from "./listing.ts"
import * as RecordingEndpoints from "./recordingEndpoints.ts"
import * as Reply from "./reply.ts"

export type { Call, Options } from "./endpoint.ts"

export type Provider = ReturnType<typeof make>

export const make = (options: Options) => {
  const { account } = options
  let inserted = 0
  const more: More = (count, now) =>
    Array.from({ length: count }, () => Simulator.oneMore(account, inserted++, DateTime.makeUnsafe(now)))

  const listTrunks = (call: Call): Reply.Reply => {
    const limit = Math.min(wholeNumber(call.query.limit, 1) ?? 20, 100, capOf(call))
    const offset = wholeNumber(call.query.offset, 0) ?? 0
    if (isTooDeep(call, offset)) return tooDeep(offset)
    const { rows, total } = stretchOf(call.fired, account.trunks, offset, limit)
    return listReply(call.fired, "objects", "meta", "total", { meta: { limit, offset, total }, objects: rows })
  }

  const getTrunk = (call: Call): Reply.Reply => {
    const trunk = account.trunks.find(({ trunk_id }) => trunk_id === call.params.id)
    return trunk === undefined ? Reply.documentedError(404, "TRUNK_NOT_FOUND", "Trunk not found.") : Reply.json(trunk)
  }

  const authMe = (): Reply.Reply => Reply.json({ auth_id: account.authId, status: "active" })

  return {
    ...RecordingEndpoints.make(options, more),
    ...CdrEndpoints.make(options, more),
    listTrunks,
    getTrunk,
    authMe
  }
}
