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

/** Mutants of one file that survive, or survived when they were tried last, for one reason. */
const left = (
  file: string,
  reason: string,
  lines: ReadonlyArray<readonly [before: string, after: string]>
): ReadonlyArray<Known> => lines.map(([before, after]) => ({ file, before, after, equivalent: false, reason }))

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
  ...equivalent("packages/testing/src/internal/timedRows.ts", "the index is made anew each time, of the same entries", [
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
  ),
  ...left("packages/files/src/DurableFiles.ts", "no test of this package yet has contents that fail by themselves", [
    [
      "error instanceof PlatformError ? onSystem(error) : (error as Exclude<E, PlatformError>)",
      "true ? onSystem(error) : (error as Exclude<E, PlatformError>)"
    ]
  ]),
  ...left(
    "packages/files/src/DurableFiles.ts",
    "no test yet of a folder that may not be opened: the tests may run as root",
    [
      [
        'yield* isThere ? Effect.catchIf(synced, isOf("EACCES", "EPERM"), () => Effect.void) : synced',
        'yield* isThere ? Effect.catchIf(synced, isOf("", "EPERM"), () => Effect.void) : synced'
      ],
      [
        'yield* isThere ? Effect.catchIf(synced, isOf("EACCES", "EPERM"), () => Effect.void) : synced',
        'yield* false ? Effect.catchIf(synced, isOf("EACCES", "EPERM"), () => Effect.void) : synced'
      ]
    ]
  ),
  ...left("packages/files/src/DurableFiles.ts", "no test yet leaves a folder of such a name: a write leaves files", [
    [
      "if (isTemporary(name)) yield* fs.remove(path.join(at, name), { recursive: true, force: true })",
      "if (isTemporary(name)) yield* fs.remove(path.join(at, name), { recursive: false, force: true })"
    ]
  ]),
  ...left(
    "packages/files/src/SecretFile.ts",
    "no test yet of a secret that cannot be read: the tests may run as root",
    [["failed(`it cannot be read (${codeOf(error)})`)", "failed(``)"]]
  ),
  ...left("packages/core/src/Recordings.ts", "no test yet sends a count with more than digits", [
    [
      "text !== undefined && /^\\d+$/.test(text) ? Number(text) : null",
      "text !== undefined && /^\\d+/.test(text) ? Number(text) : null"
    ]
  ]),
  ...left("packages/core/src/VobizClient.ts", "no test yet of a character that two pieces of an error's text share", [
    [
      "Stream.runForEach((piece) => Effect.sync(() => void (text += decoder.decode(piece, { stream: true })))),",
      "Stream.runForEach((piece) => Effect.sync(() => void (text += decoder.decode(piece, { stream: false })))),"
    ]
  ]),
  ...equivalent("packages/core/src/internal/aside.ts", "no names are added", [
    [
      "if (entry.zoneless.length > 0) addNames(tally.zoneless, entry.zoneless)",
      "if (entry.zoneless.length >= 0) addNames(tally.zoneless, entry.zoneless)"
    ]
  ]),
  ...equivalent("packages/core/src/internal/e164.ts", "what is known is remembered for speed alone", [
    ["if (known.size >= most) known.clear()", "if (known.size < most) known.clear()"]
  ]),
  ...left("packages/core/src/internal/rowTable.ts", "no row of the samples has two ids that differ", [
    [
      "const id = identity.map((wire) => row[wire]).find(isId)",
      "const id = identity.map((wire) => row[wire]).findLast(isId)"
    ]
  ]),
  ...equivalent("packages/core/src/internal/timestamp.ts", "what is known is remembered for speed alone", [
    [
      "if (known === undefined) offsets.set(zone, (known = new Map()))",
      "if (true) offsets.set(zone, (known = new Map()))"
    ]
  ]),
  ...left("packages/testing/src/FakeVobiz.ts", "an empty host is every interface, and the tests ask the loopback", [
    [
      'const server = yield* NodeHttpServer.make(() => node, { host: "127.0.0.1", port }).pipe(',
      'const server = yield* NodeHttpServer.make(() => node, { host: "", port }).pipe('
    ]
  ]),
  ...left("packages/testing/src/FakeVobiz.ts", "the delay is by the real clock, which no test waits for", [
    ["yield* delay", ";"]
  ]),
  ...left("packages/testing/src/Fixtures.ts", "no test asks a fixture for its format", [
    ['recordingFormat: "mp3",', 'recordingFormat: "",']
  ]),
  ...left("packages/testing/src/internal/call.ts", "no test yet of calls that end within a second", [
    [
      "const billsec = Math.max(1, Math.floor((a.endedAt - start) / second) - ring)",
      "const billsec = Math.max(1, Math.ceil((a.endedAt - start) / second) - ring)"
    ]
  ]),
  ...left(
    "packages/testing/src/internal/reply.ts",
    "no test yet of a body whose length is a whole number of mebibytes",
    [
      [
        "for (let left = bytes; left > 0; left -= mebibyte) yield filling",
        "for (let left = bytes; left >= 0; left -= mebibyte) yield filling"
      ]
    ]
  ),
  ...equivalent("packages/testing/src/internal/timedRows.ts", "the same index is made again, more slowly", [
    [
      "index ??= new Map(entries.map((entry) => [key(entry), entry]))",
      "index = new Map(entries.map((entry) => [key(entry), entry]))"
    ]
  ]),
  ...equivalent("packages/archive/src/Bucket.ts", "the library takes no headers as none", [
    ["upload: (key, file, headers = {}) =>", "upload: (key, file, headers) =>"]
  ]),
  ...equivalent("packages/archive/src/Bucket.ts", "the size of a read changes no byte", [
    [
      "Body: createReadStream(file, { highWaterMark: 1024 * 1024 }),",
      "Body: createReadStream(file, { highWaterMark: 1024 * 1025 }),"
    ]
  ]),
  ...left("packages/archive/src/internal/fetchWhole.ts", "no recording of the tests is of one byte", [
    [
      "if (known !== null && intake.length === known && known > 0) return null",
      "if (known !== null && intake.length === known && known > 1) return null"
    ]
  ]),
  ...left("packages/archive/src/internal/migration.ts", "no test yet of an index that is no folder", [
    ['(yield* disk.kindOf(index)) === "folder"', "true"]
  ]),
  ...left("packages/archive/src/internal/mp3.ts", "no sample has such a tag yet", [
    [
      'return text === "APETAGEX" ? 32 + bytes.readUInt32LE(12) : null',
      'return text === "APETAGEX" ? 32 + bytes.readUInt32LE(13) : null'
    ]
  ]),
  ...left("packages/archive/src/internal/objects.ts", "no test yet of a sealed object that is not whole", [
    ["trouble !== null || sealed === null || isWhole", "trouble !== null || sealed === null && isWhole"]
  ]),
  ...left("packages/archive/src/internal/rulesText.ts", "the words for an empty list are not asserted yet", [
    ['? "the list is empty; name something, or leave it out"', '? ""']
  ]),
  ...left(
    "packages/archive/src/internal/rulesText.ts",
    "the words for this field are not asserted yet, those for others are",
    [['addedBefore: "write an instant with its zone, such as 2026-04-01T00:00:00+05:30",', 'addedBefore: "",']]
  ),
  ...left("packages/archive/src/internal/writer.ts", "no test yet writes an entry that is too long", [
    [
      'return yield* new StoreError({ kind: "other", place: file, detail: `an entry would have ${line.length} bytes` })',
      'return yield* new StoreError({ kind: "other", place: file, detail: `` })'
    ]
  ]),
  ...left("packages/reconcile/src/internal/conference.ts", "asserted since, in conference.test.ts", [
    [
      "`(FROM ${s}.recording WHERE recording_type = 'conference' OR conference_name IS NOT NULL)`",
      "`(FROM ${s}.recording WHERE recording_type = 'conference' AND conference_name IS NOT NULL)`"
    ]
  ]),
  ...left("packages/reconcile/src/internal/coverageModel.ts", "asserted since, in Coverage.test.ts", [
    ["!isWhole(cdrs) || base === 0", "!isWhole(cdrs) && base === 0"]
  ]),
  ...left(
    "packages/reconcile/src/internal/furtherFinding.ts",
    "no test yet of the order of two findings of one instant",
    [
      [
        "SELECT f.code, NULL, l.verdict, l.rule, coalesce(l.start_ms, a.began_ms), a.ended_ms + p.retention_ms, l.arrival, NULL, 1,",
        "SELECT f.code, NULL, l.verdict, l.rule, coalesce(l.start_ms, a.began_ms), a.ended_ms + p.retention_ms, l.arrival, NULL, 2,"
      ]
    ]
  ),
  ...left("packages/reconcile/src/internal/ledgerRecording.ts", "asserted since, in Ledger.test.ts", [
    [
      '"SELECT coalesce(max(id), 0)::VARCHAR AS id, coalesce(max(recorded_ms), 0)::VARCHAR AS recorded FROM run",',
      '"SELECT coalesce(max(id), 0)::VARCHAR AS id, coalesce(min(recorded_ms), 0)::VARCHAR AS recorded FROM run",'
    ]
  ]),
  ...left(
    "packages/reconcile/src/internal/owner.ts",
    "an overlap counts a millisecond less, which tells two legs apart only where one has that millisecond alone",
    [
      [
        "`CASE WHEN x.stop IS NULL OR ${stop} IS NULL THEN 0 ELSE greatest(0, least(x.stop, ${stop}) - greatest(x.${from}, ${begin}) + 1) END`",
        "`CASE WHEN x.stop IS NULL OR ${stop} IS NULL THEN 0 ELSE greatest(0, least(x.stop, ${stop}) - greatest(x.${from}, ${begin}) - 1) END`"
      ]
    ]
  ),
  ...left("packages/reconcile/src/internal/timeline.ts", "no test yet at this bound of the skew", [
    [
      "'within': greatest(0, least(stop, first_start + span_ms, a.known_stop + skew_ms) - greatest(begin, first_start, a.known_start - skew_ms))}) AS unplaced",
      "'within': greatest(0, least(stop, first_start + span_ms, a.known_stop + skew_ms) - greatest(begin, first_start, a.known_start + skew_ms))}) AS unplaced"
    ]
  ]),
  ...left(
    "packages/reconcile/src/internal/trunkSwitch.ts",
    "no test yet of other recordings on a trunk that was changed",
    [
      [
        "WHERE recording_type = 'trunk' AND duration_ms IS DISTINCT FROM 0) r",
        "WHERE recording_type = 'trunk' OR duration_ms IS DISTINCT FROM 0) r"
      ]
    ]
  ),
  ...equivalent("packages/cluster/src/Audio.ts", "a name at random is at random still", [
    [
      "const mark = (yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)).toString(36)",
      "const mark = (yield* Random.nextIntBetween(1, Number.MAX_SAFE_INTEGER)).toString(36)"
    ]
  ]),
  ...left("packages/cluster/src/FindingsStore.ts", "asserted since, in FindingsStore.test.ts", [
    [
      'new LakeError({ path, detail: "is damaged, or was written by another version", advice: "Submit the run again" })',
      'new LakeError({ path, detail: "is damaged, or was written by another version", advice: "" })'
    ]
  ]),
  ...left("packages/cluster/src/JobLog.ts", "asserted since, in JobLog.test.ts", [
    [
      "sql`UPDATE recon_run SET state = 'cancelled', ended_at = ${now} WHERE run = ${run} AND state = 'running'`,",
      "sql`UPDATE recon_run SET state = 'cancelled', ended_at = ${now} WHERE run = ${run} OR state = 'running'`,"
    ]
  ]),
  ...left("packages/cluster/src/JobRunner.ts", "this log tracks no unit, so the name stands in no row", [
    ['Layer.provide(JobLog.JobLog.layer({ runner: "none" }))', 'Layer.provide(JobLog.JobLog.layer({ runner: "" }))']
  ]),
  ...equivalent("packages/cluster/src/LakeS3.ts", "what is listed is thrown away, be it one object or two", [
    [
      'yield* onStore(Stream.runDrain(Stream.take(bucket.list(keyOf("account=")), 1)))',
      'yield* onStore(Stream.runDrain(Stream.take(bucket.list(keyOf("account=")), 2)))'
    ]
  ]),
  ...left("packages/cluster/src/SqlRateLimiterStore.ts", "this limiter does not adapt, so nobody reads its epoch", [
    [
      'adaptiveConsume: () => Effect.succeed({ delay: Duration.zero, epoch: 0, phase: "inactive" }),',
      'adaptiveConsume: () => Effect.succeed({ delay: Duration.zero, epoch: 1, phase: "inactive" }),'
    ]
  ]),
  ...equivalent("packages/cluster/src/internal/reconcile.ts", "any number below nought sorts alike", [
    [".toSorted(([a], [b]) => (a < b ? -1 : 1))", ".toSorted(([a], [b]) => (a < b ? -2 : 1))"]
  ]),
  ...left("packages/cluster/src/internal/runnerPort.ts", "no test yet of a socket without an address", [
    ['const from = conn.remoteAddress ?? "an unknown address"', 'const from = conn.remoteAddress ?? ""']
  ]),
  ...left("packages/cluster/src/internal/sqliteClient.ts", "a name for traces", [
    ['driver: "sqlite-node",', 'driver: "",'],
    ['spanAttributes: [["db.system.name", "sqlite"]]', 'spanAttributes: [["db.system.name", ""]]']
  ]),
  ...left("packages/cluster/src/internal/units.ts", "no test yet of what is logged of a unit that is interrupted", [
    ["Cause.hasInterruptsOnly(cause)", "false"]
  ]),
  ...left("apps/recon/src/Job.ts", "asserted since, in Job.test.ts", [
    [
      "onFailure: (cause) => (Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause as Cause.Cause<never>) : told(cause))",
      "onFailure: (cause) => (false ? Effect.failCause(cause as Cause.Cause<never>) : told(cause))"
    ]
  ]),
  ...left("apps/recon/src/ReconcileView.ts", "asserted since, in Reconcile.test.ts", [
    [
      '`${calls === 1 ? "1 call is" : `${count(calls)} calls are`} on ${unlisted.length === 1 ? "a trunk" : "trunks"} that the account does not list (any more): ${named.join(", ")}${more > 0 ? ` and ${count(more)} more` : ""}`,',
      '`${true ? "1 call is" : `${count(calls)} calls are`} on ${unlisted.length === 1 ? "a trunk" : "trunks"} that the account does not list (any more): ${named.join(", ")}${more > 0 ? ` and ${count(more)} more` : ""}`,'
    ],
    [
      '`Find out whether ${unlisted.length === 1 ? "it" : "they"} recorded calls, and say so by a rule of the policy: when: { trunks: [${Terminal.json(unlisted[0]?.trunkId)}] }`,',
      '`Find out whether ${unlisted.length === 2 ? "it" : "they"} recorded calls, and say so by a rule of the policy: when: { trunks: [${Terminal.json(unlisted[0]?.trunkId)}] }`,'
    ]
  ]),
  ...left("apps/recon/src/ReportView.ts", "asserted since, in ReportView.test.ts", [
    [
      '`Cost ${money(calls.cost)}${calls.withoutCost > 0 ? `, and ${count(calls.withoutCost)} calls without a cost` : ""}`,',
      '`Cost ${money(calls.cost)}${calls.withoutCost <= 0 ? `, and ${count(calls.withoutCost)} calls without a cost` : ""}`,'
    ]
  ]),
  ...left("apps/recon/src/Telemetry.ts", "asserted since, in Telemetry.test.ts", [['Gone: "gone",', 'Gone: "",']]),
  ...left("apps/recon/src/VerifyView.ts", "asserted since, in Progress.test.ts", [
    [
      "...(latest.unread === 0 ? [] : [`${count(latest.unread)} not read`])",
      "...(false ? [] : [`${count(latest.unread)} not read`])"
    ]
  ]),
  ...left("apps/recon/src/commands/doctor/run.ts", "no test yet of a contract that loses one thing alone", [
    ["if (lost.length > 0) {", "if (lost.length > 1) {"]
  ]),
  ...left("apps/recon/src/commands/reconcile/lists.ts", "no test yet of the flag that an error names for recordings", [
    ['["--recordings", recordings]', '["", recordings]']
  ]),
  ...left("apps/recon/src/commands/reconcile/request.ts", "no test yet of the variable", [
    [
      'recordings: yield* total(input, "--recording-count", input.recordingCount, "RECON_RECORDING_COUNT")',
      'recordings: yield* total(input, "--recording-count", input.recordingCount, "")'
    ]
  ]),
  ...left("apps/recon/src/commands/reconcile/run.ts", "no test yet of an interrupted job that is finished first", [
    [
      "yield* Watch.verdictOf(one(input, yield* Request.prepare(input), watch, { isJob: true, isShown: true }))",
      "yield* Watch.verdictOf(one(input, yield* Request.prepare(input), watch, { isJob: false, isShown: true }))"
    ]
  ]),
  ...left("apps/recon/src/commands/release/run.ts", "asserted since, in release.test.ts", [
    [
      'input.json ? Terminal.json({ ...counts, kept }, 2) : lines.length === 0 ? "No recordings" : lines.join("\\n")',
      'input.json ? Terminal.json({ ...counts, kept }, 2) : true ? "No recordings" : lines.join("\\n")'
    ]
  ]),
  ...left("apps/recon/src/internal/doctor/account.ts", "asserted since, in doctorProbes.test.ts", [
    [
      'const value = refusals.length === 0 ? "not-seen" : refusals.some((one) => one.retryAfter) ? "header" : "no-header"',
      'const value = refusals.length === 0 ? "not-seen" : true ? "header" : "no-header"'
    ]
  ]),
  ...left("apps/recon/src/internal/doctor/cdrs.ts", "no test yet of the path in an export that is no CSV", [
    [
      'Effect.fail(failure(new DecodeFailure({ path: "", expected: message, syntax: true, body: "not shown" })))',
      'Effect.fail(failure(new DecodeFailure({ path: "mutated", expected: message, syntax: true, body: "not shown" })))'
    ]
  ]),
  ...left("apps/recon/src/internal/doctor/days.ts", "no test yet of a page of one row of several", [
    ["rows.length > 0 && total > rows.length", "rows.length > 1 && total > rows.length"]
  ]),
  ...left("apps/recon/src/internal/doctor/recordings.ts", "asserted since, in doctorProbes.test.ts", [
    [
      'concern: next === null || next === undefined ? "next says that there is no more where there is" : undefined',
      'concern: next === null && next === undefined ? "next says that there is no more where there is" : undefined'
    ]
  ]),
  ...left("apps/recon/src/internal/doctor/rows.ts", "asserted since, in doctorProbes.test.ts", [
    ["hasNext: pagination.has_next ?? false", "hasNext: pagination.has_next ?? true"]
  ]),
  ...left("apps/recon/src/internal/help.ts", "no flag is of that length", [
    ["const beside = left.length + 2 <= at", "const beside = left.length + 3 <= at"]
  ]),
  ...left("apps/recon/src/internal/help.ts", "every flag has a description", [
    [
      'const about = Option.getOrElse(flag.description, () => "")',
      'const about = Option.getOrElse(flag.description, () => "mutated")'
    ]
  ])
]
