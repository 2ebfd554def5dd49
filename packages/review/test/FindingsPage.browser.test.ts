import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"
import { assert, describe, Effort, layer } from "@vobiz-effect/test-support"
import { Account } from "@vobiz-effect/reconcile"
import { Context, Effect, FileSystem, Layer, Stream } from "effect"
import { type Browser, launch, type Page } from "puppeteer-core"
import * as Chromium from "../../../scripts/chromium.ts"
import * as FindingsPage from "../src/FindingsPage.ts"
import * as HtmlPage from "../src/internal/htmlPage.ts"
import { many, reconcile, services, shown } from "./findingsPageExample.ts"

const chromium = Chromium.find()

if (chromium === undefined) {
  process.stderr.write(
    `\n*** NOT TESTED: the page of findings in a browser, as there is none. ${Chromium.advice} ***\n\n`
  )
}

/** A second of silence. */
const wav = () => {
  const [rate, samples] = [8000, 8000]
  const bytes = Buffer.alloc(44 + samples, 128)
  bytes.write("RIFF", 0)
  bytes.writeUInt32LE(36 + samples, 4)
  bytes.write("WAVEfmt ", 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(rate, 24)
  bytes.writeUInt32LE(rate, 28)
  bytes.writeUInt16LE(1, 32)
  bytes.writeUInt16LE(8, 34)
  bytes.write("data", 36)
  bytes.writeUInt32LE(samples, 40)
  return bytes
}

const sound = "sound/a b#1?.wav"

/** A page that waits as long as it takes. */
const newPage = (browser: Browser) =>
  Effect.promise(() => browser.newPage()).pipe(Effect.tap((page) => Effect.sync(() => page.setDefaultTimeout(0))))

interface Opened {
  readonly page: Page
  /** What the page asked for, but itself, and what went wrong in it. */
  readonly asked: ReadonlyArray<string>
  readonly wrong: ReadonlyArray<string>
}

interface View {
  readonly scheme?: "light" | "dark"
  readonly width?: number
  /** The instant that the browser's clock shows. */
  readonly now?: string
}

/** Opens a page. */
const openAt = (
  browser: Browser,
  url: string,
  { now = "2026-11-20T00:00:00Z", scheme = "light", width = 1280 }: View
) =>
  Effect.gen(function* () {
    const page = yield* Effect.acquireRelease(newPage(browser), (page) => Effect.promise(() => page.close()))
    const asked: Array<string> = []
    const wrong: Array<string> = []
    page.on("pageerror", (error) => wrong.push(String(error)))
    page.on("console", (message) => wrong.push(message.text()))
    page.on("request", (request) => {
      // The browser's own pictures of a player's buttons are data, and none of the page's.
      if (request.url() !== url && !request.url().startsWith("data:image/svg+xml;base64,")) asked.push(request.url())
      void request.continue()
    })
    yield* Effect.promise(async () => {
      await page.setRequestInterception(true)
      await page.setViewport({ width, height: 900 })
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }])
      await page.evaluateOnNewDocument((now) => {
        Date.now = () => now
      }, Date.parse(now))
      await page.goto(url)
    })
    return { page, asked, wrong } satisfies Opened
  })

/** The page of very many findings has at least as many as this. */
const atLeast = Effort.sized({ quick: 20_000, full: 100_000 })

/** Pages on disk, of an account's findings and of very many, and a browser to open them with. */
class Pages extends Context.Service<
  Pages,
  {
    readonly few: string
    readonly fewFound: number
    /** The page of very many, opened. */
    readonly opened: Opened
    readonly manyFound: number
    readonly browser: Browser
  }
