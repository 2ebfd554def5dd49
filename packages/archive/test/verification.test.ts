/** What a verification says of a chain that is not as it should be. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { CanonicalJson } from "@vobiz-effect/archive"
import { Digest } from "@vobiz-effect/files"
import { Effect, FileSystem, Path } from "effect"
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto"

import * as Chain from "../src/internal/chain.ts"
import * as Disk from "../src/internal/disk.ts"
import * as Event from "../src/internal/event.ts"
import * as MerkleTree from "../src/internal/merkleTree.ts"
import * as Migration from "../src/internal/migrationPlaces.ts"
import * as Segments from "../src/internal/segments.ts"
import * as Verification from "../src/internal/verification.ts"
import type { Options } from "../src/internal/verificationModel.ts"
import { temporary } from "./utils.ts"

const archive = "0123456789abcdef0123456789abcdef"
const [a, b] = ["a".repeat(64), "b".repeat(64)] as const

type Given = Partial<Chain.Unsealed> & Pick<Chain.Unsealed, "kind">

interface Made {
  readonly lines: ReadonlyArray<string>
  readonly hashes: ReadonlyArray<string>
}

/** A chain of entries, each of which is as it should be except for what is given. */
const chain = (given: ReadonlyArray<Given>, key?: KeyObject): Made => {
  const lines: Array<string> = []
  const hashes: Array<string> = []
  let begin = 0
  for (const [seq, one] of given.entries()) {
    if (one.kind === "begin") begin = seq
    const run = lines.slice(begin)
    const root = MerkleTree.root(
      run.reduce((tree, line) => MerkleTree.append(tree, Buffer.from(line)), MerkleTree.empty)
    )
    const usual: CanonicalJson.Json =
      one.kind === "begin"
        ? { version: 2 }
        : one.kind === "close"
          ? { begin, entries: run.length, root: Buffer.from(root).toString("hex"), outcome: "completed" }
          : {}
    const body = one.body === undefined ? usual : { ...(usual as object), ...(one.body as object) }
    const unsigned: Chain.Unsealed = {
      seq,
      prev: hashes.at(-1) ?? Chain.none,
      at: "2026-05-10T12:00:00.000Z",
      version: 2,
      archive,
      ...one,
      body
    }
    const entry =
      key === undefined
        ? unsigned
        : {
            ...unsigned,
            signature: {
              key: Chain.publicKeyOf(key),
              value: sign(null, Buffer.from(CanonicalJson.encode(unsigned)), key).toString("base64")
            }
          }
    const { hash, line } = Chain.seal(entry)
    lines.push(line)
    hashes.push(hash)
  }
  return { lines, hashes }
}

/** What is found of a chain's text: the difference, or the counts. */
const verified = (text: string | null, options: Partial<Options> = {}) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* temporary
    const place = `${directory}/manifest/chain.ndjson`
    yield* fs.makeDirectory(`${directory}/manifest`)
    if (text !== null) yield* fs.writeFileString(place, text)
    const found = Verification.found()
    const disk = yield* Disk.make
    const difference = yield* Verification.chain(disk, { directory, ...options }, found).pipe(
      Effect.as(null),
      Effect.catchTag("Differs", ({ entry, expected, found, place: at }) => {
        assert.strictEqual(at, expected.startsWith("that ") ? `audio ${b}` : (options.manifest ?? place))
        return Effect.succeed({ entry, expected, found })
      })
    )
    return { difference, found }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const textOf = ({ lines }: Made) => lines.map((line) => `${line}\n`).join("")

const stored = (sha256: string, recordingId = "r", more: object = {}): Given => ({
  kind: "event",
  body: {
    event: { _tag: "Stored", recordingId, addTime: "2026-05-10T12:00:00.000Z", sha256, bytes: 1, ...more },
    files: []
  }
})
const object: Given = { kind: "object", body: { root: a, bytes: 5, segments: 2 } }
const erased = (root: string, segments: ReadonlyArray<number>): Given => ({ kind: "erased", body: { root, segments } })
const begin: Given = { kind: "begin" }
const close: Given = { kind: "close" }
const fact: Given = { kind: "fact" }

