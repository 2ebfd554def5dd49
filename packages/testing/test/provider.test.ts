import { assert, describe, it } from "@vobiz-effect/test-support"
import { type FaultPlan, Media, Simulator } from "@vobiz-effect/testing"
import { DateTime } from "effect"

import * as Injector from "../src/internal/injector.ts"
import * as Provider from "../src/internal/provider.ts"
import * as Reply from "../src/internal/reply.ts"
import * as TimedRows from "../src/internal/timedRows.ts"
import type { Json } from "./utils.ts"

const until = DateTime.makeUnsafe("2026-08-15T06:00:00Z")
const none = Object.fromEntries(Simulator.scenarios.map((kind) => [kind, 0]))
const account = Simulator.make({ seed: 3, calls: 45, days: 2, until, mix: { ...none, "voice-recorded": 1 } })

const making = (options: Partial<Provider.Options> = {}) =>
  Provider.make({
    account,
    mediaOrigin: "http://127.0.0.1:8080",
    pageCap: 100,
    order: "newest",
    days: { zone: "UTC", endDate: "exclusive" },
    cdrGet: "enveloped",
    emptyExport: "header",
    ranges: true,
    mediaRedirect: undefined,
    ...options
  })

const asked = (options: Partial<Provider.Call> = {}): Provider.Call => ({
  params: {},
  query: {},
  range: undefined,
  ifRange: undefined,
  path: "/x",
  now: until.epochMilliseconds,
  fired: [],
  ...options
})

const fired = (...faults: ReadonlyArray<FaultPlan.Fault>) => ({ fired: faults })

const textOf = ({ body }: Reply.Reply) =>
  Buffer.concat(body instanceof Uint8Array ? [body] : [...body()]).toString("utf8")
const json = (reply: Reply.Reply): Json => JSON.parse(textOf(reply))
const invalid = (reply: Reply.Reply) => {
  const { details, ...error } = json(reply).error
  return [reply.status, error, details.errors]
}

const ids = account.recordings.map(({ row }) => row.recording_id)
const idsOf = (list: Json) => list.objects.map((row: Json) => row.recording_id)
const uuids = account.cdrs.map(({ row }) => row.uuid)
const uuidsOf = (list: Json) => list.data.map((row: Json) => row.uuid)

