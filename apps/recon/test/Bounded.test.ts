import { execFileSync } from "node:child_process"
import { mkdtempSync, rmdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, Child, describe, it } from "@vobiz-effect/test-support"
import { DuckDb, DuckDbError } from "@vobiz-effect/reconcile"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer, type Scope } from "effect"
import * as Database from "../src/commands/database.ts"
import { oneLine } from "../src/Failure.ts"
import * as Memory from "../src/internal/memory.ts"
import * as Output from "../src/Output.ts"
import { environment, run } from "./command.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 7, calls: 400, days: 2, until })
const services = Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, pageCap: 20, now: until }), NodeServices.layer)
const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
const names = (path: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(path))

/** The account's lists as files, for a run without the provider. */
const files = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const to = yield* folder
  const rows = (list: ReadonlyArray<object>) => list.map((row) => JSON.stringify(row)).join("\n")
  yield* fs.writeFileString(`${to}/cdrs.ndjson`, rows(account.cdrs.map(({ row }) => row)))
  yield* fs.writeFileString(`${to}/recordings.ndjson`, rows(Simulator.recordingsAt(account, until)))
  const args = ["--cdrs", `${to}/cdrs.ndjson`, "--recordings", `${to}/recordings.ndjson`]
  return ["reconcile", "--from", "2026-11-18", "--to", "2026-11-20", "--as-of", "2026-11-20T06:00:00Z", ...args]
})

/** A small file system, of this many bytes. */
const mount = (size: string, at: string) =>
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", at], { stdio: "ignore" })
const unmount = (at: string) => execFileSync("umount", [at])

const smallDisk = (size: string) =>
  Effect.flatMap(folder, (at) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        mount(size, at)
        return at
      }),
      () => Effect.sync(() => unmount(at))
    )
  )

/** Whether this user may mount one, as root may on most machines. */
const mayMount = (() => {
  const at = mkdtempSync(join(tmpdir(), "mount-"))
  try {
    mount("64k", at)
    unmount(at)
    return true
  } catch {
    return false
  } finally {
    rmdirSync(at)
  }
})()

const inScope = <A, E>(body: Effect.Effect<A, E, FakeVobiz.FakeVobiz | NodeServices.NodeServices | Scope.Scope>) =>
  body.pipe(Effect.scoped, Effect.provide(services))

describe("a size of memory", () => {
  it("is a number with its unit", () => {
    const sizes = ["2GB", "512MiB", "1.5 gb", " 10kB ", "7B", "1TiB"].map(Memory.parse)
    assert.deepStrictEqual(sizes, [2e9, 512 * 2 ** 20, 1.5e9, 10_000, 7, 2 ** 40])
    for (const text of ["2", "GB", "-1GB", "2XB", "1e3MB", "1,5GB", "80%", "", "99999999TB"]) {
      assert.isNull(Memory.parse(text), text)
    }
  })

  it("is the cgroup's where that has a limit, and never more than the machine has", () => {
    assert.strictEqual(Memory.available(16e9, 2e9), 2e9)
    assert.strictEqual(Memory.available(16e9, 0), 16e9)
    // What version 1 says of no limit.
    assert.strictEqual(Memory.available(16e9, 9_223_372_036_854_771_712), 16e9)
    assert.isAbove(Memory.available(), 0)
  })
})

