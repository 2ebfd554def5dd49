import { createServer } from "node:http"
import { dirname } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, Effort, it, layerEach, once, Wait } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer, Metric, Redacted } from "effect"
import * as Telemetry from "../src/Telemetry.ts"
import { runner } from "./command.ts"

const account = Simulator.make({
  seed: 7,
  calls: Effort.sized({ quick: 100, full: 400 }),
  days: 2,
  until: DateTime.makeUnsafe("2026-11-20T00:00:00Z")
})
const recorded = account.numbers
  .filter(({ recorded }) => recorded)
  .map(({ number }) => number)
  .join(",")
const day = ["--from", "2026-11-18", "--to", "2026-11-20", "--recorded-numbers", recorded]

const recon = runner(account)

/** A server that takes everything but what is posted to `/refused`, and what it was sent, by path. */
const collecting = Effect.acquireRelease(
  Effect.callback<{ readonly url: string; readonly got: Map<string, Array<string>>; readonly close: () => void }>(
    (resume) => {
      const got = new Map<string, Array<string>>()
      const server = createServer((request, response) => {
        let body = JSON.stringify(request.headers)
        request.on("data", (piece) => (body += String(piece)))
        request.on("end", () => {
          const path = request.url ?? ""
          got.set(path, [...(got.get(path) ?? []), body])
          response.writeHead(path.startsWith("/refused") ? 400 : 200, { "content-type": "application/json" }).end("{}")
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const close = () => {
          server.closeAllConnections()
          server.close()
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, got, close }))
      })
    }
  ),
  ({ close }) => Effect.sync(close)
)

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