describe("the list of recordings", () => {
  const link = (offset: number, limit = 20) => `/v1/Account/MA_SIM00001/Recording/?limit=${limit}&offset=${offset}`
  const list = (
    query: Provider.Call["query"],
    more: Partial<Provider.Call> = {},
    options: Partial<Provider.Options> = {}
  ) => json(making(options).listRecordings(asked({ query, ...more })))

  it("has its first, middle and last page", () => {
    const first = list({})
    assert.deepStrictEqual(first.meta, { limit: 20, next: link(20), offset: 0, previous: null, total_count: 45 })
    assert.deepStrictEqual(idsOf(first), ids.slice(0, 20))
    const middle = list({ offset: "15", limit: "20" })
    assert.deepStrictEqual(middle.meta, { limit: 20, next: link(35), offset: 15, previous: link(0), total_count: 45 })
    const last = list({ offset: "25", limit: "20" })
    assert.deepStrictEqual(last.meta, { limit: 20, next: null, offset: 25, previous: link(5), total_count: 45 })
    assert.deepStrictEqual(idsOf(last), ids.slice(25))
    const past = list({ offset: "45", limit: "1" })
    assert.deepStrictEqual([past.meta.next, past.objects], [null, []])
  })

  it("takes a limit of 1 and an offset of 0, and nothing that is no whole number", () => {
    const limits = ["1", "0", "-1", "1.5", "x", "", "21"].map((limit) => list({ limit }).meta.limit)
    assert.deepStrictEqual(limits, [1, 20, 20, 20, 20, 20, 21])
    assert.deepStrictEqual(
      ["0", "1", "-1", "x"].map((offset) => list({ offset }).meta.offset),
      [0, 1, 0, 0]
    )
    assert.strictEqual(list({ limit: "30" }, {}, { pageCap: 25 }).meta.limit, 25)
    assert.strictEqual(list({ limit: "30" }, fired({ _tag: "LowerCap", cap: 7 })).meta.limit, 7)
  })

  it("shows audio at this server", () => {
    const [row] = list({ limit: "1" }).objects
    assert.strictEqual(
      row.recording_url,
      `http://127.0.0.1:8080/v1/Account/MA_SIM00001/Recording/${row.recording_id}.${row.recording_format}`
    )
  })

  const faults: ReadonlyArray<readonly [FaultPlan.Fault, Provider.Call["query"], (list: Json) => unknown, unknown]> = [
    [{ _tag: "LyingTotal", delta: 3 }, {}, ({ meta }) => meta.total_count, 48],
    [{ _tag: "NeverNullNext" }, { offset: "40" }, ({ meta, objects }) => [meta.next, objects.length], [link(60), 5]],
    // Past its end the last page comes again.
    [{ _tag: "NeverNullNext" }, { offset: "45" }, idsOf, ids.slice(40)],
    [{ _tag: "NeverNullNext" }, { offset: "44" }, idsOf, ids.slice(44)],
    [
      { _tag: "HeldBackRows", count: 5 },
      { offset: "30" },
      ({ meta, objects }) => [meta.total_count, meta.next, objects.length],
      [45, null, 10]
    ],
    [{ _tag: "HeldBackRows", count: 50 }, {}, idsOf, []],
    [
      { _tag: "EarlyEnd", count: 10 },
      { offset: "20" },
      ({ meta, objects }) => [meta.total_count, meta.next, objects.length],
      [35, null, 15]
    ],
    [{ _tag: "EarlyEnd", count: 10 }, { offset: "34" }, idsOf, ids.slice(34, 35)],
    [{ _tag: "EarlyEnd", count: 10 }, { offset: "35" }, idsOf, ids.slice(35)],
    [
      { _tag: "MalformedRow" },
      { limit: "2" },
      ({ objects }) => objects.map((row: Json) => [row.recording_id, row.add_time === "yesterday"]),
      [
        [null, true],
        [ids[1], false]
      ]
    ],
    [{ _tag: "NullList" }, {}, ({ objects }) => objects, null],
    [{ _tag: "BareList" }, { limit: "2" }, (list) => list.map((row: Json) => row.recording_id), ids.slice(0, 2)],
    [{ _tag: "OddTotal", as: "text" }, {}, ({ meta }) => meta.total_count, "45"],
    [{ _tag: "OddTotal", as: "absent" }, {}, ({ meta }) => Object.keys(meta), ["limit", "next", "offset", "previous"]],
    [
      { _tag: "OddFields", fields: { extra: 1 } },
      { limit: "2" },
      ({ objects }) => objects.map((row: Json) => row.extra),
      [1, 1]
    ],
    [
      { _tag: "OddFields", fields: { extra: 1 }, nth: 2 },
      { limit: "3" },
      ({ objects }) => objects.map((row: Json) => row.extra),
      [undefined, 1, undefined]
    ]
  ]
  for (const [fault, query, of, expected] of faults) {
    it(`under ${JSON.stringify(fault)}, asked for ${JSON.stringify(query)}`, () => {
      assert.deepStrictEqual(of(list(query, fired(fault))), expected)
    })
  }

  it("refuses offsets that are too deep", () => {
    const provider = making()
    const at = (offset: string) =>
      provider.listRecordings(asked({ query: { offset }, ...fired({ _tag: "RefusedOffset", rows: 30 }) }))
    assert.strictEqual(at("29").status, 200)
    assert.deepStrictEqual(invalid(at("30")), [
      422,
      { code: "VALIDATION_ERROR", message: "Request validation failed" },
      [{ field: "offset", message: "is too large", code: "OUT_OF_RANGE", value: "30" }]
    ])
  })

  it("changes under its reader", () => {
    const provider = making()
    const get = (fault: FaultPlan.Fault, offset = "0") =>
      json(provider.listRecordings(asked({ query: { offset, limit: "100" }, ...fired(fault) })))
    const more = get({ _tag: "InsertBetweenPages", count: 2 })
    assert.strictEqual(more.meta.total_count, 47)
    assert.deepStrictEqual(idsOf(more).slice(2), ids)
    const less = get({ _tag: "DeleteBetweenPages", count: 3 })
    assert.deepStrictEqual(idsOf(less), ids.slice(1))
    const twice = get({ _tag: "DuplicateRows", count: 2 }, "10")
    assert.strictEqual(twice.meta.total_count, 46)
  })

  it("has those of a call, of a type, and of both", () => {
    const [entry] = account.recordings
    assert.isDefined(entry)
    const { call_uuid } = entry.row
    assert.deepStrictEqual(idsOf(list({ call_uuid })), [entry.row.recording_id])
    assert.lengthOf(idsOf(list({ recording_type: "call", limit: "100" })), 45)
    assert.deepStrictEqual(idsOf(list({ recording_type: "trunk" })), [])
    assert.deepStrictEqual(idsOf(list({ recording_type: "call", call_uuid })), [entry.row.recording_id])
    assert.deepStrictEqual(idsOf(list({ recording_type: "trunk", call_uuid })), [])
    assert.deepStrictEqual(idsOf(list({ call_uuid: "nobody" })), [])
  })

  it("stands in the order that is set", () => {
    const all = { limit: "100" }
    assert.deepStrictEqual(idsOf(list(all, {}, { order: "oldest" })), ids.toReversed())
    assert.deepStrictEqual(idsOf(list(all, {}, { order: "unordered" })), ids.toSorted())
  })
})

