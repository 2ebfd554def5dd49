/**
 * The script of the page of findings.
 *
 * The page contains the text of `browse`, and the texts of the functions that it gets as its argument. `browse` must not refer to anything
 * else outside itself.
 */
import { createHash } from "node:crypto"
import { Finding } from "@vobiz-effect/reconcile"
import { Html, html } from "../html.ts"
import * as Urgency from "../urgency.ts"
import { type decode, decode as decoder, type Row } from "./columns.ts"
import * as Described from "./described.ts"
import * as Dom from "./element.ts"
import * as Words from "./words.ts"

/** Browsers fail on elements much taller than this, in pixels. Longer lists scroll faster instead. */
const tallest = 8_000_000

/** How many findings are printed: more than anyone reads on paper. */
const printed = 500

/** The functions and constants that the script gets as its argument. */
interface Injected {
  readonly read: typeof decode
  readonly wordsOf: typeof Words.wordsOf
  readonly element: typeof Dom.element
  readonly described: typeof Described.described
  readonly timeLeft: typeof Urgency.timeLeft
  /** The labels of the codes of findings. */
  readonly labels: Readonly<Record<string, string>>
  readonly tallest: number
  readonly printed: number
}

// oxlint-disable-next-line max-lines-per-function -- the browser gets it as text, and its parts change what is shown together
function browse({ described, element, labels, printed, read, tallest, timeLeft, wordsOf }: Injected): void {
  // --- The page ---------------------------------------------------------------------------------------------------------

  const byId = <E extends HTMLElement>(id: string) => document.getElementById(id) as E
  const root = byId("findings")
  const form = byId<HTMLFormElement>("filters")
  const search = byId<HTMLInputElement>("search")
  const status = byId("status")
  const grid = byId("grid")
  const head = byId("grid-head")
  const body = byId("grid-body")
  const detail = byId("detail")
  const age = byId("age")
  const paper = byId("printed")

  // --- Words ------------------------------------------------------------------------------------------------------------

  const words = wordsOf(root.dataset["zone"] ?? "UTC", labels)
  const { clock, count, instant, label, left, nothing, span } = words
  const asOf = Number(root.dataset["asOf"])
  /** The instant from which time left is counted. It is updated once a minute. */
  let now = Date.now()
  const day = 86_400_000
  const soon = 3 * day

  // --- Rows -------------------------------------------------------------------------------------------------------------

  const epoch = Number(root.dataset["epoch"])
  const rows: ReadonlyArray<Row> = Array.from(document.querySelectorAll("script.chunk"), ({ textContent }) =>
    read(JSON.parse(textContent), epoch)
  ).flat()

  const ranks: Readonly<Record<string, number>> = { critical: 0, warning: 1, info: 2 }
  const length = ({ recorded, talk }: Row) => talk ?? recorded

  interface Column {
    readonly name: string
    readonly title: string
    readonly key: (row: Row) => number | string | null
    readonly words: (row: Row) => string
  }
  const columns: ReadonlyArray<Column> = [
    {
      name: "deadline",
      title: "Time left",
      key: ({ deadline }) => timeLeft(deadline, now),
      words: ({ deadline }) => left(deadline, now)
    },
    {
      name: "severity",
      title: "Severity",
      key: ({ severity }) => ranks[severity] ?? 3,
      words: ({ severity }) => severity
    },
    { name: "code", title: "Finding", key: ({ code }) => label(code), words: ({ code }) => label(code) },
    { name: "at", title: "Started", key: ({ at }) => at, words: ({ at }) => instant(at) },
    {
      name: "from",
      title: "From",
      key: ({ cdrs }) => cdrs[0]?.from ?? null,
      words: ({ cdrs }) => cdrs[0]?.from ?? nothing
    },
    { name: "to", title: "To", key: ({ cdrs }) => cdrs[0]?.to ?? null, words: ({ cdrs }) => cdrs[0]?.to ?? nothing },
    { name: "length", title: "Length", key: length, words: (row) => clock(length(row)) }
  ]
  const [first] = columns
  if (first === undefined) return

  // --- Order ------------------------------------------------------------------------------------------------------------

  let by = first
  let descending = false
  let order: ReadonlyArray<number> = []

  const sort = () => {
    const keys = rows.map(by.key)
    const sign = descending ? -1 : 1
    const compare = (a: number, b: number) => {
      const [x, y] = [keys[a] ?? null, keys[b] ?? null]
      if (x === y) return a - b
      if (x === null) return 1
      if (y === null) return -1
      return x < y ? -sign : sign
    }
    order = rows.map((_, n) => n).toSorted(compare)
    for (const header of head.querySelectorAll<HTMLElement>("[role=columnheader]")) {
      const mine = header.dataset["column"] === by.name
      header.setAttribute("aria-sort", mine ? (descending ? "descending" : "ascending") : "none")
    }
  }

  // --- What is shown ----------------------------------------------------------------------------------------------------

  let shown: ReadonlyArray<number> = []
  let active = 0
  let texts: ReadonlyArray<string> | undefined

  /** All that can be searched of each row, made when something is searched for the first time. */
  const searched = () => {
    texts ??= rows.map((row) => {
      const { amount, at, cdrs, code, explanation, reason, recordings, rule, severity } = row
      const evidence = [
        ...cdrs.flatMap(({ direction, from, id, to, trunkId, uuid }) => [uuid, id, from, to, trunkId, direction]),
        ...recordings.flatMap(({ callUuid, recordingId, type }) => [recordingId, callUuid, type])
      ]
      return [code, label(code), severity, reason, rule, amount, instant(at), explanation, ...evidence]
        .join("\n")
        .toLowerCase()
    })
    return texts
  }

  interface Group {
    readonly of: "severity" | "code"
    readonly name: string
    readonly all: number
    readonly box: HTMLInputElement
    readonly number: HTMLElement
  }
  const groups: ReadonlyArray<Group> = (["severity", "code"] as const).flatMap((of) => {
    const all = new Map<string, number>()
    for (const row of rows) all.set(row[of], (all.get(row[of]) ?? 0) + 1)
    return Array.from(all)
      .toSorted(([a, n], [b, m]) => (ranks[a] ?? 3) - (ranks[b] ?? 3) || m - n)
      .map(([name, all]) => {
        const box = element("input", { type: "checkbox", name: of, value: name })
        const number = element("span", { class: "of" })
        byId(`filter-${of}`).append(
          element("label", {}, box, element("span", {}, of === "code" ? label(name) : name), number)
        )
        return { of, name, all, box, number }
      })
  })
  const wanted = (of: Group["of"]) => {
    const names = groups.filter((group) => group.of === of && group.box.checked).map(({ name }) => name)
    return names.length === 0 ? null : new Set(names)
  }

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
    const [severities, codes] = [wanted("severity"), wanted("code")]
    const text = words.length === 0 ? undefined : searched()
    const before = shown[active]
    shown = order.filter((n) => {
      const row = rows[n]
      if (row === undefined) return false
      if (severities !== null && !severities.has(row.severity)) return false
      if (codes !== null && !codes.has(row.code)) return false
      return text === undefined || words.every((word) => text[n]?.includes(word))
    })
    const found = new Map<string, number>()
    for (const n of shown) {
      const row = rows[n]
      if (row === undefined) continue
      for (const name of [row.severity, row.code]) found.set(name, (found.get(name) ?? 0) + 1)
    }
    for (const { all, name, number } of groups) number.textContent = `${count(found.get(name) ?? 0)} of ${count(all)}`
    const sorted = `by ${by.title.toLowerCase()}, ${descending ? "descending" : "ascending"}`
    status.textContent =
      shown.length === 0
        ? `None of ${count(rows.length)} findings matches.`
        : `${count(shown.length)} of ${count(rows.length)} findings, ${sorted}.`
    grid.setAttribute("aria-rowcount", String(shown.length + 1))
    const stays = before === undefined ? -1 : shown.indexOf(before)
    if (stays < 0) close()
    clear()
    activate(Math.max(0, stays))
  }

  // --- The list: only the rows in sight are in the page -------------------------------------------------------------------

  const drawn = new Map<number, HTMLElement>()
  let height = 1

  const clear = () => {
    drawn.clear()
    body.replaceChildren()
  }
  const draw = (position: number): HTMLElement => {
    const row = rows[shown[position] ?? -1]
    const line = element("div", {
      role: "row",
      class: "row",
      id: `row-${position}`,
      "aria-rowindex": `${position + 2}`
    })
    if (row === undefined) return line
    line.dataset["position"] = String(position)
    line.classList.add(row.severity)
    if (row.deadline !== null && row.deadline > now && row.deadline - now < soon) line.classList.add("soon")
    line.append(...columns.map(({ name, words }) => element("div", { role: "gridcell", class: name }, words(row))))
    return line
  }
  const measure = () => {
    const line = draw(0)
    body.append(line)
    height = Math.max(1, line.offsetHeight)
    line.remove()
  }
  /** How far the list is moved for what the bar is moved: 1, unless the list is taller than an element may be. */
  const geometry = () => {
    const view = grid.clientHeight - head.offsetHeight
    const whole = shown.length * height
    const tall = Math.min(whole, tallest)
    return { view, tall, scale: tall > view ? (whole - view) / (tall - view) : 1 }
  }
  const paint = () => {
    const { scale, tall, view } = geometry()
    const offset = grid.scrollTop * scale
    const from = Math.max(0, Math.floor(offset / height) - 4)
    const to = Math.min(shown.length, Math.ceil((offset + view) / height) + 4)
    const inSight = (position: number) => (position >= from && position < to) || position === active
    for (const [position, line] of drawn) {
      if (inSight(position)) continue
      line.remove()
      drawn.delete(position)
    }
    const wanted = Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n)
    if (active < shown.length && !wanted.includes(active)) wanted.push(active)
    for (const position of wanted) {
      const line = drawn.get(position) ?? draw(position)
      line.style.transform = `translateY(${position * height - offset + grid.scrollTop}px)`
      line.setAttribute("aria-selected", String(position === active))
      if (drawn.has(position)) continue
      drawn.set(position, line)
      // In the page's order, as a screen reader reads it.
      const after = Array.from(body.children).find(
        (other) => Number((other as HTMLElement).dataset["position"]) > position
      )
      body.insertBefore(line, after ?? null)
    }
    body.style.height = `${tall}px`
    body.hidden = shown.length === 0
    if (shown.length === 0) grid.removeAttribute("aria-activedescendant")
    else grid.setAttribute("aria-activedescendant", `row-${active}`)
  }
  const activate = (position: number) => {
    active = Math.max(0, Math.min(position, shown.length - 1))
    body.style.height = `${geometry().tall}px`
    const { scale, view } = geometry()
    const top = active * height
    const offset = grid.scrollTop * scale
    if (top < offset) grid.scrollTop = top / scale
    else if (top + height > offset + view) grid.scrollTop = (top + height - view) / scale
    paint()
    if (!detail.hidden) tell()
  }

  // --- One finding ------------------------------------------------------------------------------------------------------

  const tell = () => {
    const row = rows[shown[active] ?? -1]
    if (row === undefined) return
    const { code, severity } = row
    const shut = element("button", { type: "button", class: "close" }, "Close")
    shut.addEventListener("click", close)
    detail.replaceChildren(
      shut,
      element("h3", { id: "detail-title" }, label(code)),
      element(
        "p",
        { class: "more" },
        element("span", { class: `badge ${severity}` }, severity),
        ` Finding ${count(active + 1)} of ${count(shown.length)}`
      ),
      ...described(row, now, { element, words })
    )
    detail.scrollTop = 0
  }
  const open = (enter: boolean) => {
    if (shown.length === 0) return
    detail.hidden = false
    root.classList.add("detailed")
    tell()
    if (enter) detail.focus()
    detail.scrollIntoView({ block: "nearest" })
  }
  const close = () => {
    if (detail.hidden) return
    const inside = detail.contains(document.activeElement)
    detail.hidden = true
    detail.replaceChildren()
    root.classList.remove("detailed")
    if (inside) grid.focus()
  }

  // --- What people do ---------------------------------------------------------------------------------------------------

  for (const column of columns) {
    const button = element("button", { type: "button" }, column.title)
    button.addEventListener("click", () => {
      descending = by === column && !descending
      by = column
      sort()
      filter()
      activate(0)
    })
    head.firstElementChild?.append(
      element("div", { role: "columnheader", class: column.name, "data-column": column.name }, button)
    )
  }
  form.addEventListener("submit", (event) => event.preventDefault())
  form.addEventListener("input", filter)
  // The fields have their first values only after the event.
  form.addEventListener("reset", () => setTimeout(filter))
  grid.addEventListener("scroll", paint, { passive: true })
  body.addEventListener("click", ({ target }) => {
    const line = target instanceof Element ? target.closest<HTMLElement>("[data-position]") : null
    if (line === null) return
    activate(Number(line.dataset["position"]))
    open(false)
  })
  grid.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return close()
    if (event.target !== grid || event.altKey || event.metaKey) return
    const page = Math.max(1, Math.floor(geometry().view / height) - 1)
    const to: Readonly<Record<string, number>> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: shown.length - 1
    }
    const position = to[event.key]
    if (event.key === "Enter") open(true)
    else if (position !== undefined) activate(position)
    else return
    event.preventDefault()
  })
  detail.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") close()
  })
  new ResizeObserver(() => {
    measure()
    paint()
  }).observe(grid)

  addEventListener("beforeprint", () => {
    const some = shown.slice(0, printed)
    const more = shown.length > some.length ? ` The first ${count(some.length)}:` : ""
    const titles = [...columns.map(({ title }) => title), "CDR or recording"]
    paper.replaceChildren(
      element(
        "table",
        {},
        element("caption", {}, `${status.textContent ?? ""}${more}`),
        element("thead", {}, element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title)))),
        element(
          "tbody",
          {},
          ...some.flatMap((n) => {
            const row = rows[n]
            if (row === undefined) return []
            const cells = columns.map(({ words }) => words(row))
            cells.push(row.cdrs[0]?.uuid ?? row.recordings[0]?.recordingId ?? nothing)
            return [element("tr", {}, ...cells.map((words) => element("td", {}, words)))]
          })
        )
      )
    )
  })
  addEventListener("afterprint", () => paper.replaceChildren())

  // --- Time -------------------------------------------------------------------------------------------------------------

  /** How old the page is, and how many findings are past their deadline. */
  const tellAge = () => {
    const past = rows.filter(({ deadline }) => deadline !== null && deadline <= now).length
    const old = now - asOf
    age.textContent = [
      `Judged as of ${instant(asOf)}, ${old < 60_000 ? "just now" : `${span(old)} ago`}.`,
      ...(old > day ? ["Reconcile again before you act on this page."] : []),
      ...(past > 0 ? [`${count(past)} of ${count(rows.length)} are past their deadline and come last.`] : [])
    ].join(" ")
    age.classList.toggle("old", old > day)
  }
  setInterval(() => {
    now = Date.now()
    tellAge()
    if (by.name === "deadline") {
      sort()
      filter()
    } else {
      clear()
      paint()
    }
  }, 60_000)

  root.hidden = false
  age.hidden = false
  tellAge()
  sort()
  measure()
  filter()
}

const text = `"use strict";(${browse})({ read: ${decoder}, wordsOf: ${Words.wordsOf}, element: ${Dom.element}, described: ${Described.described}, timeLeft: ${Urgency.timeLeft}, labels: ${JSON.stringify(Finding.labels)}, tallest: ${tallest}, printed: ${printed} })`

/** The script of the page. Raw: a script element decodes no escapes, and this one contains no data. */
export const source = Html.raw(text)

/** The content security policy that allows this script only. */
export const allowed = html`'sha256-${createHash("sha256").update(text).digest("base64")}'`