>()("@vobiz-effect/recon/test/Pages") {
  static readonly layer = Layer.effect(
    Pages,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped({ prefix: "recon-page-" })
      yield* fs.makeDirectory(`${folder}/sound`)
      yield* fs.writeFile(`${folder}/${sound}`, wav())
      const all = Account.masked(yield* reconcile)
      // Each of them is laid out by some tests.
      const everyNth = Effort.sized({ quick: 5, full: 1 })
      const findings = (yield* shown(all)).filter(({ deadline }, n) => deadline === null || n % everyNth === 0)
      const result = { ...all, asking: Stream.fromIterable(findings) }
      const found = findings.length
      const times = Math.ceil(atLeast / found)
      const write = (name: string, result: Account.Result) =>
        FindingsPage.render(result, { audioOf: () => sound }).pipe(
          Stream.encodeText,
          Stream.run(fs.sink(`${folder}/${name}`)),
          Effect.as(pathToFileURL(`${folder}/${name}`).href)
        )
      const launched = Effect.promise(() =>
        launch({
          executablePath: chromium ?? "",
          // The limit on every test is the only one.
          timeout: 0,
          protocolTimeout: 0,
          args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        })
      )
      const browser = yield* Effect.acquireRelease(launched, (browser) => Effect.promise(() => browser.close()))
      return {
        browser,
        few: yield* write("few.html", result),
        fewFound: found,
        opened: yield* openAt(browser, yield* write("many.html", yield* many(result, times)), {}),
        manyFound: found * times
      }
    })
  ).pipe(Layer.provide(services))
}

const open = (options: View = {}) => Effect.flatMap(Pages, ({ browser, few }) => openAt(browser, few, options))

const inFew = <A>(use: (opened: Opened, pages: Pages["Service"]) => Promise<A>, options?: View) =>
  Effect.gen(function* () {
    const opened = yield* open(options)
    const pages = yield* Pages
    return yield* Effect.promise(() => use(opened, pages))
  }).pipe(Effect.scoped)

/** Uses the page of very many, which is opened once, without the filters that were set before. */
const inMany = <A>(use: (opened: Opened, pages: Pages["Service"]) => Promise<A>, width = 1280) =>
  Effect.gen(function* () {
    const pages = yield* Pages
    return yield* Effect.promise(async () => {
      const { page } = pages.opened
      await page.setViewport({ width, height: 900 })
      // The page draws its rows anew after the event. What it says then must not be what it said before.
      await page.$eval("#status", (status) => status.replaceChildren())
      await page.click("#filters button[type=reset]")
      const all = words(pages.manyFound)
      await page.waitForFunction(
        (all) => document.getElementById("status")?.textContent?.startsWith(`${all} of ${all} `),
        {},
        all
      )
      return await use(pages.opened, pages)
    })
  })

const rows = (page: Page) => page.$$eval("#grid-body .row", (found) => found.length)
const status = (page: Page) => page.$eval("#status", ({ textContent }) => textContent)
const active = (page: Page) =>
  page.$eval("#grid", (grid) => {
    const line = document.getElementById(grid.getAttribute("aria-activedescendant") ?? "")
    if (line === null) return null
    const { bottom, top } = line.getBoundingClientRect()
    const head = document.getElementById("grid-head")?.getBoundingClientRect().bottom ?? 0
    return {
      index: Number(line.getAttribute("aria-rowindex")) - 2,
      selected: line.getAttribute("aria-selected"),
      inSight: top >= head - 1 && bottom <= grid.getBoundingClientRect().bottom + 1
    }
  })
/** The texts of a column, in the order of the page. */
const column = (page: Page, name: string) =>
  page.$$eval(`#grid-body .${name}`, (cells) => cells.map(({ textContent }) => textContent ?? ""))
const words = (n: number) => n.toLocaleString("en")

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

interface Violation {
  readonly id: string
  readonly nodes: ReadonlyArray<{ readonly html: string }>
}

/** What the accessibility check finds wrong; in the dark, of what depends on colours alone. */
const violations = async (page: Page, scheme: "light" | "dark"): Promise<ReadonlyArray<string>> => {
  await page.evaluate(axe)
  const rules = scheme === "light" ? "{}" : `{ runOnly: ["color-contrast", "link-in-text-block"] }`
  const run = `axe.run(document, ${rules}).then(({ violations }) => violations)`
  const found = (await page.evaluate(run)) as ReadonlyArray<Violation>
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)
}