describe("one of each", () => {
  it("recordings are got, and deleted once", () => {
    const provider = making()
    const [id = ""] = ids
    const one = asked({ params: { id } })
    const found = json(provider.getRecording(one))
    assert.strictEqual(found.recording_id, id)
    assert.match(found.api_id, /^[\da-f-]{36}$/)
    const deleted = provider.deleteRecording(one)
    assert.deepStrictEqual([deleted.status, textOf(deleted), deleted.length], [204, "", 0])
    for (const reply of [provider.getRecording(one), provider.deleteRecording(one), provider.getRecording(asked())]) {
      assert.strictEqual(reply.status, 404)
      assert.strictEqual(json(reply).error, "Recording not found")
    }
  })

  it("CDRs are got alone, in an envelope or bare, in their own currency", () => {
    const [uuid = ""] = uuids
    const other = { ...account, detailCurrency: "USD" }
    const [row] = account.cdrs.map(({ row }) => Object.assign({}, row, { currency: "USD" }))
    const got = (cdrGet: Provider.Options["cdrGet"]) =>
      json(making({ account: other, cdrGet }).getCdr(asked({ params: { uuid } })))
    assert.deepStrictEqual(got("enveloped"), { data: row, success: true })
    assert.deepStrictEqual(got("bare"), row)
    const none = making().getCdr(asked({ params: { uuid: "x" } }))
    assert.deepStrictEqual([none.status, json(none)], [404, { error: "CDR not found" }])
    assert.strictEqual(making().getCdr(asked()).status, 404)
  })

  it("trunks, and the account", () => {
    const provider = making()
    const [trunk] = account.trunks
    assert.isDefined(trunk)
    assert.deepStrictEqual<unknown>(json(provider.getTrunk(asked({ params: { id: trunk.trunk_id } }))), trunk)
    const none = provider.getTrunk(asked({ params: { id: "x" } }))
    assert.deepStrictEqual(
      [none.status, json(none)],
      [404, { status: "error", error: { code: "TRUNK_NOT_FOUND", message: "Trunk not found." } }]
    )
    const list = (query: Provider.Call["query"], more: Partial<Provider.Call> = {}) =>
      json(provider.listTrunks(asked({ query, ...more })))
    assert.deepStrictEqual(list({}), { meta: { limit: 20, offset: 0, total: 4 }, objects: account.trunks })
    assert.deepStrictEqual(list({ limit: "1", offset: "3" }), {
      meta: { limit: 1, offset: 3, total: 4 },
      objects: account.trunks.slice(3)
    })
    assert.strictEqual(list({ limit: "101" }).meta.limit, 100)
    assert.strictEqual(list({}, fired({ _tag: "LowerCap", cap: 2 })).objects.length, 2)
    assert.strictEqual(
      provider.listTrunks(asked({ query: { offset: "3" }, ...fired({ _tag: "RefusedOffset", rows: 3 }) })).status,
      422
    )
    assert.deepStrictEqual(json(provider.authMe()), { auth_id: "MA_SIM00001", status: "active" })
  })
})

