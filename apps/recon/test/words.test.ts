import { Zone } from "@vobiz-effect/reconcile"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration, Effect, PlatformError } from "effect"

import * as ExitCode from "../src/ExitCode.ts"
import * as Failure from "../src/Failure.ts"
import * as Arguments from "../src/internal/arguments.ts"
import * as FileTrouble from "../src/internal/fileTrouble.ts"
import * as Memory from "../src/internal/memory.ts"
import * as JobWindow from "../src/JobWindow.ts"
import * as Progress from "../src/Progress.ts"
import * as Table from "../src/Table.ts"
import * as Window from "../src/Window.ts"

const at = DateTime.makeUnsafe

describe("sizes of memory", () => {
  it("sizes of memory", () => {
    const sizes: ReadonlyArray<readonly [string, number | null]> = [
      ["1b", 1],
      ["2kB", 2000],
      ["2MB", 2_000_000],
      ["2GB", 2_000_000_000],
      ["1tb", 1e12],
      ["1KiB", 1024],
      ["1 MiB", 1_048_576],
      ["1GiB", 1_073_741_824],
      ["1TiB", 1_099_511_627_776],
      [" 1.5 kb ", 1500],
      ["1.0001kb", 1000],
      ["2", null],
      ["GB", null],
      ["-1GB", null],
      ["1 parsec", null],
      ["1.GB", null],
      ["1e3GB", null],
      ["9999999tb", null],
      ["", null]
    ]
    for (const [text, bytes] of sizes) assert.strictEqual(Memory.parse(text), bytes, text)
    assert.deepStrictEqual([2e9, 1.25e9, 1e9, 999_999_999, 512e6, 1e5].map(Memory.format), [
      "2GB",
      "1.3GB",
      "1GB",
      "1000MB",
      "512MB",
      "0.1MB"
    ])
    assert.deepStrictEqual([Memory.available(8, 0), Memory.available(8, 3), Memory.available(8, 9)], [8, 3, 8])
  })
})

describe("what went wrong, in a line", () => {
  it("of places, settings, packages and verdicts", () => {
    const output = (flag?: string | null) =>
      new Failure.OutputError({ path: "/x", detail: "the disk is full", ...(flag === undefined ? {} : { flag }) })
        .message
    assert.deepStrictEqual(
      [output(), output("--keep"), output(null)],
      [
        "cannot write /x: the disk is full. Name another place with --out",
        "cannot write /x: the disk is full. Name another place with --keep",
        "cannot write /x: the disk is full. Free space on its disk"
      ]
    )
    assert.strictEqual(
      new Failure.MissingPackage({ name: "pg", use: "for a cluster" }).message,
      "the package pg is needed for a cluster, and is not installed. Install it beside @vobiz-effect/recon"
    )
    assert.strictEqual(new Failure.CannotTell({ reasons: [] }).message, "cannot tell")
    assert.strictEqual(new Failure.CannotTell({ reasons: ["a", "b"] }).message, "cannot tell: a; b")
    const setting = new Failure.SettingError({ setting: "--days", detail: "must be\n  whole" })
    assert.strictEqual(setting.message, "--days: must be\n  whole")
    assert.strictEqual(Failure.oneLine(setting), "--days: must be whole")
    assert.strictEqual(
      Failure.oneLine(setting, (name) => `${name} in the file`),
      "--days in the file: must be whole"
    )
    assert.strictEqual(Failure.oneLine(new Error("a \n\n b")), "a b")
    assert.strictEqual(Failure.oneLine("words"), "words")
  })

  const config: ReadonlyArray<readonly [string, string]> = [
    [
      'SchemaError(Expected string\n  at ["VOBIZ_AUTH_ID"])',
      "VOBIZ_AUTH_ID is not set. Set it by --auth-id, VOBIZ_AUTH_ID, or authId in the configuration file"
    ],
    ['Expected a number\n  at ["RECON_DAYS"]', "RECON_DAYS: must be a number"],
    ['Expected "json" | "text"\n  at ["RECON_LOG_FORMAT"]', "RECON_LOG_FORMAT: must be json or text"],
    ['Expected "must" | "may" | "unknown"\n  at ["RECON_VOICE_API"]', "RECON_VOICE_API: must be must, may or unknown"],
    ['Expected "true" | "yes" | "on"\n  at ["RECON_COMPLETE"]', "RECON_COMPLETE: must be true or false"],
    [
      'Expected a valid Duration string\n  at ["RECON_SETTLE"]',
      "RECON_SETTLE: must be a length of time such as '10 minutes'"
    ],
    ['Expected a number\n  at ["RECON"]["DAYS"]', "RECON_DAYS: must be a number"],
    ["something else", ": something else"]
  ]
  for (const [message, expected] of config) {
    it(`of a setting: ${expected}`, () => {
      assert.strictEqual(Failure.oneLine({ _tag: "ConfigError", message }), expected)
    })
  }

  it("of files", () => {
    const said = (code: string, of: typeof FileTrouble.toRead) =>
      of(
        PlatformError.systemError({
          _tag: "Unknown",
          module: "FileSystem",
          method: "open",
          cause: Object.assign(new Error(code), { code })
        })
      )
    const both = ["EACCES", "EPERM", "EIO", "ELOOP", "EMFILE", "ENAMETOOLONG", "ENOTDIR", "EXYZ"]
    const words = [
      "permission denied",
      "permission denied",
      "the disk cannot be read or written",
      "its links lead in a circle",
      "too many files are open",
      "its name is too long",
      "a part of the path is a file",
      "the system says EXYZ"
    ]
    for (const of of [FileTrouble.toRead, FileTrouble.toWrite]) {
      assert.deepStrictEqual(
        both.map((code) => said(code, of)),
        words
      )
    }
    assert.deepStrictEqual(
      ["EISDIR", "ENOENT"].map((code) => said(code, FileTrouble.toRead)),
      ["it is a folder", "there is no such file"]
    )
    assert.deepStrictEqual(
      ["EDQUOT", "EISDIR", "ENOENT", "ENOSPC", "EROFS"].map((code) => said(code, FileTrouble.toWrite)),
      [
        "the disk is full, or this user's share of it",
        "there is a folder of that name",
        "there is no such folder, and none can be made there",
        "the disk is full",
        "the file system is read-only"
      ]
    )
  })
})

