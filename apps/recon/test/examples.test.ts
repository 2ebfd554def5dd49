import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer, Schema } from "effect"
import { Yaml } from "effect/encoding"
import { TestClock } from "effect/testing"
import { recon, run } from "./command.ts"

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8")

const flagsOf = (text: string) => [...new Set(text.match(/--[a-z][a-z-]+/g))]

/** The flags that a command knows, by its own help. */
const known = (command: string) =>
  run([command, "--help"]).pipe(
    Effect.map(({ out }) => flagsOf(out)),
    Effect.provide(NodeServices.layer)
  )

/** The variables that are settings, as they stand in the sources. */
const variables = new Set([
  ...(read("apps/recon/src/Setting.ts").match(/\b(?:RECON|VOBIZ)_[A-Z_]+/g) ?? []),
  "RECON_CONFIG"
])

const Container = Schema.Struct({
  command: Schema.Array(Schema.String),
  args: Schema.Array(Schema.String),
  env: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      value: Schema.optionalKey(Schema.String),
      valueFrom: Schema.optionalKey(Schema.Struct({ secretKeyRef: Schema.Unknown }))
    })
  ),
  resources: Schema.Struct({ requests: Schema.Unknown, limits: Schema.Unknown }),
  securityContext: Schema.Struct({
    allowPrivilegeEscalation: Schema.Literal(false),
    readOnlyRootFilesystem: Schema.Literal(true)
  }),
  volumeMounts: Schema.Array(Schema.Struct({ name: Schema.String, mountPath: Schema.String }))
})

const decodeCronJob = Schema.decodeUnknownSync(
  Schema.Struct({
    apiVersion: Schema.Literal("batch/v1"),
    kind: Schema.Literal("CronJob"),
    spec: Schema.Struct({
      schedule: Schema.String,
      timeZone: Schema.String,
      concurrencyPolicy: Schema.Literal("Forbid"),
      jobTemplate: Schema.Struct({
        spec: Schema.Struct({
          podFailurePolicy: Schema.Unknown,
          template: Schema.Struct({
            spec: Schema.Struct({
              restartPolicy: Schema.Literal("Never"),
              terminationGracePeriodSeconds: Schema.Int.check(Schema.isGreaterThan(5)),
              securityContext: Schema.Struct({ runAsNonRoot: Schema.Literal(true) }),
              initContainers: Schema.Tuple([Container]),
              containers: Schema.Tuple([Container]),
              volumes: Schema.Array(Schema.Struct({ name: Schema.String }))
            })
          })
        })
      })
    })
  })
)

const decodeRules = Schema.decodeUnknownSync(
  Schema.Struct({
    groups: Schema.Array(
      Schema.Struct({
        name: Schema.String,
        rules: Schema.Array(Schema.Struct({ alert: Schema.String, expr: Schema.String }))
      })
    )
  })
)

const metricsOf = (text: string) => [...new Set(text.match(/\b(?:recon|vobiz)(?:_[a-z]+)+\b/g))]

/** The metrics that there are, as they stand in the sources. */
const metrics = new Set(
  metricsOf(read("apps/recon/src/Telemetry.ts")).concat(metricsOf(read("packages/core/src/VobizMetrics.ts")))
)

/** The command line of a unit, without the program. */
const startOf = (unit: string): ReadonlyArray<string> => {
  const start = /^ExecStart=((?:.*\\\n)*.*)$/m.exec(unit)?.[1] ?? ""
  const [program, ...args] = start.replaceAll("\\\n", " ").split(/\s+/)
  assert.strictEqual(program, "/usr/local/bin/recon")
  return args
}

/** The two command lines of each example, in the order in which they run. */
const jobs: Readonly<Record<string, () => ReadonlyArray<ReadonlyArray<string>>>> = {
  systemd: () => ["recon-archive.service", "recon.service"].map((name) => startOf(read(`examples/systemd/${name}`))),
  kubernetes: () => {
    const { containers, initContainers } = decodeCronJob(Yaml.parse(read("examples/kubernetes/cronjob.yaml"))).spec
      .jobTemplate.spec.template.spec
    return [...initContainers, ...containers].map(({ args }) => args)
  }
}

interface Told {
  readonly kind: string
  readonly problems?: { readonly shown: ReadonlyArray<{ readonly kind: string }> }
}