describe("the lists of CDRs", () => {
  const list = (query: Provider.Call["query"], more: Partial<Provider.Call> = {}) =>
    json(making().listCdrs(asked({ query, ...more })))

  it("have their first and last page", () => {
    const first = list({})
    assert.deepStrictEqual(first.pagination, {
      page: 1,
      per_page: 20,
      total: 45,
      pages: 3,
      has_next: true,
      has_prev: false
    })
    assert.deepStrictEqual(uuidsOf(first), uuids.slice(0, 20))
    assert.deepStrictEqual(
      [first.account_id, first.count, first.success, "filters" in first],
      ["MA_SIM00001", 20, true, false]
    )
    const last = list({ page: "3", per_page: "20" })
    assert.deepStrictEqual(last.pagination, {
      page: 3,
      per_page: 20,
      total: 45,
      pages: 3,
      has_next: false,
      has_prev: true
    })
    assert.deepStrictEqual(uuidsOf(last), uuids.slice(40))
    assert.strictEqual(last.count, 5)
    assert.deepStrictEqual(list({ per_page: "45" }).pagination.has_next, false)
  })

  it("name a search's filters", () => {
    const { filters } = list({ search: "x", page: "1" }, { path: "/cdr/search" })
    assert.deepStrictEqual(filters, {
      call_direction: "",
      from_number: "",
      hangup_cause: "",
      to_number: "",
      search: "x"
    })
  })

  const refusals: ReadonlyArray<readonly [Provider.Call["query"], string, string, string]> = [
    [{ page: "0" }, "page", "must be 1 or more", "0"],
    [{ page: "x" }, "page", "must be 1 or more", "x"],
    [{ per_page: "0" }, "per_page", "must be between 1 and 100", "0"],
    [{ per_page: "101" }, "per_page", "must be between 1 and 100", "101"],
    [{ start_date: "2026-13-01" }, "start_date", "must be a date such as 2026-08-14", "2026-13-01"],
    [{ end_date: "soon" }, "end_date", "must be a date such as 2026-08-14", "soon"]
  ]
  for (const [query, field, message, value] of refusals) {
    it(`refuse ${JSON.stringify(query)}`, () => {
      assert.deepStrictEqual(invalid(making().listCdrs(asked({ query }))), [
        422,
        { code: "VALIDATION_ERROR", message: "Request validation failed" },
        [{ field, message, code: "OUT_OF_RANGE", value }]
      ])
    })
  }

  it("take pages of 1 and of 100 rows, and empty dates", () => {
    assert.strictEqual(list({ per_page: "1" }).data.length, 1)
    assert.strictEqual(list({ per_page: "100" }).data.length, 45)
    assert.strictEqual(list({ start_date: "", end_date: "" }).pagination.total, 45)
  })

  it("change under their reader, and have the same faults", () => {
    const provider = making()
    const get = (query: Provider.Call["query"], ...faults: ReadonlyArray<FaultPlan.Fault>) =>
      json(provider.listCdrs(asked({ query, ...fired(...faults) })))
    assert.strictEqual(get({}, { _tag: "InsertBetweenPages", count: 2 }).pagination.total, 47)
    assert.deepStrictEqual(uuidsOf(get({ per_page: "100" }, { _tag: "DeleteBetweenPages", count: 3 })), uuids.slice(1))
    assert.strictEqual(get({}, { _tag: "DuplicateRows", count: 2 }).pagination.total, 46)
    const malformed = list({ per_page: "1" }, fired({ _tag: "MalformedRow" })).data[0]
    assert.deepStrictEqual([malformed.uuid, malformed.start_time], [null, "yesterday"])
    assert.strictEqual(list({}, fired({ _tag: "LowerCap", cap: 7 })).data.length, 7)
    const deep = (page: string) =>
      making().listCdrs(asked({ query: { page }, ...fired({ _tag: "RefusedOffset", rows: 20 }) })).status
    assert.deepStrictEqual(["1", "2"].map(deep), [200, 422])
  })

  it("have the newest, 20 unless asked and 100 at most", () => {
    const recent = (limit?: string) =>
      json(making({ order: "oldest" }).recentCdrs(asked({ query: limit === undefined ? {} : { limit } })))
    assert.deepStrictEqual(uuidsOf(recent()), uuids.slice(0, 20))
    assert.deepStrictEqual(uuidsOf(recent("1")), uuids.slice(0, 1))
    assert.deepStrictEqual([recent("1").count, recent("1").success, recent("1").account_id], [1, true, "MA_SIM00001"])
    assert.strictEqual(recent("0").count, 20)
    const many = Simulator.make({ seed: 3, calls: 110, days: 2, until, mix: { ...none, "voice-recorded": 1 } })
    const most = json(making({ account: many }).recentCdrs(asked({ query: { limit: "101" } })))
    assert.strictEqual(most.count, 100)
  })

  it("are exported, also where there are none", () => {
    const lines = (options: Partial<Provider.Options>, call: Partial<Provider.Call> = {}) => {
      const reply = making(options).exportCdrs(asked(call))
      assert.deepStrictEqual([reply.status, reply.headers["content-type"]], [200, "text/csv"])
      return textOf(reply).split("\r\n").length - 1
    }
    assert.strictEqual(lines({}), 46)
    assert.strictEqual(lines({}, fired({ _tag: "HeldBackRows", count: 5 })), 41)
    assert.strictEqual(lines({}, fired({ _tag: "HeldBackRows", count: 50 })), 1)
    const nothing = { query: { context: "nowhere" } }
    assert.strictEqual(lines({}, nothing), 1)
    assert.strictEqual(lines({ emptyExport: "nothing" }, nothing), 0)
    assert.strictEqual(lines({ emptyExport: "nothing" }), 46)
  })
})

