import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Charts from "../src/Charts.ts"

const series = (name: string, values: Readonly<Record<string, number>>) => ({
  name,
  points: Object.entries(values).map(([day, value]) => ({ day, value }))
})

const count = (text: string, part: RegExp) => text.match(part)?.length ?? 0

const labels = (svg: string) => Array.from(svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g), ([, label]) => label)

const bar = (color: number) => new RegExp(`<path d="[^"]*" fill="var\\(--chart-${color}, #\\w{6}\\)"`, "g")

describe("Charts", () => {
  it.effect("draws an image that has a name and a description", () =>
    Effect.gen(function* () {
      const svg = yield* Charts.byDay({
        title: "Calls by day",
        unit: "calls",
        series: [series("All", { "2026-05-10": 1200, "2026-05-11": 34 })]
      })
      assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="[\d ]+" role="img"><title>Calls by day</)
      assert.include(svg, "<desc>calls, 2026-05-10 to 2026-05-11. All: 1,234 in all.</desc>")
      assert.strictEqual(count(svg, /role=/g), 1)
      assert.match(svg, /<\/svg>$/)
    })
  )

  it.effect("draws a bar a day and series, and names the series", () =>
    Effect.gen(function* () {
      const svg = yield* Charts.byDay({
        title: "Calls",
        unit: "a day",
        series: [series("Calls", { "2026-05-10": 2, "2026-05-11": 3 }), series("Recordings", { "2026-05-10": 1 })]
      })
      assert.strictEqual(count(svg, bar(1)), 2)
      assert.strictEqual(count(svg, bar(2)), 2)
      for (const label of ["Calls", "Recordings", "2026-05-10", "2026-05-11"]) assert.include(labels(svg), label)
    })
  )

  it.effect("keeps the place of a day on which nothing happened", () =>
    Effect.gen(function* () {
      const svg = yield* Charts.byDay({
        title: "Calls",
        unit: "a day",
        series: [series("Calls", { "2026-03-01": 2, "2026-02-27": 3 })]
      })
      assert.includeMembers(labels(svg), ["2026-02-27", "2026-02-28", "2026-03-01"])
    })
  )

  it.effect("draws lines where there are too many days for bars", () =>
    Effect.gen(function* () {
      const svg = yield* Charts.byDay({
        title: "Calls",
        unit: "a day",
        series: [series("Calls", { "2025-01-01": 2, "2026-01-01": 3 })]
      })
      assert.strictEqual(count(svg, bar(1)), 0)
      assert.match(svg, /stroke="var\(--chart-1, #\w{6}\)"/)
    })
  )

  it.effect("draws a bar a label in the order given, with its value", () =>
    Effect.gen(function* () {
      const svg = yield* Charts.bars({
        title: "Recordings by type",
        unit: "recordings",
        bars: [
          { label: "trunk", value: 1200 },
          { label: "call", value: 4 }
        ]
      })
      assert.strictEqual(count(svg, bar(1)), 2)
      assert.deepStrictEqual(labels(svg), ["trunk", "call", "1,200", "4"])
      assert.include(svg, "<desc>trunk: 1,200 recordings. call: 4 recordings.</desc>")
    })
  )

  it.effect("has no colour of its own for text and lines, and no id that another chart may have", () =>
    Effect.gen(function* () {
      const svg = yield* Charts.byDay({
        title: "Calls",
        unit: "a day",
        series: [series("Calls", { "2026-05-10": 2 }), series("Recordings", { "2026-05-10": 1 })]
      })
      const colors = new Set(Array.from(svg.matchAll(/(?:fill|stroke)="([^"]*)"/g), ([, color]) => color))
      for (const color of colors)
        assert.match(color ?? "", /^(none|transparent|currentColor|var\(--chart-[12], #\w{6}\))$/)
      assert.notMatch(svg, / id=|url\(| style=/)
    })
  )

  it.effect("escapes every text", () =>
    Effect.gen(function* () {
      const attack = `<script>alert("1")</script>`
      const drawn = yield* Effect.all([
        Charts.byDay({ title: attack, unit: attack, series: [series(attack, { "2026-05-10": 2 }), series("b", {})] }),
        Charts.bars({ title: attack, unit: attack, bars: [{ label: attack, value: 1 }] })
      ])
      for (const svg of drawn) {
        assert.notInclude(svg, "<script")
        assert.include(svg, "&lt;script&gt;")
      }
    })
  )

  it.effect("draws nothing where there is nothing", () =>
    Effect.gen(function* () {
      const drawn = yield* Effect.all([
        Charts.byDay({ title: "Calls", unit: "a day", series: [series("Calls", {})] }),
        Charts.bars({ title: "Types", unit: "recordings", bars: [] })
      ])
      for (const svg of drawn) {
        assert.strictEqual(count(svg, bar(1)), 0)
        assert.notMatch(svg, /NaN|undefined|Infinity/)
      }
    })
  )

  it.effect("fails with the chart's title where a day is no day", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Charts.byDay({ title: "Calls", unit: "a day", series: [series("Calls", { someday: 1 })] })
      )
      assert.include(error.message, '"Calls"')
    })
  )
})