describe("a chain", () => {
  it.effect("that is as it should be is counted", () =>
    Effect.gen(function* () {
      const made = chain([begin, fact, stored(a), close, begin, object, erased(a, [0, 1]), begin, fact])
      const { difference, found } = yield* verified(textOf(made), { head: made.hashes[3] })
      assert.isNull(difference)
      const { counts, isOpen, signers } = found
      assert.deepInclude(counts, {
        version: 2,
        archive,
        entries: 9,
        runs: 3,
        unclosed: 2,
        isClosed: false,
        unsigned: 9,
        head: made.hashes[8] ?? null
      })
      assert.deepStrictEqual([isOpen, signers.size], [false, 0])
      const whole = yield* verified(textOf(chain([begin, close, begin, close])))
      assert.isNull(whole.difference)
      assert.deepInclude(whole.found.counts, { entries: 4, runs: 2, unclosed: 0, isClosed: true })
    })
  )

  it.effect("of version 1 may be open: its last run need not have written down all", () =>
    Effect.gen(function* () {
      const one = (given: ReadonlyArray<Given>) =>
        chain(
          given.map(({ kind, ...more }) => ({ kind, ...(kind === "begin" ? { body: { version: 1 } } : {}), ...more }))
        )
      const oneOf = (given: ReadonlyArray<Given>) => {
        // Its entries have neither version nor archive.
        const hashes: Array<string> = []
        const lines = one(given).lines.map((line) => {
          const { archive: _, hash: __, version: ___, ...entry } = JSON.parse(line) as Chain.Entry
          const sealed = Chain.seal({ ...entry, prev: hashes.at(-1) ?? Chain.none })
          hashes.push(sealed.hash)
          return sealed.line
        })
        return lines.map((line) => `${line}\n`).join("")
      }
      for (const [given, isOpen] of [
        [[begin], true],
        [[begin, fact], true]
      ] as const) {
        const { difference, found } = yield* verified(oneOf(given))
        assert.isNull(difference)
        assert.deepStrictEqual([found.counts.version, found.counts.archive, found.isOpen], [1, null, isOpen])
      }
    })
  )

  const other = "f".repeat(32)
  for (const [name, given, entry, expected, found] of [
    ["has another number", [begin, { ...fact, seq: 2 }], 1, "entry 1", "entry 2"],
    [
      "has another version in its begin",
      [{ ...begin, body: { version: 1 } }],
      0,
      "a run of version 2",
      "one of another version"
    ],
    [
      "is of another archive",
      [begin, { ...fact, archive: other }],
      1,
      `an entry of the archive ${archive}`,
      `one of ${other}`
    ],
    ["is of no run", [fact], 0, "the begin of a run", "fact"],
    ["follows the end of a run", [begin, close, fact], 2, "the begin of a run", "fact"],
    [
      "has a body of another kind",
      [begin, { kind: "object", body: { root: "x" } }],
      1,
      "a body of the kind object",
      "another one"
    ],
    [
      "ends another run",
      [begin, close, begin, { ...close, body: { begin: 0 } }],
      3,
      "the end of the run of entry 2",
      "0"
    ],
    ["counts other entries", [begin, fact, { ...close, body: { entries: 1 } }], 2, "2 entries of the run", "1"],
    [
      "erases what there is not",
      [begin, erased(a, [0])],
      1,
      "an entry of what was before",
      "an object that no entry before has"
    ],
    [
      "erases segments that there are not",
      [begin, object, erased(a, [2])],
      2,
      "an entry of what was before",
      "segments that the object does not have"
    ]
  ] as ReadonlyArray<readonly [string, ReadonlyArray<Given>, number, string, string]>) {
    it.effect(`differs where an entry ${name}`, () =>
      Effect.gen(function* () {
        const { difference } = yield* verified(textOf(chain(given)))
        assert.deepStrictEqual(difference, { entry, expected, found })
      })
    )
  }

  it.effect("differs where an entry is not the one that was written", () =>
    Effect.gen(function* () {
      const { hashes, lines } = chain([begin, fact, close])
      const [first = "", second = "", third = ""] = lines
      const of = (...all: ReadonlyArray<string>) =>
        Effect.map(verified(all.map((line) => `${line}\n`).join("")), ({ difference }) => difference)
      const asWritten = (found: string, entry = 1) => ({ entry, expected: "an entry as it was written", found })
      assert.deepStrictEqual(yield* of(first, "{"), asWritten("line 2 is no JSON"))
      assert.deepStrictEqual(yield* of(first, "{}"), asWritten("line 2 is no entry"))
      assert.deepStrictEqual(yield* of(`${first} `), asWritten("line 1 is not in canonical form", 0))
      const at = second.replace("12:00:00", "12:00:01")
      const { hash: _, ...unsealed } = JSON.parse(at) as Chain.Entry
      const { hash } = Chain.seal(unsealed)
      assert.deepStrictEqual(
        yield* of(first, at),
        asWritten(`line 2 has the hash ${hashes[1]}, and its content ${hash}`)
      )
      const { lines: others, hashes: heads } = chain([begin, { ...fact, body: { more: 1 } }, close])
      assert.deepStrictEqual(yield* of(first, second, others[2] ?? ""), {
        entry: 2,
        expected: `the hash before to be ${hashes[1]}`,
        found: heads[1] ?? ""
      })
      const wrong = chain([begin, fact, { ...close, body: { root: b } }])
      const root = (JSON.parse(third) as { readonly body: { readonly root: string } }).body.root
      assert.deepStrictEqual(yield* of(...wrong.lines), { entry: 2, expected: `the Merkle root ${root}`, found: b })
    })
  )

  it.effect("differs where it ends before it should", () =>
    Effect.gen(function* () {
      const made = chain([begin, fact, close])
      const half = yield* verified(`${textOf(made)}{"x`)
      assert.deepStrictEqual(half.difference, {
        entry: null,
        expected: "the end of a line at its end",
        found: "3 bytes that are no whole line, as a killed run leaves them; the next one takes them away"
      })
      const { difference } = yield* verified(textOf(made), { head: b })
      assert.deepStrictEqual(difference, { entry: null, expected: `an entry with the hash ${b}`, found: "none" })
      const none = yield* verified(null)
      assert.deepStrictEqual(none.difference, { entry: null, expected: "a manifest", found: "no file" })
      const folder = yield* verified(null, { manifest: import.meta.dirname })
      assert.deepStrictEqual(folder.difference, {
        entry: null,
        expected: "a manifest",
        found: "something that is no plain file"
      })
    })
  )

  it.effect("differs where a recording needs audio that an entry deleted", () =>
    Effect.gen(function* () {
      const tombstone: Given = {
        kind: "event",
        body: {
          event: {
            _tag: "Tombstone",
            recordingId: "other",
            addTime: "2026-05-10T12:00:00.000Z",
            sha256: b,
            bytes: 1,
            audioRemoved: true
          },
          files: []
        }
      }
      const earlier = { earlier: [{ sha256: b, bytes: 7 }] }
      const { difference, found } = yield* verified(textOf(chain([begin, stored(a, "s", earlier), tombstone, close])))
      assert.deepStrictEqual(difference, {
        entry: 2,
        expected: "that index/2026/05/10/s-28a3d6d537e5d5090d33c042ad97db20.json still has it",
        found: "deleted"
      })
      assert.deepStrictEqual([...found.state.audio], [[a, { bytes: 1, entry: 1, sealed: null }]])
      // Kept again, it is there again.
      const again = yield* verified(textOf(chain([begin, stored(a, "s", earlier), tombstone, stored(b, "t"), close])))
      assert.isNull(again.difference)
    })
  )
})