describe.skipIf(chromium === undefined)("the page of findings in a browser", () => {
  layer(Pages.layer, { concurrent: false, excludeTestServices: true })("", (it) => {
    it.effect("holds very many findings with few rows in the page, and asks nothing of the network", () =>
      inMany(async ({ asked, page, wrong }, { manyFound }) => {
        assert.isAtLeast(manyFound, atLeast)
        assert.strictEqual(
          await status(page),
          `${words(manyFound)} of ${words(manyFound)} findings, by time left, ascending.`
        )
        assert.strictEqual(
          await page.$eval("#grid", (grid) => grid.getAttribute("aria-rowcount")),
          String(manyFound + 1)
        )
        for (const share of [0, 0.3, 0.7, 1]) {
          await page.$eval(
            "#grid",
            (grid, share) => {
              grid.scrollTop = share * grid.scrollHeight
              grid.dispatchEvent(new Event("scroll"))
            },
            share
          )
          assert.isBelow(await rows(page), 100)
          assert.isAbove(await rows(page), 10)
        }
        const last = await page.$$eval("#grid-body .row", (lines) => lines.at(-1)?.getAttribute("aria-rowindex"))
        assert.strictEqual(last, String(manyFound + 1))
        assert.deepStrictEqual([asked, wrong], [[], []])
      })
    )

    it.effect("searches, filters, and says how many of each there are", () =>
      inMany(async ({ page }, { manyFound }) => {
        const groups = () =>
          page.$$eval("#filter-code label", (labels) => labels.map(({ textContent }) => textContent ?? ""))
        const counts = async () =>
          new Map((await groups()).map((text) => text.split(/(?=\d)(.*)/) as [label: string, counts: string]))
        const before = await counts()
        await page.type("#search", "orphan")
        const orphans = before.get("Recording without a call")?.split(" of ")[1]
        assert.match(String(await status(page)), new RegExp(`^${orphans} of ${words(manyFound)} findings`))
        const missing = before.get("Missing recording")?.split(" of ")[1]
        assert.strictEqual((await counts()).get("Missing recording"), `0 of ${missing}`)
        assert.deepStrictEqual(new Set(await column(page, "code")), new Set(["Recording without a call"]))
        await page.click("#filters button[type=reset]")
        await page.waitForFunction(() => (document.getElementById("search") as HTMLInputElement).value === "")
        await page.waitForFunction(
          (all) => document.getElementById("status")?.textContent?.startsWith(`${all} of ${all}`),
          {},
          words(manyFound)
        )
        await page.click("#filter-severity input[value=warning]")
        assert.deepStrictEqual(new Set(await column(page, "severity")), new Set(["warning"]))
        await page.type("#search", "no such thing anywhere")
        assert.strictEqual(await status(page), `None of ${words(manyFound)} findings matches.`)
        assert.strictEqual(await rows(page), 0)
      })
    )

    it.effect("sorts by every column, both ways, with what is not known last", () =>
      inFew(async ({ page }, { fewFound }) => {
        // All are in sight of a window that tall.
        await page.addStyleTag({ content: "#grid { height: 100000px !important }" })
        await page.waitForFunction((all) => document.querySelectorAll("#grid-body .row").length === all, {}, fewFound)
        for (const name of ["at", "severity", "code", "from", "to", "length"]) {
          for (const direction of ["ascending", "descending"]) {
            await page.click(`#grid-head .${name} button`)
            assert.strictEqual(
              await page.$eval(`#grid-head .${name}`, (header) => header.getAttribute("aria-sort")),
              direction
            )
            const told = await column(page, name)
            const known = told.filter((text) => text !== "–")
            const sorted = known.toSorted()
            if (direction === "descending") sorted.reverse()
            assert.deepStrictEqual(told, [...sorted, ...told.filter((text) => text === "–")], `${name} ${direction}`)
          }
        }
        await page.click("#grid-head .deadline button")
        const left = await column(page, "deadline")
        const minutes = left.map((text) => {
          const [, d = "0", h = "0"] = /^(\d+) d (\d+) h$/.exec(text) ?? []
          return text === "–" ? Infinity : Number(d) * 24 + Number(h)
        })
        assert.deepStrictEqual(
          minutes,
          minutes.toSorted((a, b) => (a === b ? 0 : a - b))
        )
        assert.include(minutes, Infinity)
      })
    )

    it.effect("is used by keyboard alone", () =>
      inMany(async ({ page }, { manyFound }) => {
        const press = async (
          ...keys: ReadonlyArray<"ArrowDown" | "ArrowUp" | "PageDown" | "PageUp" | "Home" | "End">
        ) => {
          for (const key of keys) await page.keyboard.press(key)
          const now = await active(page)
          assert.deepStrictEqual([now?.selected, now?.inSight], ["true", true])
          return now?.index
        }
        await page.focus("#search")
        const reached = async () => (await page.evaluate(() => document.activeElement?.id)) === "grid"
        for (let n = 0; n < 20 && !(await reached()); n++) await page.keyboard.press("Tab")
        assert.isTrue(await reached())
        assert.strictEqual(await press("ArrowDown", "ArrowDown", "ArrowUp"), 1)
        const down = await press("PageDown")
        assert.isAbove(Number(down), 5)
        assert.strictEqual(await press("PageUp"), 1)
        assert.strictEqual(await press("End"), manyFound - 1)
        assert.strictEqual(await press("ArrowDown"), manyFound - 1)
        assert.strictEqual(await press("Home"), 0)
        const ring = await page.$eval("#grid-body [aria-selected=true]", (line) => getComputedStyle(line).outlineStyle)
        assert.strictEqual(ring, "solid")

        await page.keyboard.press("Enter")
        assert.strictEqual(await page.evaluate(() => document.activeElement?.id), "detail")
        await page.keyboard.press("Escape")
        assert.strictEqual(await page.evaluate(() => document.activeElement?.id), "grid")
        assert.isTrue(await page.$eval("#detail", (detail) => (detail as HTMLElement).hidden))
      })
    )

    it.effect("reaches each of them on a narrow screen, where they are taller together than an element may be", () =>
      inMany(async ({ page }, { manyFound }) => {
        // By default rows of that height make up for their smaller number.
        const style = Effort.isFull ? null : await page.addStyleTag({ content: "#grid-body .row { height: 450px }" })
        if (style !== null) {
          // Another width is what the page measures its rows for again.
          await page.setViewport({ width: 399, height: 900 })
          await page.waitForFunction(() => document.getElementById("row-0")?.offsetHeight === 450)
        }
        const whole = await page.$eval("#grid-body .row", (line) => (line as HTMLElement).offsetHeight)
        const tall = await page.$eval("#grid-body", (body) => (body as HTMLElement).offsetHeight)
        assert.isAbove(whole * manyFound, tall)
        await page.focus("#grid")
        await page.keyboard.press("End")
        assert.deepStrictEqual(await active(page), { index: manyFound - 1, selected: "true", inSight: true })
        for (let n = 0; n < Effort.sized({ quick: 15, full: 5 }); n++) await page.keyboard.press("PageUp")
        const up = await active(page)
        assert.isTrue(up?.inSight)
        assert.isBelow(Number(up?.index), manyFound - 10)
        assert.isAbove(Number(up?.index), manyFound - 500)
        assert.isBelow(await rows(page), 100)
        assert.isAbove(await rows(page), Effort.sized({ quick: 4, full: 10 }))
        await style?.evaluate((tag) => tag.remove())
      }, 400)
    )

    it.effect("begins with the answer, the classes and the target, and then the findings", () =>
      inFew(async ({ page }) => {
        const headings = await page.$$eval("h2", (found) => found.map(({ textContent }) => textContent))
        assert.deepStrictEqual(headings.slice(0, 2), ["Was every call that had to be recorded, recorded?", "Findings"])
        const answer = await page.$eval(".answer", ({ className, textContent }) => [className, textContent ?? ""])
        assert.strictEqual(answer[0], "answer bad")
        assert.match(String(answer[1]), /^No\. \d+ calls that had to be recorded have no recording/)
        const legend = await page.$$eval(".legend dt", (terms) => terms.map(({ textContent }) => textContent))
        assert.deepStrictEqual(legend, [
          "Recorded",
          "Recorded in part",
          "Recorded without usable audio",
          "No recording",
          "Undetermined"
        ])
        assert.include(await page.$eval(".notes", ({ textContent }) => textContent), "The target is 100%.")
      })
    )

    it.effect("tells the time left by the clock, says how old it is, and has what is past its deadline last", () =>
      Effect.gen(function* () {
        const seen = (now: string) =>
          inFew(
            async ({ page }) => {
              await page.addStyleTag({ content: "#grid { height: 100000px !important }" })
              await page.waitForFunction(
                (all) => document.querySelectorAll("#grid-body .row").length === all,
                {},
                Number(/of (\d+) findings/.exec(String(await status(page)))?.[1])
              )
              return {
                age: await page.$eval("#age", ({ textContent }) => textContent),
                left: await column(page, "deadline")
              }
            },
            { now }
          )
        const fresh = yield* seen("2026-11-20T00:00:30Z")
        assert.strictEqual(fresh.age, "Judged as of 2026-11-20 00:00:00, just now.")
        assert.notInclude(fresh.left, "passed")
        const old = yield* seen("2026-12-18T12:00:00Z")
        const passed = old.left.filter((text) => text === "passed").length
        assert.isAbove(passed, 0)
        assert.isBelow(passed, old.left.length)
        assert.deepStrictEqual(
          old.left.slice(-passed).map((text) => text),
          Array.from({ length: passed }, () => "passed")
        )
        assert.strictEqual(
          old.age,
          `Judged as of 2026-11-20 00:00:00, 28 d 12 h ago. Reconcile again before you act on this page. ${passed} of ${old.left.length} are past their deadline and come last.`
        )
      })
    )

    it.effect("a report says how old it is, and has what is past its deadline last", () =>
      inFew(async ({ page, wrong }) => {
        const at = Date.parse("2026-11-20T00:00:00Z")
        const html = HtmlPage.render({
          title: "Report",
          subtitle: "",
          asOf: at,
          sections: [
            {
              title: "Findings",
              tables: [
                {
                  title: "By time left",
                  columns: [{ header: "Finding" }],
                  rows: [["soon"], ["later"], ["never"]],
                  deadlines: [at + 3_600_000, at + 9 * 86_400_000, null]
                }
              ]
            }
          ]
        })
        const seen = async (now: number) => {
          await page.evaluateOnNewDocument((now) => {
            Date.now = () => now
          }, now)
          await page.goto("about:blank")
          await page.setContent(html)
          return {
            age: await page.$eval("#age", ({ textContent }) => textContent),
            rows: await page.$$eval("tbody tr", (rows) => rows.map(({ textContent }) => textContent))
          }
        }
        assert.deepStrictEqual(await seen(at), {
          age: "Judged less than an hour ago.",
          rows: ["soon", "later", "never"]
        })
        assert.deepStrictEqual(await seen(at + 3 * 86_400_000), {
          age: "Judged 3 d ago. Reconcile again before you act on this page. 1 of the 3 findings below are past their deadline and come last.",
          rows: ["later", "never", "soon"]
        })
        assert.deepStrictEqual(wrong, [])
      })
    )

    it.effect("shows a finding's evidence, rule, next step and deadline, and the next one by arrow", () =>
      inFew(async ({ page }) => {
        await page.click("#grid-body .row:first-child")
        const detail = () => page.$eval("#detail", (detail) => (detail as HTMLElement).innerText)
        const told = await detail()
        for (const part of [
          "Missing recording",
          "critical",
          "Finding 1 of",
          "Next step:",
          "The provider deletes at",
          "Time left",
          "Code\nmissing",
          "must be recorded",
          "UUID"
        ]) {
          assert.include(told, part)
        }
        await page.keyboard.press("ArrowDown")
        assert.include(await detail(), "Finding 2 of")
      })
    )

    it.effect("plays what lies beside it", () =>
      inFew(async ({ asked, page, wrong }, { few }) => {
        await page.type("#search", "partly-recorded")
        await page.click("#grid-body .row:first-child")
        assert.deepStrictEqual(asked, [])
        const seconds = await page.$eval("#detail audio", async (audio) => {
          await audio.play()
          return audio.duration
        })
        assert.strictEqual(seconds, 1)
        assert.deepStrictEqual([...new Set(asked)], [new URL("sound/a%20b%231%3F.wav", few).href])
        assert.deepStrictEqual(wrong, [])
      })
    )

    for (const [scheme, widths] of [
      ["light", [1280, 400]],
      ["dark", Effort.isFull ? [1280, 400] : [1280]]
    ] as const) {
      it.effect(`has nothing that an accessibility check finds wrong, ${scheme}`, () =>
        Effect.gen(function* () {
          for (const width of widths) {
            const { page } = yield* open({ scheme, width })
            const found = yield* Effect.promise(async () => {
              // By default only with the detail, beside which all else stays.
              const closed = Effort.isFull ? await violations(page, scheme) : []
              await page.click("#grid-body .row:first-child")
              return [...closed, ...(await violations(page, scheme))]
            })
            assert.deepStrictEqual(found, [])
            const broad = yield* Effect.promise(() => page.evaluate(() => document.documentElement.scrollWidth))
            assert.isAtMost(broad, width)
          }
        }).pipe(Effect.scoped)
      )
    }

    it.effect("prints the figures, and the findings that match", () =>
      inMany(async ({ page }) => {
        await page.type("#search", "orphan")
        await page.evaluate(() => {
          addEventListener("afterprint", () => document.body.setAttribute("data-printed", ""))
          addEventListener("beforeprint", () => {
            const lines = document.querySelectorAll("#printed tbody tr").length
            document.body.setAttribute("data-lines", String(lines))
          })
        })
        const pdf = await page.pdf({ format: "A4" })
        assert.strictEqual(Buffer.from(pdf.subarray(0, 5)).toString(), "%PDF-")
        assert.strictEqual(await page.$eval("body", (body) => body.getAttribute("data-lines")), "500")

        await page.emulateMediaType("print")
        await page.evaluate(() => dispatchEvent(new Event("beforeprint")))
        const seen = (selector: string) => page.$eval(selector, (part) => (part as HTMLElement).offsetHeight > 0)
        assert.deepStrictEqual(
          [await seen("#grid"), await seen("#filters"), await seen("#printed table"), await seen("table.heat")],
          [false, false, true, true]
        )
        assert.include(await page.$eval("#printed", ({ textContent }) => textContent ?? ""), "The first 500:")
      })
    )

    it.effect("has a plain table where scripts do not run", () =>
      Effect.gen(function* () {
        const { few, browser, fewFound } = yield* Pages
        const page = yield* Effect.acquireRelease(newPage(browser), (page) => Effect.promise(() => page.close()))
        yield* Effect.promise(async () => {
          await page.setJavaScriptEnabled(false)
          await page.goto(few)
        })
        const lines = yield* Effect.promise(() => page.$$("noscript tbody tr"))
        assert.strictEqual(lines.length, fewFound)
        const grid = yield* Effect.promise(() => page.$("#grid"))
        assert.isFalse(yield* Effect.promise(() => grid?.isVisible() ?? Promise.resolve(true)))
      }).pipe(Effect.scoped)
    )
  })
})
