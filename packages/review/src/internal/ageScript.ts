/**
 * The script of a report page: it shows the age of the page, and keeps the most urgent rows first.
 *
 * The page contains the text of `tell`. The function must not refer to anything outside itself except its argument.
 */
import { createHash } from "node:crypto"
import { Html, html } from "./html.ts"
import * as Urgency from "./urgency.ts"

function tell({ timeLeft }: { readonly timeLeft: typeof Urgency.timeLeft }): void {
  const age = document.getElementById("age")
  if (age === null) return
  const day = 86_400_000
  const deadlineOf = (row: HTMLElement) => {
    const text = row.dataset["deadline"] ?? ""
    return text === "" ? null : Number(text)
  }
  const update = () => {
    const now = Date.now()
    const old = now - Number(age.dataset["asOf"])
    const hours = Math.floor(old / 3_600_000)
    const rows = Array.from(document.querySelectorAll<HTMLElement>("tr[data-deadline]"))
    const passed = rows.filter((row) => timeLeft(deadlineOf(row), now) === Number.MAX_SAFE_INTEGER).length
    age.textContent = [
      hours < 1
        ? "Judged less than an hour ago."
        : `Judged ${hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`} ago.`,
      ...(old > day ? ["Reconcile again before you act on this page."] : []),
      ...(passed > 0 ? [`${passed} of the ${rows.length} findings below are past their deadline and come last.`] : [])
    ].join(" ")
    age.classList.toggle("old", old > day)
    const sorted = rows.toSorted((a, b) => timeLeft(deadlineOf(a), now) - timeLeft(deadlineOf(b), now))
    for (const row of sorted) row.parentElement?.append(row)
  }
  age.hidden = false
  update()
  setInterval(update, 60_000)
}

const text = `"use strict";(${tell})({ timeLeft: ${Urgency.timeLeft} })`

/** The script of the page. Raw: a script element decodes no escapes, and this one contains no data. */
export const source = Html.raw(text)

/** The content security policy that allows this script only. */
export const allowed = html`script-src 'sha256-${createHash("sha256").update(text).digest("base64")}'`
