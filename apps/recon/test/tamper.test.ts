/**
 * Tampers with an archive in hundreds of ways, and compares what `recon verify` says, what the independent verifier says, and the truth. The table
 * of docs/evidence.md is made here.
 */
import { NodeServices } from "@effect/platform-node"
import { CanonicalJson } from "@vobiz-effect/archive"
import { assert, Child, Effort, layerEach, Seed } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer } from "effect"
import { execFileSync } from "node:child_process"
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto"
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { verify as independent } from "../../../packages/archive/test/independentVerifier.mjs"
import * as ExitCode from "../src/ExitCode.ts"
import { runner } from "./command.ts"

const account = Simulator.make({
  seed: 7,
  calls: Effort.sized({ quick: 10, full: 16 }),
  days: 2,
  meanTalk: 8,
  until: DateTime.makeUnsafe("2026-11-20T00:00:00Z")
})
const day = ["--from", "2026-11-18", "--to", "2026-11-20"]
const serving = Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer)
const recon = runner(account)

const pair = () => generateKeyPairSync("ed25519")
const privatePem = ({ privateKey }: ReturnType<typeof pair>) =>
  privateKey.export({ format: "pem", type: "pkcs8" }).toString()
const rawOf = (pem: string) => {
  const { x = "" } = createPublicKey(createPrivateKey(pem)).export({ format: "jwk" })
  return Buffer.from(x, "base64url").toString("base64")
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

type Fields = { readonly [key: string]: CanonicalJson.Json }
interface Entry extends Fields {
  readonly kind: string
  readonly body: Fields
}

const linesOf = (chain: string) => readFileSync(chain, "utf8").trimEnd().split("\n")
const entriesOf = (chain: string) => linesOf(chain).map((line) => JSON.parse(line) as Entry)

/** Makes numbers, hashes, roots and, with a key, signatures anew, as one would who knows how a chain is made. */
const forge = (entries: ReadonlyArray<Fields>, pem: string | null): string => {
  let prev = "0".repeat(64)
  let begin = 0
  let leaves: Array<Buffer> = []
  const hash = (...parts: ReadonlyArray<Uint8Array>) => createHash("sha256").update(Buffer.concat(parts)).digest()
  const rootOf = (hashes: ReadonlyArray<Buffer>): Buffer => {
    const [first] = hashes
    if (first === undefined) return hash()
    if (hashes.length === 1) return first
    let half = 1
    while (half * 2 < hashes.length) half *= 2
    return hash(Buffer.of(1), rootOf(hashes.slice(0, half)), rootOf(hashes.slice(half)))
  }
  return entries
    .map((entry, seq) => {
      const { hash: _, signature: __, ...rest } = entry
      if (entry["kind"] === "begin") [begin, leaves] = [seq, []]
      const isClose = entry["kind"] === "close"
      const close = isClose
        ? {
            body: { ...(entry["body"] as Fields), begin, entries: leaves.length, root: rootOf(leaves).toString("hex") }
          }
        : {}
      const unsigned: Fields = { ...rest, ...close, seq, prev }
      const value =
        pem === null ? null : sign(null, Buffer.from(CanonicalJson.encode(unsigned)), pem).toString("base64")
      const sealed: Fields =
        value === null || pem === null ? unsigned : { ...unsigned, signature: { key: rawOf(pem), value } }
      prev = sha256(CanonicalJson.encode(sealed))
      const line = CanonicalJson.encode({ ...sealed, hash: prev })
      leaves.push(hash(Buffer.of(0), Buffer.from(line)))
      return `${line}\n`
    })
    .join("")
}

const files = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted()

const isSame = (one: string, other: string): boolean => {
  const [a, b] = [lstatSync(one), lstatSync(other, { throwIfNoEntry: false })]
  if (a.isDirectory() || b?.isDirectory() === true) return a.isDirectory() && b?.isDirectory() === true
  return a.isFile() && b?.isFile() === true && a.size === b.size && readFileSync(one).equals(readFileSync(other))
}

/** Makes a folder what another one is, whatever was done to it. Copying all of it would take longer than to verify it. */
const restore = (from: string, to: string) => {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(to, { recursive: true, encoding: "utf8" })) {
    const at = join(to, name)
    const isThere = lstatSync(at, { throwIfNoEntry: false }) !== undefined
    if (isThere && !isSame(at, join(from, name))) rmSync(at, { recursive: true })
  }
  cpSync(from, to, { recursive: true, force: false })
}