describe("--memory", () => {
  for (const [size, detail] of [
    ["2", /must be a number with its unit, such as 2GB or 512MiB \(got "2"\)/],
    ["10MB", /must be at least 64MB \(got "10MB"\)/],
    ["900TB", /900TB is more than there is: this machine or its cgroup has [\d.]+[MG]B/]
  ] as const) {
    it.effect(`refuses ${size} in one line that names the setting as it was said`, () =>
      inScope(
        Effect.gen(function* () {
          const args = yield* files
          const flag = yield* run([...args, `--memory=${size}`])
          assert.strictEqual(flag.code, 2)
          assert.match(flag.err, new RegExp(`^recon: --memory: ${detail.source}$`))
          const variable = yield* run(args, { RECON_MEMORY: size })
          assert.match(variable.err, new RegExp(`^recon: RECON_MEMORY: ${detail.source}$`))
        })
      )
    )
  }

  it.effect("is the same setting of recon cluster, for all of its units together", () =>
    inScope(
      Effect.gen(function* () {
        const lake = yield* folder
        const settings = yield* environment
        const args = ["cluster", "submit", "--lake", lake, "--from", "2026-11-18", "--to", "2026-11-20"]
        const wrong = yield* run(args, { ...settings, RECON_MEMORY: "2" })
        assert.match(wrong.err, /^recon: RECON_MEMORY: must be a number with its unit/)
        const most = Math.ceil(Memory.available() / 2)
        const many = yield* run([...args, "--units=4", `--memory=${most}B`], settings)
        assert.match(many.err, new RegExp(`^recon: --memory: 4 times ${most}B is more than there is: [^\\n]+$`))
        assert.deepStrictEqual([wrong.code, many.code], [2, 2])
      })
    )
  )

  it.effect("is half of the machine's by default, which the databases at work share", () =>
    Effect.gen(function* () {
      const { memoryLimit } = yield* Database.options()
      assert.strictEqual(Memory.parse(memoryLimit), Math.max(64e6, Math.floor(Memory.available() / 2)))
      assert.strictEqual(
        Memory.parse((yield* Database.options(4)).memoryLimit),
        Math.max(64e6, Math.floor(Memory.available() / 8))
      )
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it("is parted between a run and its ledger, which takes a quarter, and 256 MB at most", () => {
    const shares = (memoryLimit: string) => {
      const { ledger, run } = Database.parted({ memoryLimit, threads: 2 })
      assert.strictEqual(run.threads, 2)
      return [run.memoryLimit, ledger]
    }
    assert.deepStrictEqual(shares("200000003B"), ["150000003B", "50000000B"])
    assert.deepStrictEqual(shares("1024000000B"), ["768000000B", "256000000B"])
    assert.deepStrictEqual(shares("12000000000B"), ["11744000000B", "256000000B"])
  })

  it.effect("that is not enough ends in one line, and leaves nothing in --temp", () =>
    inScope(
      Effect.gen(function* () {
        const temp = yield* folder
        const error = yield* Effect.flatMap(DuckDb.DuckDb, (db) =>
          // One list has to stand in memory whole.
          db.run("SELECT list(range) FROM range(50000000)")
        ).pipe(
          Effect.provide(DuckDb.DuckDb.layer({ memoryLimit: "64MB", threads: 1, tempDirectory: temp })),
          Effect.flip
        )
        assert.strictEqual(error.exhausted, "memory")
        assert.strictEqual(
          oneLine(Database.advised(error, { memoryLimit: "64000000B", threads: 1, tempDirectory: temp })),
          "--memory: the database needs more memory than it may take, 64MB. Allow more"
        )
        assert.deepStrictEqual(yield* names(temp), [])
      })
    )
  )
})

describe("--temp", () => {
  it.effect("has a folder of the database's own while it works, for its user alone", () =>
    inScope(
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const temp = `${yield* folder}/made`
        yield* Effect.gen(function* () {
          const db = yield* DuckDb.DuckDb
          const [own = "", ...others] = yield* names(temp)
          assert.deepStrictEqual(others, [])
          assert.strictEqual((yield* fs.stat(`${temp}/${own}`)).mode & 0o777, 0o700)
          yield* db.run("CREATE TABLE large AS SELECT hash(range) AS a FROM range(20000000)")
          assert.isNotEmpty(yield* names(`${temp}/${own}`))
          // Another one does not share it.
          yield* Effect.provide(
            Effect.map(names(temp), (folders) => assert.lengthOf(folders, 2)),
            Layer.fresh(DuckDb.DuckDb.layer({ tempDirectory: temp }))
          )
          assert.deepStrictEqual(yield* names(temp), [own])
        }).pipe(Effect.provide(DuckDb.DuckDb.layer({ memoryLimit: "64MB", threads: 1, tempDirectory: temp })))
        assert.deepStrictEqual(yield* names(temp), [])
      })
    )
  )

  it.effect("is empty after a run, and after one that failed", () =>
    inScope(
      Effect.gen(function* () {
        const temp = yield* folder
        const args = [...(yield* files), `--temp=${temp}`]
        assert.include([0, 1, 3], (yield* run(args)).code)
        assert.deepStrictEqual(yield* names(temp), [])
        assert.strictEqual((yield* run([...args, "--trunks", `${temp}/none.ndjson`])).code, 2)
        assert.deepStrictEqual(yield* names(temp), [])
      })
    )
  )

  it.live("is empty after a run that SIGTERM ends", () =>
    inScope(
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        yield* server.setFaults(
          FaultPlan.one(
            { _tag: "StalledBody", afterBytes: 100 },
            { on: ["recordings.list"], first: 1, times: "always" }
          )
        )
        const temp = yield* folder
        const child = yield* Child.start(
          new URL("../src/bin.ts", import.meta.url),
          ["reconcile", "--from=2026-11-18", "--to=2026-11-20", `--temp=${temp}`],
          { env: { ...(yield* environment), VOBIZ_ATTEMPT_TIMEOUT: "100 minutes" }, err: "kept" }
        )
        yield* child.reaches(
          "the database has its folder, and the provider is asked",
          Effect.gen(function* () {
            const asked = (yield* server.requests).some(({ endpoint }) => endpoint === "recordings.list")
            return asked && (yield* names(temp)).length === 1
          })
        )
        yield* child.kill("SIGTERM")
        assert.strictEqual((yield* child.end).code, 143, child.err())
        assert.deepStrictEqual(yield* names(temp), [])
      })
    )
  )

  it.effect("that cannot be made is named before anything is read", () =>
    inScope(
      Effect.gen(function* () {
        const { code, err } = yield* run([...(yield* files), "--temp=/proc/none"])
        assert.strictEqual(code, 2)
        assert.match(err, /^recon: cannot write \/proc\/none: .+\. Name another place with --temp$/)
      })
    )
  )
})