/** The samples of Prometheus text, by name and labels; fails on a line that is none. */
const samples = (text: string) => {
  assert.isTrue(text.endsWith("\n"))
  const types = text.match(/^# TYPE \S+/gm) ?? []
  assert.strictEqual(new Set(types).size, types.length, "each family stands together")
  return new Map(
    text
      .trimEnd()
      .split("\n")
      .filter((line) => !line.startsWith("# "))
      .map((line) => {
        const [, name, value] = /^([a-z_]+(?:\{(?:[a-z_]+="[^"\\\n]*",?)+\})?) (\S+)$/.exec(line) ?? assert.fail(line)
        assert.include(name, `account="${account.authId}"`)
        assert.include(name, 'command="reconcile"')
        // What all samples of the file bear.
        const own = name
          ?.replace(/,?\b(?:account|command)="[^"]*"/g, "")
          .replace("{,", "{")
          .replace("{}", "")
        return [own, Number(value)] as const
      })
  )
}

const secrets = { RECON_NOTIFY_SECRET: "hmac-secret" }

/** All numbers of the account as far as they could be told apart from other digits. */
const numbers = [
  ...new Set(
    account.cdrs.flatMap(({ row }) =>
      (JSON.stringify(row).match(/\+?91\d{10}/g) ?? []).map((number) => number.replace("+", "").slice(-10))
    )
  )
]

const services = Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, pageCap: 20 }), NodeServices.layer)

layerEach(services)("recon reconcile, watched", (it) => {
  /** A run that writes metrics, and is asked for no more. */
  const measured = once(
    Effect.gen(function* () {
      const file = `${yield* folder}/m/recon.prom`
      return { file, ...(yield* recon(["reconcile", ...day, "--json", "--metrics-file", file])) }
    })
  )

  it.effect("sends a trace a run, metrics and logs to a collector, and tells no secret and no number to anybody", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      const fs = yield* FileSystem.FileSystem
      const { got, url } = yield* collecting
      const out = yield* folder
      yield* server.forgetRequests
      const {
        code,
        err,
        out: printed
      } = yield* recon(
        [
          "reconcile",
          ...day,
          // Revealed in the results, and nowhere else.
          "--reveal",
          "--json",
          "--log-format=json",
          "--log-level=all",
          `--otlp=${url}`,
          `--metrics-file=${out}/recon.prom`,
          `--notify-url=${url}/hook/s3cret-path`,
          `--notify-command=cat > '${out}/told.json'`
        ],
        secrets
      )
      assert.strictEqual(code, 1)
      const sent = (path: string) => (got.get(path) ?? []).join("\n")
      const spans = [
        ...sent("/v1/traces").matchAll(/"traceId":"(\w+)","spanId":"\w+",(?:"parentSpanId":"\w+",)?"name":"([\w.]+)"/g)
      ]
      const names = new Set(spans.map(([, , name]) => name))
      for (const name of [
        "recon.run",
        "Reconcile.run",
        "Recordings.page",
        "CallDetailRecords.page",
        "Kernel.summary"
      ]) {
        assert.isTrue(names.has(name), `${name} is among the spans`)
      }
      const traces = new Set(spans.filter(([, , name]) => name?.startsWith("Re")).map(([, trace]) => trace))
      assert.strictEqual(traces.size, 1)
      assert.include(sent("/v1/metrics"), "vobiz_requests_total")
      assert.include(sent("/v1/metrics"), "recon_runs_total")
      assert.include(sent("/v1/logs"), "the run ended")
      assert.match(sent("/hook/s3cret-path"), /"critical":\{"total":[1-9]/)

      const told = yield* fs.readFileString(`${out}/told.json`)
      const metrics = yield* fs.readFileString(`${out}/recon.prom`)
      for (const line of err.split("\n")) assert.isString((JSON.parse(line) as { message: unknown }).message)
      assert.isAbove(numbers.length, 100)
      const everything = [...got.values()].flat().join("\n") + err + told + metrics
      assert.isAbove(everything.length, 20_000)
      for (const number of numbers) assert.notInclude(everything, number)
      assert.notInclude(everything, Redacted.value(server.authToken))
      assert.notInclude(everything, "hmac-secret")
      // The address of the webhook may be a secret.
      assert.notInclude(everything, "s3cret-path")
      assert.isAbove(Object.keys(JSON.parse(printed) as object).length, 1)

      const headers = (yield* server.requests).flatMap(({ headers }) => headers.map((name) => name.toLowerCase()))
      assert.include(headers, "x-auth-token")
      for (const name of ["traceparent", "tracestate", "b3", "baggage"]) assert.notInclude(headers, name)
    })
  )

  it.effect("finds a number where one is told", () =>
    Effect.gen(function* () {
      const { out } = yield* recon(["list", "cdrs", "--from=2026-11-18", "--to=2026-11-20", "--json", "--reveal"])
      assert.isAbove(numbers.filter((number) => out.includes(number)).length, 100)
    })
  )

  it.effect("writes metrics that Prometheus reads", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { file, out: printed } = yield* measured
      const { cdrs, classes, counts, recordings } = JSON.parse(printed) as {
        readonly counts: Readonly<Record<string, number>>
        readonly classes: Readonly<Record<string, number>>
        readonly cdrs: number
        readonly recordings: number
      }
      const found = samples(yield* fs.readFileString(file))
      assert.strictEqual(found.get('recon_runs_total{outcome="breached"}'), 1)
      assert.deepStrictEqual(
        ["assured", "breached", "unknown"].map((state) => found.get(`recon_verdict{state="${state}"}`)),
        [0, 1, 0]
      )
      assert.strictEqual(found.get("recon_unknown_runs"), 0)
      assert.strictEqual(found.get("recon_cdrs"), cdrs)
      assert.strictEqual(found.get("recon_recordings"), recordings)
      const { recorded = 0, required = 0, undetermined = 0, ...others } = classes
      for (const [name, count] of Object.entries({ recorded, undetermined, ...others })) {
        assert.strictEqual(found.get(`recon_calls{class="${name}"}`), count, name)
      }
      assert.strictEqual(found.get("recon_last_success_timestamp_seconds"), account.until.epochMilliseconds / 1000)
      assert.strictEqual(found.get('recon_findings{code="missing",severity="critical"}'), counts["missing"])
      assert.strictEqual(found.get('recon_findings{code="prohibited-recording",severity="critical"}'), 0)
      assert.strictEqual(found.get('recon_coverage_ratio{bound="lower"}'), recorded / required)
      assert.strictEqual(found.get('recon_coverage_ratio{bound="upper"}'), (recorded + undetermined) / required)
      assert.strictEqual(found.get('recon_list_proved{list="cdrs"}'), 1)
      assert.isAbove(
        found.get('vobiz_requests_total{operation="Recordings.page",status="200"}') ?? 0,
        Effort.sized({ quick: 4, full: 10 })
      )
      assert.deepStrictEqual(yield* fs.readDirectory(dirname(file)), ["recon.prom"])
    })
  )

  it.effect("does not forget the last success over a run that fails", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* folder}/recon.prom`
      yield* fs.copyFile((yield* measured).file, file)
      const before = samples(yield* fs.readFileString(file)).get("recon_last_success_timestamp_seconds")
      const { code } = yield* recon(["reconcile", ...day, "--metrics-file", file], { VOBIZ_AUTH_TOKEN: "bad" })
      assert.strictEqual(code, 2)
      const after = samples(yield* fs.readFileString(file))
      assert.strictEqual(after.get('recon_runs_total{outcome="failed"}'), 1)
      assert.isUndefined(after.get('recon_runs_total{outcome="breached"}'))
      assert.strictEqual(after.get("recon_last_success_timestamp_seconds"), before)
      assert.isDefined(before)
    })
  )

  it.effect("is silent on standard error unless something goes wrong, or it is asked", () =>
    Effect.map(measured, ({ err }) => assert.strictEqual(err, ""))
  )

  it.effect("keeps its result and exit code where nobody can be told, and logs what it is asked to", () =>
    Effect.gen(function* () {
      const { got, url } = yield* collecting
      const { code, err, out } = yield* recon([
        "reconcile",
        ...day,
        `--notify-url=${url}/refused/s3cret-path`,
        "--notify-command=exit 9",
        "--log-level=info"
      ])
      assert.strictEqual(code, 1)
      assert.include(out, "Coverage")
      assert.include(err, "answered with status 400")
      assert.include(err, "exit code 9")
      assert.match(err, /level=INFO .*message="the run ended" outcome=breached/)
      assert.notInclude(err, "s3cret")
      assert.strictEqual(got.get("/refused/s3cret-path")?.length, 1)
    })
  )

  it.effect("goes on without a collector", () =>
    Effect.gen(function* () {
      const { close, url } = yield* collecting
      close()
      const fiber = yield* Effect.forkChild(recon(["reconcile", ...day, `--otlp=${url}`]))
      // It is tried again, in vain, for as long as the end may take.
      const { code } = yield* Wait.passing(fiber, "1 second")
      assert.strictEqual(code, 1)
    })
  )

  describe("refuses", () => {
    const wrong: ReadonlyArray<readonly [string, ReadonlyArray<string>, string]> = [
      ["a schedule that is none", ["--every", "each night"], '--every: "each night" is no schedule'],
      [
        "a schedule and a fixed window",
        ["--every", "0 2 * * *", "--from", "2026-11-18"],
        "--from: the window of a job"
      ],
      ["a schedule of no zone", ["--every", "0 2 * * *", "--zone", "Mars/Olympus"], "Mars/Olympus"],
      ["a job whose settings are wrong, at once", ["--every", "0 2 * * *", "--settle", "soon"], "--settle: must be"],
      ["a job whose files cannot be written, at once", ["--every", "0 2 * * *", "--out", "package.json/x"], "--out"],
      ["no days", ["--days", "0"], "--days"],
      ["an address that is none", ["--notify-url", "s3cret"], "--notify-url: this is no http"],
      ["a collector that is none", ["--otlp", "ftp://localhost"], "--otlp: this is no http"],
      ["a metrics file that cannot be written", ["--metrics-file", "package.json/x.prom"], "--metrics-file"],
      ["a format that is none", ["--log-format", "xml"], "--log-format"]
    ]
    for (const [name, args, told] of wrong) {
      it.effect(name, () =>
        Effect.gen(function* () {
          const { code, err, out } = yield* recon(["reconcile", ...args])
          assert.strictEqual(code, 2)
          assert.include(err, told)
          assert.notInclude(err, "s3cret")
          assert.strictEqual(err.split("\n").length, 1)
          assert.strictEqual(out, "")
        })
      )
    }
  })
})

it.effect("what became of recordings is counted by outcome", () =>
  Effect.gen(function* () {
    const summary = {
      Stored: 1,
      Kept: 2,
      Removed: 3,
      Flawed: 4,
      NotReady: 5,
      Gone: 6,
      Quarantined: 7,
      Failed: 8,
      bytes: 9
    }
    yield* Telemetry.archived({ summary, proof: null, problems: [] })
    const counts = (yield* Metric.snapshot).flatMap((metric) =>
      metric.id === "recon_archive_recordings" && metric.type === "Gauge"
        ? [[metric.attributes?.["outcome"], metric.state.value]]
        : []
    )
    assert.deepStrictEqual(Object.fromEntries(counts), {
      stored: 1,
      held: 2,
      removed: 3,
      "not-whole": 4,
      "not-ready": 5,
      gone: 6,
      quarantined: 7,
      failed: 8
    })
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
)
