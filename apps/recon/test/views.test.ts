/** What commands print, word for word. */
import type { Archive, Verify } from "@vobiz-effect/archive"
import type { JobRunner } from "@vobiz-effect/cluster"
import type { Ledger } from "@vobiz-effect/reconcile"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration } from "effect"

import * as ArchiveView from "../src/ArchiveView.ts"
import * as ClusterView from "../src/ClusterView.ts"
import type * as Contract from "../src/Contract.ts"
import * as DoctorView from "../src/DoctorView.ts"
import * as HeadView from "../src/HeadView.ts"
import * as LedgerView from "../src/LedgerView.ts"
import * as ReconcileView from "../src/ReconcileView.ts"
import * as VerifyView from "../src/VerifyView.ts"

const at = DateTime.makeUnsafe
const lines = (text: string) => text.split("\n")
const terminal = { width: 160, color: false }
const zone = Zone.utc

describe("the view of an examination", () => {
  const examination = {
    contract: { accountId: "MA_TEST", baseUrl: "https://api.example.com/v1" } as unknown as Contract.Contract,
    requests: 12,
    checks: [
      { name: "zone", found: "UTC", evidence: "3 rows", concern: undefined },
      { name: "order", found: "unknown", evidence: "no rows", concern: "walks cannot be proved" }
    ]
  }
  const view = (differences: DoctorView.ExaminationView["differences"], checks = examination.checks) =>
    lines(DoctorView.text({ ...examination, checks, differences } as unknown as DoctorView.ExaminationView, terminal))
  const head = [
    "Account MA_TEST at https://api.example.com/v1, 12 requests",
    "",
    "Check  Found    Evidence",
    "zone   UTC      3 rows"
  ]

  it("has the account, each check with its evidence, and what is of concern", () => {
    assert.deepStrictEqual(view(null), [
      ...head,
      "order  unknown  no rows",
      "",
      "Concerns",
      "- order: walks cannot be proved",
      "",
      "No contract of before to compare with"
    ])
  })

  it("says what differs from the last one, field by field, or that nothing does", () => {
    const [first] = examination.checks
    const checks = first === undefined ? [] : [first]
    const alone = [head[0], head[1], "Check  Found  Evidence", "zone   UTC    3 rows", "", "No concerns", ""]
    assert.deepStrictEqual(view([], checks), [...alone, "As in the last contract"])
    assert.deepStrictEqual(view([{ field: "rowsZone", before: "UTC", after: "+05:30" }] as never, checks), [
      ...alone,
      "Differs from the last contract",
      "Field     Before  Now",
      "rowsZone  UTC     +05:30"
    ])
  })
})

describe("the view of an archive's head", () => {
  it("can be written down: its digits in groups of four, in two lines", () => {
    const hash = "0123456789abcdef".repeat(4)
    const head = {
      archive: "aabbccdd",
      at: at("2026-05-10T00:00:00Z"),
      entry: 7,
      hash,
      time: at("2026-05-11T00:00:00Z"),
      file: "x.tsr"
    }
    const rows = [
      "Anchored  2026-05-11T00:00:00.000Z by https://tsa.example.com",
      "  archive aabb ccdd",
      "  entry   7 of 2026-05-10",
      "  head    0123 4567 89ab cdef 0123 4567 89ab cdef",
      "          0123 4567 89ab cdef 0123 4567 89ab cdef"
    ]
    const paper = (archive: string | null) =>
      lines(HeadView.paper({ ...head, at: "2026-05-10", archive } as never, "https://tsa.example.com"))
    assert.deepStrictEqual(paper("aabbccdd"), rows)
    assert.deepStrictEqual(paper(null), [rows[0], ...rows.slice(2)])
    assert.deepStrictEqual(HeadView.report({ ...head, at: "2026-05-10" } as never), {
      archive: "aabbccdd",
      at: "2026-05-10",
      entry: 7,
      head: hash,
      time: "2026-05-11T00:00:00.000Z"
    } as never)
  })
})