const covered = /^(audio|index|objects|quarantine|manifest\/chain)/

/** What somebody does to an archive, and what must come of it. */
interface Attack {
  /** The row of the table; several attacks of a kind share one. */
  readonly name: string
  readonly change: (directory: string) => void
  /** Whether the archive is then another than it was. */
  readonly truth: "changed" | "cannot tell" | "as it was"
  /** What is known from elsewhere, besides the public key. */
  readonly head?: boolean
  /** Whether the archive was kept without a key, and no copy of its root elsewhere. */
  readonly unsigned?: boolean
  /** Whether its files are encrypted, and who verifies has the key. */
  readonly encrypted?: "with the key" | "without the key"
}

const row = ({ name }: Attack, code: number, found: string, other: string | null) => ({
  name,
  code,
  found,
  other: other === null ? "as it was" : "differs"
})

type Row = ReturnType<typeof row>

const table = (rows: ReadonlyArray<Row>): string => {
  const cells = (rows: ReadonlyArray<ReadonlyArray<string>>) => rows.map((row) => `| ${row.join(" | ")} |`).join("\n")
  return cells([
    ["Attack", "`recon verify`", "Independent", "Exit code"],
    ["---", "---", "---", "---"],
    ...rows.map(({ code, found, name, other }) => [name, found, other, String(code)])
  ])
}

/** A table without what a formatter does to it. */
const bare = (text: string) => text.replace(/ +/g, " ").replace(/-+/g, "-").trim()

const docs = new URL("../../../docs/evidence.md", import.meta.url).pathname
const [start, end] = ["<!-- made by apps/recon/test/tamper.test.ts -->", "<!-- end -->"]

