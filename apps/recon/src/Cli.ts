/**
 * The command line of `recon`. Each command's program is loaded when it is called, so that help is there at once.
 *
 * @since 0.1.0
 */
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Failure from "./Failure.ts"
import { all, type Key, type Setting, type Table } from "./Setting.ts"
import { given } from "./Settings.ts"

const optional = <A>(flag: Flag.Flag<A>) => Flag.map(Flag.optional(flag), Option.getOrUndefined)

const text = (name: string, metavar: string, description: string) =>
  optional(Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description)))

/** A whole number of a range, of which the help tells. */
const ranged = (name: string, [least, most]: readonly [least: number, most: number], description: string) =>
  Flag.Int(name).pipe(
    Flag.filter(
      (value) => value >= least && value <= most,
      () => `a whole number from ${least} to ${most}`
    ),
    Flag.withDescription(description)
  )

const whole = (name: string, range: readonly [least: number, most: number], description: string) =>
  optional(ranged(name, range, description))

/** As many as there can be of anything. */
const many = 1_000_000_000

const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

// ---------------------------------------------------------------------------
// Flags
// ---------------------------------------------------------------------------

/** What a setting means, how else it can be set, and what holds without it. */
const described = ({ default: unless, help, range, variable }: Setting) => {
  const bounds = range === undefined ? "" : `, ${range[0]} to ${range[1]}`
  const otherwise = unless === undefined ? "" : unless === "required" ? "; required" : `, by default ${unless}`
  return `${help}${bounds} (${variable})${otherwise}`
}

type Switch = { [K in Key]: Table[K] extends { readonly isSwitch: true } ? K : never }[Key]
type WithFlag = { [K in Key]: Table[K] extends { readonly flag: string } ? K : never }[Key]

/** The flag of a setting. `help` says what it means to the command. */
const setting = <K extends WithFlag>(
  key: K,
  help?: string
): Flag.Flag<K extends Switch ? boolean : string | undefined> => {
  const row = help === undefined ? all[key] : { ...all[key], help }
  const { choices, flag = key, isSwitch, metavar = "VALUE", range } = row
  const about = described(row)
  const one =
    isSwitch === true
      ? yes(flag, about)
      : range !== undefined
        ? Flag.map(whole(flag, range, about), (value) => value?.toString())
        : choices !== undefined
          ? optional(Flag.Literals(flag, choices).pipe(Flag.withDescription(about)))
          : text(flag, metavar, about)
  return one as Flag.Flag<K extends Switch ? boolean : string | undefined>
}

/** The flags of settings, by their keys. */
const settings = <K extends WithFlag>(...keys: ReadonlyArray<K>) =>
  Object.fromEntries(keys.map((key) => [key, setting(key)])) as {
    readonly [k in K]: Flag.Flag<k extends Switch ? boolean : string | undefined>
  }

const config = text("config", "FILE", "Configuration file in YAML or JSON (RECON_CONFIG)")

/** How the provider is reached. */
const connection = {
  config,
  ...settings("authId", "baseUrl", "pageSize", "concurrency", "rateLimit", "rowsZone", "contract")
}

const window = {
  from: text("from", "TIME", "Start: a day such as 2026-05-10, or an instant such as 2026-05-10T18:30:00Z"),
  to: text("to", "TIME", "End, itself not included; by default now"),
  zone: setting("zone")
}

const json = yes("json", "Print JSON on standard output instead of a table")

const reveal = yes("reveal", "Show telephone numbers in full; by default all but two digits are hidden")

const out = setting("out")

const wait = setting("wait")

/** How a run is repeated, watched and reported. */
const watched = settings("wait", "every", "logFormat", "otlp", "metricsFile", "notifyUrl", "notifyCommand")

const files = (name: string, what: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("FILES"),
    Flag.withDescription(
      `Read ${what} from this file, folder (without the folders in it) or pattern of Parquet, CSV, NDJSON or JSON files, such as recon list --json prints, instead of the account; may be repeated`
    ),
    Flag.between(0, 1000)
  )

// ---------------------------------------------------------------------------
// Commands
// ---------------------------------------------------------------------------

