import { createHash } from "node:crypto"
import { assert, describe, it, layer, once } from "@vobiz-effect/test-support"
import { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import * as Money from "@vobiz-effect/core/Money"
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import { Account, Coverage, Finding } from "@vobiz-effect/reconcile"
import { DateTime, Effect, Schema, Stream } from "effect"
import * as FindingsPage from "../src/FindingsPage.ts"
import { decode, embed, encode, relativeAddress } from "../src/internal/findingsPage/columns.ts"
import * as HeatMap from "../src/internal/findingsPage/heatMap.ts"
import { changed, reconcile, services, shown } from "./findingsPageExample.ts"

const Text = Schema.NullOr(Schema.String)
const Number = Schema.NullOr(Schema.Int)

const Row = Schema.Struct({
  code: Schema.String,
  severity: Schema.String,
  reason: Text,
  verdict: Text,
  rule: Text,
  at: Schema.Int,
  deadline: Number,
  talk: Number,
  recorded: Number,
  amount: Text,
  explanation: Schema.String,
  nextStep: Schema.String,
  cdrs: Schema.Array(
    Schema.Struct({
      uuid: Schema.String,
      id: Number,
      account: Text,
      start: Schema.Int,
      end: Number,
      direction: Text,
      trunkId: Text,
      from: Text,
      to: Text,
      talk: Schema.Int,
      cost: Text
    })
  ),
  recordings: Schema.Array(
    Schema.Struct({
      recordingId: Schema.String,
      key: Text,
      callUuid: Text,
      type: Text,
      account: Text,
      began: Schema.Int,
      duration: Number,
      audio: Text
    })
  )
})

describe("findings as columns", () => {
  // Instants of some centuries, of which sums are exact.
  const epoch = 1_800_000_000_000
  it.effect.prop("are read back as they were", [Schema.Array(Row)], ([drawn]) =>
    Effect.sync(() => {
      const rows = JSON.parse(JSON.stringify(drawn).replaceAll(":-0", ":0"))
      assert.deepStrictEqual(decode(JSON.parse(embed(encode(rows, epoch)).text), epoch), rows)
    })
  )

  it.effect.prop("hold nothing that ends a script", [Schema.Array(Schema.String)], ([drawn]) =>
    Effect.sync(() => {
      const texts = [...drawn, ...drawn.map((text) => `</script${text}<!--\u2028\u2029`)]
      const embedded = embed(texts).text
      assert.notMatch(embedded, /[<\u2028\u2029]/)
      assert.deepStrictEqual(JSON.parse(embedded), texts)
    })
  )

  it.effect.prop("name sound beside the page alone", [Schema.String], ([drawn]) =>
    Effect.sync(() => {
      const base = new URL("https://example.com/reports/findings.html")
      for (const path of [drawn, `//${drawn}`, `https://${drawn}`, `javascript:${drawn}`, `\\\\${drawn}`]) {
        const { host, protocol, search, hash } = new URL(relativeAddress(path), base)
        assert.deepStrictEqual([host, protocol, search, hash], ["example.com", "https:", "", ""])
      }
    })
  )
})

describe("the gaps by hour", () => {
  it("never look like good where nobody can tell", () => {
    const cells = (of: Partial<Coverage.Classes>) => {
      const { text } = HeatMap.section(0, [
        { weekday: 1, hour: 3, trunkId: "T1", classes: { ...Coverage.empty, ...of } }
      ])
      const [, row = ""] = /<th scope="row">T1<\/th>(.*?)<\/tr>/.exec(text) ?? []
      const [at = "", missing = "", unknown = ""] = [3, 24, 25].map((n) => row.split("</td>")[n])
      return [at, missing, unknown].map((cell) => cell.replace("<td", "").replace('class="number"', "").trim())
    }
    assert.deepStrictEqual(cells({ recorded: 2 }), ['class="heat-none">·', ">0 of 2", ">0"])
    assert.deepStrictEqual(cells({ recorded: 2, undetermined: 1 }), ['class="heat-unknown">?', ">0 of 3", ">1"])
    assert.deepStrictEqual(cells({ unjudged: 4 }), ['class="heat-unknown">?', ">0 of 0", ">4"])
    assert.deepStrictEqual(cells({ missing: 1, unjudged: 4 }), ['class="heat-5">1', ">1 of 1", ">4"])
    assert.deepStrictEqual(cells({ excluded: 4 }), ["", "", ""])
  })

  it("make no markup of a trunk's name", () => {
    const classes = { ...Coverage.empty, missing: 1 }
    const { text } = HeatMap.section(0, [{ weekday: 1, hour: 0, trunkId: `<img src=x>"'&`, classes }])
    assert.include(text, `<th scope="row">&lt;img src=x&gt;&quot;&#39;&amp;</th>`)
  })
})

const page = (result: Account.Result, options?: FindingsPage.Options) =>
  Stream.mkString(FindingsPage.render(result, options))

const of = (result: Account.Result, findings: ReadonlyArray<Finding.Finding>): Account.Result => {
  const counts = { ...result.summary.counts }
  for (const code of Finding.Code.literals) counts[code] = findings.filter((finding) => finding.code === code).length
  return { ...result, summary: { ...result.summary, counts }, asking: Stream.fromIterable(findings) }
}

const inPage = (html: string) =>
  Array.from(html.matchAll(/<script type="application\/json" class="chunk">(.*?)<\/script>/g), ([, json]) =>
    decode(JSON.parse(json ?? ""), globalThis.Number(/data-epoch="(\d+)"/.exec(html)?.[1]))
  ).flat()

layer(services, { concurrent: false })("the page of findings", (it) => {
  const example = once(reconcile)

  it.effect("has every finding that asks for something, with its evidence", () =>
    Effect.gen(function* () {
      const result = yield* example
      const findings = yield* shown(result)
      const html = yield* page(result)
      assert.isAbove(findings.length, 100)
      const duplicates = findings.filter(({ code }) => code === "duplicate-cdr")
      assert.isAbove(duplicates.length, 0)
      for (const { amount, explanation } of duplicates) {
        assert.include(explanation, `bills it again, with ${amount === null ? "" : Money.format(amount)}.`)
      }
      assert.notInclude(html, "[object ")
      assert.deepStrictEqual(
        inPage(html).map(({ amount, at, cdrs, code, deadline, recordings }) => [
          code,
          at,
          deadline,
          amount,
          cdrs.map(({ cost, uuid }) => [uuid, cost]),
          recordings.map(({ recordingId }) => recordingId)
        ]),
        findings.map(({ amount, at, cdrs, code, deadline, recordings }) => [
          code,
          at.epochMilliseconds,
          deadline?.epochMilliseconds ?? null,
          amount === null ? null : Money.format(amount),
          cdrs.map(({ cost, uuid }) => [uuid, cost === null ? null : Money.format(cost)]),
          recordings.map(({ recordingId }) => recordingId)
        ])
      )
    })
  )

  it.effect("runs the one script that its policy names by hash, and asks nothing of the network", () =>
    Effect.gen(function* () {
      const result = yield* example
      const html = yield* page(result)
      const [script] = Array.from(html.matchAll(/<script>(.*?)<\/script>/gs), ([, text]) => text ?? "")
      const hash = createHash("sha256")
        .update(script ?? "")
        .digest("base64")
      assert.include(html, `content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'"`)
      assert.strictEqual(html.match(/<script>/g)?.length, 1)
      assert.notMatch(html, /<(link|img|iframe|object|embed)\b|@import|url\(|\bon\w+="|(?:src|href)="[^#]/)
      assert.include(yield* page(result, { audioOf: () => null }), "; media-src 'self' file:\"")
    })
  )

  it.effect("makes no markup of what the provider says", () =>
    Effect.gen(function* () {
      const attack = `</script><img src=x onerror=alert(1)><!--\u2028"'&`
      const result = yield* example
      const finding = (yield* shown(result)).find(({ code }) => code === "partly-recorded")
      if (finding === undefined) return assert.fail("no finding with a recording")
      const hostile = changed(finding, {
        rule: attack,
        explanation: attack,
        nextStep: attack,
        cdrs: finding.cdrs.map((cdr) =>
          changed(cdr, { uuid: attack, trunkId: attack, from: PhoneNumber.of(attack, null), direction: attack })
        ),
        recordings: finding.recordings.map((one) => changed(one, { recordingId: attack, type: attack }))
      })
      const { cdrs } = result.proofs
      const html = yield* page({
        ...of(result, [hostile]),
        settings: { ...result.settings, account: attack, policy: { ...result.settings.policy, name: attack } },
        proofs: {
          ...result.proofs,
          cdrs:
            cdrs === null || cdrs === "declared" ? cdrs : new ExtractProof({ ...cdrs, lastId: attack, digest: attack })
        }
      })
      const tags = Array.from(html.matchAll(/<(script|\/script|img|!--)/g), ([tag]) => tag)
      assert.deepStrictEqual(
        tags,
        ["proofs", "chunk", "the script"].flatMap(() => ["<script", "</script"])
      )
      assert.strictEqual(inPage(html)[0]?.explanation, attack)
    })
  )

  it.effect("hides numbers and the account, unless they are to be shown", () =>
    Effect.gen(function* () {
      const result = yield* example
      const numbers = (yield* shown(result)).flatMap(({ cdrs }) => cdrs.flatMap(({ from, to }) => [from, to]))
      const digits = numbers.flatMap((number) =>
        number === null ? [] : [PhoneNumber.reveal(number).replace(/\D/g, "")]
      )
      const hidden = yield* page(Account.masked(result))
      const open = yield* page(result)
      assert.isAbove(digits.length, 100)
      assert.deepStrictEqual(
        digits.filter((number) => hidden.includes(number)),
        []
      )
      assert.deepStrictEqual(
        digits.filter((number) => !open.includes(number)),
        []
      )
      assert.notInclude(hidden, String(result.settings.account))
      assert.notInclude(open, String(result.settings.account))
    })
  )

  it.effect("has those with the least time left for readers without scripts", () =>
    Effect.gen(function* () {
      const result = yield* example
      const some = yield* shown(result)
      const later = (n: number) => (finding: Finding.Finding) => {
        const { deadline } = finding
        return changed(finding, { deadline: deadline === null ? null : DateTime.subtract(deadline, { minutes: n }) })
      }
      const findings = Array.from({ length: 50 }, (_, n) => some.map(later(n))).flat()
      const html = yield* page(of(result, findings))
      const plain = /<noscript>(.*?)<\/noscript>/s.exec(html)?.[1] ?? ""
      const told = Array.from(plain.matchAll(/<tr><th scope="row">([^<]*)</g), ([, text]) => text)
      const expected = findings
        .flatMap(({ deadline }) => (deadline === null ? [] : [DateTime.formatIso(deadline)]))
        .toSorted()
        .slice(0, 200)
        .map((text) => text.slice(0, 19).replace("T", " "))
      assert.deepStrictEqual(told, expected)
      assert.include(plain, `and ${(findings.length - 200).toLocaleString("en")} more`)
    })
  )

  it.effect("shows unjudged calls in the bar and by day, in a table whose columns are all in sight", () =>
    Effect.gen(function* () {
      const result = yield* example
      const html = yield* page({ ...result, classes: { ...result.classes, unjudged: 7 } })
      assert.match(html, /Unjudged<\/dt><dd>7<\/dd>/)
      const [, days = ""] =
        /<div class="table wide">(?:(?!<div class="table)[^])*?The same in figures(.*?)<\/thead>/s.exec(html) ?? []
      assert.include(days, ">Unjudged<")
      assert.notInclude(yield* page({ ...result, classes: { ...result.classes, unjudged: 0 } }), "Unjudged</dt>")
    })
  )

  it.effect("says that there is none, and runs no script", () =>
    Effect.gen(function* () {
      const html = yield* page(of(yield* example, []))
      assert.include(html, "None needs attention.")
      assert.notInclude(html, "<script>")
      assert.isTrue(html.trimEnd().endsWith("</html>"))
    })
  )
})