layerEach(serving)("an archive that somebody tampers with", (it) => {
  const ours = privatePem(pair())
  const theirs = privatePem(pair())

  /** What is done to the account's recordings, found out once: of an encrypted archive it could not be read. */
  interface Chosen {
    readonly maxBytes: number
    readonly pruned: string
    readonly erasable: string
  }

  /** An archive with all kinds of files: several runs, deleted and erased recordings, a quarantine, and objects. */
  const made = Effect.fnUntraced(function* (env: Record<string, string>, known?: Chosen) {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const [to, rules] = [`${folder}/archive`, `${folder}/rules.json`]
    const own = new Set(account.numbers.map(({ number }) => number))
    const textOf = (folder: string) =>
      files(join(to, folder)).map((file) => readFileSync(join(to, folder, file), "utf8"))
    /** Who can be deleted and erased without touching others. */
    const choose = () => {
      const others = textOf("quarantine").join("")
      const people = textOf("index").map((text) => {
        const { from, recordingId, to } = JSON.parse(text) as Fields
        return { recordingId: String(recordingId), number: [from, to].map(String).find((one) => !own.has(one)) ?? "" }
      })
      const [pruned, erasable] = people.filter(
        ({ number }) =>
          number !== "" && !others.includes(number) && people.filter((one) => one.number === number).length === 1
      )
      return { pruned: pruned?.recordingId ?? "", erasable: erasable?.number ?? "" }
    }
    // The two longest are too large, and are noted in the quarantine.
    const longest = Effect.gen(function* () {
      const whole = `${folder}/whole`
      yield* recon(["archive", "--archive", whole], env)
      const lengths = files(join(whole, "audio")).map((file) => lstatSync(join(whole, "audio", file)).size)
      return (lengths.toSorted((a, b) => b - a)[1] ?? 0) - 1
    })
    const maxBytes = known?.maxBytes ?? (yield* longest)
    yield* recon(["archive", "--archive", to, "--max-bytes", String(maxBytes)], env)
    yield* recon(["reconcile", ...day, "--evidence", to], env)
    const { erasable, pruned } = known ?? choose()
    assert.isNotEmpty(pruned)
    assert.isNotEmpty(erasable)
    const old = { name: "old", afterDays: 0, recordingIds: [pruned] }
    yield* fs.writeFileString(rules, JSON.stringify({ rules: [old], holds: [] }))
    cpSync(to, `${folder}/earlier`, { recursive: true })
    assert.strictEqual((yield* recon(["prune", "--archive", to, "--rules", rules, "--execute"], env)).code, 0)
    const why = ["--rules", rules, "--reason", "asked to", "--execute"]
    const erased = yield* recon(["erase", "--archive", to, "--number", erasable, ...why], env)
    assert.strictEqual(erased.code, 0, erased.err)
    assert.deepStrictEqual(
      [...new Set(files(to).map((file) => file.split("/")[0] ?? ""))].filter((name) => covered.test(`${name}/chain`)),
      ["audio", "index", "manifest", "objects", "quarantine"]
    )
    return { earlier: `${folder}/earlier`, to, chosen: { maxBytes, pruned, erasable } satisfies Chosen }
  })

  it.effect("is found out by both verifiers, wherever it can be", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const signed = yield* made({ VOBIZ_EVIDENCE_KEY: ours })
      const plain = yield* made({}, signed.chosen)
      const sealing = randomBytes(32)
      const sealed = yield* made(
        { VOBIZ_EVIDENCE_KEY: ours, VOBIZ_ARCHIVE_KEY: sealing.toString("hex") },
        signed.chosen
      )
      // By the commands, too, no number of the account comes to the disk in clear.
      const numbers = [...new Set(JSON.stringify(account).match(/\+\d{11,13}/g))].map((number) => number.slice(-10))
      assert.isAbove(numbers.length, 5)
      const shows = (directory: string) =>
        files(directory).filter((file) =>
          numbers.some((number) => readFileSync(join(directory, file)).includes(number))
        )
      for (const directory of [sealed.earlier, sealed.to]) assert.deepStrictEqual(shows(directory), [])
      assert.isNotEmpty(shows(plain.to))
      const publicKey = rawOf(ours)
      const publicPem = createPublicKey(createPrivateKey(ours)).export({ format: "pem", type: "spki" }).toString()
      yield* fs.writeFileString(`${folder}/key.pub`, publicPem)
      const chainOf = (directory: string) => join(directory, "manifest/chain.ndjson")
      const headOf = (directory: string) => String(entriesOf(chainOf(directory)).at(-1)?.["hash"])
      const below = Seed.integers()
      const all = files(signed.to).filter((file) => covered.test(file))
      /** The first file of a folder that has a text. */
      const having = (folder: string, text: string) => {
        const found = all.find(
          (file) => file.startsWith(folder) && readFileSync(join(signed.to, file), "utf8").includes(text)
        )
        return found ?? assert.fail(`no file in ${folder} has ${text}`)
      }
      const some = (kind: string, count: number) => {
        const of = all.filter((file) => file.startsWith(kind))
        return Effort.isFull ? of : Array.from({ length: Math.min(count, of.length) }, () => of[below(of.length)] ?? "")
      }
      const chosen = ["audio", "index", "objects", "quarantine"].flatMap((kind) => some(kind, 1))
      const named = (file: string) =>
        ({ audio: "audio", index: "an entry of the index", objects: "an object", quarantine: "the quarantine" })[
          file.split("/")[0] ?? ""
        ] ?? ""
      const outside = `${folder}/outside`

      const onFiles = chosen.map((file): ReadonlyArray<Attack> => {
        const attack = (name: string, change: (file: string) => void): Attack => ({
          name: `${name}: ${named(file)}`,
          change: (directory) => change(join(directory, file)),
          truth: "changed"
        })
        const sibling = all.find((other) => other !== file && other.split("/")[0] === file.split("/")[0]) ?? ""
        assert.notStrictEqual(sibling, "")
        return [
          attack("a bit flipped", (at) => {
            const bytes = readFileSync(at)
            const place = below(bytes.length)
            bytes[place] = (bytes[place] ?? 0) ^ (1 << below(8))
            writeFileSync(at, bytes)
          }),
          attack("a byte cut off", (at) => truncateSync(at, lstatSync(at).size - 1)),
          attack("a byte put on", (at) => writeFileSync(at, Buffer.concat([readFileSync(at), Buffer.of(10)]))),
          attack("emptied", (at) => truncateSync(at, 0)),
          attack("deleted", (at) => rmSync(at)),
          attack("a link to its own bytes elsewhere", (at) => {
            renameSync(at, outside)
            symlinkSync(outside, at)
          }),
          attack("a pipe in its place", (at) => {
            rmSync(at)
            execFileSync("mkfifo", [at])
          }),
          attack("a device in its place", (at) => {
            rmSync(at)
            symlinkSync("/dev/zero", at)
          }),
          attack("a folder in its place", (at) => {
            rmSync(at)
            mkdirSync(at)
          }),
          attack("grown to 1 TiB", (at) => truncateSync(at, 1024 ** 4)),
          attack("swapped for another", (at) => cpSync(join(signed.to, sibling), at))
        ]
      })

      const stray = "ab".repeat(32)
      const plants = [
        ["index/2026/11/19/x.json", "changed"],
        ["index/2026/11/19/.x.tmp", "changed"],
        ["objects/ab/x.ndjson", "changed"],
        [`objects/ab/${stray}.ndjson`, "changed"],
        ["quarantine/x", "changed"],
        [`audio/ab/${stray}`, "changed"],
        ["audio/ab", "changed"],
        ["audio/ab/notes.txt", "as it was"],
        ["manifest/chain-2.ndjson", "as it was"],
        ["run.sh", "as it was"],
        [`pending/${stray}.json`, "as it was"]
      ] as const
      const onPlants = plants.map(([place, truth]): Attack => ({
        name: `put in: \`${place.replace(stray, "…")}\``,
        change: (directory) => {
          const file = join(directory, place)
          mkdirSync(dirname(file), { recursive: true })
          writeFileSync(file, "x")
        },
        truth
      }))

      const entries = entriesOf(chainOf(signed.to))
      const within = (seq: number) => entries[seq]?.kind !== "close"
      const write = (lines: ReadonlyArray<string>) => (directory: string) =>
        writeFileSync(chainOf(directory), lines.map((line) => `${line}\n`).join(""))
      const lines = linesOf(chainOf(signed.to))
      // The first of them, within a run, stands for all kinds, so that the table is in one order.
      const places = [1, ...(Effort.isFull ? lines.map((_, n) => n) : [below(lines.length)])]
      const onLines: Array<Attack> = []
      for (const n of places) {
        const line = lines[n] ?? ""
        const entry: Entry = entries[n] ?? { kind: "", body: {} }
        const attack = (
          name: string,
          lines: ReadonlyArray<string>,
          { head = false, truth = "changed" }: Partial<Attack> = {}
        ): Attack => ({
          name,
          change: write(lines),
          truth,
          head
        })
        const rehashed = (change: Fields) => {
          const { hash: _, ...rest } = { ...entry, ...change } as Fields
          return CanonicalJson.encode({ ...rest, hash: sha256(CanonicalJson.encode(rest)) })
        }
        const changes: ReadonlyArray<readonly [string, Fields]> = [
          ["seq", { seq: Number(entry["seq"]) + 1 }],
          ["prev", { prev: "1".repeat(64) }],
          ["at", { at: "2026-11-20T00:00:00.001Z" }],
          ["at", { at: "yesterday" }],
          ["kind", { kind: entry.kind === "fact" ? "object" : "fact" }],
          ["body", { body: { ...entry.body, more: 1 } }],
          ["archive", { archive: "0".repeat(32) }],
          ["version", { version: 1 }],
          ["version", { version: 3 }],
          ["signature", { signature: { key: publicKey, value: Buffer.alloc(64).toString("base64") } }],
          ["signature", { signature: { key: rawOf(theirs), value: String((entry["signature"] as Fields)["value"]) } }]
        ]
        onLines.push(
          ...(n < lines.length - 1 ? [attack("a line of the chain dropped", lines.toSpliced(n, 1))] : []),
          attack("a line of the chain twice", lines.toSpliced(n, 0, line)),
          ...(n > 0
            ? [attack("two lines of the chain swapped", lines.toSpliced(n - 1, 2, line, lines[n - 1] ?? ""))]
            : []),
          ...changes.map(([field, change]) =>
            attack(`\`${field}\` of an entry changed, its hash made anew`, lines.toSpliced(n, 1, rehashed(change)))
          ),
          attack("a space in a line of the chain", lines.toSpliced(n, 1, line.replace(":", ": "))),
          attack("a signature removed, the hash made anew", lines.toSpliced(n, 1, forgeLine(entry))),
          ...(n > 0 && n < lines.length - 1
            ? [attack("the chain cut, with a head kept", lines.slice(0, n), { head: true })]
            : []),
          ...(n > 0 && n < lines.length - 1 && within(n - 1)
            ? [attack("the chain cut within a run", lines.slice(0, n))]
            : [])
        )
      }

      const replace = (from: string, directory: string) => {
        rmSync(directory, { recursive: true })
        cpSync(from, directory, { recursive: true })
      }
      const others: ReadonlyArray<Attack> = [
        { name: "nothing", change: () => {}, truth: "as it was", head: true },
        { name: "the `close` of the last run cut off", change: write(lines.slice(0, -1)), truth: "cannot tell" },
        {
          name: "an entry of the index put in after a run that has no end",
          change: (directory) => {
            write(lines.slice(0, -1))(directory)
            writeFileSync(join(directory, "index/x.json"), "{}")
          },
          truth: "changed"
        },
        {
          name: "half a line at the end of the chain",
          change: (directory) => writeFileSync(chainOf(directory), `${readFileSync(chainOf(directory), "utf8")}{"at`),
          truth: "changed"
        },
        {
          name: "a line of 64 MiB in the chain",
          change: (directory) => writeFileSync(chainOf(directory), `${"x".repeat(64 * 1024 * 1024)}\n`),
          truth: "changed"
        },
        { name: "the chain deleted", change: (directory) => rmSync(chainOf(directory)), truth: "changed" },
        {
          name: "the chain a link to its own bytes elsewhere",
          change: (directory) => {
            renameSync(chainOf(directory), outside)
            symlinkSync(outside, chainOf(directory))
          },
          truth: "changed"
        },
        {
          name: "a whole earlier copy put back (rollback), no head kept",
          change: (directory) => replace(signed.earlier, directory),
          truth: "as it was"
        },
        {
          name: "a whole earlier copy put back (rollback), a head kept",
          change: (directory) => replace(signed.earlier, directory),
          truth: "changed",
          head: true
        },
        {
          name: "a run played again at the end, signatures as they were",
          change: (directory) => {
            const last = entries.findLastIndex(({ kind }) => kind === "begin")
            writeFileSync(
              chainOf(directory),
              lines
                .concat(lines.slice(last))
                .map((line) => `${line}\n`)
                .join("")
            )
          },
          truth: "changed"
        },
        {
          name: "a run put on the end without the key (fork)",
          change: (directory) => {
            const last = entries.findLastIndex(({ kind }) => kind === "begin")
            const forged = forge([...entries, ...entries.slice(last)], null)
              .trimEnd()
              .split("\n")
              .slice(lines.length)
            const prev = String(entries.at(-1)?.["hash"])
            const relinked = forged.map((line) => JSON.parse(line) as Fields)
            let before = prev
            const text = relinked.map((entry) => {
              const { hash: _, ...rest } = { ...entry, prev: before } as Fields
              before = sha256(CanonicalJson.encode(rest))
              return CanonicalJson.encode({ ...rest, hash: before })
            })
            writeFileSync(
              chainOf(directory),
              lines
                .concat(text)
                .map((line) => `${line}\n`)
                .join("")
            )
          },
          truth: "changed"
        },
        {
          name: "the whole chain made anew, unsigned",
          change: (directory) => writeFileSync(chainOf(directory), forge(entries, null)),
          truth: "changed"
        },
        {
          name: "the whole chain made anew, signed by another key",
          change: (directory) => writeFileSync(chainOf(directory), forge(entries, theirs)),
          truth: "changed"
        },
        {
          name: "the whole chain made anew by who has the key, no head kept",
          change: (directory) =>
            writeFileSync(
              chainOf(directory),
              forge(
                entries.map((entry) => Object.assign({}, entry, { at: "2026-11-20T00:00:01.000Z" })),
                ours
              )
            ),
          truth: "as it was"
        },
        {
          name: "the whole chain made anew by who has the key, a head kept",
          change: (directory) =>
            writeFileSync(
              chainOf(directory),
              forge(
                entries.map((entry) => Object.assign({}, entry, { at: "2026-11-20T00:00:01.000Z" })),
                ours
              )
            ),
          truth: "changed",
          head: true
        },
        {
          name: "the whole chain of an unsigned archive made anew, no head kept",
          change: (directory) =>
            writeFileSync(
              chainOf(directory),
              forge(
                entriesOf(chainOf(directory)).map((entry) =>
                  Object.assign({}, entry, { at: "2026-11-20T00:00:01.000Z" })
                ),
                null
              )
            ),
          truth: "as it was",
          unsigned: true
        },
        {
          name: "audio swapped for what looks encrypted",
          change: (directory) => {
            const audio = all.find((file) => file.startsWith("audio/")) ?? ""
            const bytes = lstatSync(join(directory, audio)).size
            const length = 32 + bytes + 29 * Math.ceil(bytes / 65_536)
            writeFileSync(join(directory, audio), Buffer.concat([Buffer.from("VBZARC1\0"), Buffer.alloc(length, 7)]))
          },
          truth: "cannot tell"
        },
        {
          name: "audio swapped for what looks encrypted, and has another length",
          change: (directory) => {
            const audio = all.find((file) => file.startsWith("audio/")) ?? ""
            writeFileSync(join(directory, audio), Buffer.concat([Buffer.from("VBZARC1\0"), Buffer.alloc(3000, 7)]))
          },
          truth: "changed"
        },
        {
          name: "a deleted recording's audio put back",
          change: (directory) => {
            const gone = files(join(signed.earlier, "audio")).find((file) => !all.includes(`audio/${file}`)) ?? ""
            assert.notStrictEqual(gone, "")
            cpSync(join(signed.earlier, "audio", gone), join(directory, "audio", gone))
          },
          truth: "changed"
        },
        {
          name: "an erased part of an object put back",
          change: (directory) => {
            const object = having("objects/", '{"erased"')
            cpSync(join(signed.earlier, object), join(directory, object))
          },
          truth: "changed"
        },
        {
          name: "numbers of an entry of the index changed, with a salt of one's own",
          change: (directory) => {
            const at = having("index/", '"salt"')
            const text = readFileSync(join(directory, at), "utf8")
            writeFileSync(
              join(directory, at),
              text
                .replace(/"from":"[^"]*"/, '"from":"+911234567890"')
                .replace(/"salt":"[^"]*"/, `"salt":"${"0".repeat(64)}"`)
            )
          },
          truth: "changed"
        },
        {
          name: "numbers of an entry of the index removed, with its commitment put there",
          change: (directory) => {
            const at = having("index/", '"salt"')
            const { recordingId } = JSON.parse(readFileSync(join(directory, at), "utf8")) as Fields
            const closed = entries
              .flatMap(({ body }) => [body["event"] as Fields | undefined])
              .findLast((event) => event?.["recordingId"] === recordingId)
            writeFileSync(join(directory, at), `${CanonicalJson.encode(closed ?? null)}\n`)
          },
          truth: "changed"
        }
      ]

      const secret = files(sealed.to).filter((file) => covered.test(file) && !file.startsWith("manifest"))
      const kinds = ["audio/", "index/", "objects/", "quarantine/"]
      const [one, two] = ["index/", "objects/"].map((kind) => secret.filter((file) => file.startsWith(kind)))
      /** Changes one file of each kind; with little effort, one of any. */
      const everyKind = (name: string, change: (file: string, other: string) => void): ReadonlyArray<Attack> =>
        (Effort.isFull ? kinds : [kinds[below(kinds.length)] ?? ""]).map((kind) => {
          const [file = "", other = ""] = secret.filter((file) => file.startsWith(kind))
          assert.notStrictEqual(other, "")
          return {
            name,
            change: (directory) => change(join(directory, file), join(directory, other)),
            truth: "changed"
          }
        })
      const flip = (file: string, at: number) => {
        const bytes = readFileSync(file)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
        writeFileSync(file, bytes)
      }
      const tombstone = entriesOf(chainOf(sealed.to)).flatMap(({ body }) => [body["event"] as Fields | undefined])
      const deleted = tombstone.find((event) => event?.["_tag"] === "Tombstone")
      const onSealed: ReadonlyArray<Attack> = [
        ...everyKind("encrypted: a bit of the content flipped", (file) => {
          const { size } = lstatSync(file)
          flip(file, 48 + below(size - 48))
        }),
        ...everyKind("encrypted: a bit of the salt flipped", (file) => flip(file, 16 + below(32))),
        ...everyKind("encrypted: a bit of the key's id flipped", (file) => flip(file, 8 + below(8))),
        ...everyKind("encrypted: a bit of the format flipped", (file) => flip(file, below(8))),
        ...everyKind("encrypted: cut", (file) => truncateSync(file, below(lstatSync(file).size))),
        ...everyKind("encrypted: two of a kind swapped", (file, other) => {
          renameSync(file, outside)
          renameSync(other, file)
          renameSync(outside, other)
        }),
        {
          name: "encrypted: an object in place of an entry of the index",
          change: (directory) => cpSync(join(directory, two?.[0] ?? ""), join(directory, one?.[0] ?? "")),
          truth: "changed"
        },
        {
          name: "encrypted: audio put in clear in its place",
          change: (directory) => {
            const audio = secret.find((file) => file.startsWith("audio/") && all.includes(file)) ?? ""
            cpSync(join(signed.to, audio), join(directory, audio))
          },
          truth: "changed"
        },
        {
          name: "encrypted: a tombstone put in clear in its place",
          change: (directory) => {
            const start = String(deleted?.["recordingId"]).toLowerCase().slice(0, 36)
            const file = secret.find((file) => file.startsWith("index/") && file.includes(`/${start}-`)) ?? ""
            writeFileSync(join(directory, file), `${CanonicalJson.encode(deleted ?? null)}\n`)
          },
          truth: "changed"
        }
      ]
      const bothWays = (["with the key", "without the key"] as const).flatMap((encrypted) => {
        const nothing: Attack = {
          name: `encrypted: nothing, verified ${encrypted}`,
          change: () => {},
          truth: encrypted === "with the key" ? "as it was" : "cannot tell"
        }
        return [nothing].concat(onSealed).map((attack): Attack => Object.assign({}, attack, { encrypted }))
      })

      const attacks = [...others, ...onFiles.flat(), ...onPlants, ...onLines, ...bothWays]
      assert.isAbove(attacks.length, Effort.sized({ quick: 100, full: 500 }))
      const rows = new Map<string, Row>()
      for (const attack of attacks) {
        const { encrypted, head = false, unsigned = false } = attack
        const from = encrypted !== undefined ? sealed.to : unsigned ? plain.to : signed.to
        const keys = encrypted === "with the key" ? [sealing] : []
        const directory = `${from}-tampered`
        rmSync(outside, { force: true })
        restore(from, directory)
        attack.change(directory)
        const known = head ? headOf(from) : null
        const args = [
          ...(unsigned ? [] : ["--public-key", `${folder}/key.pub`]),
          ...(known === null ? [] : ["--head", known])
        ]
        const { code, out } = yield* recon(["verify", "--archive", directory, "--json", ...args], keyed(keys))
        const verdict = JSON.parse(out) as {
          readonly difference: { readonly place: string; readonly found: string } | null
          readonly strays: ReadonlyArray<string>
        }
        const other = independent(directory, unsigned ? null : publicKey, known, keys)
        const words = `${attack.name}: ${code} ${JSON.stringify(verdict.difference)} ${other}`
        assert.strictEqual(code, { changed: 1, "cannot tell": 3, "as it was": 0 }[attack.truth], words)
        assert.strictEqual(other === null, attack.truth === "as it was", words)
        const found =
          verdict.difference !== null
            ? "names it"
            : code === 3
              ? "cannot tell, and says why"
              : verdict.strays.length > 0
                ? "as it was; names the stray"
                : "as it was"
        const one = row(attack, code, found, other)
        const before = rows.get(attack.name)
        if (before !== undefined) assert.deepStrictEqual(one, before, words)
        rows.set(attack.name, one)
      }
      const tried = table([...rows.values()])
      const page = readFileSync(docs, "utf8")
      const [at, to] = [page.indexOf(start), page.indexOf(end)]
      assert.isAbove(at, 0)
      if (process.env["UPDATE_DOCS"] !== undefined) {
        writeFileSync(docs, `${page.slice(0, at + start.length)}\n\n${tried}\n\n${page.slice(to)}`)
      } else {
        assert.strictEqual(bare(page.slice(at + start.length, to)), bare(tried))
      }
    })
  )
})

