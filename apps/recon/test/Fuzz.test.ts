import { createServer } from "node:http"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, it } from "@vobiz-effect/test-support"
import { CallDetailRecords, ProviderRow, Recordings, RetryPolicy, Trunks, Vobiz, VobizError } from "@vobiz-effect/core"
import { DuckDb, FileError, Files, Relations } from "@vobiz-effect/reconcile"
import {
  Cause,
  Context,
  DateTime,
  Effect,
  Exit,
  FileSystem,
  Inspectable,
  Layer,
  Metric,
  Redacted,
  Stream
} from "effect"
import { run } from "./command.ts"
import * as Mutations from "./mutations.ts"

const from = DateTime.makeUnsafe("2020-01-01T00:00:00Z")
const to = DateTime.makeUnsafe("2030-01-01T00:00:00Z")

interface Answer {
  readonly status: number
  readonly body: string
}

/** A server that gives one answer to every request, and an empty list after the first page. */
class Server extends Context.Service<Server, { readonly url: string; readonly say: (answer: Answer) => void }>()(
  "test/Fuzz/Server"
) {
  static readonly layer = Layer.effect(
    Server,
    Effect.acquireRelease(
      Effect.callback<Server["Service"] & { readonly close: () => void }>((resume) => {
        let answer: Answer = { status: 200, body: "" }
        const server = createServer((request, response) => {
          const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost")
          const later = Number(searchParams.get("offset") ?? 0) > 0 || Number(searchParams.get("page") ?? 1) > 1
          const isList = /\/(?:Recording\/|cdr|trunks)$/.test(pathname)
          response.writeHead(answer.status, { "content-type": "application/json", "x-request-id": Mutations.token })
          response.end(later && isList ? '{"objects":[],"data":[],"meta":{},"pagination":{}}' : answer.body)
        })
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          resume(
            Effect.succeed({
              url: `http://127.0.0.1:${port}`,
              say: (next) => void (answer = next),
              close: () => {
                server.closeAllConnections()
                server.close()
              }
            })
          )
        })
      }),
      ({ close }) => Effect.sync(close)
    )
  )
}

/** What a terminal obeys, and what turns the direction of writing. */
const unseen = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u

const maxBodyBytes = 1_000_000

const vobiz = Layer.unwrap(
  Effect.map(Server, ({ url }) =>
    Vobiz.layer({
      baseUrl: url,
      authId: "MA_DEMO4821",
      authToken: Redacted.make(Mutations.token),
      rateLimit: 10_000,
      maxBodyBytes
    }).pipe(Layer.provide(RetryPolicy.layer(RetryPolicy.none)))
  )
)

/** What may never be seen: the token in any code, and the numbers of persons that the samples have. */
const forbidden: ReadonlyArray<string | RegExp> = [
  Mutations.token,
  encodeURIComponent(Mutations.token),
  Buffer.from(`MA:${Mutations.token}`).toString("base64").slice(4, -4),
  Buffer.from(Mutations.token).toString("hex"),
  /98450\s?12345/,
  /(?:91|\b0?)(?:98123456\d\d|8045670\d\d\d)\b/
]

const clean = (text: string, where: string) => {
  for (const one of forbidden) {
    assert.isFalse(
      typeof one === "string" ? text.includes(one) : one.test(text),
      `${where} shows ${one}: ${text.slice(0, 600)}`
    )
  }
}

/** A program ends in a value or in one typed error, which shows nothing that it must not. */
const settled = Effect.fnUntraced(function* <A, R>(name: string, program: Effect.Effect<A, unknown, R>) {
  const exit = yield* Effect.exit(program)
  if (Exit.isSuccess(exit)) return exit.value
  assert.isFalse(Cause.hasDies(exit.cause), `${name}: ${Cause.pretty(exit.cause).slice(0, 1500)}`)
  const error = Cause.squash(exit.cause)
  assert.isTrue(
    error instanceof VobizError.VobizError || error instanceof FileError.FileError,
    `${name}: ${Cause.pretty(exit.cause).slice(0, 1500)}`
  )
  const message = error instanceof Error ? error.message : ""
  assert.isBelow(message.length, 1500, name)
  assert.notMatch(message, unseen, name)
  for (const text of [message, String(error), JSON.stringify(error), Inspectable.toStringUnknown(error)])
    clean(text, name)
  return undefined
})

