import { Coverage } from "@vobiz-effect/reconcile"
import { assert, describe, it } from "@vobiz-effect/test-support"
import * as Sentences from "../src/Sentences.ts"

describe("Sentences.coverage", () => {
  const none = { lower: null, upper: null }
  const of = (classes: Partial<Coverage.Classes>, coverage: Coverage.Coverage = none) =>
    Sentences.coverage({ classes: { ...Coverage.empty, ...classes }, coverage })

  it("does not say that no call had to be recorded where no rule judges some", () => {
    assert.strictEqual(of({ excluded: 3 }), "no call had to be recorded")
    assert.strictEqual(of({ excluded: 3, unjudged: 1805 }), "unknown: no rule judges 1,805 calls")
    assert.strictEqual(of({ unjudged: 1, excused: 2 }), "unknown: no rule judges 1 call")
    assert.strictEqual(of({ excused: 2 }), "of none: 2 calls that had to be recorded are excused")
  })

  it("has the bounds and how many calls they are of", () => {
    const half = { numerator: 1, denominator: 2 }
    assert.strictEqual(
      of({ recorded: 1, missing: 1 }, { lower: half, upper: half }),
      "50.00% of 2 calls that had to be recorded"
    )
    assert.strictEqual(
      of({ undetermined: 1 }, { lower: { numerator: 0, denominator: 1 }, upper: { numerator: 1, denominator: 1 } }),
      "between 0.00% and 100.00% of 1 call that had to be recorded"
    )
  })
})