const list = Command.make(
  "list",
  {
    ...connection,
    ...window,
    json,
    reveal,
    what: Argument.Literals("what", ["recordings", "cdrs", "trunks"]).pipe(
      Argument.withDescription("What to list: recordings, cdrs or trunks")
    ),
    type: text("type", "TYPE", "Only recordings of this type: call, conference, trunk"),
    call: text("call", "UUID", "Only recordings of this call"),
    limit: whole("limit", [1, many], "At most so many rows")
  },
  Effect.fn("recon.list")(function* ({ what, type, call, limit, from, to, zone, json, reveal, ...rest }) {
    const { run } = yield* Effect.promise(() => import("./commands/list.ts"))
    yield* run({ what, type, call, limit, from, to, zone, json, reveal, given: given(rest) })
  })
).pipe(
  Command.withDescription("List recordings, call detail records (CDRs) or trunks, newest first"),
  Command.withExamples([
    { command: "recon list recordings --type trunk --limit 20", description: "The newest 20 recordings of trunks" },
    {
      command: "recon list cdrs --from 2026-05-10 --to 2026-05-11 --json",
      description: "A day's CDRs, one JSON a line"
    }
  ])
)

const report = Command.make(
  "report",
  { ...connection, ...window, json, out },
  Effect.fn("recon.report")(function* ({ from, to, zone, json, out, ...rest }) {
    const { run } = yield* Effect.promise(() => import("./commands/report.ts"))
    yield* run({ from, to, zone, json, out, given: given(rest) })
  })
).pipe(
  Command.withDescription("Count calls and recordings: by day, type, format and trunk, their durations and cost"),
  Command.withExamples([
    { command: "recon report", description: "The last seven days" },
    {
      command: "recon report --from 2026-05-01 --to 2026-06-01 --zone Asia/Kolkata --out may",
      description: "A month, in Indian days, with may/report.html and may/report.csv"
    }
  ])
)

