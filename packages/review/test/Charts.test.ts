import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect } from "effect"
import * as Charts from "../src/internal/charts.ts"

const series = (name: string, values: Readonly<Record<string, number>>) => ({
  name,
  points: Object.entries(values).map(([day, value]) => ({ day, value }))
})

const count = (text: string, part: RegExp) => text.match(part)?.length ?? 0

const labels = (svg: string) => Array.from(svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g), ([, label]) => label)

/** The Okabe-Ito palette, unless a page has colours of its own. */
const colors = [
  "var(--chart-1, #0072B2)",
  "var(--chart-2, #E69F00)",
  "var(--chart-3, #009E73)",
  "var(--chart-4, #CC79A7)"
] as const

/** The colours of the bars, from the first on. */
const barsOf = (svg: string) => Array.from(svg.matchAll(/<path d="[^"]*" fill="([^"]*)"/g), ([, color]) => color)

/** The colours of the lines, from the first on. */
const linesOf = (svg: string) => Array.from(svg.matchAll(/<path d="[^"]*" stroke="([^"]*)"/g), ([, color]) => color)

describe("Charts", () => {
  it.effect("draws an image that has a name and a description", () =>
    Effect.gen(function* () {
      const { text: svg } = yield* Charts.byDay({
        title: "Calls by day",
        unit: "calls",
        series: [series("All", { "2026-05-10": 1200, "2026-05-11": 34 })]
      })
      assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="[\d ]+" role="img"><title>Calls by day</)
      assert.include(svg, "<desc>calls, 2026-05-10 to 2026-05-11. All: lowest 34, highest 1,200, 1,234 in all.</desc>")
      assert.strictEqual(count(svg, /role=/g), 1)
      assert.match(svg, /<\/svg>$/)
    })
  )

  it.effect("draws a bar a day and series, and names the series", () =>
    Effect.gen(function* () {
      const { text: svg } = yield* Charts.byDay({
        title: "Calls",
        unit: "a day",
        series: [series("Calls", { "2026-05-10": 2, "2026-05-11": 3 }), series("Recordings", { "2026-05-10": 1 })]
      })
      assert.deepStrictEqual(barsOf(svg), [colors[0], colors[0], colors[1], colors[1]])
      for (const label of ["Calls", "Recordings", "2026-05-10", "2026-05-11"]) assert.include(labels(svg), label)
    })
  )

  it.effect("keeps the place of a day on which nothing happened", () =>
    Effect.gen(function* () {
      const { text: svg } = yield* Charts.byDay({
        title: "Calls",
        unit: "a day",
        series: [series("Calls", { "2026-03-01": 2, "2026-02-27": 3 })]
      })
      assert.includeMembers(labels(svg), ["2026-02-27", "2026-02-28", "2026-03-01"])
    })
  )

  it.effect("draws lines where there are too many days for bars", () =>
    Effect.gen(function* () {
      const { text: svg } = yield* Charts.byDay({
        title: "Calls",
        unit: "a day",
        series: [series("Calls", { "2025-01-01": 2, "2026-01-01": 3 })]
      })
      assert.deepStrictEqual(barsOf(svg), [])
      assert.deepStrictEqual(linesOf(svg), [colors[0]])
    })
  )

  it.effect("draws a bar a label with its value, the largest first, and equal ones in the order given", () =>
    Effect.gen(function* () {
      const { text: svg } = yield* Charts.bars({
        title: "Recordings by type",
        unit: "recordings",
        bars: [
          { label: "call", value: 4 },
          { label: "conference", value: 4 },
          { label: "trunk", value: 1200 }
        ]
      })
      assert.deepStrictEqual(barsOf(svg), [colors[0], colors[0], colors[0]])
      assert.deepStrictEqual(labels(svg), ["trunk", "call", "conference", "1,200", "4", "4"])
      assert.include(svg, "<desc>trunk: 1,200 recordings. call: 4 recordings. conference: 4 recordings.</desc>")
    })
  )

  it.effect("has no colour of its own for text and lines, and no id that another chart may have", () =>
    Effect.gen(function* () {
      const { text: svg } = yield* Charts.byDay({
        title: "Calls",
        unit: "a day",
        series: ["a", "b", "c", "d"].map((name) => series(name, { "2026-05-10": 2 }))
      })
      assert.deepStrictEqual(barsOf(svg), [...colors])
      const used = Array.from(svg.matchAll(/(?:fill|stroke)="([^"]*)"/g), ([, color]) => color)
      assert.deepStrictEqual([...new Set(used)].toSorted(), ["currentColor", "none", ...colors])
      assert.notMatch(svg, / id=|url\(| style=/)
    })
  )

  it.effect("stacks classes of calls, each in a colour of its own, the first at the bottom", () =>
    Effect.gen(function* () {
      const tones = ["recorded", "partly", "unusable", "missing", "undetermined", "unjudged", "excused"] as const
      const { text: svg } = yield* Charts.byDay({
        title: "Calls",
        unit: "calls",
        stacked: true,
        series: tones.map((tone, n) => ({ ...series(tone, { "2026-05-10": n + 1 }), tone }))
      })
      assert.lengthOf(new Set(barsOf(svg)), tones.length)
      const bars = Array.from(
        svg.matchAll(/<path d="M[\d.]+,([\d.]+)h[\d.]+v([\d.]+)h[^"]*" fill="var\(--([\w-]+)/g),
        ([, top, high, color]) => ({ top: Number(top), bottom: Number(top) + Number(high), color })
      ).toSorted((a, b) => b.bottom - a.bottom)
      assert.deepStrictEqual(
        bars.map(({ color }) => color),
        ["chart-1", "chart-4", "chart-2", "bad", "grey-1", "grey-2", "grey-3"]
      )
      for (const [n, { bottom }] of bars.entries()) assert.closeTo(bottom, bars[n - 1]?.top ?? 200, 0.01)
    })
  )

  it.effect("does not give two series the same colour", () =>
    Effect.gen(function* () {
      const names = ["a", "b", "c", "d", "e"]
      const error = yield* Effect.flip(
        Charts.byDay({ title: "Calls", unit: "calls", series: names.map((name) => series(name, { "2026-05-10": 1 })) })
      )
      assert.include(error.message, "more than 4 series without a tone")
    })
  )

  it.effect("escapes every text", () =>
    Effect.gen(function* () {
      const attack = `<script>alert("1")</script>`
      const drawn = yield* Effect.all([
        Charts.byDay({ title: attack, unit: attack, series: [series(attack, { "2026-05-10": 2 }), series("b", {})] }),
        Charts.bars({ title: attack, unit: attack, bars: [{ label: attack, value: 1 }] })
      ])
      for (const { text: svg } of drawn) {
        assert.notInclude(svg, "<script")
        assert.include(svg, "&lt;script&gt;")
      }
    })
  )

  it.effect("draws series whose names have separators of lines, as a currency may", () =>
    Effect.gen(function* () {
      const { text: svg } = yield* Charts.byDay({
        title: "Cost",
        unit: "a day",
        series: [series("I\u2028NR", { "2026-05-10": 2 }), series("US\u2029D", { "2026-05-10": 1 })]
      })
      for (const label of ["I NR", "US D"]) assert.include(labels(svg), label)
    })
  )

  it.effect("says that there is no data", () =>
    Effect.gen(function* () {
      const drawn = yield* Effect.all([
        Charts.byDay({ title: "Calls", unit: "a day", series: [series("Calls", {})] }),
        Charts.byDay({ title: "Calls", unit: "a day", series: [] }),
        Charts.bars({ title: "Types", unit: "recordings", bars: [] })
      ])
      for (const { text: svg } of drawn) {
        assert.deepStrictEqual(labels(svg), ["No data"])
        assert.match(svg, /viewBox="[\d ]+" role="img"><title>\w+<\/title><desc>No data.<\/desc>/)
      }
    })
  )

  it.effect("tells days that all have nothing from no data", () =>
    Effect.gen(function* () {
      const { text: svg } = yield* Charts.byDay({
        title: "Cost",
        unit: "INR",
        series: [series("INR", { "2026-05-10": 0, "2026-05-11": 0 })]
      })
      assert.deepStrictEqual(labels(svg), ["2026-05-10", "2026-05-11", "0", "INR"])
      assert.include(svg, "INR: lowest 0, highest 0, 0 in all.")
    })
  )

  it.effect("counts a day without a point as zero in the description too", () =>
    Effect.gen(function* () {
      const { text: svg } = yield* Charts.byDay({
        title: "Calls",
        unit: "a day",
        series: [series("Calls", { "2026-05-10": 2, "2026-05-12": 3 })]
      })
      assert.include(svg, "Calls: lowest 0, highest 3, 5 in all.")
    })
  )

  it.effect("draws the same for the same", () =>
    Effect.gen(function* () {
      const days = Charts.byDay({
        title: "Calls",
        unit: "a day",
        series: [series("Calls", { "2026-05-10": 2 }), series("Recordings", { "2026-05-10": 1 })]
      })
      const types = Charts.bars({ title: "Types", unit: "recordings", bars: [{ label: "trunk", value: 2 }] })
      const drawn = Effect.all([days, types]).pipe(Effect.map((images) => images.map(({ text }) => text)))
      assert.deepStrictEqual(yield* drawn, yield* drawn)
    })
  )

  describe("fails with the chart's title, rather than draw something else, where", () => {
    const ofDays = (...all: ReadonlyArray<Charts.ByDay["series"][number]>) =>
      Charts.byDay({ title: "Chart", unit: "a day", series: all })
    const ofBars = (...all: Charts.Bars["bars"]) => Charts.bars({ title: "Chart", unit: "recordings", bars: all })
    const point = { day: "2026-05-10", value: 1 }

    it.effect.each([
      { where: "a day is a word", chart: ofDays(series("Calls", { someday: 1 })) },
      { where: "a day is not in the calendar", chart: ofDays(series("Calls", { "2026-02-31": 1 })) },
      { where: "a day is an instant", chart: ofDays(series("Calls", { "2026-05-10T12:00:00Z": 1 })) },
      { where: "a day is there twice", chart: ofDays({ name: "Calls", points: [point, { ...point, value: 2 }] }) },
      {
        where: "a series is there twice",
        chart: ofDays(series("+911234", { "2026-05-10": 1 }), series("+911234", {}))
      },
      { where: "a day's value is not finite", chart: ofDays(series("Calls", { "2026-05-10": Infinity })) },
      {
        where: "a label is there twice",
        chart: ofBars({ label: "+911234", value: 1 }, { label: "+911234", value: 2 })
      },
      { where: "a bar's value is no number", chart: ofBars({ label: "trunk", value: NaN }) }
    ])("$where", ({ chart }) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(chart)
        assert.match(error.message, /^cannot draw the chart "Chart": ./)
        assert.notInclude(error.message, "+911234")
      })
    )
  })
})
