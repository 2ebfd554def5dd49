/**
 * What a page of a report does in a browser: it says how old it is, and keeps the rows with the least time left first.
 *
 * `tell` is put into the page as its own text: it must use nothing from outside it but what it is given.
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
      ...(passed > 0 ? [`${passed} of the ${rows.length} findings below are past their deadline, and stand last.`] : [])
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

/** The script of the page. Raw: a script element decodes no escapes, and this is code of this package, without data. */
export const source = Html.raw(text)

/** What lets it run, and no other. */
export const allowed = html`script-src 'sha256-${createHash("sha256").update(text).digest("base64")}'`
