/**
 * Charts as inline SVG, drawn without a browser.
 *
 * Text and lines have the colour of the surrounding text. Series have colours from CSS variables of the page, which can be light or
 * dark. Without the variables, they have colours of the Okabe-Ito palette, which colour-blind people can tell apart.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { TopLevelSpec } from "vega-lite"
import { ChartError } from "../ChartError.ts"
import { Html, html } from "./html.ts"

/**
 * A class of calls. It has the same colour in all charts.
 *
 * @category models
 * @since 0.1.0
 */
export type Tone = keyof typeof tones

/**
 * Values by day.
 *
 * Days without a point between the first and the last count as zero. A series has at most one point per day, and series have different
 * names.
 *
 * @category models
 * @since 0.1.0
 */
export interface ByDay {
  readonly title: string
  /** The title of the axis of values. */
  readonly unit: string
  /**
   * Whether each day is one bar, with the series stacked and the first at the bottom.
   *
   * @default false
   */
  readonly stacked?: boolean | undefined
  readonly series: ReadonlyArray<{
    readonly name: string
    /**
     * The series' colour. At most four series may omit it.
     *
     * @default the next colour of the palette
     */
    readonly tone?: Tone | undefined
    readonly points: ReadonlyArray<{
      /** `YYYY-MM-DD` */
      readonly day: string
      readonly value: number
    }>
  }>
}

/**
 * One value per label. Labels are different.
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

/**
 * The colours of tones, the same as in the page's bar of classes.
 *
 * Undecided classes have colours of their own.
 */
const tones = {
  recorded: "var(--chart-1, #0072B2)",
  partly: "var(--chart-4, #CC79A7)",
  unusable: "var(--chart-2, #E69F00)",
  missing: "var(--bad, #D55E00)",
  undetermined: "var(--grey-1, #4B5563)",
  unjudged: "var(--grey-2, #8792A2)",
  excused: "var(--grey-3, #C9D0DA)"
}

const inherited = "currentColor"

const config: TopLevelSpec["config"] = {
  // To a screen reader, the drawing is one image with a title and a description.
  aria: false,
  background: "transparent",
  font: "system-ui, sans-serif",
  view: { stroke: null },
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
  // More names per row would be wider than the chart.
  legend: { labelColor: inherited, labelFontSize: 12, orient: "top", title: null, symbolType: "square", columns: 4 }
}

/** Up to this many days, a bar per day and series is wide enough to see. */
const daysAsBars = 31

/**
 * Draws values by day, as bars, or as lines if there are too many days for bars.
 *
 * @category rendering
 * @since 0.1.0
 */
export const byDay = (input: ByDay): Effect.Effect<Html, ChartError> => draw(input.title, () => dayChart(input))

/**
 * Draws one bar per label, largest value first. Equal values keep their order.
 *
 * @category rendering
 * @since 0.1.0
 */
export const bars = (input: Bars): Effect.Effect<Html, ChartError> => draw(input.title, () => barChart(input))

/** A drawing's specification, `undefined` if there is nothing to draw, and its description. */
interface Drawing {
  readonly description: string
  readonly spec: TopLevelSpec | undefined
}

const noData: Drawing = { description: "No data.", spec: undefined }

/** The scale if all values are zero. Without it, the zeros would be in the middle of the chart. */
const fromZero = { domain: [0, 1] }

/** Replaces two line separators: Vega copies names into expressions, where these would end the line. */
const onOneLine = (name: string) => name.replace(/[\u2028\u2029]/g, " ")

const dayChart = ({ series: given, stacked = false, unit }: ByDay): Drawing => {
  const series = given.map(({ name, ...one }) => ({ name: onOneLine(name), ...one }))
  const days = allDays(series.flatMap(({ points }) => points.map(({ day }) => day)))
  if (days.length === 0) return noData
  const names = series.map(({ name }) => name)
  if (new Set(names).size < names.length) throw new RangeError("two series have the same name")
  const plain = series.filter(({ tone }) => tone === undefined)
  if (plain.length > palette.length) throw new RangeError(`more than ${palette.length} series without a tone`)
  const colors = series.map((one) => (one.tone === undefined ? palette[plain.indexOf(one)] : tones[one.tone]))
  const values = series.flatMap(({ name, points }, nth) => {
    const known = new Map(points.map(({ day, value }) => [day, finite(value)]))
    if (known.size < points.length) throw new RangeError("a series has two values for a day")
    return days.map((day) => ({ day, name, nth, value: known.get(day) ?? 0 }))
  })
  const bars = stacked || days.length <= daysAsBars
  const flat = values.every(({ value }) => value === 0)
  return {
    description: [
      `${unit}, ${days[0]} to ${days.at(-1)}.`,
      ...names.map((one) => `${one}: ${inWords(values.filter(({ name }) => name === one).map(({ value }) => value))}.`)
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
        ...(bars && !stacked && names.length > 1 ? { xOffset: { field: "name", sort: names } } : {}),
        ...(stacked ? { order: { field: "nth" } } : {}),
        y: {
          field: "value",
          type: "quantitative",
          title: unit,
          ...(flat ? { scale: fromZero } : {}),
          axis: { domain: false, ticks: false, ...(flat ? { values: [0] } : { tickCount: 5 }) }
        },
        color: {
          field: "name",
          type: "nominal",
          scale: { domain: names, range: colors.map((color) => color ?? inherited) },
          ...(names.length > 1 ? {} : { legend: null })
        }
      }
    }
  }
}