const listOf = (sample: string) =>
  sample.startsWith("recording") ? "recordings" : sample.startsWith("trunk") ? "trunks" : "cdrs"

const recordings = Effect.gen(function* () {
  const service = yield* Recordings.Recordings
  return {
    page: Effect.map(service.page(), ({ recordings, rejects }) => ({ rows: recordings, rejects })),
    extract: service.extract(),
    stream: service.stream(),
    get: service.get("r1")
  }
})

const cdrs = Effect.gen(function* () {
  const service = yield* CallDetailRecords.CallDetailRecords
  const query = { from, to }
  return {
    page: Effect.map(service.page(query), ({ records, rejects }) => ({ rows: records, rejects })),
    extract: service.extract(query),
    stream: service.stream(query),
    get: service.get("c1")
  }
})

const trunks = Effect.gen(function* () {
  const service = yield* Trunks.Trunks
  return {
    page: Effect.map(service.page(), ({ rejects, trunks }) => ({ rows: trunks, rejects })),
    extract: service.extract,
    stream: service.stream,
    get: service.get("t1")
  }
})

const programs = { recordings, cdrs, trunks } as const

/** The rows of a body, if its list can be read. */
const rowsOf = (body: string) => ProviderRow.rowsOf(ProviderRow.fromJson(body))

/** Through the services. */
const served = Effect.fnUntraced(function* ({ body, name, sample }: Mutations.Case) {
  const { extract, get, page, stream } = yield* programs[listOf(sample)]
  const whole = yield* settled(
    name,
    page as Effect.Effect<
      { readonly rows: ReadonlyArray<unknown>; readonly rejects: ReadonlyArray<unknown> },
      VobizError.VobizError
    >
  )
  if (whole !== undefined) {
    const rows = rowsOf(body)
    if (rows !== null) assert.strictEqual(whole.rows.length + whole.rejects.length, rows.length, name)
  }
  yield* settled(name, get as Effect.Effect<unknown, VobizError.VobizError>)
  yield* settled(name, Stream.runDrain(stream as Stream.Stream<unknown, VobizError.VobizError>))
  const { proof, rejects, rows } = yield* extract
  const read = yield* settled(name, Stream.runCollect(rows as Stream.Stream<unknown, VobizError.VobizError>))
  const proved = yield* proof
  const aside = yield* Stream.runCollect(rejects)
  assert.strictEqual(proved.setAside, aside.length, name)
  if (read !== undefined && aside.length > 0) assert.notStrictEqual(proved.verdict, "complete", name)
  clean(JSON.stringify(proved), name)
  clean(Inspectable.toStringUnknown(aside), name)
  return whole
})

/** Rows as CSV, with a column for each key of any. */
const csvOf = (rows: ReadonlyArray<object>) => {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cell = (value: unknown) =>
    value === null || value === undefined
      ? ""
      : `"${(typeof value === "string" ? value : JSON.stringify(value)).replaceAll('"', '""')}"`
  const lines = rows.map((row) => names.map((name) => cell((row as Readonly<Record<string, unknown>>)[name])).join(","))
  return [names.map(cell).join(","), ...lines].join("\n")
}

/** The same rows through files: each is a row, or set aside. */
const filed = Effect.fnUntraced(function* (
  { body, name, sample }: Mutations.Case,
  whole: { readonly rows: ReadonlyArray<unknown>; readonly rejects: ReadonlyArray<unknown> } | undefined
) {
  const fs = yield* FileSystem.FileSystem
  const db = yield* DuckDb.DuckDb
  const directory = yield* fs.makeTempDirectoryScoped()
  const list = listOf(sample)
  const rows = rowsOf(body)
  yield* fs.writeFileString(`${directory}/body.json`, body)
  const lines = (rows ?? [ProviderRow.fromJson(body)]).map((row) => JSON.stringify(row))
  yield* fs.writeFileString(`${directory}/rows.ndjson`, lines.map((line) => `${line}\n`).join(""))
  const objects = (rows ?? []).filter((row) => typeof row === "object" && row !== null && !Array.isArray(row))
  yield* fs.writeFileString(`${directory}/rows.csv`, csvOf(objects as ReadonlyArray<object>))
  const schema = yield* db.scratch
  let nth = 0
  for (const [file, count] of [
    [`${directory}/body.json`, rows?.length],
    [`${directory}/rows.ndjson`, rows?.length],
    [`${directory}/rows.csv`, rows === null ? undefined : objects.length]
  ] as const) {
    const source = {
      cdrs: list === "cdrs" ? Files.cdrs(file) : Stream.empty,
      recordings: list === "recordings" ? Files.recordings(file) : Stream.empty,
      trunks: list === "trunks" ? Files.trunks(file) : Stream.empty
    }
    const inSchema = `${schema}_${nth++}`
    yield* db.run(`CREATE SCHEMA ${inSchema}`)
    const loaded = yield* settled(`${name}, by file`, Relations.load(inSchema, source))
    yield* db.run(`DROP SCHEMA ${inSchema} CASCADE`)
    if (loaded === undefined) continue
    const aside = loaded.setAside[list]
    if (count !== undefined) assert.strictEqual(loaded[list] + (aside?.rows ?? 0), count, `${name}, by ${file}`)
    if (aside !== null) clean(aside.detail, name)
    // Cells of CSV are all text, some of which is read where a value of JSON is not.
    if (whole !== undefined && list !== "cdrs" && !file.endsWith(".csv")) {
      assert.strictEqual(loaded[list], whole.rows.length, name)
    }
  }
}, Effect.scoped)