describe("audio", () => {
  const [entry] = account.recordings
  assert.isDefined(entry)
  const { recording_format: format, recording_id: id } = entry.row
  const total = Media.byteLength(entry.media)
  const get = (call: Partial<Provider.Call> = {}, options: Partial<Provider.Options> = {}) => {
    const reply = making(options).audio(asked({ params: { file: `${id}.${format}` }, ...call }))
    return { ...reply, bytes: Buffer.concat(reply.body instanceof Uint8Array ? [reply.body] : [...reply.body()]) }
  }
  const whole = Buffer.concat([...Media.chunks(entry.media)])

  it("comes whole", () => {
    const { bytes, headers, length, status } = get()
    assert.deepStrictEqual([status, length, bytes.equals(whole)], [200, total, true])
    assert.strictEqual(headers["content-type"], format === "mp3" ? "audio/mpeg" : "audio/wav")
    assert.match(headers["etag"] ?? "", new RegExp(`^"[\\da-f]{16}-${total}"$`))
    assert.deepStrictEqual(Object.keys(get({}, { ranges: false }).headers), ["content-type"])
  })

  const ranges: ReadonlyArray<readonly [string, readonly [from: number, to: number] | "whole" | "refused"]> = [
    ["bytes=0-", [0, total]],
    ["bytes=5-", [5, total]],
    ["bytes=5-9", [5, 10]],
    ["bytes=-7", [total - 7, total]],
    [`bytes=-${total + 1}`, [0, total]],
    [`bytes=5-${total + 5}`, [5, total]],
    [`bytes=${total - 1}-`, [total - 1, total]],
    [`bytes=${total}-`, "refused"],
    ["bytes=9-8", "refused"],
    ["bytes=-0", "refused"],
    ["bytes=-", "whole"],
    ["bytes=a-", "whole"],
    ["xbytes=5-", "whole"],
    ["bytes=5-9,10-11", "whole"]
  ]
  for (const [range, expected] of ranges) {
    it(`asked for by ${range}`, () => {
      const { bytes, headers, length, status } = get({ range })
      if (expected === "whole") assert.deepStrictEqual([status, length], [200, total])
      else if (expected === "refused") {
        assert.deepStrictEqual([status, headers], [416, { "content-range": `bytes */${total}` }])
      } else {
        const [from, to] = expected
        assert.deepStrictEqual([status, length, bytes.equals(whole.subarray(from, to))], [206, to - from, true])
        assert.deepInclude(headers, { "accept-ranges": "bytes", "content-range": `bytes ${from}-${to - 1}/${total}` })
      }
    })
  }

  it("comes in part for the same file alone, and only where parts are given", () => {
    const range = "bytes=5-"
    const { etag = "" } = get().headers
    assert.strictEqual(get({ range, ifRange: etag }).status, 206)
    assert.strictEqual(get({ range, ifRange: '"other"' }).status, 200)
    assert.strictEqual(get({ range, ifRange: '"other"', ...fired({ _tag: "IfRangeIgnored" }) }).status, 206)
    assert.strictEqual(get({ range }, { ranges: false }).status, 200)
    assert.strictEqual(get({ range, ...fired({ _tag: "RangeRefused" }) }).status, 416)
    assert.strictEqual(get(fired({ _tag: "RangeRefused" })).status, 200)
  })

  it("comes with its faults", () => {
    const range = "bytes=5-"
    const wrong = get({ range, ...fired({ _tag: "WrongRange" }) })
    assert.deepInclude(wrong.headers, { "content-range": `bytes 4-${total - 1}/${total}` })
    assert.isTrue(wrong.bytes.equals(whole.subarray(4)))
    assert.deepInclude(get({ range: "bytes=0-", ...fired({ _tag: "WrongRange" }) }).headers, {
      "content-range": `bytes 0-${total - 1}/${total}`
    })
    assert.notProperty(get({ range, ...fired({ _tag: "NoContentRange" }) }).headers, "content-range")
    const short = get(fired({ _tag: "ShortAudio", millis: 1000 }))
    assert.strictEqual(short.length, Media.byteLength({ ...entry.media, duration: 1000 }))
    const long = get(fired({ _tag: "ShortAudio", millis: 10_000_000 }))
    assert.strictEqual(long.length, total)
    const other = get(fired({ _tag: "OtherAudio" }))
    assert.strictEqual(other.headers["etag"], get().headers["etag"]?.replace(/"$/, '-other"'))
    const expected = Buffer.concat([...Media.chunks({ ...entry.media, pitch: entry.media.pitch + 50 })])
    assert.isTrue(other.bytes.equals(expected))
  })

  it("is at its name alone, or elsewhere", () => {
    for (const file of [`${id}.ogg`, id, `x.${format}`, undefined]) {
      assert.strictEqual(get({ params: { file } }).status, 404)
    }
    const path = `/v1/Account/x/${id}.${format}`
    const { headers, status } = get({ path }, { mediaRedirect: new URL("http://127.0.0.1:9/") })
    assert.deepStrictEqual([status, headers], [302, { location: `http://127.0.0.1:9${path}` }])
  })
})

describe("rows that come and go", () => {
  interface Row {
    readonly key: string
    readonly from: number
    readonly to: number
  }
  const row = (key: string, from: number, to: number): Row => ({ key, from, to })
  const make = (entries: ReadonlyArray<Row>) =>
    TimedRows.make<Row>({
      entries,
      key: ({ key }) => key,
      lifetime: ({ from, to }) => [from, to],
      compare: (a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
    })
  const keys = (rows: TimedRows.TimedRows<Row>, now: number) =>
    rows
      .at(now)
      .entries.map(({ key }) => key)
      .join("")

  it("are to be seen from their first instant on, and not at their last", () => {
    const rows = make([row("b", 10, 20), row("a", 15, 30)])
    for (const [now, expected] of [
      [9, ""],
      [10, "b"],
      [14, "b"],
      [15, "ab"],
      [19, "ab"],
      [20, "a"],
      [29, "a"],
      [30, ""],
      [15, "ab"],
      [5, ""]
    ] as const) {
      assert.strictEqual(keys(rows, now), expected, String(now))
    }
    assert.strictEqual(rows.at(15).find("b")?.to, 20)
    assert.isUndefined(rows.at(25).find("b"))
  })

  it("are put in and taken out", () => {
    const rows = make([row("b", 0, 9)])
    rows.insert([row("a", 0, 9), row("b", 1, 9)])
    assert.strictEqual(keys(rows, 5), "abb")
    rows.remove(new Set(["b"]))
    assert.strictEqual(keys(rows, 5), "a")
  })

  it("have views that are made once while they stay the same, of at most 64", () => {
    const rows = make([row("a", 0, 9)])
    let made = 0
    const view = (name: string, now = 5) => rows.at(now).derive(name, () => ++made)
    assert.deepStrictEqual([view("x"), view("x", 6), view("y")], [1, 1, 2])
    for (let n = 0; n < 62; n++) view(`v${n}`)
    assert.strictEqual(view("x"), 1)
    view("one more")
    assert.strictEqual(view("x"), 66)
    rows.insert([])
    assert.strictEqual(view("x"), 67)
  })
})

describe("a plan of faults", () => {
  const fault = (cap: number): FaultPlan.Fault => ({ _tag: "LowerCap", cap })
  const turns = (rules: FaultPlan.FaultPlan["rules"], count: number, endpoint: FaultPlan.Endpoint = "cdrs.list") => {
    const inject = Injector.make({ rules })
    return Array.from({ length: count }, () =>
      inject(endpoint)
        .map((one) => ("cap" in one ? one.cap : 0))
        .join("+")
    )
  }

  it("fires at the first request, once, unless it says otherwise", () => {
    assert.deepStrictEqual(turns([{ fault: fault(1) }], 3), ["1", "", ""])
    assert.deepStrictEqual(turns([{ fault: fault(1), first: 2 }], 3), ["", "1", ""])
    assert.deepStrictEqual(turns([{ fault: fault(1), first: 2, times: 2 }], 5), ["", "1", "1", "", ""])
    assert.deepStrictEqual(turns([{ fault: fault(1), first: 3, times: "always" }], 5), ["", "", "1", "1", "1"])
    assert.deepStrictEqual(turns([{ fault: fault(1), probability: 0, times: "always" }], 3), ["", "", ""])
    assert.deepStrictEqual(turns([{ fault: fault(1) }, { fault: fault(2), times: 2 }], 3), ["1+2", "2", ""])
  })

  it("counts the requests of its endpoints alone", () => {
    assert.deepStrictEqual(turns([{ fault: fault(1), on: ["cdrs.list"] }], 2), ["1", ""])
    assert.deepStrictEqual(turns([{ fault: fault(1), on: ["recordings.list"] }], 2), ["", ""])
  })

  it("decides by its seed", () => {
    const by = (seed?: number) => {
      const inject = Injector.make({
        ...(seed === undefined ? {} : { seed }),
        rules: [{ fault: fault(1), probability: 0.5, times: "always" }]
      })
      return Array.from({ length: 40 }, () => inject("cdrs.list").length).join("")
    }
    assert.strictEqual(by(), by(0))
    assert.notStrictEqual(by(1), by(0))
    assert.include(by(), "0")
    assert.include(by(), "1")
  })
})

describe("errors of the provider", () => {
  it("have the forms of their places", () => {
    const shown = (reply: Reply.Reply) => [reply.status, reply.headers["content-type"], json(reply)]
    const type = "application/json"
    assert.deepStrictEqual(shown(Reply.badCredentials), [
      401,
      type,
      { status: "error", error: { code: "INVALID_CREDENTIALS", message: "Invalid credentials." } }
    ])
    assert.deepStrictEqual(shown(Reply.wrongPath), [401, type, { error: "invalid credentials" }])
    assert.deepStrictEqual(shown(Reply.noRoute), [404, type, { message: "Not Found" }])
    assert.deepStrictEqual(shown(Reply.documentedError(429, "A", "b", { retryAfter: 1 })), [
      429,
      type,
      { status: "error", error: { code: "A", message: "b", details: { retryAfter: 1 } } }
    ])
    const echo = json(Reply.echo(503, "secret"))
    assert.strictEqual(Reply.echo(503, "secret").status, 503)
    for (const text of [
      echo.requestId,
      echo.api_id,
      echo.error.code,
      echo.error.message,
      echo.error.details.errors[0].field
    ]) {
      assert.isTrue(text.startsWith("\u001b[31m\u202esecret +918045670012 \u001b]0;secret\u0007 xxx"))
      assert.isAbove(text.length, 50_000)
    }
    const html = Reply.html("<p>")
    assert.deepStrictEqual(
      [html.status, html.headers, textOf(html), html.length],
      [200, { "content-type": "text/html" }, "<p>", 3]
    )
  })

  it("may be JSON without end", () => {
    const reply = Reply.huge(3_000_000, false)
    const text = textOf(reply)
    assert.deepStrictEqual(
      [reply.status, reply.headers, reply.length],
      [200, { "content-type": "application/json" }, undefined]
    )
    assert.strictEqual(text.length, '{"objects":["'.length + 3 * 1024 * 1024 + '"]}'.length)
    assert.isTrue(/^\{"objects":\["a+"\]\}$/.test(text))
    assert.deepInclude(Reply.huge(1, true).headers, { "content-encoding": "gzip" })
  })
})
