import { assert, describe, it } from "@vobiz-effect/test-support"
import { Media, Simulator } from "@vobiz-effect/testing"
import { DateTime } from "effect"
import { createHash } from "node:crypto"

/**
 * Accounts and audio are the same from version to version: tests of other programs hold expectations about them. A changed digest is
 * a change for their authors.
 */
const digestOf = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16)

const until = DateTime.makeUnsafe("2026-08-15T06:00:00Z")
const none = Object.fromEntries(Simulator.scenarios.map((kind) => [kind, 0]))

const ofScenario = (kind: Simulator.Scenario) => {
  const { cdrs, recordings, truth } = Simulator.make({
    seed: 17,
    calls: 60,
    days: 3,
    until,
    mix: { ...none, [kind]: 1 }
  })
  return { cdrs, recordings, truth }
}

const scenarios: Readonly<Record<Simulator.Scenario, string>> = {
  "voice-recorded": "cab38789296d96f6",
  "voice-unrecorded": "9f365cab56c27f20",
  "trunk-recorded": "168585a93e7d2445",
  "trunk-unrecorded": "e3cc0d57983025b4",
  unexpected: "b194c1e1a30339c4",
  bridged: "68eda928a5d904c2",
  "bridge-keyed": "ddf44f473798c7b0",
  unanswered: "97e3a28b3dc339a3",
  "very-short": "d3b93c72c73d905c",
  "duplicate-cdr": "dca7a8419e49d68f",
  late: "0797696d57c9c38e",
  pending: "63432c7dfcedaa70",
  missing: "3123d620e7d42645",
  orphan: "14265230b84f38d8",
  several: "9c5e06298eaafd35",
  "duration-mismatch": "ea4ee16e2aedba2e",
  conference: "f282cecbd6c207d2",
  "conference-room": "1a42f1cd5fa7cb74",
  unkeyed: "b64e775925cb6d95",
  "sub-account": "de4c9fb3d0cc2d26",
  straddling: "bceea8470bc454d8",
  "flawed-audio": "463ddf47f8623cbd"
}

const media: Readonly<Record<string, string>> = {
  "wav of 1": "eea6104742893e68",
  "wav of 1, silent": "fdda2b7a8a395431",
  "wav of 1, one-way": "eea6104742893e68",
  "wav of 1, cut": "23badcd9c27a89ae",
  "wav of 1, noise": "9506a3e96a235b8b",
  "wav of 1, codec": "1788e617db1c806b",
  "wav of 2": "e169d9ffc6015f1e",
  "wav of 2, silent": "284f920bc8cec4c9",
  "wav of 2, one-way": "38d84fb06d315338",
  "wav of 2, cut": "51fa412bb4a5089d",
  "wav of 2, noise": "0be01696d88a9a6d",
  "wav of 2, codec": "59d8c7ce275b4880",
  "mp3 of 1": "acd07d6e54044487",
  "mp3 of 1, silent": "00c481e25b62f457",
  "mp3 of 1, one-way": "acd07d6e54044487",
  "mp3 of 1, cut": "acd07d6e54044487",
  "mp3 of 1, noise": "acd07d6e54044487",
  "mp3 of 1, codec": "acd07d6e54044487",
  "mp3 of 2": "02f08a0e35fed4c1",
  "mp3 of 2, silent": "3af028f464f27304",
  "mp3 of 2, one-way": "600c8f6be4e391fa",
  "mp3 of 2, cut": "02f08a0e35fed4c1",
  "mp3 of 2, noise": "02f08a0e35fed4c1",
  "mp3 of 2, codec": "02f08a0e35fed4c1"
}

describe("an account of a seed stays as it is", () => {
  for (const kind of Simulator.scenarios) {
    it(`its calls of ${kind}`, () => assert.strictEqual(digestOf(ofScenario(kind)), scenarios[kind]))
  }

  it("as a whole", () => {
    const account = Simulator.make({ seed: 42, calls: 300, days: 10, until })
    assert.strictEqual(digestOf(account), "15beeef995f97342")
    const other = Simulator.make({
      seed: -(2 ** 40),
      calls: 100,
      days: 1.5,
      until,
      authId: "MA_OTHER",
      currency: { list: "USD", detail: "EUR" }
    })
    assert.strictEqual(digestOf(other), "029ab36d5496c81e")
    const more = [0, 1].map((index) => Simulator.oneMore(account, index, until))
    assert.strictEqual(digestOf(more), "2ca85b01060e0f89")
  })
})

describe("audio stays as it is", () => {
  for (const container of ["wav", "mp3"] as const) {
    for (const channels of [1, 2] as const) {
      for (const flaw of [undefined, "silent", "one-way", "cut", "noise", "codec"] as const) {
        const name = `${container} of ${channels}${flaw === undefined ? "" : `, ${flaw}`}`
        it(name, () => {
          const pitches = [1, 440, 3999]
          const files = pitches.map((pitch) => {
            const one = { container, channels, duration: 1234, pitch, ...(flaw === undefined ? {} : { flaw }) }
            return Buffer.concat([...Media.chunks(one)]).toString("base64")
          })
          assert.strictEqual(digestOf(files), media[name])
        })
      }
    }
  }
})
