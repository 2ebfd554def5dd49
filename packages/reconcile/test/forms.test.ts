/** How the texts of policies and rate cards are written: each form, and what only begins or ends as one. */
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Schema } from "effect"

import { Conditions, Excuse, Policy } from "../src/internal/policyModel.ts"
import { Rate, RateCard } from "../src/internal/rateModel.ts"

const rate = { name: "r", pulse: { first: "60 seconds", next: "60 seconds" }, price: "0.45", per: "minute" }
const card = { version: 1, name: "c", currency: "INR", rounding: { decimals: 2, mode: "up" }, rates: [rate] }
const policy = { version: 1, name: "p", rules: [], default: "may" }
const excuse = { name: "e", reason: "r", reference: "r", approver: "a", expires: "2026-04-01T00:00Z", when: {} }

/** A field: whether a value is taken there, the values that are, and those that are not. */
type Form = readonly [
  field: string,
  isTaken: (value: unknown) => boolean,
  taken: ReadonlyArray<unknown>,
  refused: ReadonlyArray<unknown>
]

/** Also refused: each text with something before it, and with something behind. */
const around = (texts: ReadonlyArray<string>) =>
  texts.flatMap((text) => [`x${text}`, `${text}x`, ` ${text}`, `${text}\n`])

const takes =
  <S extends Schema.ConstraintDecoder<unknown>>(schema: S, of: (value: unknown) => unknown) =>
  (value: unknown) =>
    Schema.decodeUnknownOption(schema)(of(value))._tag === "Some"

const condition = (name: string) => takes(Conditions, (value) => ({ [name]: value }))
const one = (name: string) => takes(Conditions, (value) => ({ [name]: [value] }))
const ofRate = (name: string) => takes(Rate, (value) => ({ ...rate, [name]: value }))
const ofCard = (name: string) => takes(RateCard, (value) => ({ ...card, [name]: value }))

const instants = [
  "2026-04-01T00:00Z",
  "2026-04-01T00:00:00Z",
  "2026-04-01T00:00:00.1Z",
  "2026-04-01T00:00:00.123+05:30"
]
const instantless = [
  "2026-04-01",
  "2026-04-01T00:00",
  "2026-04-01T00:00:00.Z",
  "2026-04-01T00:00:00.1234Z",
  "2026-04-01T0:00Z",
  "2026-13-01T00:00Z",
  "2026-04-01T00:00+0530"
]
const dates = ["2026-08-15", "2028-02-29"]
const dateless = ["2026-02-29", "2026-8-15", "2026-08", "20260815", "02026-08-15"]
const numbers = ["+1", "+918045670012", "+9180*", "+123456789012345", "12", "112", "123456"]
const numberless = ["+", "+0", "+0123", "*", "1", "1234567", "112*", "+1234567890123456", "+91 80"]

const forms: ReadonlyArray<Form> = [
  ["since", condition("since"), instants, [...instantless, ...around(instants)]],
  ["until", condition("until"), instants, [...instantless, ...around(instants)]],
  ["dates", one("dates"), dates, [...dateless, ...around(dates)]],
  ["from", one("from"), numbers, [...numberless, ...around(["+918045670012", "112"])]],
  ["to", one("to"), numbers, [...numberless, ...around(["+918045670012", "112"])]],
  ["numbers", one("numbers"), numbers, [...numberless, ...around(["+918045670012", "112"])]],
  [
    "hours",
    takes(Conditions, (from) => ({ hours: { from, to: "00:00" } })),
    ["00:00", "09:30", "19:59", "20:00", "23:59"],
    ["24:00", "9:30", "09:60", "09:3", "", ...around(["09:30"])]
  ],
  ["minimumTalk", condition("minimumTalk"), ["5 seconds", "1 minute"], ["-1 seconds", "Infinity", "5"]],
  [
    "excuses' expires",
    takes(Schema.Struct({ e: Excuse }), (expires) => ({ e: { ...excuse, expires } })),
    instants,
    around(instants)
  ],
  ["minimumShare", takes(Policy, (minimumShare) => ({ ...policy, minimumShare })), [0.1, 95, 100], [0, -1, 100.1]],
  [
    "maximumGap",
    takes(Policy, (maximumGap) => ({ ...policy, maximumGap })),
    ["0 seconds", "10 seconds"],
    ["-1 seconds", "Infinity"]
  ],
  ["a rate's from", ofRate("from"), dates, [...dateless, ...around(dates)]],
  ["a rate's until", ofRate("until"), dates, [...dateless, ...around(dates)]],
  [
    "a rate's prefix",
    ofRate("prefix"),
    ["+1", "+123456789012345"],
    ["+", "+0", "1", "", "+1234567890123456", ...around(["+91"])]
  ],
  [
    "a rate's price",
    ofRate("price"),
    ["0", "0.45", "123456", "123456.123456789"],
    ["", ".45", "0.", "1234567", "0.1234567890", "-1", "1e3", 0.45, ...around(["0.45"])]
  ],
  [
    "a rate's pulse",
    takes(Rate, (first) => ({ ...rate, pulse: { first, next: "1 seconds" } })),
    ["1 seconds", "60 seconds", "86400 seconds"],
    ["0 seconds", "86401 seconds", "1500 millis", "Infinity"]
  ],
  ["a card's currency", ofCard("currency"), ["INR"], ["inr", "IN", "", ...around(["INR"])]],
  ["a card's zone", ofCard("zone"), ["Asia/Kolkata", "+05:30", "UTC"], ["Asia/Nowhere", "+15:00", "5", ""]],
  [
    "a card's decimals",
    takes(RateCard, (decimals) => ({ ...card, rounding: { decimals, mode: "up" } })),
    [0, 9],
    [-1, 10, 0.5]
  ]
]

describe("of a policy and a rate card", () => {
  for (const [field, isTaken, taken, refused] of forms) {
    it(`${field} has its form from the first character to the last`, () => {
      assert.deepStrictEqual(
        [taken.filter((value) => !isTaken(value)), refused.filter(isTaken)],
        [[], []],
        "refused, and taken, against the rule"
      )
    })
  }
})
