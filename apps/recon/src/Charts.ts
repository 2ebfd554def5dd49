/**
 * Charts as inline SVG, drawn without a browser.
 *
 * Text and lines take the colour of the text around them, and the series the CSS variables `--chart-1` to `--chart-4`, so
 * that a page can have them light or dark. Without those they have the first colours of the Okabe-Ito palette, which people
 * who see colours differently can tell apart.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { TopLevelSpec } from "vega-lite"
import { escape } from "./internal/htmlEscape.ts"

/**
 * A chart that could not be drawn.
 *
 * @category errors
 * @since 0.1.0
 */
export class ChartError extends Schema.TaggedError<ChartError>()("ChartError", {
  title: Schema.String,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `cannot draw the chart "${this.title}": ${this.cause instanceof Error ? this.cause.message : String(this.cause)}`
  }
}

/**
 * Values by day. A day between the first and the last that a series has no point for counts as zero.
 *
 * `unit` is what the values are: the title of their axis.
 *
 * @category models
 * @since 0.1.0
 */
export interface ByDay {
  readonly title: string
  readonly unit: string
  readonly series: ReadonlyArray<{
    readonly name: string
    readonly points: ReadonlyArray<{
      /** `YYYY-MM-DD` */
      readonly day: string
      readonly value: number
    }>
  }>
}

/**
 * One value a label.
 *
 * @category models
 * @since 0.1.0
 */
export interface Bars {
  readonly title: string
  readonly unit: string
  readonly bars: ReadonlyArray<{ readonly label: string; readonly value: number }>
}

const palette = ["#0072B2", "#E69F00", "#009E73", "#CC79A7"].map((color, n) => `var(--chart-${n + 1}, ${color})`)

const inherited = "currentColor"

const config: TopLevelSpec["config"] = {
  // The drawing is one image to a screen reader, told by its title and description.
  aria: false,
  background: "transparent",
  font: "system-ui, sans-serif",
  view: { stroke: null },
  range: { category: palette },
  bar: { color: palette[0] ?? inherited },
  axis: {
    labelColor: inherited,
    titleColor: inherited,
    domainColor: inherited,
    tickColor: inherited,
    gridColor: inherited,
    gridOpacity: 0.15,
    domainOpacity: 0.5,
    tickOpacity: 0.5,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    titlePadding: 10
  },
  legend: { labelColor: inherited, labelFontSize: 12, orient: "top", title: null, symbolType: "square" }
}

/** Up to so many days, a bar a day and series is wide enough to be seen. */
const daysAsBars = 31

/**
 * Draws values by day: bars, or lines where there are too many days for bars.
 *
 * @category rendering
 * @since 0.1.0
 */
export const byDay = (input: ByDay): Effect.Effect<string, ChartError> => draw(input.title, () => dayChart(input))

/**
 * Draws one bar a label, in the order given.
 *
 * @category rendering
 * @since 0.1.0
 */
export const bars = (input: Bars): Effect.Effect<string, ChartError> => draw(input.title, () => barChart(input))

/** What is to be drawn, and the same in words. */
interface Drawing {
  readonly description: string
  readonly spec: TopLevelSpec
}

const dayChart = ({ series, unit }: ByDay): Drawing => {
  const days = allDays(series.flatMap(({ points }) => points.map(({ day }) => day)))
  const names = series.map(({ name }) => name)
  const values = series.flatMap(({ name, points }) => {
    const known = new Map(points.map(({ day, value }) => [day, value]))
    return days.map((day) => ({ day, name, value: known.get(day) ?? 0 }))
  })
  const bars = days.length <= daysAsBars
  return {
    description: [
      `${unit}, ${days.length === 0 ? "no day" : `${days[0]} to ${days.at(-1)}`}.`,
      ...series.map(
        ({ name, points }) => `${name}: ${number(points.reduce((sum, { value }) => sum + value, 0))} in all.`
      )
    ].join(" "),
    spec: {
      data: { values },
      width: 500,
      height: 200,
      mark: bars ? { type: "bar" } : { type: "line", strokeWidth: 2 },
      encoding: {
        x: {
          field: "day",
          type: "ordinal",
          title: null,
          ...(bars ? { scale: { paddingInner: 0.3, paddingOuter: 0.15 } } : {}),
          axis: { labelAngle: 0, labelOverlap: "greedy", labelSeparation: 8, labelPadding: 8, ticks: false }
        },
        ...(bars && names.length > 1 ? { xOffset: { field: "name", sort: names } } : {}),
        y: { field: "value", type: "quantitative", title: unit, axis: { tickCount: 5, domain: false, ticks: false } },
        color: { field: "name", type: "nominal", sort: names, ...(names.length > 1 ? {} : { legend: null }) }
      }
    }
  }
}

const barChart = ({ bars, unit }: Bars): Drawing => ({
  description: bars.map(({ label, value }) => `${label}: ${number(value)} ${unit}.`).join(" "),
  spec: {
    data: { values: [...bars] },
    width: 440,
    height: { step: 34 },
    encoding: {
      y: {
        field: "label",
        type: "nominal",
        sort: null,
        title: null,
        axis: { domain: false, ticks: false, labelPadding: 8, labelLimit: 200 }
      },
      x: { field: "value", type: "quantitative", axis: null }
    },
    layer: [
      { mark: { type: "bar", height: { band: 0.66 } } },
      {
        mark: { type: "text", align: "left", dx: 6, fontSize: 12, color: inherited },
        encoding: { text: { field: "value", type: "quantitative", format: "," } }
      }
    ]
  }
})

/** Every day from the first to the last: one on which nothing happened has its place too. */
const allDays = (days: ReadonlyArray<string>): ReadonlyArray<string> => {
  const known = days.toSorted()
  const first = known[0]
  const last = known.at(-1)
  if (first === undefined || last === undefined) return []
  const all: Array<string> = []
  for (
    let day = DateTime.makeUnsafe(first);
    DateTime.formatIsoDateUtc(day) <= last;
    day = DateTime.add(day, { days: 1 })
  ) {
    all.push(DateTime.formatIsoDateUtc(day))
  }
  return all
}

const number = (value: number) => value.toLocaleString("en", { maximumFractionDigits: 2 })

// The drawing library is large: it is loaded with the first chart.
const library = Effect.tryPromise(() => Promise.all([import("vega"), import("vega-lite")]))

const draw = (title: string, drawing: () => Drawing): Effect.Effect<string, ChartError> =>
  Effect.gen(function* () {
    const { description, spec } = yield* Effect.try(drawing)
    const [vega, vegaLite] = yield* library
    const svg = yield* Effect.tryPromise(() =>
      new vega.View(vega.parse(vegaLite.compile({ ...spec, config }).spec), { renderer: "none" }).toSVG()
    )
    return asImage(svg, title, description)
  }).pipe(Effect.mapError(({ cause }) => new ChartError({ title, cause })))

/** The drawing as an image that has a name, takes the width it is given, and has no role, class or id of its own inside. */
const asImage = (svg: string, title: string, description: string): string =>
  svg
    .replace(/<\w[^>]*>/g, (tag) => tag.replace(/ (?:class|role|aria-\w+)="[^"]*"/g, ""))
    .replace(
      /^<svg[^>]*?viewBox="([^"]*)"[^>]*>/,
      (_, viewBox: string) =>
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${viewBox}" role="img"><title>${escape(title)}</title><desc>${escape(description)}</desc>`
    )