describe("the view of an archive run", () => {
  const none: Archive.Summary = {
    Stored: 0,
    Kept: 0,
    Removed: 0,
    Flawed: 0,
    NotReady: 0,
    Gone: 0,
    Quarantined: 0,
    Failed: 0,
    bytes: 0
  }

  it("counts what became of recordings, to the right, with begun thousands of bytes", () => {
    assert.strictEqual(ArchiveView.counts(none), "No recordings")
    const all = { Stored: 1200, Kept: 2, Removed: 3, Flawed: 4, NotReady: 5, Gone: 6, Quarantined: 7, Failed: 8 }
    assert.deepStrictEqual(lines(ArchiveView.counts({ ...all, bytes: 2_000_001 })), [
      "1,200 stored (2,001 kB)",
      "    2 held already",
      "    3 deleted from the archive before, by a rule or with their person",
      "    4 stored but not whole; the next run fetches them again",
      "    5 not ready yet: still being made by the provider, or just added",
      "    6 gone at the provider",
      "    7 in quarantine; the lines above say why",
      "    8 not fetched whole; the next run goes on"
    ])
  })

  it("says in one line what is held, and what is not", () => {
    const line = (summary: Partial<Archive.Summary>, problems: ReadonlyArray<object> = []) =>
      ArchiveView.line({ summary: { ...none, ...summary }, proof: { verdict: "complete" }, problems } as never)
    assert.strictEqual(line({ Stored: 1000, Kept: 200 }), "Assured: 1,200 held")
    assert.strictEqual(
      line({ Stored: 1, Removed: 2, Flawed: 3, Failed: 4, Gone: 5, Quarantined: 6, NotReady: 7 }, [{ kind: "Gone" }]),
      "Breached: 1 held, 2 deleted here before, 3 not whole, 4 not fetched, 5 gone at the provider, 6 in quarantine, 7 not ready yet"
    )
    assert.strictEqual(
      ArchiveView.line({ summary: { ...none, Kept: 1 }, proof: { verdict: "in-doubt" }, problems: [] } as never),
      "Unknown: 1 held, the list is not proved complete"
    )
  })
})

describe("the view of runs of a cluster", () => {
  const submitted = Date.parse("2026-05-10T06:00:00Z")
  const unit = {
    unit: "extract cdr",
    runner: "a:1",
    starts: 1,
    state: "done",
    audio: null,
    errorTag: null,
    errorMessage: null,
    startedAt: submitted,
    endedAt: submitted + 1000
  } as const
  const run = {
    run: "r1",
    account: "MA_TEST",
    attempt: 1,
    spec: "{}",
    result: null,
    state: "running",
    errorTag: null,
    errorMessage: null,
    startedAt: submitted,
    endedAt: null,
    planned: 4,
    units: []
  } as const satisfies JobRunner.Status
  const view = (...status: ReadonlyArray<Partial<JobRunner.Status>>) =>
    lines(
      ClusterView.text(
        status.map((one) => Object.assign({}, run, one)),
        { ...terminal, zone }
      )
    )

  it("says how to submit one where there is none", () => {
    assert.deepStrictEqual(view(), ["No run was submitted. Submit one by: recon cluster submit"])
  })

  it("has each with its units, those who work on it, and how long it took", () => {
    assert.deepStrictEqual(
      view(
        {
          units: [
            unit,
            { ...unit, unit: "extract recording", state: "running", runner: "b:2", endedAt: null },
            { ...unit, unit: "extract trunk", state: "running", runner: "b:2", endedAt: null },
            { ...unit, unit: "reconcile", state: "running", runner: "c:3", endedAt: null }
          ]
        },
        { run: "r2", state: "cancelled", planned: null, endedAt: submitted + 90_000 }
      ),
      [
        "run  account  state      verdict   units  failed  at work   submitted               took",
        "r1   MA_TEST  running             1 of 4       0  b:2, c:3  2026-05-10T06:00:00Z        ",
        "r2   MA_TEST  cancelled           0 of ?       0            2026-05-10T06:00:00Z  1m 30s"
      ].map((line) => line.trimEnd())
    )
  })

  it("has what failed, and how to do that again; and what became of audio", () => {
    const audio = {
      Stored: 1,
      Kept: 2,
      Removed: 3,
      NotReady: 4,
      Gone: 5,
      Quarantined: 6,
      Flawed: 7,
      Failed: 8,
      bytes: 1_260_000
    }
    const failed = { ...unit, state: "failed", errorTag: "AudioNotFetched", errorMessage: "8 of 9" } as const
    assert.deepStrictEqual(
      view({
        state: "failed",
        units: [
          { ...unit, audio },
          { ...failed, unit: "archive x", audio }
        ]
      }).slice(2),
      [
        "",
        "audio of run  days  stored  held already  deleted here  not made yet  gone  quarantined  not whole  not fetched  MB stored",
        "r1               2       2             4             6             8    10           12         14           16        2.5",
        "",
        "run  failed unit  runner  error            what it says",
        "r1   archive x    a:1     AudioNotFetched  8 of 9",
        "",
        "Again, what failed alone: recon cluster submit --retry RUN"
      ]
    )
  })

  it("has times as people and programs read them", () => {
    assert.strictEqual(
      ClusterView.earlier({ ...run, endedAt: submitted }, zone),
      "run r1 was done at 2026-05-10T06:00:00Z, and nothing is read anew: --again does that"
    )
    assert.strictEqual(ClusterView.earlier(run, zone), "run r1 was done, and nothing is read anew: --again does that")
    assert.deepStrictEqual(JSON.parse(ClusterView.json([{ ...run, spec: "no JSON", units: [unit] }])), [
      {
        ...run,
        spec: "no JSON",
        startedAt: "2026-05-10T06:00:00Z",
        endedAt: null,
        units: [{ ...unit, startedAt: "2026-05-10T06:00:00Z", endedAt: "2026-05-10T06:00:01Z" }]
      }
    ])
  })
})