describe("the shipped jobs", () => {
  const account = Simulator.make({
    seed: 5,
    calls: 20,
    days: 2,
    meanTalk: 8,
    until: DateTime.makeUnsafe("2026-11-20T00:00:00Z"),
    mix: { missing: 10 }
  })
  const services = Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, now: "clock" }), NodeServices.layer)

  for (const [name, lines] of Object.entries(jobs)) {
    it.effect(`of ${name} archive and reconcile night after night, and notify of nothing twice`, () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const root = yield* fs.makeTempDirectoryScoped()
        yield* fs.makeDirectory(`${root}/etc/recon`, { recursive: true })
        yield* fs.writeFileString(`${root}/etc/recon/policy.yaml`, read("examples/policy.yaml"))
        // Paths stand below the test's own folder, and nobody collects.
        const here = (argument: string) =>
          argument.replace(
            /^(--[a-z-]+=)?\/(?:var|etc)\//,
            (start, flag = "") => `${flag}${root}${start.slice(flag.length)}`
          )
        const told = `${root}/told.ndjson`
        const env = { RECON_NOTIFY_COMMAND: `cat >> ${told}` }
        const night = Effect.fnUntraced(function* (
          hours: number,
          commands: ReadonlyArray<ReadonlyArray<string>> = lines()
        ) {
          yield* TestClock.setTime(DateTime.add(account.until, { hours }).epochMilliseconds)
          const before = yield* Effect.orElseSucceed(fs.readFileString(told), () => "")
          const codes: Array<number> = []
          for (const line of commands)
            codes.push((yield* recon(line.filter((flag) => !flag.startsWith("--otlp")).map(here), env)).code)
          const after = yield* Effect.orElseSucceed(fs.readFileString(told), () => "")
          const news = after.slice(before.length).trim().split("\n")
          return { codes, news: news.filter((line) => line !== "").map((line) => JSON.parse(line) as Told) }
        })

        const first = yield* night(2)
        assert.deepStrictEqual(first.codes, [0, 1])
        assert.deepStrictEqual(
          first.news.map(({ kind }) => kind),
          ["reconcile"]
        )
        const state = `${root}/var/lib/recon`
        for (const path of ["archive/index", "archive/known.json", "recon.ledger", "out/findings.html"]) {
          assert.isTrue(yield* fs.exists(`${state}/${path}`), path)
        }
        if (name === "systemd") {
          const metrics = `${root}/var/lib/node_exporter/textfile_collector`
          for (const [file, command] of [
            ["recon.prom", "reconcile"],
            ["recon-archive.prom", "archive"]
          ]) {
            const text = yield* fs.readFileString(`${metrics}/${file}`)
            assert.match(
              text,
              new RegExp(`^recon_last_success_timestamp_seconds\\{.*command="${command}".*\\} \\d`, "m")
            )
          }
        }
        // The next night finds the same, and a recording that was lost.
        const server = yield* FakeVobiz.FakeVobiz
        assert.deepStrictEqual((yield* night(26)).news, [])
        const { recording } = Simulator.oneMore(account, 1, DateTime.add(account.until, { hours: 27 }))
        const row = { ...recording.row, recording_url: recording.row.recording_url.replace(/\w+$/, "gone") }
        yield* server.insertRecordings([{ ...recording, row }])
        for (const [hours, told] of [
          [50, ["archive"]],
          [74, []]
        ] as const) {
          const { codes, news } = yield* night(hours, lines().slice(0, 1))
          assert.deepStrictEqual(codes, [1])
          assert.deepStrictEqual(
            news.map(({ kind, problems }) => [kind, problems?.shown[0]?.kind]),
            told.map((kind) => [kind, "Gone"])
          )
        }
      }).pipe(Effect.provide(services), Effect.scoped)
    )
  }
})

describe("examples/kubernetes", () => {
  it.effect("is a CronJob whose command, settings and mounts there are", () =>
    Effect.gen(function* () {
      const { spec } = decodeCronJob(Yaml.parse(read("examples/kubernetes/cronjob.yaml")))
      const pod = spec.jobTemplate.spec.template.spec
      const containers = [...pod.initContainers, ...pod.containers]
      assert.deepStrictEqual(
        containers.map(({ args }) => args[0]),
        ["archive", "reconcile"]
      )
      for (const { args, command: program, env, volumeMounts } of containers) {
        assert.match(program.join(" "), /^recon$|\brecon "\$@"/)
        const [command = "", ...flags] = args
        const there = yield* known(command)
        assert.isAbove(flags.length, 3)
        for (const flag of flagsOf(flags.join(" "))) assert.include(there, flag)
        for (const { name, value, valueFrom } of env) {
          if (name === "HOME") continue
          assert.isTrue(variables.has(name), name)
          assert.isUndefined(value, `${name} is a secret`)
          assert.isDefined(valueFrom)
        }
        assert.deepStrictEqual(
          volumeMounts.map(({ name }) => name),
          pod.volumes.map(({ name }) => name)
        )
        for (const path of flags.flatMap((flag) => /^--[a-z-]+=(\/.*)$/.exec(flag)?.[1] ?? [])) {
          assert.isTrue(
            volumeMounts.some(({ mountPath }) => path.startsWith(mountPath)),
            path
          )
        }
      }
    })
  )
})