describe("exit codes", () => {
  it("are those of the documentation", () => {
    assert.deepStrictEqual(ExitCode.codes, {
      assured: 0,
      breached: 1,
      couldNotRun: 2,
      unknown: 3,
      interrupted: 130,
      terminated: 143
    })
  })

  it("of two verdicts are the worse one's", () => {
    const states = ["assured", "breached", "unknown"] as const
    assert.deepStrictEqual(
      states.map((a) => states.map((b) => ExitCode.worst(a, b))),
      [
        ["assured", "breached", "unknown"],
        ["breached", "breached", "breached"],
        ["unknown", "breached", "unknown"]
      ]
    )
  })

  it.effect("end a command", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* ExitCode.end("assured"))
      assert.instanceOf(yield* Effect.flip(ExitCode.end("breached")), Failure.FindingsFound)
      assert.strictEqual((yield* Effect.flip(ExitCode.end("unknown"))).message, "cannot tell")
    })
  )
})

describe("arguments as the shell gives them", () => {
  const empty: ReadonlyArray<readonly [ReadonlyArray<string>, string | undefined]> = [
    [["--out", ""], "--out"],
    [["--out="], "--out"],
    [["list", "--out", "x", ""], undefined],
    [["", "--out"], undefined],
    [["out", ""], undefined],
    [["-o", ""], undefined],
    [["x="], undefined],
    [["--out=x="], undefined],
    [["--", "--out", ""], undefined],
    [["--", "--out="], undefined],
    [["--a", "b", "--c-d", ""], "--c-d"],
    [[], undefined]
  ]
  for (const [args, flag] of empty) {
    it(`${JSON.stringify(args)}: ${flag ?? "no flag"} has no value`, () => {
      assert.strictEqual(Arguments.emptyFlag(args), flag)
    })
  }

  const negatives: ReadonlyArray<readonly [ReadonlyArray<string>, ReadonlyArray<string>]> = [
    [["--settle", "-1 hour"], ["--settle=-1 hour"]],
    [
      ["--settle", "-h"],
      ["--settle", "-h"]
    ],
    [
      ["list", "-1"],
      ["list", "-1"]
    ],
    [
      ["--a", "-1", "--b", "-2", "x"],
      ["--a=-1", "--b=-2", "x"]
    ],
    [
      ["--", "--a", "-1"],
      ["--", "--a", "-1"]
    ],
    [
      ["--a", "-1", "--", "--b", "-2"],
      ["--a=-1", "--", "--b", "-2"]
    ]
  ]
  for (const [args, expected] of negatives) {
    it(`${JSON.stringify(args)} are ${JSON.stringify(expected)}`, () => {
      assert.deepStrictEqual(Arguments.withNegatives(args), expected)
    })
  }
})