describe("the view of a verification", () => {
  const anchor = { time: "2026-05-11T00:00:00Z", entry: 1200, isChecked: true }
  const verdict = {
    anchors: [],
    clear: 0,
    encrypted: [],
    entries: 1200,
    runs: 1,
    signers: [],
    unsigned: 0,
    unclosed: 0,
    isClosed: true,
    unfinished: 0,
    head: "ab12",
    objects: 3,
    erased: 0,
    recordings: 1,
    audio: 2,
    bytes: 2001,
    unlisted: 0,
    strays: [],
    difference: null
  }
  const view = (more: object = {}) => lines(VerifyView.text({ ...verdict, ...more } as unknown as Verify.Verdict))
  const doubts = (more: object, asked = {}) =>
    VerifyView.doubts({ ...verdict, ...more } as unknown as Verify.Verdict, asked)

  it("counts what was read", () => {
    assert.deepStrictEqual(view(), [
      "All is as the manifest says",
      "Manifest    1,200 entries in 1 run, none is signed",
      "Head        ab12",
      "Kept        3 answers and files",
      "Index       1 recording",
      "Audio       2 files, 3 kB"
    ])
  })

  it("says who signed, what is encrypted and erased, and what is nobody's", () => {
    assert.deepStrictEqual(
      view({
        runs: 2,
        signers: ["k1", "k2"],
        unsigned: 1,
        unclosed: 3,
        head: null,
        anchors: [
          { ...anchor, entry: 1 },
          { ...anchor, isChecked: false }
        ],
        erased: 1,
        unlisted: 4,
        encrypted: [
          { files: 1, id: "0a", unread: 0 },
          { files: 2, id: null, unread: 1 }
        ],
        clear: 1,
        strays: ["x\n"]
      }),
      [
        "What was read is as the manifest says",
        "Manifest    1,200 entries in 2 runs, signed by k1, k2; 1 entries are not",
        "            3 runs did not come to their end",
        "Head        none",
        "Anchors     2, the last at 2026-05-11T00:00:00Z of entry 1,200",
        "            their signatures were not checked",
        "Kept        3 answers and files",
        "            1 part of them were erased, as the manifest says",
        "Index       1 recording",
        "Audio       2 files, 3 kB",
        "            4 are of no recording: left by a run that was ended, and whole",
        "Encrypted   1 file by the key 0a",
        "            2 files of the first format, which names no key; 1 were not read",
        "            1 file in clear",
        'Not its own "x\\n": the manifest says nothing of it'
      ]
    )
    assert.strictEqual(view({ signers: ["k1"] })[1], "Manifest    1,200 entries in 1 run, signed by k1")
  })

  it("begins with the first difference", () => {
    const difference = { place: "audio/ab", expected: "12 bytes", found: "11 bytes", entry: 5 }
    const first = ["NOT as the manifest says: audio/ab", "  expected 12 bytes", "  found 11 bytes"]
    assert.deepStrictEqual(view({ difference }).slice(0, 5), [
      ...first,
      "  as entry 5 of the manifest says",
      "Looked at until then:"
    ])
    assert.deepStrictEqual(view({ difference: { ...difference, entry: null } }).slice(0, 4), [
      ...first,
      "Looked at until then:"
    ])
  })

  it("has no doubts but those that somebody can end", () => {
    assert.deepStrictEqual(doubts({ anchors: [anchor] }, { wantsAnchors: true }), [])
    assert.deepStrictEqual(doubts({}), [])
    assert.deepStrictEqual(
      doubts(
        {
          entries: 0,
          isClosed: false,
          unfinished: 1,
          clear: 1,
          encrypted: [
            { files: 2, id: "0a", unread: 2 },
            { files: 3, id: null, unread: 1 },
            { files: 4, id: "0b", unread: 0 }
          ]
        },
        { wantsAnchors: true }
      ),
      [
        "there is no anchor to check: put back the tokens that you kept, into manifest/anchors",
        "the manifest has no entries: there is nothing to verify",
        "the last run has no end: it was killed, is still running, or its end was cut off",
        "1 change of a run that was killed are not finished: run recon archive to finish them",
        "2 of 10 files were not read, for want of the key 0a: set it in VOBIZ_ARCHIVE_KEY",
        "1 of 10 files were not read, for want of their key: set it in VOBIZ_ARCHIVE_KEY"
      ]
    )
    assert.deepStrictEqual(doubts({ anchors: [anchor, { ...anchor, isChecked: false }] }), [
      "the anchors' signatures were not checked: give the authority's certificate by --anchor-ca"
    ])
  })
})

