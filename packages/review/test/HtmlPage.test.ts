import { assert, describe, it } from "@vobiz-effect/test-support"
import { html } from "../src/internal/html.ts"
import * as HtmlPage from "../src/internal/htmlPage.ts"

const attack = `<script>alert("1")</script>'&`
const harmless = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;"

const page = (...sections: ReadonlyArray<HtmlPage.Section>) =>
  HtmlPage.render({ title: "Calls", subtitle: "May", sections })

const table = (overrides: Partial<HtmlPage.PageTable>): HtmlPage.Section => ({
  title: "Trunks",
  tables: [
    { title: "By trunk", columns: [{ header: "Trunk" }, { header: "Calls", align: "right" }], rows: [], ...overrides }
  ]
})

const count = (text: string, part: string) => text.split(part).length - 1

describe("HtmlPage", () => {
  it("escapes every text", () => {
    const text = HtmlPage.render({
      title: attack,
      subtitle: attack,
      links: [{ href: attack, text: attack }],
      sections: [
        {
          title: attack,
          answer: { text: attack, tone: "good" },
          intro: attack,
          bar: [{ label: attack, value: 1, tone: "good" }],
          cards: [{ label: attack, value: attack, note: attack }],
          notes: [attack],
          charts: [{ svg: html`<svg></svg>`, caption: attack }],
          tables: [{ title: attack, columns: [{ header: attack }], rows: [[attack]], more: attack }]
        },
        { title: attack }
      ]
    })
    assert.notInclude(text, "<script")
    assert.strictEqual(count(text, harmless), 21)
  })

  it("needs nothing from anywhere, and runs nothing", () => {
    const text = page(
      { title: "Calls", charts: [{ svg: html`<svg></svg>`, caption: "By day" }] },
      { title: "Recordings" }
    )
    assert.include(text, `content="default-src 'none'; style-src 'unsafe-inline'"`)
    assert.notMatch(text, /<(script|link|img|iframe|object|embed)\b|@import|url\(| style=|\bon\w+=|https?:/)
  })

  it("makes the same page of the same", () => {
    const once = () => page(table({ rows: [["sales", "1,200"]] }), { title: "Recordings" })
    assert.strictEqual(once(), once())
  })

  it("lets a table be scrolled by keyboard", () => {
    assert.match(page(table({})), /role="region" aria-labelledby="[^"]+" tabindex="0"/)
  })

  it("gives tables a caption and headers for both ways of reading", () => {
    const html = page(table({ rows: [["sales", "1,200"]] }))
    assert.match(html, /<caption id="(.+)">By trunk<\/caption>/)
    assert.include(html, `<th scope="col">Trunk</th><th scope="col" class="number">Calls</th>`)
    assert.include(html, `<tr><th scope="row">sales</th><td class="number">1,200</td></tr>`)
  })

  it("names every region by an id that is there once", () => {
    const html = page(table({}), table({}), { title: "Recordings" })
    const names = Array.from(html.matchAll(/(?:aria-labelledby="|href="#)([^"]+)"/g), ([, id]) => id)
    assert.strictEqual(names.length, 3 + 2 + 3 + 1)
    for (const id of names) assert.strictEqual(count(html, ` id="${id}"`), 1)
  })

  it("says that a table is empty, and what one leaves out", () => {
    assert.include(page(table({})), `colspan="2">None</td>`)
    assert.include(page(table({ more: "and 12 more" })), "and 12 more")
  })

  it("leaves out what a section does not have", () => {
    const html = page({ title: "Calls" })
    assert.notMatch(html.slice(html.indexOf("<body>")), /<(table|figure|dl|ul|nav)\b/)
  })
})