describe("the files of a chain", () => {
  const object = (text: string) => {
    const segments = [{ _tag: "Kept" as const, salt: new Uint8Array(32), bytes: Buffer.from(text) }]
    const tree = segments.reduce((tree, one) => MerkleTree.appendHash(tree, Segments.leafOf(one)), MerkleTree.empty)
    return {
      root: Buffer.from(MerkleTree.root(tree)).toString("hex"),
      line: segments.map(Segments.lineOf).join("")
    }
  }
  const answer = object("an answer")
  const rooted: Given = { kind: "object", body: { root: answer.root, bytes: 9, segments: 1 } }
  const place = `objects/${answer.root.slice(0, 2)}/${answer.root}.ndjson`
  const event = { _tag: "Stored", recordingId: "r", addTime: "2026-05-10T12:00:00.000Z", sha256: a, bytes: 1 }
  const index = Event.placeOf(event) ?? ""
  const served = {
    path: "quarantine/served",
    sha256: Digest.of("???"),
    bytes: 3
  }
  const given: ReadonlyArray<Given> = [begin, rooted, { kind: "event", body: { event, files: [served] } }, close]
  const whole: Readonly<Record<string, string>> = {
    [place]: answer.line,
    [index]: Event.lineOf(event),
    [served.path]: "???"
  }

  /** The difference of a folder, and how many files a killed run had not put in their places. */
  const differing = (files: Readonly<Record<string, string | null>>, folders: ReadonlyArray<string> = []) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporary
      const { dirname } = yield* Path.Path
      for (const [at, text] of Object.entries({
        "manifest/chain.ndjson": textOf(chain(given)),
        ...whole,
        ...files
      })) {
        if (text === null) continue
        yield* fs.makeDirectory(dirname(`${directory}/${at}`), { recursive: true })
        yield* fs.writeFileString(`${directory}/${at}`, text)
      }
      for (const folder of folders) yield* fs.makeDirectory(`${directory}/${folder}`, { recursive: true })
      const found = Verification.found()
      const disk = yield* Disk.make
      yield* Verification.chain(disk, { directory }, found)
      const difference = yield* Verification.files(disk, { directory }, found).pipe(
        Effect.as(null),
        Effect.catchTag("Differs", ({ entry, expected, found, place }) =>
          Effect.succeed({ place, entry, expected, found })
        )
      )
      const { objects, recordings, unfinished } = found.counts
      return { difference, counts: { objects, recordings, unfinished } }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

  it.effect("that are there are counted, in their places or pending", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* differing({}), {
        difference: null,
        counts: { objects: 1, recordings: 1, unfinished: 0 }
      })
      const pending = yield* differing({
        [place]: null,
        [`pending/${answer.root}.ndjson`]: answer.line,
        [index]: null,
        [`pending/${Event.digestOf(event)}.json`]: Event.lineOf(event),
        [served.path]: null,
        "part/served.part": "???"
      })
      assert.deepStrictEqual(pending, { difference: null, counts: { objects: 1, recordings: 1, unfinished: 3 } })
    })
  )

  const other = object("another one")
  const otherEvent = { ...event, bytes: 2 }
  for (const [what, files, folders, difference] of [
    [
      "lacks an object",
      { [place]: null },
      [],
      { place, entry: 1, expected: `an object with the root ${answer.root}`, found: "no file" }
    ],
    [
      "has another object",
      { [place]: other.line },
      [],
      { place, entry: 1, expected: `an object with the root ${answer.root}`, found: `one with the root ${other.root}` }
    ],
    [
      "lacks an event",
      { [index]: null },
      [],
      { place: index, entry: 2, expected: `a file with the SHA-256 ${Event.digestOf(event)}`, found: "no file" }
    ],
    [
      "has another event",
      { [index]: Event.lineOf(otherEvent) },
      [],
      {
        place: index,
        entry: 2,
        expected: `a file with the SHA-256 ${Event.digestOf(event)}`,
        found: `one with ${Event.digestOf(otherEvent)}`
      }
    ],
    [
      "has an event with a space more",
      { [index]: ` ${Event.lineOf(event)}` },
      [],
      {
        place: index,
        entry: 2,
        expected: `a file with the SHA-256 ${Event.digestOf(event)}`,
        found: "a file that is no entry, or longer than one"
      }
    ],
    [
      "has a folder for an event",
      { [index]: null },
      [index],
      {
        place: index,
        entry: 2,
        expected: `a file with the SHA-256 ${Event.digestOf(event)}`,
        found: "something that is no plain file"
      }
    ],
    [
      "lacks a file of the quarantine",
      { [served.path]: null },
      [],
      { place: served.path, entry: 2, expected: `a file with the SHA-256 ${served.sha256}`, found: "no file" }
    ],
    [
      "has a longer file in the quarantine",
      { [served.path]: "????", "part/served.part": "????" },
      [],
      { place: served.path, entry: 2, expected: `a file with the SHA-256 ${served.sha256}`, found: "one of 4 bytes" }
    ],
    [
      "has another file in the quarantine",
      { [served.path]: "!!!" },
      [],
      {
        place: served.path,
        entry: 2,
        expected: `a file with the SHA-256 ${served.sha256}`,
        found: `one with ${Digest.of("!!!")}`
      }
    ],
    [
      "has an event more",
      { "index/2026/05/11/x.json": "{}" },
      [],
      {
        place: "index/2026/05/11/x.json",
        entry: null,
        expected: "no file that the manifest does not know",
        found: "one"
      }
    ],
    [
      "has a file in the quarantine more",
      { "quarantine/x": "" },
      [],
      { place: "quarantine/x", entry: null, expected: "no file that the manifest does not know", found: "one" }
    ],
    [
      "has an object more",
      { [`objects/aa/${a}.ndjson`]: "" },
      [],
      {
        place: `objects/aa/${a}.ndjson`,
        entry: null,
        expected: "no file that the manifest does not know",
        found: "one"
      }
    ],
    [
      "has audio of a shard in a file",
      { "audio/aa": "" },
      [],
      {
        place: "audio/aa",
        entry: null,
        expected: "no file that the manifest does not know",
        found: "something that is no folder"
      }
    ],
    [
      "was not migrated to its end",
      {},
      [Migration.folderName],
      {
        place: Migration.folderName,
        entry: 0,
        expected: "that the migration to version 2 was finished",
        found: "that it was not: the next run that writes to the archive finishes it"
      }
    ]
  ] as const) {
    it.effect(`differ where a folder ${what}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* differing(files, folders)).difference, difference)
      })
    )
  }

  it.effect("differ where one is a link, whatever it leads to", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporary
      yield* fs.makeDirectory(`${directory}/manifest`)
      yield* fs.writeFileString(`${directory}/manifest/chain.ndjson`, textOf(chain([begin, close])))
      yield* fs.symlink("manifest", `${directory}/quarantine`)
      const found = Verification.found()
      const disk = yield* Disk.make
      yield* Verification.chain(disk, { directory }, found)
      const error = yield* Effect.flip(Verification.files(disk, { directory }, found))
      assert.deepInclude(error, { place: "quarantine", found: "something that is no plain file" })
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})

describe("an entry", () => {
  /** Whether a body is one of its kind. */
  const isBody = (kind: Chain.Kind, body: CanonicalJson.Json, version = 2) =>
    Chain.isBody({
      seq: 0,
      prev: a,
      at: "",
      hash: b,
      kind,
      body,
      ...(version === 2 ? { version, archive } : {})
    })
  const event = (of: object, more: object = {}, version = 2) =>
    isBody("event", { event: of as CanonicalJson.Json, files: [], ...more }, version)
  const base = { recordingId: "r", addTime: "2026-05-10T12:00:00.000Z" }
  const audio = { sha256: a, bytes: 1 }
  const one = { _tag: "Stored", ...base, ...audio }

  it("of an object has its root, and how much it is", () => {
    const root = { root: a, bytes: 0, segments: 0 }
    assert.isTrue(isBody("object", root))
    assert.isTrue(isBody("object", { ...root, sealed: { sha256: b, bytes: 5 } }))
    for (const wrong of [
      { ...root, root: "a" },
      { ...root, root: `${a}a` },
      { ...root, root: `x${a}` },
      { ...root, bytes: -1 },
      { ...root, bytes: 0.5 },
      { ...root, segments: "1" },
      { ...root, sealed: { sha256: b } },
      { ...root, sealed: { sha256: "b", bytes: 5 } },
      { ...root, sealed: null },
      [],
      null
    ]) {
      assert.isFalse(isBody("object", wrong), JSON.stringify(wrong))
    }
    // Version 1 names it by its bytes.
    assert.isTrue(isBody("object", { sha256: a, bytes: 0 }, 1))
    assert.isFalse(isBody("object", { sha256: a }, 1))
    assert.isFalse(isBody("object", root, 1))
    assert.isFalse(isBody("object", { sha256: a, bytes: 0 }))
  })

  it("that erases has an object's root and numbers of its segments", () => {
    assert.isTrue(isBody("erased", { root: a, segments: [0, 7], sealed: { sha256: b, bytes: 5 } }))
    for (const wrong of [
      { root: "a", segments: [] },
      { root: a, segments: 1 },
      { root: a, segments: [1, -1] },
      { root: a, segments: [], sealed: [] }
    ]) {
      assert.isFalse(isBody("erased", wrong), JSON.stringify(wrong))
    }
  })

  it("of a run has the id of its key, if it has one", () => {
    for (const kind of ["begin", "close"] as const) {
      assert.isTrue(isBody(kind, {}))
      assert.isTrue(isBody(kind, { key: "0123456789abcdef" }))
      for (const key of ["0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", 1, null])
        assert.isFalse(isBody(kind, { key }))
    }
    assert.isTrue(isBody("fact", { key: 1 }))
  })

  it("of what happened has an event, and files of the quarantine", () => {
    assert.isTrue(event(one))
    assert.isTrue(isBody("found", { event: one, files: [] }))
    assert.isTrue(isBody("found", { event: null, files: [] }))
    assert.isFalse(isBody("found", { event: null, files: [], sealed: [] }))
    assert.isFalse(isBody("event", { event: null, files: [] }))
    assert.isFalse(isBody("event", { event: one }))
    const file = (path: unknown, more: object = audio) =>
      event(one, { files: [{ path: path as CanonicalJson.Json, ...more }] })
    assert.isTrue(file("quarantine/a"))
    assert.isTrue(file("quarantine/..a"))
    for (const path of [
      "quarantine/",
      "quarantine/.",
      "quarantine/..",
      "quarantine/a/b",
      "quarantine/a\\b",
      "quarantine/a\0b",
      "/quarantine/a",
      "../quarantine/a",
      "index/a",
      null
    ]) {
      assert.isFalse(file(path), String(path))
    }
    assert.isFalse(file("quarantine/a", { sha256: a }))
    assert.isFalse(file("quarantine/a", { sha256: "a", bytes: 1 }))
  })

  it("of an event has what its kind of event has", () => {
    for (const _tag of ["Quarantined", "Gone", "Released"]) assert.isTrue(event({ _tag, ...base, addTime: "then" }))
    for (const _tag of ["Stored", "Tombstone"]) {
      assert.isTrue(event({ ...one, _tag, earlier: [{ sha256: b, bytes: 0 }] }))
      for (const wrong of [
        { ...one, _tag, addTime: "then" },
        { ...one, _tag, addTime: "x2026-05-10" },
        { ...one, _tag, sha256: "a" },
        { ...one, _tag, bytes: null },
        { ...one, _tag, earlier: {} },
        { ...one, _tag, earlier: [{ sha256: b }] },
        { ...one, _tag, recordingId: 1 },
        { _tag, recordingId: "r", ...audio }
      ]) {
        assert.isFalse(event(wrong), JSON.stringify(wrong))
      }
    }
    const gone = { _tag: "Erased", ...base, audio: [audio], files: ["quarantine/a"] }
    assert.isTrue(event(gone))
    assert.isFalse(event({ ...gone, audio: null }))
    assert.isFalse(event({ ...gone, files: null }))
    assert.isFalse(event({ ...gone, files: ["quarantine/a", "a"] }))
    assert.isFalse(event({ ...one, _tag: "Other" }))
    assert.isFalse(event({ ...gone, _tag: "Other" }))
    assert.isTrue(event({ ...one, personal: a }))
    assert.isFalse(event({ ...one, personal: "a" }))
    // Personal values stand in no entry of version 2.
    for (const open of [{ from: null }, { to: null }, { salt: a }]) {
      assert.isFalse(event({ ...one, ...open }))
      assert.isTrue(event({ ...one, ...open }, {}, 1))
    }
  })

  it("of an event says how its own files are encrypted, and no others", () => {
    const sealed = (path: string) =>
      event({ ...one, earlier: [{ sha256: b, bytes: 1 }] }, { sealed: [{ path, ...audio }] })
    assert.isTrue(event(one, { sealed: [] }))
    assert.isTrue(sealed(`audio/aa/${a}`))
    assert.isTrue(sealed(`audio/bb/${b}`))
    assert.isTrue(sealed("index/2026/05/10/r-96229c0a1dcb79d7d50913f882e31449.json"))
    assert.isFalse(sealed("index/2026/05/10/r.json"))
    assert.isFalse(sealed(`audio/cc/${"c".repeat(64)}`))
    assert.isFalse(event(one, { sealed: [{ path: `audio/aa/${a}`, sha256: a }] }))
    assert.isFalse(event(one, { sealed: [{ ...audio }] }))
    assert.isFalse(event(one, { sealed: null }))
    assert.isFalse(event({ ...one, _tag: "Tombstone" }, { sealed: [{ path: `audio/aa/${a}`, ...audio }] }))
  })

  it("has its fields and no others", () => {
    const unsealed: Chain.Unsealed = {
      seq: 0,
      prev: a,
      at: "2026-05-10T12:00:00.000Z",
      kind: "fact",
      body: null,
      version: 2,
      archive
    }
    const parsed = (more: object) =>
      Chain.parse(Buffer.from(Chain.seal({ ...unsealed, ...more } as Chain.Unsealed).line))
    assert.isObject(parsed({}))
    assert.isObject(parsed({ signature: { key: "k", value: "v" } }))
    for (const wrong of [
      { more: 1 },
      { seq: 0.5 },
      { prev: "a" },
      { prev: `${a}a` },
      { at: "2026-05-10T12:00:00Z" },
      { at: "2026-05-10T12:00:00.000+00:00" },
      { at: "x2026-05-10T12:00:00.000Z" },
      { at: "2026-05-10T12:00:00.000Zx" },
      { at: "2026-02-31T25:00:00.000Z" },
      { at: 0 },
      { kind: "other" },
      { version: 3 },
      { archive: "a" },
      { archive: `${archive}0` },
      { archive: `x${archive}` },
      { signature: null },
      { signature: { key: "k" } },
      { signature: { key: 1, value: "v" } },
      { signature: { key: "k", value: 1 } },
      { signature: { key: "k", value: "v", more: 1 } }
    ]) {
      assert.strictEqual(parsed(wrong), "is no entry", JSON.stringify(wrong))
    }
    const { archive: _, version: __, ...one } = unsealed
    const ofOne = (more: object) => Chain.parse(Buffer.from(Chain.seal({ ...one, ...more } as Chain.Unsealed).line))
    assert.isObject(ofOne({}))
    assert.strictEqual(ofOne({ kind: "erased" }), "is no entry")
    assert.strictEqual(ofOne({ version: 2 }), "is no entry")
    assert.strictEqual(ofOne({ archive }), "is no entry")
    assert.isObject(parsed({ kind: "erased" }))
  })
})

describe("a chain that is signed", () => {
  const { privateKey: key, publicKey: half } = generateKeyPairSync("ed25519")
  const publicKey = Chain.publicKeyOf(half)
  const { privateKey: other } = generateKeyPairSync("ed25519")
  const all = [begin, fact, close]

  it.effect("names its signers, and counts what nobody signed", () =>
    Effect.gen(function* () {
      const { difference, found } = yield* verified(textOf(chain(all, key)), { publicKey })
      assert.isNull(difference)
      assert.deepStrictEqual([[...found.signers], found.counts.unsigned], [[publicKey], 0])
    })
  )

  it.effect("differs where an entry is not signed, or by another key", () =>
    Effect.gen(function* () {
      const unsigned = yield* verified(textOf(chain(all)), { publicKey })
      assert.deepStrictEqual(unsigned.difference, {
        entry: 0,
        expected: `the entry to be signed by ${publicKey}`,
        found: "no signature"
      })
      const stranger = yield* verified(textOf(chain(all, other)), { publicKey })
      assert.deepStrictEqual(stranger.difference, {
        entry: 0,
        expected: `the entry to be signed by ${publicKey}`,
        found: `a signature by ${Chain.publicKeyOf(other)}`
      })
      // From the first signature on all must have one.
      const { hashes, lines } = chain([begin], key)
      const { line } = Chain.seal({
        ...(JSON.parse(chain([begin, fact]).lines[1] ?? "") as Chain.Unsealed),
        prev: hashes[0] ?? ""
      })
      const { hash: _, ...second } = JSON.parse(line) as Chain.Entry
      const resumed = yield* verified(`${lines[0]}\n${Chain.seal(second).line}\n`)
      assert.deepStrictEqual(resumed.difference, {
        entry: 1,
        expected: "the entry to be signed, as the ones before are",
        found: "no signature"
      })
    })
  )

  it.effect("differs where a signature is of another entry", () =>
    Effect.gen(function* () {
      const { hash: _, ...entry } = JSON.parse(chain([begin], key).lines[0] ?? "") as Chain.Entry
      const { line } = Chain.seal({ ...entry, at: "2026-05-10T12:00:00.001Z" })
      const { difference } = yield* verified(`${line}\n`)
      assert.deepStrictEqual(difference, {
        entry: 0,
        expected: `a signature by ${publicKey} of this entry`,
        found: "another one"
      })
    })
  )
})