describe("the view of a ledger", () => {
  const now = at("2026-05-11T00:00:00Z")
  const entry = (more: object): Ledger.Entry =>
    Object.assign(
      {
        account: "MA_TEST",
        key: "k",
        status: "open",
        opened: at("2026-05-10T12:00:00Z"),
        closed: null,
        by: null,
        late: null,
        notes: [],
        at: at("2026-05-10T11:00:00Z"),
        deadline: null,
        finding: { inDoubt: false }
      },
      more
    ) as unknown as Ledger.Entry
  const view = (entries: ReadonlyArray<Ledger.Entry>, more = 0) =>
    lines(LedgerView.table(entries, { ...terminal, now, more, zone }))

  it("has how long something can be saved, and what is to be said of each finding", () => {
    assert.deepStrictEqual(view([]), ["No findings"])
    const note = { who: "ann", words: "asked" }
    assert.deepStrictEqual(
      view(
        [
          entry({}),
          entry({ finding: { inDoubt: true }, deadline: now }),
          entry({ finding: null, deadline: at("2026-05-11T01:59:00Z") }),
          entry({ notes: [{ who: "bob", words: "older" }, note], deadline: at("2026-05-12T23:00:00Z") }),
          entry({ notes: [note], by: "matched", deadline: at("2026-05-13T00:00:00Z"), status: "cleared" }),
          entry({ by: "matched", late: { atLeast: Duration.hours(1), atMost: Duration.hours(50) }, status: "cleared" })
        ],
        1200
      ),
      [
        "Time left  Status   At                   Key  Since                Note",
        "        –  open     2026-05-10 11:00:00  k    2026-05-10 12:00:00",
        "     none  open     2026-05-10 11:00:00  k    2026-05-10 12:00:00  in doubt",
        "      1 h  open     2026-05-10 11:00:00  k    2026-05-10 12:00:00  cannot be read",
        "     47 h  open     2026-05-10 11:00:00  k    2026-05-10 12:00:00  ann: asked",
        "      2 d  cleared  2026-05-10 11:00:00  k    2026-05-10 12:00:00  now matched",
        "        –  cleared  2026-05-10 11:00:00  k    2026-05-10 12:00:00  came 1 h to 2 d late",
        "and 1,200 more: --json lists them all"
      ]
    )
  })

  it("counts findings by their status, and those that cannot be read", () => {
    assert.strictEqual(LedgerView.totals(new Map()), "Nothing was ever found")
    assert.strictEqual(
      LedgerView.totals(
        new Map([
          ["open", 1200],
          ["cleared", 1]
        ])
      ),
      "1,200 open, 1 cleared"
    )
    const why = "another version of recon wrote"
    assert.strictEqual(
      LedgerView.unreadable(1),
      `1 finding of the ledger cannot be read: ${why} it, or the text is damaged`
    )
    assert.strictEqual(
      LedgerView.unreadable(2),
      `2 findings of the ledger cannot be read: ${why} them, or the text is damaged`
    )
  })

  it("has a run with its verdict, as far as that was kept and is known", () => {
    const run = {
      account: "MA_TEST",
      asOf: at("2026-05-11T00:00:00Z"),
      id: 3,
      recorded: at("2026-05-11T06:00:00Z"),
      verdict: "breached",
      window: { from: at("2026-05-10T00:00:00Z"), to: at("2026-05-11T00:00:00Z") }
    } as unknown as Ledger.RunEntry
    assert.strictEqual(
      LedgerView.run(run, zone),
      "Run 3 of MA_TEST, kept 2026-05-11 06:00:00: calls from 2026-05-10 00:00:00 to 2026-05-11 00:00:00, as of 2026-05-11 00:00:00 (UTC); verdict breached"
    )
    const verdict = (verdict: string | null, report = {}) =>
      LedgerView.verdict(Object.assign({}, run, { verdict }), report)
    assert.deepStrictEqual(
      [
        LedgerView.run(Object.assign({}, run, { verdict: null }), zone).split("; ")[1],
        verdict(null),
        verdict("splendid"),
        verdict("breached"),
        verdict("breached", { verdict: { line: "Breached: 2 calls" } })
      ],
      [
        "verdict not kept",
        "Unknown: the verdict was not kept",
        "Unknown: the verdict splendid, which this version of recon does not know",
        "Breached",
        "Breached: 2 calls"
      ]
    )
  })
})