describe("a full disk", () => {
  const words = (cause: string) =>
    new DuckDbError.DuckDbError({ operation: "run", statement: "COPY x", cause: new Error(cause) })
  const opened = { memoryLimit: "2000000000B", threads: 1, tempDirectory: "/spill" }
  const said = (cause: string, ledger?: string) => oneLine(Database.advised(words(cause), { ...opened, ledger }))

  it("is that of --temp, of the ledger or of another file", () => {
    const spill =
      "--temp: the disk of /spill is full, where the database spills to. Name a folder of a larger one, or raise --memory"
    assert.strictEqual(
      said(
        'IO Error: Could not write file "/spill/duckdb-x/duckdb_temp_storage_DEFAULT-0.tmp": No space left on device'
      ),
      spill
    )
    assert.strictEqual(
      said("Out of Memory Error: failed to offload data block of size 256.0 KiB (7.1 MiB/7.1 MiB used)."),
      spill
    )
    const wal = 'IO Error: Could not write file "/srv/recon.ledger.wal": No space left on device'
    assert.strictEqual(
      said(wal, "/srv/recon.ledger"),
      "cannot write /srv/recon.ledger.wal: the disk is full. Name another place with --ledger"
    )
    assert.strictEqual(said(wal), "cannot write /srv/recon.ledger.wal: the disk is full. Free space on its disk")
    // Another error stays what it is.
    assert.match(said("Parser Error: x"), /^DuckDB could not run \(COPY x\): Parser Error: x$/)
  })

  it.effect.skipIf(!mayMount)("of --out is named, and not that of --temp", () =>
    inScope(
      Effect.gen(function* () {
        const disk = yield* smallDisk("1m")
        const large = Output.fill(disk, "findings.csv", (path) =>
          Effect.flatMap(DuckDb.DuckDb, (db) =>
            db.run(`COPY (SELECT hash(range) FROM range(1000000)) TO '${path}' (FORMAT csv, USE_TMP_FILE false)`)
          )
        )
        const error = yield* Effect.flip(Effect.provide(large, DuckDb.DuckDb.layer({ threads: 1 })))
        assert.strictEqual(
          oneLine(error),
          `cannot write ${disk}/findings.csv: the disk is full. Name another place with --out`
        )
        assert.deepStrictEqual(yield* names(disk), [])
      })
    )
  )

  it.effect.skipIf(!mayMount)("of --temp is named, and not --out's, where the database spills while it writes", () =>
    inScope(
      Effect.gen(function* () {
        const disk = yield* smallDisk("1m")
        const options = { memoryLimit: "64000000B", threads: 1, tempDirectory: disk }
        const out = yield* folder
        const large = Output.fill(out, "findings.csv", (path) =>
          Effect.flatMap(DuckDb.DuckDb, (db) =>
            db.run(
              `COPY (SELECT hash(range) AS a FROM range(30000000) ORDER BY a) TO '${path}' (FORMAT csv, USE_TMP_FILE false)`
            )
          )
        )
        const error = yield* Effect.flip(Effect.provide(large, DuckDb.DuckDb.layer(options)))
        assert.strictEqual(error._tag, "DuckDbError")
        if (error._tag !== "DuckDbError") return
        assert.strictEqual(
          oneLine(Database.advised(error, options)),
          `--temp: the disk of ${disk} is full, where the database spills to. Name a folder of a larger one, or raise --memory`
        )
        assert.deepStrictEqual(yield* names(disk), [])
      })
    )
  )
})
