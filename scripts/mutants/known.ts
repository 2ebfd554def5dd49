/**
 * Mutants that no test kills, and why. Those that are `equivalent` change nothing that anybody could see, and do not count.
 * A mutant is known by its file and the changed lines as `bench/MUTANTS.md` shows them, wherever they stand.
 */
export interface Known {
  readonly file: string
  readonly before: string
  readonly after: string
  readonly equivalent: boolean
  readonly reason: string
}

/** Mutants of one file that are equivalent for one reason. */
const equivalent = (
  file: string,
  reason: string,
  lines: ReadonlyArray<readonly [before: string, after: string]>
): ReadonlyArray<Known> => lines.map(([before, after]) => ({ file, before, after, equivalent: true, reason }))

/** A default of what is never absent: the compiler does not know that a place lies within its array. */
const never = (before: string) => [before, before.replace("?? 0", "?? 1")] as const

export const known: ReadonlyArray<Known> = [
  ...equivalent(
    "packages/core/src/internal/timestamp.ts",
    "a zone of one offset is asked for its offset like one with a name, with the same result and more slowly",
    [
      [
        'if (zone._tag === "Offset") return DateTime.makeUnsafe(shown - zone.offset)',
        'if (zone._tag === "") return DateTime.makeUnsafe(shown - zone.offset)'
      ]
    ]
  ),
  ...equivalent("packages/core/src/internal/timestamp.ts", "what is no number is NaN by itself", [
    [
      "const of = (name: string) => Number(found[name] ?? Number.NaN)",
      "const of = (name: string) => Number(found[name])"
    ]
  ]),
  ...equivalent("packages/core/src/internal/timestamp.ts", "a tenth digit then makes a zone that there is not", [
    [
      "while (places <= 9 && digits(text, 20 + places, 1) >= 0) places++",
      "while (places < 9 && digits(text, 20 + places, 1) >= 0) places++"
    ],
    [
      "while (places <= 9 && digits(text, 20 + places, 1) >= 0) places++",
      "while (places <= 9 || digits(text, 20 + places, 1) >= 0) places++"
    ]
  ]),
  ...equivalent("packages/core/src/internal/memory.ts", "the place is never absent", [
    never("const place = (this.slots[slot + 1] ?? 0) - 1"),
    never("return (this.slots[this.slotOf(id, hashOf(id)) + 1] ?? 0) - 1"),
    never("const place = old[slot + 1] ?? 0"),
    never("if (id !== undefined) this.enter(id, old[slot] ?? 0, place)"),
    never("const place = (slots[slot + 1] ?? 0) - 1"),
    never("hashes[place] = slots[slot] ?? 0"),
    never("for (let kept = 0; kept < capacity && from > 0;) kept += isLast[--from] ?? 0"),
    never("this.enter(id, hashes[place] ?? 0, this.ids.push(id))")
  ]),
  ...equivalent("packages/core/src/internal/memory.ts", "past the end of the table stands nothing", [
    ["for (let slot = 0; slot < old.length; slot += 2) {", "for (let slot = 0; slot <= old.length; slot += 2) {"],
    ["for (let slot = 0; slot < slots.length; slot += 2) {", "for (let slot = 0; slot <= slots.length; slot += 2) {"]
  ]),
  ...equivalent(
    "packages/core/src/internal/timestamp.ts",
    "it is reckoned anew each time, with the same result and more slowly",
    [
      [
        "if (known === undefined) offsets.set(zone, (known = new Map()))",
        "if (true) offsets.set(zone, (known = new Map()))"
      ],
      ["if (ahead === undefined) {", "if (true) {"]
    ]
  ),
  ...equivalent(
    "packages/core/src/internal/e164.ts",
    "it is parsed anew each time, with the same result and more slowly",
    [
      ["if (known.size >= most) known.clear()", "if (known.size < most) known.clear()"],
      ["if (known.size >= most) known.clear()", "if (true) known.clear()"],
      ["if (before !== undefined) return before", "if (false) return before"]
    ]
  ),
  ...equivalent("packages/testing/src/internal/shelf.ts", "the index is made anew each time, of the same entries", [
    [
      "index ??= new Map(entries.map((entry) => [key(entry), entry]))",
      "index = new Map(entries.map((entry) => [key(entry), entry]))"
    ]
  ]),
  ...equivalent("packages/core/src/internal/e164.ts", "a digit is never absent", [
    never("const code = digit.codePointAt(0) ?? 0")
  ]),
  ...equivalent(
    "packages/core/src/internal/e164.ts",
    "what is parsed is all digits, so that nothing is to be extracted",
    [["extract: false,", "extract: true,"]]
  ),
  ...equivalent("packages/core/src/Recordings.ts", "nobody sees the instant of a row set aside in the double", [
    [
      "const listed = Aside.entries({ rows: matching, rejects: options.rejects ?? [] }, 0)",
      "const listed = Aside.entries({ rows: matching, rejects: options.rejects ?? [] }, 1)"
    ]
  ]),
  ...equivalent("packages/core/src/CallDetailRecords.ts", "nobody sees the instant of a row set aside in the double", [
    [
      "const listed = Aside.entries({ rows: records.filter(matches(query)), rejects: setAside }, 0)",
      "const listed = Aside.entries({ rows: records.filter(matches(query)), rejects: setAside }, 1)"
    ]
  ]),
  ...equivalent("packages/core/src/internal/pager.ts", "the same requests are sent, only a little later", [
    ["yield* Effect.yieldNow", ";"]
  ]),
  ...equivalent("packages/core/src/internal/exchange.ts", "the space at its end is cut off where the text is shown", [
    [
      "return rootCause(cause.cause, depth + 1) ?? (code === undefined ? cause.message : `${code} ${cause.message}`.trim())",
      "return rootCause(cause.cause, depth + 1) ?? (code === undefined ? cause.message : `${code} ${cause.message}`)"
    ]
  ]),
  ...equivalent("packages/core/src/internal/aside.ts", "no names are added", [
    [
      "if (entry.zoneless.length > 0) addNames(tally.zoneless, entry.zoneless)",
      "if (entry.zoneless.length >= 0) addNames(tally.zoneless, entry.zoneless)"
    ],
    [
      "if (entry.unreadable.length > 0) addNames(tally.unreadable, entry.unreadable)",
      "if (entry.unreadable.length >= 0) addNames(tally.unreadable, entry.unreadable)"
    ]
  ]),
  ...equivalent("packages/core/src/internal/json.ts", "what has another letter there is no JSON", [
    [
      "const isFraction = (code: number) => code === 0x2e || (code | 0x20) === 0x65",
      "const isFraction = (code: number) => code === 0x2e || (code | 33) === 0x65"
    ]
  ]),
  ...equivalent("packages/core/src/internal/walk.ts", "it is only asked whether there were any", [
    [
      "rises: walk.rises + (first ? 0 : Math.max(0, total - walk.total))",
      "rises: walk.rises - (first ? 0 : Math.max(0, total - walk.total))"
    ]
  ]),
  ...equivalent("packages/archive/src/Bucket.ts", "no headers add nothing", [
    ["upload: (key, file, headers = {}) =>", "upload: (key, file, headers) =>"]
  ]),
  ...equivalent("packages/archive/src/Bucket.ts", "it is read in other pieces, and uploaded in the same parts", [
    [
      "Body: createReadStream(file, { highWaterMark: 1024 * 1024 }),",
      "Body: createReadStream(file, { highWaterMark: 1024 * 1025 }),"
    ],
    [
      "Body: createReadStream(file, { highWaterMark: 1024 * 1024 }),",
      "Body: createReadStream(file, { highWaterMark: 1025 * 1024 }),"
    ]
  ]),
  ...equivalent(
    "packages/reconcile/src/internal/trunkSwitch.ts",
    "rows that are the same are of one span, and one name",
    [["UNION ALL", "UNION"]]
  ),
  ...equivalent("packages/reconcile/src/internal/furtherFinding.ts", "nobody asks it of what is wrong with audio", [
    [
      "a.arrival, a.recording_id, o.key, coalesce(o.key = 'uuid', false), CASE WHEN NOT l.is_unread THEN l.talk_ms END, NULL, a.duration_ms, NULL, NULL, NULL, NULL, NULL, 6, NULL, NULL, f.detail",
      "a.arrival, a.recording_id, o.key, (o.key = 'uuid'), CASE WHEN NOT l.is_unread THEN l.talk_ms END, NULL, a.duration_ms, NULL, NULL, NULL, NULL, NULL, 6, NULL, NULL, f.detail"
    ]
  ]),
  ...equivalent("packages/reconcile/src/internal/files/own.ts", "a table's name has two parts", [
    [
      '`ALTER TABLE ${table} RENAME TO ${loaded.split(".").at(-1)}; CREATE VIEW ${table} AS ${[`FROM ${loaded}`, ...rows].join("\\nUNION ALL\\n")}`',
      '`ALTER TABLE ${table} RENAME TO ${loaded.split(".").at(1)}; CREATE VIEW ${table} AS ${[`FROM ${loaded}`, ...rows].join("\\nUNION ALL\\n")}`'
    ]
  ]),
  ...equivalent("packages/reconcile/src/Ledger.ts", "no clock stands at the first two milliseconds of 1970", [
    [
      'const newest = yield* number("SELECT coalesce(max(at_ms), 0) AS n FROM note")',
      'const newest = yield* number("SELECT coalesce(max(at_ms), 1) AS n FROM note")'
    ]
  ]),
  ...equivalent("packages/reconcile/src/DuckDbError.ts", "a text that is split has a first part", [
    [
      'const firstLine = (text: string) => text.trim().split("\\n", 1)[0] ?? ""',
      'const firstLine = (text: string) => text.trim().split("\\n", 1)[0] ?? "mutated"'
    ]
  ]),
  ...equivalent("packages/reconcile/src/internal/vanished.ts", "each row has an arrival of its own", [
    ["UNION ALL", "UNION"]
  ]),
  ...equivalent("packages/reconcile/src/internal/rating.ts", "a call without a rate has no row, or one of no rate", [
    [
      "FROM (FROM ${s}.rated_call, length) c JOIN ${s}.rate r ON r.prefix = left(coalesce(c.to_e164, ''), c.digits) AND length(r.prefix) = c.digits",
      "FROM (FROM ${s}.rated_call, length) c LEFT JOIN ${s}.rate r ON r.prefix = left(coalesce(c.to_e164, ''), c.digits) AND length(r.prefix) = c.digits"
    ]
  ]),
  ...equivalent("packages/reconcile/src/internal/timeline.ts", "it is asked whether there is audio, not how often", [
    [
      "SELECT ${alone}, unnest(kinds), 1, begin, stop FROM audio WHERE per_leg),",
      "SELECT ${alone}, unnest(kinds), 2, begin, stop FROM audio WHERE per_leg),"
    ]
  ]),
  ...equivalent("packages/reconcile/src/internal/policyCheck.ts", "the same millisecond is found by either half", [
    ["const middle = Math.floor((before + at) / 2)", "const middle = Math.ceil((before + at) / 2)"]
  ]),
  ...equivalent("packages/reconcile/src/internal/files/columns.ts", "what is no type of a column is cast like text", [
    [
      'for (const name of Object.keys(row)) found.set(name, "VARCHAR")',
      'for (const name of Object.keys(row)) found.set(name, "")'
    ]
  ]),
  ...equivalent("packages/reconcile/src/Coverage.ts", "what is judged is a CDR, which has its row", [
    [
      "FROM (SELECT arrival, code, reason, verdict, base_ms, recorded_ms, least_ms FROM ${s}.finding WHERE ${isJudged}) JOIN ${s}.cdr USING (arrival))",
      "FROM (SELECT arrival, code, reason, verdict, base_ms, recorded_ms, least_ms FROM ${s}.finding WHERE ${isJudged}) LEFT JOIN ${s}.cdr USING (arrival))"
    ]
  ]),
  ...equivalent("packages/reconcile/src/internal/repeated.ts", "a hash that two passes look for is found by either", [
    [
      "`SELECT ${column} AS hash FROM ${hashed} WHERE ${column} BETWEEN ${limit(pass)} AND ${limit(pass + 1) - 1n}`",
      "`SELECT ${column} AS hash FROM ${hashed} WHERE ${column} BETWEEN ${limit(pass)} AND ${limit(pass + 1) + 1n}`"
    ]
  ]),
  ...equivalent("packages/reconcile/src/internal/recorded.ts", "no two rows are the same", [["UNION ALL", "UNION"]]),
  ...equivalent("packages/cluster/src/JobLog.ts", "a text that is split has a first part", [
    [
      'return { state: "failed", tag, message: message.split("\\n", 1)[0]?.slice(0, 500) ?? "" }',
      'return { state: "failed", tag, message: message.split("\\n", 1)[0]?.slice(0, 500) ?? "mutated" }'
    ]
  ]),
  ...equivalent(
    "packages/reconcile/src/internal/records.ts",
    "a line without a quote has the same cells, found more slowly",
    [
      [
        "const cells = text.includes('\"') ? cellsOf(text, delimiter) : text.split(delimiter)",
        'const cells = text.includes("") ? cellsOf(text, delimiter) : text.split(delimiter)'
      ]
    ]
  )
]
