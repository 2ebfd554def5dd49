import { assert, describe, it } from "@vobiz-effect/test-support"

import * as Json from "../src/internal/json.ts"

const value = (text: string) => {
  const parsed = Json.parse(text)
  return parsed._tag === "json" ? parsed.value : parsed._tag
}

describe("JSON of the provider", () => {
  const texts: ReadonlyArray<readonly [string, unknown]> = [
    // Whole numbers that a number cannot hold are text, from 2^53 on, with their sign.
    ["9007199254740991", 9_007_199_254_740_991],
    ["9007199254740992", "9007199254740992"],
    ["9007199254740993", "9007199254740993"],
    ["-9007199254740991", -9_007_199_254_740_991],
    ["-9007199254740993", "-9007199254740993"],
    ["123456789012345", 123_456_789_012_345],
    ["100000000000000000000", "100000000000000000000"],
    ["[9007199254740993,9007199254740995]", ["9007199254740993", "9007199254740995"]],
    ['{"9007199254740993":9007199254740993}', { "9007199254740993": "9007199254740993" }],
    [' {"a" : -9007199254740993 }\n', { a: "-9007199254740993" }],
    ['"-9007199254740993"', "-9007199254740993"],
    ['["a\\"",9007199254740993]', ['a"', "9007199254740993"]],
    ['["a\\\\",9007199254740993]', ["a\\", "9007199254740993"]],
    // Others are what they are.
    ["9007199254740993.0", 9_007_199_254_740_992],
    ["90071992547409930e0", 90_071_992_547_409_936],
    ["90071992547409930E+0", 90_071_992_547_409_936],
    ["9007199254740993000e-3", 9_007_199_254_740_992],
    ["[1.5,-2e3,0]", [1.5, -2000, 0]],
    ["null", null],
    // No JSON.
    ["", "other"],
    ["{", "other"],
    ["9007199254740993x", "other"],
    ["--9007199254740993", "other"],
    ['"9007199254740993', "other"],
    ["1 2", "other"]
  ]
  for (const [text, expected] of texts) it(JSON.stringify(text), () => assert.deepStrictEqual(value(text), expected))

  it("may be 64 levels deep", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`
    const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`
    for (const text of [nested(64), objects(64)]) assert.strictEqual(Json.parse(text)._tag, "json")
    for (const text of [nested(65), objects(65)]) assert.strictEqual(Json.parse(text)._tag, "deep")
    // Side by side they are none deeper, and in a text they are none.
    assert.strictEqual(Json.parse(`[${Array.from({ length: 70 }, () => "[{}]").join()}]`)._tag, "json")
    assert.strictEqual(value(`"${"[{".repeat(70)}"`), "[{".repeat(70))
    assert.strictEqual(Json.maxDepth, 64)
  })
})
