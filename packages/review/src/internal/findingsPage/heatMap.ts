/** Where the gaps are: tables of the hours of the day, whose cells have their figure in words and in colour. */
import { Coverage } from "@vobiz-effect/reconcile"
import { count } from "../../Format.ts"
import { type Html, html, lines } from "../html.ts"

const hours = Array.from({ length: 24 }, (_, hour) => hour)

const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

/** So many trunks have a row of their own: those with most missing. */
const most = 20

/** Calls that are not recorded, or whose audio is unusable, of those that had to be recorded. */
interface Gap {
  readonly missing: number
  readonly required: number
}

const none: Gap = { missing: 0, required: 0 }

const add = (a: Gap, b: Gap): Gap => ({ missing: a.missing + b.missing, required: a.required + b.required })

interface Line {
  readonly name: string
  readonly hours: ReadonlyArray<Gap>
  readonly all: Gap
}

/** The cells of one name, by hour. */
const line = (name: string, cells: ReadonlyArray<Coverage.Cell>): Line => {
  const at = hours.map(() => none)
  for (const { classes, hour } of cells) {
    const gap = { missing: classes.missing + classes.partly + classes.unusable, required: Coverage.required(classes) }
    at[hour] = add(at[hour] ?? none, gap)
  }
  return { name, hours: at, all: at.reduce(add, none) }
}

/** Five steps of colour, by the share that is missing. */
const shade = ({ missing, required }: Gap) =>
  missing === 0 ? 0 : [0.01, 0.05, 0.2, 0.5].filter((step) => missing / required > step).length + 1

const cell = (gap: Gap): Html =>
  gap.required === 0
    ? html`<td></td>`
    : html`<td class="heat-${shade(gap)}">${gap.missing === 0 ? "·" : count(gap.missing)}</td>`

const table = (
  id: string,
  caption: string,
  header: string,
  rows: ReadonlyArray<Line>
): Html => html`<div class="table wide">
<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
<table class="heat">
<caption id="${id}">${caption}</caption>
<thead><tr><th scope="col">${header}</th>${hours.map((hour) => html`<th scope="col">${String(hour).padStart(2, "0")}</th>`)}<th scope="col" class="number">Missing of required</th></tr></thead>
<tbody>
${lines(rows.map(({ all, hours, name }) => html`<tr><th scope="row">${name}</th>${hours.map(cell)}<td class="number">${count(all.missing)} of ${count(all.required)}</td></tr>`))}
</tbody>
</table>
</div>
</div>`

/** The section of the gaps, by hour and weekday and by hour and trunk. */
export const section = (n: number, cells: ReadonlyArray<Coverage.Cell>): Html => {
  const byDay = weekdays.map((name, day) =>
    line(
      name,
      cells.filter(({ weekday }) => (weekday + 6) % 7 === day)
    )
  )
  const trunks = Map.groupBy(cells, ({ trunkId }) => trunkId)
  const byTrunk = Array.from(trunks, ([id, cells]) => line(id ?? "no trunk", cells))
    .filter(({ all }) => all.required > 0)
    .toSorted((a, b) => b.all.missing - a.all.missing || b.all.required - a.all.required)
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
<p class="intro">Calls that are missing, by the hour of the day at which they started. A dot: calls had to be recorded, and none is missing. Empty: no call had to be. The stronger the red, the larger the share that is missing.</p>
<div class="tables">
${table("heat-trunks", "By trunk", "Trunk", [...byTrunk.slice(0, most), ...others])}
${table("heat-days", "By day of the week", "Day", byDay)}
</div>
</section>`
}
