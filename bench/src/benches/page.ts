/** The page of 100,000 findings: written, and shown by a browser. */
import { pathToFileURL } from "node:url"
import { Account } from "@vobiz-effect/reconcile"
import { FindingsPage } from "@vobiz-effect/review"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Stream from "effect/Stream"
import { launch } from "puppeteer-core"
import * as Chromium from "../../../scripts/chromium.ts"
import { many, reconcile, services, shown } from "../../../packages/review/test/findingsPageExample.ts"
import type { Benchmark, Sample, Setting } from "../Bench.ts"
import { timed } from "../measure.ts"

/** Writes the page of so many findings, and tells how long that took. */
const write = Effect.fnUntraced(function* ({ folder, size }: Setting) {
  const fs = yield* FileSystem.FileSystem
  const path = `${folder}/findings-${size}.html`
  const result = Account.masked(yield* reconcile)
  const found = (yield* shown(result)).length
  const page = FindingsPage.render(yield* many(result, Math.ceil(size / found)))
  const sample = yield* timed(Effect.as(Stream.run(Stream.encodeText(page), fs.sink(path)), size))
  return { path, sample }
})

export const writing = (setting: Setting) =>
  write(setting).pipe(
    Effect.map(({ sample }) => sample),
    Effect.provide(services)
  )

const chromium = Chromium.find()

/** How long after it was asked for the page has something to see. */
const painting = (setting: Setting) =>
  Effect.gen(function* () {
    const { path, sample } = yield* write(setting)
    const paint = yield* Effect.promise(() =>
      launch({ executablePath: chromium ?? "", args: ["--no-sandbox"] }).then((browser) =>
        browser
          .newPage()
          .then((page) =>
            page
              .goto(pathToFileURL(path).href)
              .then(() => page.waitForFunction("performance.getEntriesByName('first-contentful-paint').length > 0"))
              .then(() => page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
          )
          .finally(() => browser.close())
      )
    )
    return { ...sample, seconds: Number(paint) / 1000 } satisfies Sample
  }).pipe(Effect.provide(services))

const size = { full: 100_000, smoke: 1000 }

export const html: Benchmark = {
  name: "html",
  about: "100,000 findings written as a page of HTML",
  size,
  figure: "seconds",
  by: "difference",
  target: { atMost: 5 },
  ours: "FindingsPage.render",
  peer: null,
  ways: { "FindingsPage.render": writing }
}

export const paint: Benchmark = {
  name: "first-paint",
  about: "until Chromium shows something of that page",
  size,
  figure: "seconds",
  by: "difference",
  target: { atMost: 1 },
  ours: "first contentful paint",
  peer: null,
  ways: { "first contentful paint": painting },
  lacks: () => (chromium === undefined ? Chromium.advice : undefined)
}
