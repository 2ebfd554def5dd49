/** The provider's recordings: the list, one, its audio, and its deletion. */
import { createHash } from "node:crypto"

import * as Media from "../Media.ts"
import * as Simulator from "../Simulator.ts"
import type { Call, More, Options } from "./endpoint.ts"
import * as Injector from "./injector.ts"
import { capOf, disturb, inOrder, isTooDeep, listReply, malform, stretchOf, tooDeep, wholeNumber } from "./listing.ts"
import * as Prng from "./prng.ts"
import * as Reply from "./reply.ts"
import * as TimedRows from "./timedRows.ts"

const keyOf = ({ row }: Simulator.RecordingEntry) => row.recording_id

export const make = (options: Options, more: More) => {
  const { account, order } = options
  const recordings = TimedRows.make<Simulator.RecordingEntry>({
    entries: account.recordings,
    key: keyOf,
    lifetime: (entry) => [entry.availableAt, entry.addedAt + Simulator.retentionMillis],
    compare: inOrder(order, (entry) => entry.addedAt, keyOf)
  })

  const ids = Prng.make(0, 0)
  const apiId = () => Prng.uuid(ids)
  const noRecording = () => Reply.json({ api_id: apiId(), error: "Recording not found" }, 404)
  const recordingRow = (entry: Simulator.RecordingEntry, now: number) => ({
    ...Simulator.recordingRowAt(entry, now),
    recording_url: entry.row.recording_url.replace("https://media.vobiz.ai", options.mediaOrigin)
  })

  const selectRecordings = (call: Call): ReadonlyArray<Simulator.RecordingEntry> => {
    const snapshot = recordings.at(call.now)
    const { call_uuid, recording_type } = call.query
    const ofCall = call_uuid
      ? (snapshot
          .derive("by call_uuid", (entries) => Map.groupBy(entries, ({ row }) => row.call_uuid))
          .get(call_uuid) ?? [])
      : snapshot.entries
    if (!recording_type) return ofCall
    const ofType = (entries: ReadonlyArray<Simulator.RecordingEntry>) =>
      entries.filter(({ row }) => row.recording_type === recording_type)
    return call_uuid ? ofType(ofCall) : snapshot.derive(`type ${recording_type}`, ofType)
  }

  const listRecordings = (call: Call): Reply.Reply => {
    const limit = Math.min(wholeNumber(call.query.limit, 1) ?? 20, options.pageCap, capOf(call))
    const offset = wholeNumber(call.query.offset, 0) ?? 0
    if (isTooDeep(call, offset)) return tooDeep(offset)
    disturb(recordings, call, offset, {
      key: keyOf,
      more: (count) => more(count, call.now).map(({ recording }) => recording)
    })
    const { hasNext, rows, total } = stretchOf(call.fired, selectRecordings(call), offset, limit)
    const link = (offset: number) => `/v1/Account/${account.authId}/Recording/?limit=${limit}&offset=${offset}`
    return listReply(call.fired, "objects", "meta", "total_count", {
      api_id: apiId(),
      meta: {
        limit,
        next: hasNext ? link(offset + limit) : null,
        offset,
        previous: offset === 0 ? null : link(Math.max(0, offset - limit)),
        total_count: total
      },
      objects: malform(
        call.fired,
        rows.map((entry) => recordingRow(entry, call.now)),
        { recording_id: null, add_time: "yesterday" }
      )
    })
  }

  const getRecording = (call: Call): Reply.Reply => {
    const entry = recordings.at(call.now).find(call.params.id ?? "")
    return entry === undefined ? noRecording() : Reply.json({ ...recordingRow(entry, call.now), api_id: apiId() })
  }

  const deleteRecording = (call: Call): Reply.Reply => {
    const entry = recordings.at(call.now).find(call.params.id ?? "")
    if (entry === undefined) return noRecording()
    recordings.remove(new Set([entry.row.recording_id]))
    return Reply.empty(204)
  }

  const audio = (call: Call): Reply.Reply => {
    const [, id = "", extension] = /^(.*)\.([^.]*)$/.exec(call.params.file ?? "") ?? []
    const entry = recordings.at(call.now).find(id)
    if (entry === undefined || extension !== entry.row.recording_format) return noRecording()
    return audioOf(entry, call, options)
  }

  return { recordings, listRecordings, getRecording, deleteRecording, audio }
}

/** The audio of a recording, whole or in part, with its faults. */
const audioOf = (entry: Simulator.RecordingEntry, call: Call, options: Options): Reply.Reply => {
  if (options.mediaRedirect !== undefined) {
    return Reply.empty(302, { location: new URL(call.path, options.mediaRedirect).href })
  }
  const short = Injector.find(call.fired, "ShortAudio")
  const isOther = Injector.find(call.fired, "OtherAudio") !== undefined
  const duration = Math.min(entry.media.duration, short?.millis ?? Infinity)
  const media = { ...entry.media, duration, pitch: entry.media.pitch + (isOther ? 50 : 0) }
  const total = Media.byteLength(media)
  // Observed: the content type follows the name, not the bytes.
  const etag = `"${createHash("sha256").update(entry.row.recording_id).digest("hex").slice(0, 16)}-${total}${isOther ? "-other" : ""}"`
  const headers = {
    "content-type": entry.row.recording_format === "mp3" ? "audio/mpeg" : "audio/wav",
    ...(options.ranges ? { etag } : {})
  }
  const isSame = call.ifRange === undefined || call.ifRange === etag
  const isAsked = options.ranges && (isSame || Injector.find(call.fired, "IfRangeIgnored") !== undefined)
  const asked = isAsked ? parseRange(call.range, total) : undefined
  const isRefused = asked !== undefined && Injector.find(call.fired, "RangeRefused") !== undefined
  const range = isRefused ? "unsatisfiable" : asked
  if (range === "unsatisfiable") return Reply.empty(416, { "content-range": `bytes */${total}` })
  if (range === undefined) {
    return { status: 200, headers, body: () => Media.chunks(media), length: total }
  }
  const [first, end] = range
  const start = Injector.find(call.fired, "WrongRange") === undefined ? first : Math.max(0, first - 1)
  const isSilent = Injector.find(call.fired, "NoContentRange") !== undefined
  const contentRange = isSilent ? {} : { "content-range": `bytes ${start}-${end - 1}/${total}` }
  return {
    status: 206,
    headers: { ...headers, "accept-ranges": "bytes", ...contentRange },
    body: () => Media.chunks(media, start, end),
    length: end - start
  }
}

/** The first byte and the byte after the last; `undefined` without a range, or with an unknown one. */
const parseRange = (
  header: string | undefined,
  total: number
): readonly [number, number] | "unsatisfiable" | undefined => {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? []
  if (first === "" && last === "") return undefined
  const start = first === "" ? Math.max(0, total - Number(last)) : Number(first)
  const end = first === "" || last === "" ? total : Math.min(total, Number(last) + 1)
  return start < end ? [start, end] : "unsatisfiable"
}