describe("a window", () => {
  const kolkata = { name: "Asia/Kolkata", zone: DateTime.zoneMakeNamedUnsafe("Asia/Kolkata") }
  const texts: ReadonlyArray<readonly [string, string | null]> = [
    ["2026-05-10", "2026-05-09T18:30:00.000Z"],
    ["2026-05-10T06:30", "2026-05-10T01:00:00.000Z"],
    ["2026-05-10 06:30", "2026-05-10T01:00:00.000Z"],
    ["2026-05-10T06:30:15", "2026-05-10T01:00:15.000Z"],
    ["2026-05-10T06:30:15.5", "2026-05-10T01:00:15.500Z"],
    ["2026-05-10T06:30:15Z", "2026-05-10T06:30:15.000Z"],
    ["2026-05-10T06:30+02:00", "2026-05-10T04:30:00.000Z"],
    ["2026-05-10T06:30-0200", "2026-05-10T08:30:00.000Z"],
    ["2026-02-29", null],
    ["2026-02-30", null],
    ["2026-13-01", null],
    ["2026-05-10T25:00", null],
    ["2026-05-10Z", null],
    ["x2026-05-10", null],
    ["2026-05-10x", null],
    ["2026-05-10T06", null],
    ["10.05.2026", null],
    ["", null]
  ]
  for (const [text, expected] of texts) {
    it.effect(`${JSON.stringify(text)} is ${expected ?? "no date"}`, () =>
      Effect.gen(function* () {
        const found = yield* Effect.result(Window.parseInstant("--from", text, kolkata))
        if (found._tag === "Success") assert.strictEqual(DateTime.formatIso(found.success), expected)
        else {
          assert.isNull(expected)
          assert.strictEqual(
            found.failure.message,
            `--from: "${text}" is no date. Write a day such as 2026-05-10, or an instant such as 2026-05-10T18:30:00Z`
          )
        }
      })
    )
  }

  it.effect("ends before now, or where it says, and must begin before", () =>
    Effect.gen(function* () {
      const parse = (from: string | undefined, to: string | undefined) =>
        Window.parse({ from, to, zone: kolkata, days: 7 })
      const window = yield* parse(undefined, "2026-05-10")
      assert.deepStrictEqual(
        [DateTime.formatIso(window.from), DateTime.formatIso(window.to)],
        ["2026-05-02T18:30:00.000Z", "2026-05-09T18:30:00.000Z"]
      )
      const now = yield* DateTime.now
      assert.strictEqual((yield* parse("2025-01-01", undefined)).to.epochMilliseconds, now.epochMilliseconds)
      const { message } = yield* Effect.flip(parse("2026-05-10", "2026-05-10"))
      assert.strictEqual(
        message,
        "--from: 2026-05-10T00:00:00+05:30 is not before the window's end, 2026-05-10T00:00:00+05:30"
      )
    })
  )

  it.effect("is of a zone that has a name or an offset", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Window.zone("+05:30")).name, "+05:30")
      assert.strictEqual(
        (yield* Effect.flip(Window.zone("Mars"))).message,
        '--zone: "Mars" is no time zone. Write a name such as Asia/Kolkata, or an offset such as +05:30'
      )
      assert.strictEqual((yield* Effect.flip(Window.zone("Mars", "RECON_ZONE"))).setting, "RECON_ZONE")
      assert.deepStrictEqual(Zone.ofPolicy({}), Zone.utc)
      assert.deepStrictEqual(Zone.ofPolicy({ zone: "Mars" }), Zone.utc)
      assert.strictEqual(Zone.ofPolicy({ zone: "Asia/Kolkata" }).name, "Asia/Kolkata")
      const instant = at("2026-05-10T18:30:00.123Z")
      assert.strictEqual(Zone.moment(instant, kolkata), "2026-05-11 00:00:00")
      assert.strictEqual(Zone.iso(instant, kolkata), "2026-05-11T00:00:00+05:30")
      assert.strictEqual(Zone.iso(instant, Zone.utc), "2026-05-10T18:30:00Z")
      assert.strictEqual(
        Zone.span({ from: instant, to: at("2026-05-11T18:30:00Z") }, Zone.utc),
        "2026-05-10 18:30:00 to 2026-05-11 18:30:00"
      )
    })
  )

  it("of a job reaches back to what was judged, as far as recordings are kept", () => {
    const day = (nth: number) => at(Date.UTC(2026, 4, nth))
    const due = (judged: DateTime.Utc | null) => {
      const { lost, window } = JobWindow.reachingBack({ from: day(20), to: day(21) }, judged, {
        retention: Duration.days(10)
      })
      const days = (one: Window.Window) =>
        [one.from, one.to].map((instant) => (instant.epochMilliseconds - day(0).epochMilliseconds) / 86_400_000)
      return [days(window), lost === null ? null : days(lost)]
    }
    assert.deepStrictEqual(due(null), [[20, 21], null])
    assert.deepStrictEqual(due(day(20)), [[20, 21], null])
    assert.deepStrictEqual(due(day(25)), [[20, 21], null])
    assert.deepStrictEqual(due(day(15)), [[15, 21], null])
    assert.deepStrictEqual(due(day(11)), [[11, 21], null])
    assert.deepStrictEqual(due(day(10)), [
      [11, 21],
      [10, 11]
    ])
  })
})

