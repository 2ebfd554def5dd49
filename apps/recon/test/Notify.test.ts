import { createHmac } from "node:crypto"
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { PhoneNumber } from "@vobiz-effect/core"
import { Coverage, Finding, type Verdict } from "@vobiz-effect/reconcile"
import {
  Clock,
  DateTime,
  Duration,
  Effect,
  Fiber,
  FileSystem,
  Layer,
  Logger,
  Redacted,
  References,
  Stream
} from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import * as Notify from "../src/Notify.ts"
import { isGone } from "./utils.ts"

interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A real server that answers by `reply`, and what it received. */
const serving = (reply: (response: ServerResponse, nth: number) => void) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: URL; readonly received: Array<Received>; readonly close: () => void }>((resume) => {
      const received: Array<Received> = []
      const server = createServer((request, response) => {
        let body = ""
        request.on("data", (piece) => (body += String(piece)))
        request.on("end", () => {
          received.push({ method: request.method, url: request.url, headers: request.headers, body })
          reply(response, received.length)
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const url = new URL(`http://127.0.0.1:${port}/hook/s3cret-path?key=s3cret-query`)
        resume(
          Effect.succeed({
            url,
            received,
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

const ok = (response: ServerResponse) => response.writeHead(204).end()
const status = (code: number) => (response: ServerResponse) => response.writeHead(code).end("no")

const at = DateTime.makeUnsafe("2026-11-19T10:00:00Z")

/** The one of a greater `n` is the more urgent. */
const finding = (n: number, uuid = `cdr-${n}`, inDoubt = false) =>
  Finding.explain({
    code: "missing",
    inDoubt,
    reason: null,
    verdict: "must",
    rule: "calls of +918012345678",
    at,
    deadline: DateTime.subtract(DateTime.makeUnsafe("2027-02-17T10:00:00Z"), { minutes: n }),
    cdrs: [
      new Finding.CdrEvidence({
        uuid,
        id: String(n),
        account: "MA_DEMO4821",
        start: at,
        end: at,
        direction: "inbound",
        trunkId: null,
        from: PhoneNumber.of("+918012345678", "+918012345678"),
        to: PhoneNumber.of("+918087654321", "+918087654321"),
        talk: Duration.seconds(60),
        cost: null
      })
    ],
    recordings: [],
    talk: Duration.seconds(60),
    recorded: null,
    amount: null
  })

const told = (findings: ReadonlyArray<Finding.Finding>) =>
  Notify.make({
    run: "run-1",
    account: "MA_DEMO4821",
    asOf: DateTime.makeUnsafe("2026-11-20T00:00:00Z"),
    window: { from: DateTime.makeUnsafe("2026-11-13T00:00:00Z"), to: DateTime.makeUnsafe("2026-11-20T00:00:00Z") },
    verdict,
    changed: false,
    counts: { missing: findings.length },
    classes,
    news: Stream.fromIterable(findings)
  })

const classes = { ...Coverage.empty, recorded: 80, missing: 120 }

const verdict: Verdict.Report = { state: "breached", line: "Breached: 120 missing", reasons: [] }

const services = Layer.mergeAll(FetchHttpClient.layer, NodeServices.layer)
const secret = Redacted.make("hmac-secret")

/** Runs a program whose waits are over as soon as it does nothing else. */
const driven = Effect.fnUntraced(function* <A, E, R>(program: Effect.Effect<A, E, R>, isIdle = () => true) {
  const fiber = yield* Effect.forkChild(program)
  while (fiber.pollUnsafe() === undefined) {
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    if (isIdle()) yield* TestClock.adjust("1 second")
  }
  return yield* Fiber.join(fiber)
})

/** The requests of a webhook. */
class Tries {
  sent = 0
  ended = 0
  /** What was waited for, in milliseconds, in order. */
  readonly waits: Array<number> = []
  /** How many wait now. */
  waiting = 0
}

/** Posts to a webhook, and notes the requests, and all that is waited for. */
const posting = (url: URL, tries: Tries) =>
  Effect.gen(function* () {
    const client = HttpClient.transformResponse(yield* HttpClient.HttpClient, (response) =>
      Effect.suspend(() => {
        tries.sent++
        return Effect.ensuring(
          response,
          Effect.sync(() => tries.ended++)
        )
      })
    )
    const clock = yield* Clock.Clock
    const noting: Clock.Clock = Object.assign(Object.create(clock), {
      sleep: (duration: Duration.Duration) => {
        tries.waits.push(Duration.toMillis(duration))
        tries.waiting++
        return Effect.ensuring(
          clock.sleep(duration),
          Effect.sync(() => tries.waiting--)
        )
      }
    })
    yield* Notify.webhook({ url, secret }, yield* told([finding(1)])).pipe(
      Effect.provideService(HttpClient.HttpClient, client),
      Effect.provideService(Clock.Clock, noting)
    )
  })

/** Runs a program, and gives what it logged. */
const logging = Effect.fnUntraced(function* <A, E, R>(program: Effect.Effect<A, E, R>) {
  const lines: Array<string> = []
  const logger = Logger.make(({ fiber, logLevel, message }) => {
    lines.push(`${logLevel} ${String(message)} ${JSON.stringify(fiber.getRef(References.CurrentLogAnnotations))}`)
  })
  yield* program.pipe(Effect.provide(Logger.layer([logger])))
  return lines
})

describe("Notify.make", () => {
  it.effect("shows the most urgent findings, without numbers, and counts all", () =>
    Effect.gen(function* () {
      const { critical } = yield* told(Array.from({ length: 120 }, (_, n) => finding(n)))
      assert.strictEqual(critical.total, 120)
      assert.strictEqual(critical.shown.length, Notify.maxShown)
      assert.deepStrictEqual(
        critical.shown.flatMap(({ cdrs }) => cdrs),
        Array.from({ length: Notify.maxShown }, (_, n) => `cdr-${119 - n}`)
      )
      assert.strictEqual(critical.shown[0]?.deadline, "2027-02-17T08:01:00.000Z")
      assert.notMatch(JSON.stringify(critical), /9180\d{5}/)
    })
  )
})

describe("Notify.webhook", () => {
  it.live("posts what is new, signed and named", () =>
    Effect.gen(function* () {
      const { received, url } = yield* serving(ok)
      const notification = yield* told([finding(1)])
      yield* Notify.webhook({ url, secret }, notification)
      const [one] = received
      assert.strictEqual(received.length, 1)
      assert.strictEqual(one?.method, "POST")
      assert.strictEqual(one?.headers["content-type"], "application/json")
      assert.strictEqual(one?.headers["idempotency-key"], "run-1")
      const signature = createHmac("sha256", "hmac-secret")
        .update(one?.body ?? "")
        .digest("hex")
      assert.strictEqual(one?.headers["x-recon-signature"], `sha256=${signature}`)
      assert.isUndefined(one?.headers["traceparent"])
      assert.deepStrictEqual(JSON.parse(one?.body ?? ""), JSON.parse(JSON.stringify(notification)))
    }).pipe(Effect.scoped, Effect.provide(services))
  )

  it.live("is not signed without a secret", () =>
    Effect.gen(function* () {
      const { received, url } = yield* serving(ok)
      yield* Notify.webhook({ url, secret: null }, yield* told([finding(1)]))
      assert.isUndefined(received[0]?.headers["x-recon-signature"])
    }).pipe(Effect.scoped, Effect.provide(services))
  )

  it.effect("tries again what may pass, under the same key", () =>
    Effect.gen(function* () {
      const { received, url } = yield* serving((response, nth) => (nth < 3 ? status(503)(response) : ok(response)))
      const tries = new Tries()
      yield* driven(posting(url, tries), () => tries.ended === tries.sent)
      assert.deepStrictEqual(
        received.map(({ headers }) => headers["idempotency-key"]),
        ["run-1", "run-1", "run-1"]
      )
      assert.strictEqual(new Set(received.map(({ headers }) => headers["x-recon-signature"])).size, 1)
    }).pipe(Effect.scoped, Effect.provide(services))
  )

  for (const code of [400, 401, 404, 302]) {
    it.live(`does not try again after status ${code}, and tells the host alone`, () =>
      Effect.gen(function* () {
        const { received, url } = yield* serving((response) =>
          response.writeHead(code, code === 302 ? { location: "/elsewhere" } : {}).end()
        )
        const error = yield* Effect.flip(Notify.webhook({ url, secret }, yield* told([finding(1)])))
        assert.strictEqual(error._tag, "NotifyError")
        assert.include(error.message, `${url.host} answered with status ${code}`)
        assert.notInclude(error.message, "s3cret")
        assert.strictEqual(received.length, 1)
      }).pipe(Effect.scoped, Effect.provide(services))
    )
  }

  /** How long it waits for an answer, and for all of them. */
  const limits = new Set([10_000, 60_000])

  /** How long it waited before each try but the first, as parts of one, two, four and eight seconds. */
  const waits = (tries: Tries) =>
    tries.waits.filter((wait) => !limits.has(wait)).map((wait, nth) => wait / (1000 * 2 ** nth))

  it.effect(
    "gives up after five tries where nobody listens, each after a wait twice as long, by a fifth more or less",
    () =>
      Effect.gen(function* () {
        const { close, url } = yield* serving(ok)
        close()
        const tries = new Tries()
        const error = yield* driven(Effect.flip(posting(url, tries)), () => tries.ended === tries.sent)
        assert.strictEqual(error.message, `the notification by --notify-url failed: ${url.host} cannot be reached`)
        assert.strictEqual(tries.sent, 5)
        assert.lengthOf(waits(tries), 4)
        for (const wait of waits(tries)) assert.isTrue(wait >= 0.8 && wait <= 1.2, `${wait}`)
      }).pipe(Effect.scoped, Effect.provide(services))
  )

  it.effect("gives up after a minute on a server that takes each request and never answers", () =>
    Effect.gen(function* () {
      const { received, url } = yield* serving(() => {})
      const tries = new Tries()
      const from = yield* Clock.currentTimeMillis
      const error = yield* driven(
        Effect.flip(posting(url, tries)),
        // The limit of all tries runs, and either that of one that is at the server or the wait for the next.
        () => tries.sent === received.length && tries.waiting === 2
      )
      assert.strictEqual(
        error.message,
        `the notification by --notify-url failed: ${url.host} did not take it within a minute`
      )
      assert.strictEqual((yield* Clock.currentTimeMillis) - from, 60_000)
      assert.strictEqual(received.length, 5)
      assert.lengthOf(waits(tries), 4)
      for (const wait of waits(tries)) assert.isTrue(wait >= 0.8 && wait <= 1.2, `${wait}`)
    }).pipe(Effect.scoped, Effect.provide(services))
  )
})

describe("Notify.command", () => {
  const running = (text: (file: string) => string, findings = [finding(1)]) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* fs.makeTempDirectoryScoped()}/got`
      const notification = yield* told(findings)
      const result = yield* Effect.result(Notify.command(text(file), notification))
      const got = (yield* fs.exists(file)) ? yield* fs.readFileString(file) : null
      return { got, notification, result }
    }).pipe(Effect.scoped, Effect.provide(services))

  it.live("gets the notification on its standard input", () =>
    Effect.gen(function* () {
      const { got, notification, result } = yield* running((file) => `cat > '${file}'`)
      assert.strictEqual(result._tag, "Success")
      assert.deepStrictEqual(JSON.parse(got ?? ""), JSON.parse(JSON.stringify(notification)))
    })
  )

  it.live("does not run what the data says", () =>
    Effect.gen(function* () {
      const evil = finding(1, "$(exit 3); exit 4")
      const { got, result } = yield* running((file) => `cat > '${file}'`, [evil])
      assert.strictEqual(result._tag, "Success")
      assert.include(got, "$(exit 3); exit 4")
    })
  )

  it.live("does not see the secrets", () =>
    Effect.gen(function* () {
      const secrets = [
        "VOBIZ_AUTH_TOKEN",
        "VOBIZ_ARCHIVE_KEY",
        "VOBIZ_EVIDENCE_KEY",
        "RECON_NOTIFY_SECRET",
        "RECON_DATABASE",
        "RECON_FINDINGS_DATABASE",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "ANY_OTHER_TOKEN"
      ]
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          for (const name of secrets) process.env[name] = "a-secret"
        }),
        () =>
          Effect.sync(() => {
            for (const name of secrets) delete process.env[name]
          })
      )
      const { got } = yield* running((file) => `env > '${file}'`)
      assert.include(got, "PATH=")
      assert.include(got, "HOME=")
      assert.notInclude(got, "a-secret")
    }).pipe(Effect.scoped)
  )

  it.live("is an error where it ends with another code than 0, even when it reads nothing", () =>
    Effect.gen(function* () {
      const many = Array.from({ length: 50 }, (_, n) => finding(n))
      const { result } = yield* running(() => "exit 3", many)
      assert.strictEqual(result._tag, "Failure")
      if (result._tag === "Failure") assert.include(result.failure.message, "exit code 3")
    })
  )

  it.live("is told where it is fine to read nothing", () =>
    Effect.gen(function* () {
      const { result } = yield* running(
        () => "true",
        Array.from({ length: 50 }, (_, n) => finding(n))
      )
      assert.strictEqual(result._tag, "Success")
    })
  )

  it.effect("is ended when it takes too long, with all that it started", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const fiber = yield* Effect.forkChild(
        Effect.flip(
          Notify.command(
            `tail -f /dev/null & echo $! > '${folder}/pid'; mv '${folder}/pid' '${folder}/started'; wait`,
            yield* told([])
          )
        )
      )
      const started = fs.exists(`${folder}/started`)
      while (!(yield* started)) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      const error = yield* driven(Fiber.join(fiber))
      assert.include(error.message, "longer than a minute")
      const pid = Number(yield* fs.readFileString(`${folder}/started`))
      assert.isTrue(isGone(pid))
    }).pipe(Effect.scoped, Effect.provide(services))
  )

  it.effect("is killed a second later where it does not hear that it is to end", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const fiber = yield* Effect.forkChild(
        Effect.flip(
          Notify.command(
            `trap '' TERM; echo $$ > '${folder}/pid'; mv '${folder}/pid' '${folder}/started'; sleep 5; echo > '${folder}/ended'`,
            yield* told([])
          )
        )
      )
      const started = fs.exists(`${folder}/started`)
      while (!(yield* started)) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      const pid = Number(yield* fs.readFileString(`${folder}/started`))
      yield* TestClock.adjust("59 seconds")
      assert.isFalse(isGone(pid))
      const error = yield* driven(Fiber.join(fiber))
      assert.strictEqual(
        error.message,
        "the notification by --notify-command failed: the command took longer than a minute, and was ended"
      )
      assert.isTrue(isGone(pid))
      assert.isFalse(yield* fs.exists(`${folder}/ended`))
    }).pipe(Effect.scoped, Effect.provide(services))
  )
})

describe("Notify.deliver", () => {
  it.live("tells nobody where nothing is new", () =>
    Effect.gen(function* () {
      const { received, url } = yield* serving(ok)
      const lines = yield* logging(Notify.deliver({ webhook: { url, secret }, command: "exit 1" }, yield* told([])))
      assert.strictEqual(received.length, 0)
      assert.deepStrictEqual(lines, [])
    }).pipe(Effect.scoped, Effect.provide(services))
  )

  it.live("tells each, and warns of the one that fails", () =>
    Effect.gen(function* () {
      const { received, url } = yield* serving(ok)
      const notification = yield* told([finding(1)])
      const lines = yield* logging(Notify.deliver({ webhook: { url, secret }, command: "exit 7" }, notification))
      assert.strictEqual(received.length, 1)
      assert.strictEqual(lines.length, 2)
      assert.isTrue(lines.some((line) => line.startsWith("Info notified") && line.includes('"by":"webhook"')))
      assert.isTrue(lines.some((line) => line.startsWith("Warn") && line.includes("exit code 7")))
      assert.notInclude(lines.join("\n"), "s3cret")
    }).pipe(Effect.scoped, Effect.provide(services))
  )
})
