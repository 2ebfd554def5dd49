import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect, Schema } from "effect"
import { Html, html, lines, type Value } from "../src/internal/html.ts"

const attack = `<b title="1">'&`
const harmless = "&lt;b title=&quot;1&quot;&gt;&#39;&amp;"

describe("html", () => {
  it("escapes what would be markup in an element and in an attribute", () => {
    assert.strictEqual(html`<p title="${attack}">${attack}</p>`.text, `<p title="${harmless}">${harmless}</p>`)
  })

  it("leaves its own text as it is written", () => {
    assert.strictEqual(html`<p title='a'>&amp;\n</p>`.text, "<p title='a'>&amp;\n</p>")
    assert.strictEqual(html``.text, "")
  })

  it("escapes a text once, however deep the markup is nested", () => {
    const item = html`<li>${"&"}</li>`
    assert.strictEqual(html`<ul>${html`${item}${[item]}`}</ul>`.text, "<ul><li>&amp;</li><li>&amp;</li></ul>")
  })

  it("joins arrays, and escapes their texts", () => {
    const values = ["<", 1, html`<br>`, [">", null], []]
    assert.strictEqual(html`<p>${values}</p>`.text, "<p>&lt;1<br>&gt;</p>")
  })

  it("tells nothing from zero and from an empty text", () => {
    assert.strictEqual(html`[${null}${undefined}${false}]`.text, "[]")
    assert.strictEqual(html`${0}${-1.5}${""}`.text, "0-1.5")
  })

  it("puts in raw markup as it is", () => {
    assert.strictEqual(html`<p>${Html.raw("<i>&</i>")}</p>`.text, "<p><i>&</i></p>")
  })

  it("takes no text and no other object for markup", () => {
    const text = ({ text }: Html) => text
    // @ts-expect-error: a text is not markup
    assert.isUndefined(text("<p></p>"))
    // @ts-expect-error: nor is an object that looks like it
    assert.strictEqual(text({ text: "<p></p>" }), "<p></p>")
    // @ts-expect-error: nor can one be put into a template
    assert.throws(() => html`${{ text: "<p></p>" }}`)
    // @ts-expect-error: "true" is no text to show
    const shown: Value = true
    assert.strictEqual(html`${shown}`.text, "true")
  })

  const decoded: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" }

  it.effect.prop("makes no markup of any text, and loses none of it", [Schema.String], ([drawn]) =>
    Effect.sync(() => {
      for (const given of [drawn, `${attack}${drawn}&amp;`]) {
        const { text } = html`${given}`
        assert.notMatch(text, /[<>"']/)
        assert.strictEqual(
          text.replace(/&([^;]*);/g, (_, name: string) => decoded[name] ?? "?"),
          given
        )
      }
    })
  )
})

describe("lines", () => {
  it("has each value on a line, and no line for nothing", () => {
    const { text } = lines([html`<p></p>`, false, "<", null, undefined, "", 0])
    assert.strictEqual(text, "<p></p>\n&lt;\n\n0")
    assert.strictEqual(lines([]).text, "")
  })
})