layerEach(serving)("a verification", (it) => {
  it.effect("stops at once, however much there is left to read", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const to = yield* fs.makeTempDirectoryScoped()
      assert.strictEqual((yield* recon(["archive", "--archive", to])).code, 0)
      // Audio that no entry speaks of has to be read to its end.
      const address = "ab".repeat(32)
      mkdirSync(join(to, "audio/ab"), { recursive: true })
      writeFileSync(join(to, "audio/ab", address), "")
      truncateSync(join(to, "audio/ab", address), 1024 ** 4)
      const program = new URL("../src/bin.ts", import.meta.url)
      const signals = [
        ["SIGTERM", ExitCode.codes.terminated],
        ["SIGINT", ExitCode.codes.interrupted]
      ] as const
      for (const [signal, code] of signals.slice(0, Effort.sized({ quick: 1, full: 2 }))) {
        const child = yield* Child.start(program, ["verify", "--archive", to], { err: "kept" })
        const opened = Effect.sync(() => {
          const fds = `/proc/${child.process.pid}/fd`
          return existsSync(fds) && readdirSync(fds).some((fd) => targetOf(join(fds, fd)).endsWith(address))
        })
        yield* child.reaches("the file is being read", opened)
        yield* child.kill(signal)
        assert.strictEqual((yield* child.end).code, code)
      }
    })
  )
})

const keyed = ([key]: ReadonlyArray<Buffer>): Record<string, string> =>
  key === undefined ? {} : { VOBIZ_ARCHIVE_KEY: key.toString("hex") }

const targetOf = (link: string): string => {
  try {
    return readlinkSync(link)
  } catch {
    return ""
  }
}

/** An entry without its signature. */
const forgeLine = (entry: Fields): string => {
  const { hash: _, signature: __, ...rest } = entry
  return CanonicalJson.encode({ ...rest, hash: sha256(CanonicalJson.encode(rest)) })
}