describe("the end of a reconciliation's view", () => {
  const now = at("2026-05-11T00:00:00Z")
  const classes = {
    recorded: 2,
    partly: 0,
    unusable: 0,
    missing: 0,
    undetermined: 0,
    unjudged: 0,
    excused: 0,
    excluded: 0
  }
  const result = { verdict: { _tag: "assured", reasons: [] }, classes, goal: {} }
  const task = (more: object) =>
    Object.assign({ code: "missing", inDoubt: false, deadline: null, cdrs: [{ uuid: "u1" }], recordings: [] }, more)
  const closing = (more: object) =>
    lines(ReconcileView.closing(result as never, { ...terminal, now, tasks: [], page: null, ...more }))
  const last = "Assured: all 2 calls that had to be recorded are"

  it("is the verdict alone, where nothing is to be done", () => {
    assert.deepStrictEqual(closing({}), [last])
  })

  it("has what is most urgent, and how long it can be saved", () => {
    assert.deepStrictEqual(
      closing({
        tasks: [
          task({ deadline: now }),
          task({ deadline: at("2026-05-11T05:59:59Z"), inDoubt: true }),
          task({ code: "orphan", deadline: at("2026-05-14T00:00:00Z"), cdrs: [], recordings: [{ recordingId: "r1" }] }),
          task({ cdrs: [] })
        ]
      }),
      [
        "Time left  Most urgent                  CDR or recording",
        "     none  Missing recording            u1",
        "      5 h  Missing recording, in doubt  u1",
        "      3 d  Recording without a call     r1",
        "        –  Missing recording",
        "",
        last
      ]
    )
  })

  it("names the page of all findings, as a link where there are colours", () => {
    const page = { path: "out/findings.html", url: new URL("file:///out/findings.html") }
    assert.deepStrictEqual(closing({ page }), ["All findings: out/findings.html", last])
    assert.deepStrictEqual(closing({ page, color: true }), [
      "All findings: \u001b]8;;file:///out/findings.html\u001b\\out/findings.html\u001b]8;;\u001b\\",
      last
    ])
  })
})
