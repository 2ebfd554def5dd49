/** What of an account is read, and what of its findings asks for attention. */
import { assert, describe, it } from "@vobiz-effect/test-support"
import { DateTime, Duration, Effect } from "effect"
import { TestClock } from "effect/testing"

import { Account, Finding } from "../src/index.ts"
import { proof } from "./ledgerCases.ts"

const at = DateTime.makeUnsafe

describe("an account", () => {
  it("is read from the longest call before the window on, and for recordings until the last can have come", () => {
    const window = { from: at("2026-05-10T00:00:00Z"), to: at("2026-05-11T00:00:00Z") }
    const spans = Account.spans(window, { longestCall: Duration.hours(3), settle: Duration.minutes(20) })
    const iso = (of: { readonly [key: string]: DateTime.Utc }) => Object.values(of).map(DateTime.formatIso)
    assert.deepStrictEqual(
      [spans.cdrs.from, spans.cdrs.to, spans.recordings.since, spans.recordings.until].map(DateTime.formatIso),
      ["2026-05-09T21:00:00.000Z", "2026-05-11T00:00:00.000Z", "2026-05-10T00:00:00.000Z", "2026-05-11T03:20:00.000Z"]
    )
    // Four hours and one without settings.
    assert.deepStrictEqual(
      iso({ from: Account.spans(window).cdrs.from, until: Account.spans(window).recordings.until }),
      ["2026-05-09T20:00:00.000Z", "2026-05-11T05:00:00.000Z"]
    )
    assert.deepStrictEqual(Account.settings({ longestCall: Duration.hours(3) }).lookBack, Duration.hours(3))
    assert.deepStrictEqual(Account.settings().lookBack, Account.settings().longestCall)
  })

  it.effect("is as of the earliest of its lists, by the provider's clock", () =>
    Effect.gen(function* () {
      const now = at("2026-05-12T00:00:00Z")
      yield* TestClock.setTime(now.epochMilliseconds)
      const of = (asOf: DateTime.Utc | null) => ({ ...proof("complete"), asOf })
      const [early, late] = [at("2026-05-11T00:00:00Z"), at("2026-05-11T06:00:00Z")]
      const instant = (
        cdrs: DateTime.Utc | null,
        recordings: DateTime.Utc | null,
        ...skew: ReadonlyArray<Duration.Duration>
      ) =>
        Effect.map(
          Account.asOf({ cdrs: of(cdrs), recordings: of(recordings) } as Parameters<typeof Account.asOf>[0], ...skew),
          DateTime.formatIso
        )
      assert.strictEqual(yield* instant(early, late), "2026-05-11T00:00:00.000Z")
      assert.strictEqual(yield* instant(late, early), "2026-05-11T00:00:00.000Z")
      assert.strictEqual(yield* instant(null, late), "2026-05-11T06:00:00.000Z")
      assert.strictEqual(yield* instant(null, null), "2026-05-12T00:00:00.000Z")
      assert.strictEqual(yield* instant(early, late, Duration.seconds(-30)), "2026-05-10T23:59:30.000Z")
    })
  )

  it("asks for attention by its critical findings, then by its warnings, and by none that is for information", () => {
    const none = Object.fromEntries(Finding.Code.literals.map((code) => [code, 0])) as Record<Finding.Code, number>
    const of = (counts: Partial<Record<Finding.Code, number>>, inDoubt: Partial<Record<Finding.Code, number>> = {}) =>
      ({ summary: { counts: { ...none, ...counts }, inDoubt } }) as unknown as Parameters<typeof Account.attention>[0]
    const info = Finding.Code.literals.find((code) => Finding.severities[code] === "info")
    const warnings = Finding.Code.literals.filter((code) => Finding.severities[code] === "warning").slice(0, 2)
    const criticals = Finding.Code.literals.filter((code) => Finding.severities[code] === "critical").slice(0, 2)
    const [w1, w2] = warnings as [Finding.Code, Finding.Code]
    const [c1, c2] = criticals as [Finding.Code, Finding.Code]
    const found = of({ [info ?? "matched"]: 9, [w1]: 1, [w2]: 2, [c1]: 3, [c2]: 4 }, { [c1]: 1 })
    assert.deepStrictEqual(Account.attention(found), [
      [c1, 3],
      [c2, 4],
      [w1, 1],
      [w2, 2]
    ])
    assert.deepStrictEqual(Account.attention(of({})), [])
    // What rests on a list in doubt is not certain.
    assert.strictEqual(Account.critical(found), 6)
    assert.strictEqual(Account.critical(of({ [w1]: 5 })), 0)
  })
})