describe("a line of progress", () => {
  it("shows how much of each list is read", () => {
    const reading = (rows: number, total: number) => ({ name: "recordings", rows, total })
    const bar = (full: number) => "█".repeat(full) + "░".repeat(24 - full)
    assert.strictEqual(Progress.line([reading(0, 10)], 80), `recordings ${bar(0)} 0/10`)
    assert.strictEqual(Progress.line([reading(5, 10)], 80), `recordings ${bar(12)} 5/10`)
    assert.strictEqual(Progress.line([reading(12, 10)], 80), `recordings ${bar(24)} 10/10`)
    assert.strictEqual(Progress.line([reading(0, 0)], 80), `recordings ${bar(24)} 0/0`)
    assert.strictEqual(Progress.line([reading(1000, 4000)], 80), `recordings ${bar(6)} 1,000/4,000`)
    const two = `recordings ${bar(0)} 0/10   recordings ${bar(24)} 1/1`
    assert.strictEqual(Progress.line([reading(0, 10), reading(1, 1)], two.length + 1), two)
    assert.strictEqual(Progress.line([reading(0, 10), reading(1, 1)], two.length), two.split("   ")[0])
    assert.strictEqual(Progress.line([reading(0, 10)], 10), "")
    assert.strictEqual(Progress.fitted(["long part", "b"], 5), "b")
  })

  it("shows how much work is done, how fast, and how long it will take", () => {
    const work = (progress: Partial<Progress.PhaseProgress>, millis: number) =>
      Progress.work({ phase: "Fetching", since: 0, done: 0, total: null, bytes: 0, ...progress }, millis, 200)
    assert.strictEqual(work({}, 5000), "Fetching 0")
    assert.strictEqual(work({ done: 3 }, 5000), "Fetching 3")
    assert.strictEqual(work({ done: 3, total: 2 }, 5000), "Fetching 3/3")
    assert.strictEqual(work({ done: 1, total: 3, bytes: 1500 }, 999), "Fetching 1/3   2 kB")
    assert.strictEqual(work({ done: 1, total: 3, bytes: 1500 }, 1000), "Fetching 1/3   2 kB   2 kB/s   about 2 s left")
    assert.strictEqual(work({ done: 3, total: 3, bytes: 999_001 }, 1000), "Fetching 3/3   1,000 kB   1,000 kB/s")
    assert.strictEqual(work({ done: 3, total: 3, bytes: 1e6 }, 2000), "Fetching 3/3   1.0 MB   500 kB/s")
    assert.strictEqual(work({ done: 3, bytes: 1e9 }, 1000), "Fetching 3   1.00 GB   1.00 GB/s")
    const left = (seconds: number) => work({ done: 1, total: 2 }, seconds * 1000).split("about ")[1]
    assert.deepStrictEqual([1, 119, 120, 121, 7199, 7200, 7201].map(left), [
      "1 s left",
      "119 s left",
      "2 min left",
      "3 min left",
      "120 min left",
      "2 h left",
      "3 h left"
    ])
  })
})

describe("a table", () => {
  const columns: ReadonlyArray<Table.Column> = [
    { header: "Name" },
    { header: "Count", align: "right" },
    { header: "Note" }
  ]
  const rows = [
    ["a", "1", "short"],
    ["bb", "1,000", "a note that is longer than others"]
  ]
  const render = (width: number, color = false) => Table.render(columns, rows, { width, color }).split("\n")

  it("has each column as wide as it needs", () => {
    assert.deepStrictEqual(render(80), [
      "Name  Count  Note",
      "a         1  short",
      "bb    1,000  a note that is longer than others"
    ])
    assert.strictEqual(render(80, true)[0], "\u001b[1mName  Count  Note\u001b[22m")
  })

  it("cuts the widest column, and then leaves columns out", () => {
    assert.deepStrictEqual(render(30), ["Name  Count  Note", "a         1  short", "bb    1,000  a note that is l…"])
    assert.deepStrictEqual(render(21), ["Name  Count  Note", "a         1  short", "bb    1,000  a note …"])
    assert.deepStrictEqual(render(20), ["Name  Count  …", "a         1  …", "bb    1,000  …"])
    assert.deepStrictEqual(render(11), ["Name  …", "a     …", "bb    …"])
    assert.deepStrictEqual(render(1), ["Name  …", "a     …", "bb    …"])
  })

  it("shows nothing that a terminal obeys, and empty cells", () => {
    const text = Table.render([{ header: "A" }, { header: "B" }], [["x\u001b[31my"], []], { width: 40, color: false })
    assert.deepStrictEqual(text.split("\n"), ["A        B", "x [31my", ""])
  })
})
