/**
 * A bare HTTP server with the provider's two lists, as fast as Node.js can be: rows are made of text as they are asked
 * for, so that a list can be of any length. It runs in a process of its own, and tells under `/asked` how many requests it
 * had and how much it gave.
 *
 *     node provider.ts ROWS LATENCY_MS PAGE_CAP NEWEST_MS STEP_MS
 */
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

const [rows = 1000, latency = 0, cap = 100, newest = 0, step = 1000] = process.argv.slice(2).map(Number)

// `newest` is when the newest call ended; each row is a step older than the one above. Every call is recorded.

/** How long a call takes, of which it talks all but the ringing. */
const length = 60_000
const ringing = 5000

const cycle = <A>(options: ReadonlyArray<A>, n: number) => options[n % options.length] as A

const recording = (n: number): string => {
  const at = new Date(newest - n * step).toISOString()
  const id = `${String(n).padStart(8, "0")}-aaaa-4bbb-8ccc-dddddddddddd`
  return `{"add_time":"${at.slice(0, 10)} ${at.slice(11, 19)}.123456+00:00","call_uuid":"c${id}","conference_name":"","from_number":"9180456700${10 + (n % 90)}","monthly_recording_storage_amount":0.0004,"recording_duration_ms":"${length - ringing}.00000","recording_end_ms":"${newest - n * step}.00000","recording_format":"${cycle(["mp3", "wav"], n)}","recording_id":"${id}","recording_start_ms":"${newest - n * step - length + ringing}.00000","recording_storage_duration":3,"recording_storage_rate":0.0004,"recording_type":"call","recording_url":"https://media.vobiz.ai/v1/Account/MA_BENCH/Recording/${id}.mp3","resource_uri":"/v1/Account/MA_BENCH/Recording/${id}/","rounded_recording_duration":60,"to_number":"+9198765432${10 + (n % 90)}"}`
}

const cdr = (n: number): string => {
  const at = (shift: number) => {
    const text = new Date(newest - n * step - length + shift).toISOString()
    return `${text.slice(0, 10)} ${text.slice(11, 19)}+00:00`
  }
  return `{"id":${10_000_000 - n},"uuid":"c${String(n).padStart(8, "0")}-aaaa-4bbb-8ccc-dddddddddddd","account_id":"MA_BENCH","call_direction":"${cycle(["inbound", "outbound"], n)}","caller_id_name":"","caller_id_number":"9180456700${10 + (n % 90)}","destination_number":"+9198765432${10 + (n % 90)}","start_time":"${at(0)}","answer_time":"${at(ringing)}","end_time":"${at(length)}","duration":60,"billsec":55,"ring_time":5,"currency":"INR","cost":0.65,"total_cost":0.65,"streaming_cost":0,"hangup_cause":"NORMAL_CLEARING","hangup_cause_code":16,"hangup_cause_name":"Normal hangup","hangup_disposition":"send_bye","hangup_source":"caller","bridge_uuid":"b${n}","sip_call_id":"s${n}","sip_user_agent":"bench","trunk_id":null,"context":"voice-api","codec":"PCMU","mos":4.4,"jitter":1.2,"packet_loss":0,"region":"IN","origination_region":""}`
}

/** The same rows as Twilio and Plivo word them, for their own clients. */
const twilio = (n: number): string =>
  `{"account_sid":"AC00000000000000000000000000000000","api_version":"2010-04-01","call_sid":"CA${String(n).padStart(32, "0")}","conference_sid":null,"date_created":"Sun, 10 May 2026 10:00:00 +0000","date_updated":"Sun, 10 May 2026 10:00:00 +0000","start_time":"Sun, 10 May 2026 10:00:00 +0000","duration":"60","sid":"RE${String(n).padStart(32, "0")}","price":"-0.0025","price_unit":"USD","status":"completed","channels":1,"source":"RecordVerb","error_code":null,"uri":"/2010-04-01/Accounts/AC/Recordings/RE${n}.json","encryption_details":null,"subresource_uris":{},"media_url":"https://api.twilio.com/RE${n}"}`

const page = (row: (n: number) => string, offset: number, count: number) => {
  const parts: Array<string> = []
  for (let n = offset; n < Math.min(rows, offset + count); n++) parts.push(row(n))
  return parts.join(",")
}

/** Its calls are of the voice API, so it has none. */
const trunks = `{"meta":{"limit":100,"offset":0,"next":null,"previous":null,"total_count":0,"total":0},"objects":[]}`

const asked = { requests: 0, megabytes: 0 }

/** The rows of some days, in UTC and both included: the first and how many. */
const ofDays = (from: string | null, to: string | null) => {
  const within = (n: number) => Math.min(rows, Math.max(0, n))
  const first = to === null ? 0 : within(Math.floor((newest - length - Date.parse(to) - 86_400_000) / step) + 1)
  const last = from === null ? rows : within(Math.floor((newest - length - Date.parse(from)) / step) + 1)
  return { first, total: last - first }
}

const answer = (url: URL): string => {
  const number = (name: string, or: number) => Number(url.searchParams.get(name) ?? or)
  if (url.pathname === "/asked") return JSON.stringify(asked)
  if (url.pathname.endsWith("/cdr")) {
    const { first, total } = ofDays(url.searchParams.get("start_date"), url.searchParams.get("end_date"))
    const count = Math.min(cap, number("per_page", 20))
    const index = number("page", 1)
    const pages = Math.ceil(total / count)
    const start = (index - 1) * count
    return `{"data":[${page(cdr, first + start, Math.max(0, Math.min(count, total - start)))}],"pagination":{"page":${index},"per_page":${count},"total":${total},"pages":${pages},"has_next":${index < pages},"has_prev":${index > 1}}}`
  }
  if (url.pathname.endsWith("/Recordings.json")) {
    const count = Math.min(cap, number("PageSize", 50))
    const index = number("Page", 0)
    const more = (index + 1) * count < rows
    const next = more ? `"/2010-04-01/Accounts/AC/Recordings.json?PageSize=${count}&Page=${index + 1}"` : "null"
    return `{"recordings":[${page(twilio, index * count, count)}],"page":${index},"page_size":${count},"start":0,"end":0,"uri":"","first_page_uri":"","previous_page_uri":"","next_page_uri":${next}}`
  }
  if (url.pathname.endsWith("/trunks")) return trunks
  const count = Math.min(cap, number("limit", 20))
  const offset = number("offset", 0)
  const next = offset + count < rows ? `"/v1/next?offset=${offset + count}"` : "null"
  return `{"api_id":"bench","meta":{"limit":${count},"offset":${offset},"next":${next},"previous":null,"total_count":${rows}},"objects":[${page(recording, offset, count)}]}`
}

const send = (response: ServerResponse, body: string) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
  response.end(body)
}

const server = createServer({ keepAlive: true }, (request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost")
  const body = answer(url)
  if (url.pathname !== "/asked") {
    asked.requests++
    asked.megabytes += body.length / 1e6
  }
  if (latency === 0) send(response, body)
  else setTimeout(() => send(response, body), latency)
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
// Whoever started it has gone.
process.stdin.resume().on("end", () => process.exit())
