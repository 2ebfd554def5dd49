import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect, Schema } from "effect"
import { Yaml } from "effect/encoding"
import { run } from "./command.ts"

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
  ...(read("apps/recon/src/Settings.ts").match(/\b(?:RECON|VOBIZ)_[A-Z_]+/g) ?? []),
  "RECON_CONFIG"
])

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
              containers: Schema.Tuple([
                Schema.Struct({
                  command: Schema.Tuple([Schema.Literal("recon")]),
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
              ]),
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

describe("examples/kubernetes", () => {
  it.effect("is a CronJob whose command, settings and mounts there are", () =>
    Effect.gen(function* () {
      const { spec } = decodeCronJob(Yaml.parse(read("examples/kubernetes/cronjob.yaml")))
      const pod = spec.jobTemplate.spec.template.spec
      const [{ args, env, volumeMounts }] = pod.containers
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
      const written = flags.flatMap((flag) => /^--(?:out|keep|metrics-file)=(.*)$/.exec(flag)?.[1] ?? [])
      for (const path of written) {
        assert.isTrue(volumeMounts.some(({ mountPath }) => path.startsWith(mountPath)))
      }
    })
  )
})

describe("examples/systemd", () => {
  const service = read("examples/systemd/recon.service")
  const timer = read("examples/systemd/recon.timer")

  it.effect("calls the command by flags that there are", () =>
    Effect.gen(function* () {
      const start = /^ExecStart=((?:.*\\\n)*.*)$/m.exec(service)?.[1] ?? ""
      const [program, command = ""] = start.split(/\s+/)
      assert.strictEqual(program, "/usr/local/bin/recon")
      const there = yield* known(command)
      const flags = flagsOf(start)
      assert.isAbove(flags.length, 3)
      for (const flag of flags) assert.include(there, flag)
      for (const name of service.match(/\b(?:RECON|VOBIZ)_[A-Z_]+/g) ?? []) assert.isTrue(variables.has(name), name)
    })
  )

  const systemd = spawnSync("systemd-analyze", ["--version"])
  it.skipIf(systemd.status !== 0)("is understood by systemd (skipped where systemd-analyze is not installed)", () => {
    const folder = mkdtempSync(`${tmpdir()}/recon-systemd-`)
    try {
      // The program need not be installed where this is tested.
      writeFileSync(`${folder}/recon.service`, service.replace("/usr/local/bin/recon", process.execPath))
      writeFileSync(`${folder}/recon.timer`, timer)
      const { output, status } = spawnSync("systemd-analyze", [
        "verify",
        `${folder}/recon.service`,
        `${folder}/recon.timer`
      ])
      const said = output.join("")
      assert.strictEqual(status, 0, said)
      // What systemd does not know, it ignores with a word.
      assert.notMatch(said, /recon\.(?:service|timer):.*(?:Unknown|Failed|ignoring)/i)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it("has no line that is neither a section, a setting nor a comment", () => {
    for (const unit of [service, timer]) {
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
      const there = [...(yield* known("reconcile")), ...(yield* known("doctor"))]
      for (const flag of flagsOf(docs)) assert.include(there, flag)
      for (const name of docs.match(/\b(?:RECON|VOBIZ)_[A-Z_]+/g) ?? []) assert.isTrue(variables.has(name), name)
      for (const metric of metricsOf(docs)) assert.isTrue(metrics.has(metric), metric)
      for (const metric of metrics) if (metric.startsWith("recon_")) assert.include(docs, metric)
    })
  )
})