const barChart = ({ bars: given, unit }: Bars): Drawing => {
  const bars = given.toSorted((a, b) => b.value - a.value)
  if (bars.length === 0) return noData
  if (new Set(bars.map(({ label }) => label)).size < bars.length) throw new RangeError("two bars have the same label")
  return {
    description: bars.map(({ label, value }) => `${label}: ${number(finite(value))} ${unit}.`).join(" "),
    spec: {
      data: { values: bars },
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
        x: {
          field: "value",
          type: "quantitative",
          ...(bars.every(({ value }) => value === 0) ? { scale: fromZero } : {}),
          axis: null
        }
      },
      layer: [
        { mark: { type: "bar", height: { band: 0.66 } } },
        {
          mark: { type: "text", align: "left", dx: 6, fontSize: 12, color: inherited },
          encoding: { text: { field: "value", type: "quantitative", format: "," } }
        }
      ]
    }
  }
}

/** Every day from the first to the last, including days without points. */
const allDays = (days: ReadonlyArray<string>): ReadonlyArray<string> => {
  const known = days.toSorted()
  for (const day of known) {
    if (DateTime.formatIsoDateUtc(DateTime.makeUnsafe(day)) !== day) throw new RangeError(`no day: ${day}`)
  }
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

const finite = (value: number): number => {
  if (!Number.isFinite(value)) throw new RangeError(`no finite number: ${value}`)
  return value
}

const inWords = (values: ReadonlyArray<number>): string => {
  const [least, most, sum] = values.reduce(
    ([least, most, sum], value) => [Math.min(least, value), Math.max(most, value), sum + value],
    [Infinity, -Infinity, 0]
  )
  return `lowest ${number(least)}, highest ${number(most)}, ${number(sum)} in all`
}

const number = (value: number) => value.toLocaleString("en", { maximumFractionDigits: 2 })

// The library is large, so the first chart loads it.
const library = Effect.tryPromise(() => Promise.all([import("vega"), import("vega-lite")]))

const draw = (title: string, drawing: () => Drawing): Effect.Effect<Html, ChartError> =>
  Effect.gen(function* () {
    const { description, spec } = yield* Effect.try(drawing)
    if (spec === undefined) return image("0 0 500 60", title, description, nothing)
    const [vega, vegaLite] = yield* library
    const svg = yield* Effect.tryPromise(() =>
      new vega.View(vega.parse(vegaLite.compile({ ...spec, config }).spec), { renderer: "none" }).toSVG()
    )
    const { marks, viewBox } = yield* Effect.try(() => parts(svg))
    return image(viewBox, title, description, marks)
  }).pipe(Effect.mapError(({ cause }) => new ChartError({ title, cause })))

const nothing = html`<text x="250" y="35" text-anchor="middle" font-family="system-ui, sans-serif" font-size="14px" fill="currentColor">No data</text>`

/**
 * The marks that the library drew, without roles, classes and ids.
 *
 * Raw: the library escapes all text that it draws.
 */
const parts = (svg: string) => {
  const [, viewBox, marks] = /^<svg[^>]*? viewBox="([^"]*)"[^>]*>(.*)<\/svg>$/s.exec(svg) ?? []
  if (viewBox === undefined || marks === undefined) throw new TypeError("the library drew no SVG with a viewBox")
  return {
    viewBox,
    marks: Html.raw(marks.replace(/<\w[^>]*>/g, (tag) => tag.replace(/ (?:class|role|aria-\w+)="[^"]*"/g, "")))
  }
}

/** An SVG image with a title, as wide as its container. */
const image = (viewBox: string, title: string, description: string, marks: Html): Html =>
  html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="${viewBox}" role="img"><title>${title}</title><desc>${description}</desc>${marks}</svg>`