describe("examples/systemd", () => {
  const service = read("examples/systemd/recon.service")
  const archive = read("examples/systemd/recon-archive.service")
  const timer = read("examples/systemd/recon.timer")

  for (const [name, unit, command] of [
    ["recon.service", service, "reconcile"],
    ["recon-archive.service", archive, "archive"]
  ] as const) {
    it.effect(`${name} calls recon ${command} by flags that there are`, () =>
      Effect.gen(function* () {
        const [called, ...flags] = startOf(unit)
        assert.strictEqual(called, command)
        const there = yield* known(command)
        assert.isAbove(flagsOf(flags.join(" ")).length, 3)
        for (const flag of flagsOf(flags.join(" "))) assert.include(there, flag)
        for (const name of unit.match(/\b(?:RECON|VOBIZ)_[A-Z_]+/g) ?? []) assert.isTrue(variables.has(name), name)
      })
    )
  }

  it("archives first, and reconciles whatever comes of it", () => {
    for (const setting of ["Wants", "After"]) {
      assert.match(service, new RegExp(`^${setting}=.*\\brecon-archive\\.service\\b`, "m"))
    }
    assert.notMatch(service, /^(?:Requires|BindsTo)=/m)
  })

  const systemd = spawnSync("systemd-analyze", ["--version"])
  it.skipIf(systemd.status !== 0)("is understood by systemd (skipped where systemd-analyze is not installed)", () => {
    const folder = mkdtempSync(`${tmpdir()}/recon-systemd-`)
    try {
      // The program need not be installed where this is tested.
      for (const [name, unit] of [
        ["recon.service", service],
        ["recon-archive.service", archive]
      ] as const) {
        writeFileSync(`${folder}/${name}`, unit.replace("/usr/local/bin/recon", process.execPath))
      }
      writeFileSync(`${folder}/recon.timer`, timer)
      const { output, status } = spawnSync("systemd-analyze", [
        "verify",
        `${folder}/recon.service`,
        `${folder}/recon-archive.service`,
        `${folder}/recon.timer`
      ])
      const said = output.join("")
      assert.strictEqual(status, 0, said)
      // What systemd does not know, it ignores with a word.
      assert.notMatch(said, /recon(?:-archive)?\.(?:service|timer):.*(?:Unknown|Failed|ignoring)/i)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it("has no line that is neither a section, a setting nor a comment", () => {
    for (const unit of [service, archive, timer]) {
      for (const line of unit.replaceAll("\\\n", "").split("\n")) {
        assert.match(line, /^(?:$|#|\[(?:Unit|Service|Timer|Install)\]$|[A-Z]\w+=)/)
      }
    }
  })
})

describe("examples/prometheus", () => {
  it("asks for metrics that there are, and docs/operations.md says what to do on each alert", () => {
    const { groups } = decodeRules(Yaml.parse(read("examples/prometheus/recon.rules.yaml")))
    const rules = groups.flatMap(({ rules }) => rules)
    const docs = read("docs/operations.md")
    assert.isAbove(rules.length, 3)
    for (const { alert, expr } of rules) {
      const asked = metricsOf(expr)
      assert.isAbove(asked.length, 0, expr)
      for (const metric of asked) assert.isTrue(metrics.has(metric), metric)
      assert.include(docs, `**${alert}**`)
    }
  })
})

describe("docs/operations.md", () => {
  const docs = read("docs/operations.md")

  it.effect("names flags, settings and metrics that there are", () =>
    Effect.gen(function* () {
      const there = [...(yield* known("reconcile")), ...(yield* known("archive")), ...(yield* known("doctor"))]
      for (const flag of flagsOf(docs)) assert.include(there, flag)
      for (const name of docs.match(/\b(?:RECON|VOBIZ)_[A-Z_]+/g) ?? []) assert.isTrue(variables.has(name), name)
      for (const metric of metricsOf(docs)) assert.isTrue(metrics.has(metric), metric)
      for (const metric of metrics) if (metric.startsWith("recon_")) assert.include(docs, metric)
    })
  )
})