const reconcile = Command.make(
  "reconcile",
  {
    ...connection,
    ...window,
    json,
    reveal,
    out,
    ...settings(
      "days",
      "policy",
      "voiceApi",
      "recordedNumbers",
      "minimumTalk",
      "minimumShare",
      "maximumGap",
      "settle",
      "skew",
      "longestCall",
      "retention",
      "target",
      "allowEmpty",
      "complete",
      "cdrCount",
      "recordingCount",
      "map",
      "archive",
      "evidence",
      "keep",
      "ledger",
      "memory",
      "temp"
    ),
    cdrs: files("cdrs", "CDRs"),
    recordings: files("recordings", "recordings"),
    trunks: files("trunks", "trunks"),
    asOf: text(
      "as-of",
      "TIME",
      "When the files were read from the provider, by default now; with --ledger and no files: what was known then"
    ),
    ...watched
  },
  Effect.fn("recon.reconcile")(function* ({ cdrs, recordings, trunks, ...input }) {
    const { run } = yield* Effect.promise(() => import("./commands/reconcile.ts"))
    const files = { cdrs, recordings, trunks }
    yield* run({ ...input, files, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Was every call that had to be recorded really recorded? Exit code 0: yes, 1: no, 3: cannot tell"
  ),
  Command.withExamples([
    { command: "recon reconcile --from 2026-05-10 --to 2026-05-11", description: "One day" },
    {
      command: "recon reconcile --voice-api must --settle '2 hours' --out out",
      description: "Every answered voice-API call had to be recorded; with out/findings.csv and .ndjson"
    },
    {
      command: "recon reconcile --policy policy.yaml --target 99.9",
      description: "By your own policy; exit code 0 if at least 99.9% is surely recorded"
    },
    {
      command:
        "recon reconcile --every '0 2 * * *' --zone Asia/Kolkata --days 3 --metrics-file /var/lib/recon/recon.prom",
      description: "The last three days, each night at two, until it is stopped"
    },
    {
      command: "recon reconcile --ledger recon.ledger --as-of 2026-05-12",
      description: "What was known on that day, without the provider"
    },
    {
      command: "recon reconcile --cdrs 'cdr-*.csv' --recordings kept/recordings --from 2026-05-10 --as-of 2026-05-12",
      description: "What stands in files, without the provider"
    }
  ])
)

const theLedger = setting("ledger", "The ledger of recon reconcile")

const ofAccount = { config, authId: setting("authId", "Which account's"), wait }

const findings = Command.make(
  "findings",
  {
    ...ofAccount,
    ledger: theLedger,
    json,
    reveal,
    zone: window.zone,
    asOf: text("as-of", "TIME", "As they were known then, by default now"),
    status: optional(
      Flag.Literals("status", ["open", "acknowledged", "cleared", "expired", "withdrawn", "all"]).pipe(
        Flag.withDescription("Only those that stand so; by default open and acknowledged ones")
      )
    )
  },
  Effect.fn("recon.findings")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./commands/findings.ts"))
    yield* run({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "List the findings of a ledger, the one with the least time left first. Exit code 0: none is open, 1: some are, 3: cannot tell"
  ),
  Command.withExamples([
    { command: "recon findings --ledger recon.ledger", description: "What is open" },
    {
      command: "recon findings --ledger recon.ledger --status cleared --json",
      description: "What came late, and how late, one JSON a line"
    }
  ])
)

const acknowledge = Command.make(
  "acknowledge",
  {
    ...ofAccount,
    ledger: theLedger,
    key: Argument.String("key").pipe(Argument.withDescription("The finding's key, as recon findings shows it")),
    note: Flag.String("note").pipe(Flag.withMetavar("WORDS"), Flag.withDescription("What is to be said of it")),
    who: text("who", "NAME", "Who says so, by default the user's name"),
    reopen: yes("reopen", "Say that it needs attention after all")
  },
  Effect.fn("recon.acknowledge")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./commands/acknowledge.ts"))
    yield* run({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription("Acknowledge a finding of a ledger, with a note"),
  Command.withExamples([
    {
      command: "recon acknowledge 'missing cdr 8b0f…' --ledger recon.ledger --note 'asked the provider, case 17'",
      description: "It stays until a run clears it"
    }
  ])
)

const theArchive = setting("archive", "The archive's folder")

const archive = Command.make(
  "archive",
  {
    ...connection,
    json,
    archive: setting("archive", "The archive's folder; VOBIZ_ARCHIVE_KEY encrypts what is kept there"),
    from: text("from", "TIME", "Only recordings added since this day or instant"),
    to: text("to", "TIME", "Only recordings added before this day or instant"),
    zone: window.zone,
    type: text("type", "TYPE", "Only recordings of this type: call, conference, trunk"),
    findings: text("findings", "FILE", "Only recordings that these findings name, as reconcile writes findings.ndjson"),
    archiveSettle: setting("archiveSettle"),
    maxBytes: whole(
      "max-bytes",
      [1, Number.MAX_SAFE_INTEGER],
      "The most bytes that one file may have, by default 2 GiB"
    ),
    allowEmpty: setting("allowEmpty", "It is normal that no recording is listed"),
    adopt: yes(
      "adopt",
      "Write down what lies in the folder without a manifest, as it is: of an archive that recon cluster filled"
    ),
    anchor: setting("anchor"),
    ...watched
  },
  Effect.fn("recon.archive")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./commands/archive.ts"))
    yield* run({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Fetch recordings before the provider deletes them, the oldest first. Exit code 0: all are held whole, 1: some are not, 3: cannot tell"
  ),
  Command.withExamples([
    { command: "recon archive --archive /srv/recordings", description: "All that the archive does not have yet" },
    {
      command: "recon archive --archive /srv/recordings --findings out/findings.ndjson",
      description: "Only what a reconciliation pointed to"
    }
  ])
)

const prune = Command.make(
  "prune",
  {
    config,
    json,
    archive: theArchive,
    rules: Flag.String("rules").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("What is to be deleted after how many days, and what is held, in YAML or JSON")
    ),
    execute: yes("execute", "Delete; without it is only told what would be deleted"),
    wait
  },
  Effect.fn("recon.prune")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./commands/prune.ts"))
    yield* run({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Delete from the archive the recordings that the rules no longer keep, unless they are on hold. Each leaves a tombstone"
  ),
  Command.withExamples([
    { command: "recon prune --archive /srv/recordings --rules retention.yaml", description: "What would be deleted" },
    {
      command: "recon prune --archive /srv/recordings --rules retention.yaml --execute",
      description: "Delete it"
    }
  ])
)

const erase = Command.make(
  "erase",
  {
    config,
    json,
    archive: theArchive,
    number: Flag.String("number").pipe(
      Flag.withMetavar("NUMBER"),
      Flag.withDescription("The person's telephone number, such as +919812345678; a national one by VOBIZ_CALLING_CODE")
    ),
    rules: Flag.String("rules").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "The file of recon prune: while one of the person's recordings is on hold, nothing is erased"
      )
    ),
    reason: Flag.String("reason").pipe(
      Flag.withMetavar("TEXT"),
      Flag.withDescription("Why, for the tombstones; without the number")
    ),
    reference: text("reference", "TEXT", "Where the request is filed, for the tombstones"),
    by: text("by", "NAME", "Who erases, for the tombstones, by default the user of the system"),
    execute: yes("execute", "Erase; without it is only told what would be erased"),
    wait
  },
  Effect.fn("recon.erase")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./commands/erase.ts"))
    yield* run({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Erase a person from the archive: the audio of their recordings, and their number in all that it keeps. recon verify still holds. Neither the provider's copies nor ledgers and pages elsewhere are touched"
  ),
  Command.withExamples([
    {
      command:
        'recon erase --archive /srv/recordings --number +919812345678 --rules retention.yaml --reason "asked to"',
      description: "What would be erased"
    },
    {
      command:
        'recon erase --archive /srv/recordings --number +919812345678 --rules retention.yaml --reason "asked to" --reference "DSR 17" --execute',
      description: "Erase it"
    }
  ])
)

const release = Command.make(
  "release",
  {
    ...connection,
    json,
    archive: theArchive,
    before: text("before", "TIME", "Only recordings added before this day or instant"),
    zone: window.zone,
    atProvider: yes(
      "delete-at-provider",
      "Delete them at the provider, permanently; without it they are only verified"
    ),
    wait
  },
  Effect.fn("recon.release")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./commands/release.ts"))
    yield* run({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Delete recordings at the provider that the archive holds whole. Each one's audio is read again here first: its digest agrees, it decodes to its end, and its length agrees with the provider's within 2 seconds or 2 percent. Lists what it kept and why. Exit code 1: some are not whole, 3: cannot tell"
  ),
  Command.withExamples([
    {
      command: "recon release --archive /srv/recordings --before 2026-05-01",
      description: "Which could be deleted there"
    }
  ])
)

const exporting = Command.make(
  "export",
  {
    config,
    json,
    reveal,
    archive: theArchive,
    to: Flag.String("to").pipe(
      Flag.withMetavar("FOLDER"),
      Flag.withDescription("Where the files go; those that are there already stay")
    ),
    name: text(
      "name",
      "TEMPLATE",
      "The names, by default '{date}/{trunk}/{time}_{direction}_{number}_{id}'; there are also {call}, {type}, {from} and {to}"
    ),
    findings: text(
      "findings",
      "FILE",
      "Only recordings that these findings name, with the trunk, direction and start of their calls, as reconcile writes findings.ndjson"
    ),
    link: yes("link", "Link the archive's files instead of copying them; who changes one then changes the archive"),
    zone: window.zone
  },
  Effect.fn("recon.export")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./commands/export.ts"))
    yield* run({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Put archived recordings under names that people read, each checked against its digest. Exit code 0: all are there, 1: some are not, 3: there are none"
  ),
  Command.withExamples([
    {
      command: "recon export --archive /srv/recordings --findings out/findings.ndjson --to may",
      description: "The recordings of a reconciliation, by day and trunk"
    },
    {
      command: "recon export --archive /srv/recordings --to by-call --name '{call}/{id}' --link",
      description: "All that is there, by call, without taking more room"
    }
  ])
)

const media = Command.make(
  "media",
  {
    config,
    json,
    archive: theArchive,
    ledger: setting("ledger", "Say of each finding since when this ledger of recon reconcile has it")
  },
  Effect.fn("recon.media")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./commands/media.ts"))
    yield* run({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Is the archived audio what it should be: whole, audible on both sides, of the format and length that the provider says? Exit code 0: yes, 1: no, 3: cannot tell"
  ),
  Command.withExamples([
    {
      command: "recon media --archive /srv/recordings",
      description: "All that is there; what was looked at before is not decoded again"
    },
    {
      command: "recon media --archive /srv/recordings --ledger recon.ledger",
      description: "And which of it is new"
    }
  ])
)

const verify = Command.make(
  "verify",
  {
    config,
    json,
    archive: theArchive,
    manifest: text("manifest", "FILE", "The chain to go by, by default the archive's own"),
    publicKey: text("public-key", "FILE", "The Ed25519 key, in PEM, that must have signed every entry"),
    head: text("head", "HASH", "An entry's hash that was kept elsewhere, and must be in the chain"),
    anchorCa: text("anchor-ca", "FILE", "The certificates, in PEM, of the authorities that anchors must be signed by")
  },
  Effect.fn("recon.verify")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./commands/verify.ts"))
    yield* run({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Is the archive what its manifest says? Reads all of it again, without the network, and names the first thing that differs. Exit code 0: yes, 1: no, 3: cannot tell"
  ),
  Command.withExamples([
    { command: "recon verify --archive /srv/recordings", description: "All that is there" },
    {
      command: "recon verify --archive /srv/recordings --public-key evidence.pub --head 3fa1…",
      description: "And that it was signed, and nothing was cut off since the head was noted"
    }
  ])
)

const doctor = Command.make(
  "doctor",
  {
    ...connection,
    json,
    contract: setting("contract", "Where what is found is kept, and compared with; by default vobiz-contract.json")
  },
  Effect.fn("recon.doctor")(function* ({ json, ...rest }) {
    const { run } = yield* Effect.promise(() => import("./commands/doctor.ts"))
    yield* run({ json, given: given(rest) })
  })
).pipe(
  Command.withDescription(
    "How does the provider behave for this account? Reads only, at most 60 requests. Exit code 0: as in the last contract, whatever the concerns; 1: differently; 3: cannot tell"
  ),
  Command.withExamples([
    { command: "recon doctor", description: "Examine the account, and keep what is found" },
    { command: "recon doctor --contract prod.json --json", description: "With a contract of its own, for a program" }
  ])
)

/** Loads a command that plays the provider: the package that does so need not be installed. */
const simulated = <A>(load: () => Promise<A>) =>
  Effect.tryPromise({
    try: load,
    catch: (cause) => {
      const isMissing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND"
      if (!isMissing || !cause.message.includes("@vobiz-effect/testing")) throw cause
      return new Failure.MissingPackage({ name: "@vobiz-effect/testing", use: "to play the provider" })
    }
  })

const simulation = {
  calls: ranged("calls", [0, 10_000_000], "How many calls the made-up account has, by default 10000").pipe(
    Flag.withDefault(10_000)
  ),
  days: ranged("days", [1, 3660], "Over how many days, by default 33: recordings are gone after 30").pipe(
    Flag.withDefault(33)
  ),
  seed: ranged("seed", [0, Number.MAX_SAFE_INTEGER], "Another seed makes another account, by default 1").pipe(
    Flag.withDefault(1)
  ),
  pageCap: ranged(
    "page-cap",
    [1, 1000],
    "Rows that the provider gives a page at most: 100 is documented, 20 was observed"
  ).pipe(Flag.withDefault(100))
}

const fake = Command.make(
  "fake",
  {
    ...simulation,
    port: ranged("port", [0, 65_535], "On 127.0.0.1, by default any free one").pipe(Flag.withDefault(0)),
    until: text("until", "TIME", "When the account ends: a day, an instant, or 'now'; by default 2026-11-20"),
    clock: yes("clock", "Let the provider's clock run on from there; by default it stands still"),
    latency: ranged("latency", [0, 600_000], "Milliseconds before every answer, by default none").pipe(
      Flag.withDefault(0)
    )
  },
  Effect.fn("recon.fake")(function* (input) {
    const { run } = yield* simulated(() => import("./commands/fake.ts"))
    return yield* run(input)
  })
).pipe(
  Command.withDescription("Play the provider on this machine, with a made-up account, until interrupted"),
  Command.withExamples([
    { command: "recon fake --port 8080 --calls 500", description: "A small account" },
    {
      command: "recon fake --until now --clock",
      description: "An account of the last 33 days, whose clock runs: recon reconcile --days 3 finds calls"
    }
  ])
)

const demo = Command.make(
  "demo",
  {
    ...simulation,
    out: Flag.String("out").pipe(
      Flag.withMetavar("FOLDER"),
      Flag.withDescription("Where report.html and the findings go, by default out"),
      Flag.withDefault("out")
    )
  },
  Effect.fn("recon.demo")(function* (input) {
    const { run } = yield* simulated(() => import("./commands/demo.ts"))
    yield* run(input)
  })
).pipe(
  Command.withDescription(
    "Serve a made-up account, report on it, archive and reconcile it. Exit code 0, whatever the verdict"
  ),
  Command.withExamples([{ command: "recon demo --calls 1000 --out /tmp/demo", description: "A smaller account" }])
)

const place = { ...connection, ...settings("lake", "state", "accounts") }

const room = {
  units: whole("units", [1, 64], "Units of work at once, by default 2"),
  ...settings("memory", "temp")
}

const clusterRunner = Command.make(
  "runner",
  {
    ...place,
    ...room,
    host: Flag.String("host").pipe(
      Flag.withDescription("The address by which the other runners reach this one, by default 127.0.0.1"),
      Flag.withDefault("127.0.0.1")
    ),
    port: ranged("port", [1, 65_535], "By default 34431").pipe(Flag.withDefault(34431))
  },
  Effect.fn("recon.cluster.runner")(function* (input) {
    const { runner } = yield* Effect.promise(() => import("./commands/cluster.ts"))
    return yield* runner({ ...input, given: given(input) })
  })
).pipe(Command.withDescription("Work for the cluster of the PostgreSQL in RECON_DATABASE, until interrupted"))

const clusterSubmit = Command.make(
  "submit",
  {
    ...place,
    ...room,
    ...window,
    json,
    policy: setting("policy"),
    withAudio: yes("archive", "Then also fetch the audio of the window's recordings into the lake"),
    again: yes("again", "Read everything anew, as a run of its own, where the same was asked before"),
    retry: text(
      "retry",
      "RUN",
      "Begin again what failed or was cancelled of this run, or resume it where its process was killed"
    )
  },
  Effect.fn("recon.cluster.submit")(function* (input) {
    const { submit } = yield* Effect.promise(() => import("./commands/cluster.ts"))
    yield* submit({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Reconcile accounts by the cluster; without RECON_DATABASE in this process, going on where one that was killed left off"
  )
)

const clusterStatus = Command.make(
  "status",
  { ...place, json, watch: yes("watch", "Show it again every two seconds, until no run is under way") },
  Effect.fn("recon.cluster.status")(function* (input) {
    const { status } = yield* Effect.promise(() => import("./commands/cluster.ts"))
    yield* status({ ...input, given: given(input) })
  })
).pipe(Command.withDescription("What becomes of the runs, and what failed"))

const clusterCancel = Command.make(
  "cancel",
  { ...place, run: Argument.String("run") },
  Effect.fn("recon.cluster.cancel")(function* (input) {
    const { cancel } = yield* Effect.promise(() => import("./commands/cluster.ts"))
    yield* cancel({ ...input, given: given(input) })
  })
).pipe(Command.withDescription("Stop a run"))

const someRun = Argument.map(Argument.optional(Argument.String("run")), Option.getOrUndefined)

const clusterStore = Command.make(
  "store",
  { ...place, run: someRun },
  Effect.fn("recon.cluster.store")(function* (input) {
    const { store } = yield* Effect.promise(() => import("./commands/cluster.ts"))
    yield* store({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Put a run's findings into the PostgreSQL of RECON_FINDINGS_DATABASE or RECON_DATABASE; without a run, all that are not there yet"
  )
)

const clusterClean = Command.make(
  "clean",
  {
    ...place,
    run: someRun,
    olderThan: text("older-than", "TIME", "Instead of one run, all that ended so long ago, such as '30 days'")
  },
  Effect.fn("recon.cluster.clean")(function* (input) {
    const { clean } = yield* Effect.promise(() => import("./commands/cluster.ts"))
    yield* clean({ ...input, given: given(input) })
  })
).pipe(Command.withDescription("Remove from the lake the rows that ended runs read of the provider; results stay"))

const cluster = Command.make("cluster").pipe(
  Command.withDescription("Reconcile many accounts as durable jobs, on one machine or on many (docs/scale.md)"),
  Command.withSubcommands([clusterRunner, clusterSubmit, clusterStatus, clusterCancel, clusterStore, clusterClean])
)

/**
 * The whole command.
 *
 * @category commands
 * @since 0.1.0
 */
export const recon = Command.make("recon").pipe(
  Command.withDescription(
    "Was every call that had to be recorded really recorded, kept, intact, and billed right? Exit codes: 0 all is well, 1 something is wrong, 2 could not run, 3 cannot tell, 130 interrupted, 143 ended by SIGTERM"
  ),
  Command.withSubcommands([
    list,
    report,
    reconcile,
    findings,
    acknowledge,
    archive,
    prune,
    erase,
    release,
    media,
    exporting,
    verify,
    cluster,
    doctor,
    fake,
    demo
  ])
)
