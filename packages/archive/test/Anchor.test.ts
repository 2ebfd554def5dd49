import { assert, describe, it } from "@vobiz-effect/test-support"
import { Anchor, EvidenceKey, Manifest, Verify } from "@vobiz-effect/archive"
import { DateTime, Effect, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { generateKeyPairSync } from "node:crypto"
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

import * as Timestamp from "../src/internal/timestamp.ts"
import * as Authority from "./fakeAuthority.ts"
import { verify as independent } from "./independentVerifier.mjs"
import { folder, temporary } from "./utils.ts"

const services = (directory: string, key: Manifest.FolderOptions["key"] = null) =>
  Manifest.Manifest.layerFolder({ directory, key }).pipe(Layer.provideMerge(folder({ directory })))

const runOnce = Effect.scoped(Effect.flatMap(Manifest.Manifest, (manifest) => manifest.run("archive")))

const timestamps = (url: URL) => Anchor.Anchor.layerTimestamp({ url }).pipe(Layer.provide(FetchHttpClient.layer))

const at = DateTime.makeUnsafe("2026-11-20T12:00:00Z")

const setUp = Effect.gen(function* () {
  yield* TestClock.setTime(at.epochMilliseconds)
  const directory = `${yield* temporary}/archive`
  const authority = yield* Authority.serve()
  const trusted = yield* Anchor.trustedFromPem(authority.ca, "the test")
  const verify = (options: Partial<Verify.Options> = {}) =>
    Effect.provide(Verify.run({ directory, trusted, ...options }), services(directory))
  return { authority, directory, trusted, verify }
})

describe("an anchor", () => {
  it.effect("is kept beside the chain, and shows when its newest entry was there", () =>
    Effect.gen(function* () {
      const { authority, directory, verify } = yield* setUp
      const keep = Effect.andThen(runOnce, Anchor.keep(directory)).pipe(
        Effect.provide([services(directory), timestamps(authority.url)])
      )
      const anchored = yield* keep
      if (anchored === null) return assert.fail("there is a head")
      assert.deepStrictEqual(anchored.time, at)
      assert.strictEqual(anchored.entry, 1)
      assert.match(anchored.archive ?? "", /^[0-9a-f]{32}$/)
      assert.strictEqual(statSync(anchored.file).mode & 0o777, 0o600)
      assert.strictEqual(statSync(`${directory}/manifest/anchors`).mode & 0o777, 0o700)

      // Nothing but the hash goes out.
      assert.lengthOf(authority.questions, 1)
      const [asked] = authority.questions
      assert.isAtLeast(asked?.length ?? 0, 32)
      assert.isBelow(asked?.length ?? 0, 80)

      yield* TestClock.adjust("1 hour")
      yield* keep
      const verdict = yield* verify()
      assert.isNull(verdict.difference)
      assert.deepStrictEqual(verdict.strays, [])
      assert.deepStrictEqual(verdict.anchors, [
        {
          entry: 1,
          head: anchored.hash,
          at: "2026-11-20T12:00:00.000Z",
          time: "2026-11-20T12:00:00.000Z",
          isChecked: true
        },
        {
          entry: 3,
          head: verdict.head ?? "",
          at: "2026-11-20T13:00:00.000Z",
          time: "2026-11-20T13:00:00.000Z",
          isChecked: true
        }
      ])
      assert.isNull(independent(directory))
      // Without certificates, nobody knows who signed.
      const unchecked = yield* verify({ trusted: undefined })
      assert.isNull(unchecked.difference)
      assert.deepStrictEqual(
        unchecked.anchors.map(({ isChecked }) => isChecked),
        [false, false]
      )
    }).pipe(Effect.scoped)
  )

  it.effect("tells what who has the key does to the chain: cut, made anew, put back", () =>
    Effect.gen(function* () {
      const { authority, directory, verify } = yield* setUp
      const pair = generateKeyPairSync("ed25519")
      const pem = pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString()
      const key = yield* EvidenceKey.fromPem(Redacted.make(pem), "the test")
      const run = Effect.provide(runOnce, services(directory, key))
      yield* run
      cpSync(directory, `${directory}-before`, { recursive: true })
      yield* run
      const anchored = yield* Effect.provide(Anchor.keep(directory), [
        services(directory, key),
        timestamps(authority.url)
      ])
      if (anchored === null) return assert.fail("there is a head")
      const publicKey = yield* EvidenceKey.publicFromPem(
        pair.publicKey.export({ format: "pem", type: "spki" }).toString(),
        "the test"
      )
      assert.isNull((yield* verify({ publicKey })).difference)

      const chain = `${directory}/manifest/chain.ndjson`
      const whole = readFileSync(chain)
      const expectTold = Effect.gen(function* () {
        const { difference } = yield* verify({ publicKey })
        assert.strictEqual(difference?.place, `manifest/anchors/${anchored.hash}.tsr`)
        assert.include(difference?.expected, "as it was anchored")
        assert.include(difference?.found, "2026-11-20T12:00:00.000Z")
      })
      // A run is cut off, and another one comes in its place, later.
      yield* TestClock.adjust("1 minute")
      writeFileSync(chain, readFileSync(`${directory}-before/manifest/chain.ndjson`))
      yield* expectTold
      yield* run
      yield* run
      yield* expectTold
      // A whole chain that is new.
      rmSync(chain)
      yield* run
      yield* expectTold
      writeFileSync(chain, whole)
      assert.isNull((yield* verify({ publicKey })).difference)
      // Who takes the token away, too, takes it from the one who is asked to check it.
      rmSync(anchored.file)
      assert.deepStrictEqual((yield* verify({ publicKey })).anchors, [])
    }).pipe(Effect.scoped)
  )

  it.effect("is not one that another authority signed, that was changed, or that is of something else", () =>
    Effect.gen(function* () {
      const { authority, directory, verify } = yield* setUp
      const keep = Anchor.keep(directory).pipe(Effect.provide([services(directory), timestamps(authority.url)]))
      yield* Effect.provide(runOnce, services(directory))
      const anchored = yield* keep
      if (anchored === null) return assert.fail("there is a head")
      const token = readFileSync(anchored.file)
      const difference = Effect.map(verify(), ({ difference }) => difference)
      assert.isNull(yield* difference)

      const others = [yield* Authority.identity(), yield* Authority.identity({ purpose: "1.3.6.1.5.5.7.3.1" })]
      for (const { ca } of others) {
        const trusted = yield* Anchor.trustedFromPem(ca, "the test")
        const told = yield* verify({ trusted })
        assert.include(
          told.difference?.found,
          "its signature is not of an authority that the certificates given vouch for"
        )
      }
      const question = yield* Timestamp.request(anchored.hash, new Uint8Array(16).fill(64))
      const forged = Effect.fnUntraced(function* (who: typeof authority, faults: Authority.Faults = {}) {
        const bytes = yield* Effect.promise(() =>
          Authority.answer(who, question, DateTime.toDate(DateTime.subtract(at, { days: 365 })), faults)
        )
        writeFileSync(anchored.file, bytes)
        return (yield* difference)?.found
      })
      assert.include(yield* forged({ ...authority, ...(yield* Authority.identity()) }), "not of an authority")
      assert.include(yield* forged(authority, { namesAnother: true }), "by another certificate than it names")
      assert.include(yield* forged(authority, { imprint: new Uint8Array(32) }), "a token of something else")
      assert.include(yield* forged(authority, { refuses: true }), "the authority refused (status 2)")
      // One that may sign web pages may not sign times.
      const web = yield* Authority.identity({ purpose: "1.3.6.1.5.5.7.3.1" })
      const bytes = yield* Effect.promise(() => Authority.answer(web, question, DateTime.toDate(at)))
      writeFileSync(anchored.file, bytes)
      const told = yield* verify({ trusted: yield* Anchor.trustedFromPem(web.ca, "the test") })
      assert.include(told.difference?.found, "not one for time stamps alone")

      // Whatever byte of what is signed is changed, it is found, as is what is put on or cut off.
      const info = token.indexOf(Buffer.from("20261120120000Z"))
      assert.isAbove(info, 0)
      for (const [what, damaged] of [
        ["time", Buffer.from(token).fill("9", info + 3, info + 4)],
        ["one byte more", Buffer.concat([token, Buffer.of(0)])],
        ["one byte less", token.subarray(0, -1)],
        ["nothing", Buffer.alloc(0)],
        ["text", Buffer.from("a token")],
        ["too long", Buffer.concat([token, Buffer.alloc(1024 * 1024)])]
      ] as const) {
        writeFileSync(anchored.file, damaged)
        assert.strictEqual((yield* difference)?.place, `manifest/anchors/${anchored.hash}.tsr`, what)
      }
      for (let byte = 0; byte < token.length; byte += 7) {
        const damaged = Buffer.from(token)
        damaged[byte] = (damaged[byte] ?? 0) ^ 0x10
        writeFileSync(anchored.file, damaged)
        // A byte may be of what nobody reads, such as the form of a number: then it says the same.
        const verdict = yield* verify()
        assert.isTrue(
          verdict.difference !== null || verdict.anchors[0]?.time === "2026-11-20T12:00:00.000Z",
          `byte ${byte}`
        )
      }
      writeFileSync(anchored.file, token)
      writeFileSync(`${directory}/manifest/anchors/notes.txt`, "")
      const verdict = yield* verify()
      assert.isNull(verdict.difference)
      assert.deepStrictEqual(verdict.strays, ["manifest/anchors/notes.txt"])
    }).pipe(Effect.scoped)
  )

  for (const [name, faults, detail] of [
    ["refuses", { refuses: true }, "its answer: the authority refused (status 2)"],
    ["answers of another hash", { imprint: new Uint8Array(32) }, "its answer: it is a token of something else"],
    ["answers an older question", { nonce: new Uint8Array(16).fill(65) }, "its answer: it answers another question"],
    ["is broken", { status: 500 }, "it answered with status 500"]
  ] as const) {
    it.effect(`is not there when the authority ${name}`, () =>
      Effect.gen(function* () {
        const { directory } = yield* setUp
        const { url } = yield* Authority.serve(faults)
        yield* Effect.provide(runOnce, services(directory))
        const error = yield* Effect.flip(Effect.provide(Anchor.keep(directory), [services(directory), timestamps(url)]))
        assert.strictEqual(error.message, `${url.host}: ${detail}`)
        assert.isFalse(existsSync(`${directory}/manifest/anchors`))
      }).pipe(Effect.scoped)
    )
  }

  it.effect("is what anybody makes it, as another log than an authority's", () =>
    Effect.gen(function* () {
      const { directory } = yield* setUp
      const who = yield* Authority.identity()
      const own = Layer.succeed(Anchor.Anchor, {
        stamp: (head) =>
          Effect.flatMap(Timestamp.request(head, new Uint8Array(16).fill(64)), (question) =>
            Effect.promise(() => Authority.answer(who, question, DateTime.toDate(at)))
          )
      })
      const none = yield* Effect.provide(Anchor.keep(directory), [services(directory), own])
      assert.isNull(none)
      yield* Effect.provide(runOnce, services(directory))
      assert.isNotNull(yield* Effect.provide(Anchor.keep(directory), [services(directory), own]))
      assert.lengthOf(readdirSync(`${directory}/manifest/anchors`), 1)
    }).pipe(Effect.scoped)
  )

  it.effect("is read as OpenSSL makes it", () =>
    Effect.gen(function* () {
      const fixtures = fileURLToPath(new URL("./fixtures/timestamp", import.meta.url))
      const token = readFileSync(`${fixtures}/openssl.tsr`)
      const certificates = yield* Timestamp.certificates(readFileSync(`${fixtures}/root.pem`, "utf8"))
      const head = "ab".repeat(32)
      assert.strictEqual(DateTime.formatIso(yield* Timestamp.read(token, head)), "2026-11-26T12:47:28.000Z")
      yield* Timestamp.check(token, head, certificates)
      const other = yield* Effect.flip(Timestamp.check(token, "cd".repeat(32), certificates))
      assert.strictEqual(other._tag, "Wrong")
    })
  )

  it.effect("is checked against certificates, or against nothing", () =>
    Effect.gen(function* () {
      for (const [text, message] of [
        ["", "ca.pem: it has no certificate in PEM"],
        ["no certificate", "ca.pem: it has no certificate in PEM"],
        [
          "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
          "ca.pem: it is no file of certificates in PEM"
        ]
      ] as const) {
        assert.strictEqual((yield* Effect.flip(Anchor.trustedFromPem(text, "ca.pem"))).message, message)
      }
    })
  )
})
