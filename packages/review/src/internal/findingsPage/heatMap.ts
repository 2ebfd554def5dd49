/** Tables of missing recordings by hour of the day. Cells show their figures as text and in colour. */
import { Coverage } from "@vobiz-effect/reconcile"
import { count } from "../../Format.ts"
import { type Html, html, lines } from "../html.ts"

const hours = Array.from({ length: 24 }, (_, hour) => hour)

const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

/** How many trunks have a row of their own: those with the most missing calls. */
const most = 20

interface Gap {
  /** Calls that had to be recorded, and have no recording, a partial one, or one without usable audio. */
  readonly missing: number
  readonly required: number
  /** Undetermined and unjudged calls, which may be missing. */
  readonly unknown: number
}

const none: Gap = { missing: 0, required: 0, unknown: 0 }

const add = (a: Gap, b: Gap): Gap => ({
  missing: a.missing + b.missing,
  required: a.required + b.required,
  unknown: a.unknown + b.unknown
})

const gapOf = (classes: Coverage.Classes): Gap => ({
  missing: classes.missing + classes.partly + classes.unusable,
  required: Coverage.required(classes),
  unknown: classes.undetermined + classes.unjudged
})

interface Line {
  readonly name: string
  readonly hours: ReadonlyArray<Gap>
  readonly all: Gap
}

/** A row with a name and a cell per hour. */
const line = (name: string, cells: ReadonlyArray<Coverage.Cell>): Line => {
  const at = hours.map(() => none)
  for (const { classes, hour } of cells) {
    at[hour] = add(at[hour] ?? none, gapOf(classes))
  }
  return { name, hours: at, all: at.reduce(add, none) }
}

/** One of five shades, by the share of missing calls. */
const shade = ({ missing, required }: Gap) =>
  [0.01, 0.05, 0.2, 0.5].filter((step) => missing / required > step).length + 1

const cell = (gap: Gap): Html => {
  if (gap.missing > 0) return html`<td class="heat-${shade(gap)}">${count(gap.missing)}</td>`
  if (gap.unknown > 0) return html`<td class="heat-unknown">?</td>`
  return gap.required === 0 ? html`<td></td>` : html`<td class="heat-none">·</td>`
}

const table = (
  id: string,
  caption: string,
  header: string,
  rows: ReadonlyArray<Line>
): Html => html`<div class="table wide">
<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
<table class="heat">
<caption id="${id}">${caption}</caption>
<thead><tr><th scope="col">${header}</th>${hours.map((hour) => html`<th scope="col">${String(hour).padStart(2, "0")}</th>`)}<th scope="col" class="number">Missing of required</th><th scope="col" class="number">Unknown</th></tr></thead>
<tbody>
${lines(rows.map(({ all, hours, name }) => html`<tr><th scope="row">${name}</th>${hours.map(cell)}<td class="number">${count(all.missing)} of ${count(all.required)}</td><td class="number">${count(all.unknown)}</td></tr>`))}
</tbody>
</table>
</div>
</div>`

/** The section of missing recordings by hour and weekday, and by hour and trunk. */
export const section = (n: number, cells: ReadonlyArray<Coverage.Cell>): Html => {
  const byDay = weekdays.map((name, day) =>
    line(
      name,
      cells.filter(({ weekday }) => (weekday + 6) % 7 === day)
    )
  )
  const trunks = Map.groupBy(cells, ({ trunkId }) => trunkId)
  const byTrunk = Array.from(trunks, ([id, cells]) => line(id ?? "no trunk", cells))
    .filter(({ all }) => all.required + all.unknown > 0)
    .toSorted(
      (a, b) => b.all.missing - a.all.missing || b.all.unknown - a.all.unknown || b.all.required - a.all.required
    )
  const rest = byTrunk.slice(most)
  const others: ReadonlyArray<Line> =
    rest.length === 0
      ? []
      : [
          {
            name: `${count(rest.length)} other trunks`,
            hours: hours.map((hour) => rest.map((line) => line.hours[hour] ?? none).reduce(add, none)),
            all: rest.map(({ all }) => all).reduce(add, none)
          }
        ]
  return html`<section aria-labelledby="section-${n}">
<h2 id="section-${n}">Gaps by hour</h2>
<p class="intro">Missing calls by the hour of the day at which they started. A number counts the missing calls; stronger red is a larger share of the calls that had to be recorded. A dot: all calls that had to be recorded are. A question mark: none is known to be missing, but some calls are undetermined or unjudged. Empty: no call had to be recorded, except excused ones.</p>
<div class="tables">
${table("heat-trunks", "By trunk", "Trunk", [...byTrunk.slice(0, most), ...others])}
${table("heat-days", "By day of the week", "Day", byDay)}
</div>
</section>`
}