/** Through the command. */
const commanded = Effect.fnUntraced(function* ({ body, name, sample }: Mutations.Case) {
  const { url } = yield* Server
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const list = listOf(sample)
  const settings = {
    VOBIZ_BASE_URL: url,
    VOBIZ_AUTH_ID: "MA_DEMO4821",
    VOBIZ_AUTH_TOKEN: Mutations.token,
    VOBIZ_RATE_LIMIT: "10000",
    VOBIZ_MAX_BODY_BYTES: String(maxBodyBytes),
    VOBIZ_DEADLINE: "1 millis"
  }
  const span = ["--from", "2026-01-01", "--to", "2026-12-31"]
  const window = list === "trunks" ? [] : span
  yield* fs.writeFileString(`${directory}/body.json`, body)
  const files = ["--cdrs", `${directory}/body.json`, "--recordings", `${directory}/body.json`]
  for (const [args, codes] of [
    [
      ["list", list, ...window, "--json"],
      [0, 2, 3]
    ],
    [
      ["list", list, ...window],
      [0, 2, 3]
    ],
    [
      ["reconcile", ...span, ...files, "--out", directory],
      [1, 2, 3]
    ]
  ] as const) {
    const { code, err, out } = yield* run(args, settings)
    const where = `${name}, by ${args.join(" ")}`
    assert.include(codes, code, `${where}: ${err.slice(0, 1500)}`)
    assert.notInclude(err, "a bug", where)
    clean(out, where)
    clean(err, where)
    assert.notMatch((out + err).replaceAll("\n", " "), unseen, where)
  }
}, Effect.scoped)

describe("every field of every sample body, changed in every way", () => {
  const cases = Mutations.drawn(Effort.sized({ quick: 36, full: 3000 }))

  it("draws from thousands", () => {
    assert.isAbove(Mutations.total, 6000)
  })

  it.live(
    "ends in rows, rows set aside, or one typed error, and shows neither a token nor a number",
    () =>
      Effect.gen(function* () {
        const { say } = yield* Server
        const before = process.memoryUsage().rss
        const failures: Array<string> = []
        for (const [nth, one] of cases.entries()) {
          say(one)
          const exit = yield* Effect.exit(
            Effect.gen(function* () {
              const whole = yield* served(one)
              if (one.body.length < maxBodyBytes) yield* filed(one, whole)
              if (nth % 10 === 0) yield* commanded(one)
            })
          )
          if (Exit.isFailure(exit)) failures.push(`${one.name}: ${Cause.pretty(exit.cause).split("\n", 4).join(" ")}`)
        }
        assert.deepStrictEqual(failures.slice(0, 20), [], `${failures.length} cases`)
        clean(JSON.stringify((yield* Metric.snapshot).map(({ attributes, id }) => [id, attributes])), "metrics")
        assert.isBelow(process.memoryUsage().rss - before, 1_000_000_000)
      }).pipe(
        Effect.scoped,
        Effect.provide(
          Layer.mergeAll(vobiz, DuckDb.DuckDb.layer({ threads: 1, memoryLimit: "256MB" })).pipe(
            Layer.provideMerge(Layer.mergeAll(Server.layer, NodeServices.layer))
          )
        ),
        Effect.provideService(Metric.MetricRegistry, new Map())
      ),
    { timeout: 1_800_000 }
  )
})
