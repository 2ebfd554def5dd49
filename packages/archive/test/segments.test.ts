/** Objects as lists of segments, and the search for a number in them. */
import { assert, describe, Effort, it, Seed } from "@vobiz-effect/test-support"
import { Effect, Stream } from "effect"

import * as Digits from "../src/internal/digits.ts"
import * as Segments from "../src/internal/segments.ts"

const runs = Effort.sized({ quick: 200, full: 2000 })

/** Bytes that look like answers, or like nothing. */
const contents = (below: (limit: number) => number): Buffer => {
  const row = () => `{"to":"+91${String(below(1e9)).padStart(10, "9")}","list":[1,[2]],"note":"a\\"] , {\n"}`
  const list = (ends: string) => Array.from({ length: below(6) }, row).join(ends)
  switch (below(5)) {
    case 0:
      return Buffer.from(`{"meta":{"a":[]},"objects":[${list(",")}],"after":[1]}`)
    case 1:
      return Buffer.from(list("\n"))
    case 2:
      return Buffer.from(`to,note\n${list(",").replaceAll("{", '"x\n"')}`)
    case 3:
      return Buffer.from(Array.from({ length: below(2000) }, () => below(256)))
    default:
      return Buffer.from("x".repeat(below(3) * Segments.longest + below(10)))
  }
}

const cutAll = (bytes: Buffer, piece: () => number) => {
  const cut = Segments.cutter()
  const segments: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length;) {
    const length = 1 + piece()
    segments.push(...cut.push(bytes.subarray(at, at + length)))
    at += length
  }
  segments.push(...cut.end())
  return segments
}

describe("segments", () => {
  it("are the bytes, none too long, wherever they were read to", () => {
    const below = Seed.integers()
    for (let n = 0; n < runs; n++) {
      const bytes = contents(below)
      const whole = cutAll(bytes, () => bytes.length)
      assert.isTrue(Buffer.concat(whole).equals(bytes))
      assert.isTrue(whole.every(({ length }) => length > 0 && length <= Segments.longest))
      const pieces = cutAll(bytes, () => below(bytes.length > 10_000 ? 50_000 : 30))
      assert.deepStrictEqual(
        pieces.map(({ length }) => length),
        whole.map(({ length }) => length)
      )
    }
  })

  it("are one for each row of an answer", () => {
    const rows = ['{"a":[1]},', '{"b":"],["},', "3"]
    const texts = cutAll(Buffer.from(`{"objects":[${rows.join("")}],"n":[2]}`), () => 7).map((one) =>
      Buffer.from(one).toString()
    )
    assert.deepStrictEqual(texts, ['{"objects":[', ...rows, '],"n":[', "2", "]}"])
  })

  it("are one for each line of NDJSON and CSV, with what its quotes enclose", () => {
    const texts = (text: string) => cutAll(Buffer.from(text), () => 3).map((one) => Buffer.from(one).toString())
    assert.deepStrictEqual(texts('a,b\n1,"x\n""y""\nz"\n2,3\n4'), ["a,b\n", '1,"x\n""y""\nz"\n', "2,3\n", "4"])
    assert.deepStrictEqual(texts('{"a":"\\"}\n"}\n{"b":[1,2]}\n'), ['{"a":"\\"}\n"}\n', '{"b":[', "1,", "2", "]}\n"])
    // A byte order mark and white space say nothing of the form.
    assert.deepStrictEqual(texts('\ufeff \n[1,"\n"]'), ["\ufeff \n", "[", "1,", '"\n"', "]"])
  })

  it("of a row that is too long end at the first gap after 252 KiB, or else after 256 KiB", () => {
    assert.deepStrictEqual([Segments.full, Segments.longest], [252 * 1024, 256 * 1024])
    const lengths = (text: string) => cutAll(Buffer.from(text), () => 50_000).map(({ length }) => length)
    for (const gap of [",", " ", '"']) {
      for (const [before, first] of [
        [Segments.full - 1, Segments.longest],
        [Segments.full, Segments.full + 1],
        [Segments.longest - 2, Segments.longest - 1],
        [Segments.longest - 1, Segments.longest],
        [Segments.longest, Segments.longest]
      ] as const) {
        const text = `${"x".repeat(before)}${gap}`.padEnd(Segments.longest + 10, "x")
        assert.deepStrictEqual(lengths(text), [first, text.length - first], `${before} bytes before a "${gap}"`)
      }
    }
    // A line feed within quotes ends no row.
    const quoted = `"${"x".repeat(Segments.full)}\n`.padEnd(Segments.longest + 10, "x")
    assert.deepStrictEqual(lengths(quoted), [Segments.full + 2, 4096 + 8])
    assert.deepStrictEqual(lengths("x".repeat(Segments.full)), [Segments.full])
  })

  it.effect("come back from their lines, with the same root, and another one if anything differs", () =>
    Effect.gen(function* () {
      const below = Seed.integers()
      for (let n = 0; n < runs / 10; n++) {
        const bytes = contents(below)
        const segments = yield* Stream.runCollect(Segments.ofBytes(Stream.make(bytes)))
        const sum = yield* Segments.sumOf(Stream.fromIterable(segments))
        const read = segments.map((one) => Segments.parse(Buffer.from(Segments.lineOf(one).slice(0, -1))))
        assert.isTrue(read.every((one) => one !== null))
        assert.deepStrictEqual(yield* Segments.sumOf(Stream.fromIterable(read)), sum)
        assert.strictEqual(sum?.bytes, bytes.length)
        const erased = segments.map((one): Segments.Segment => ({ _tag: "Erased", leaf: Segments.leafOf(one) }))
        assert.strictEqual((yield* Segments.sumOf(Stream.fromIterable(erased)))?.root, sum?.root)
        const [first, ...rest] = segments
        if (first?._tag !== "Kept") continue
        const changed: Segments.Segment = { ...first, bytes: Buffer.concat([first.bytes, Buffer.from("x")]) }
        assert.notStrictEqual((yield* Segments.sumOf(Stream.make(changed, ...rest)))?.root, sum?.root)
        // The same bytes again have other salts.
        const again = yield* Segments.sumOf(Segments.ofBytes(Stream.make(bytes)))
        assert.notStrictEqual(again?.root, sum?.root)
      }
    })
  )
})

describe("a number", () => {
  const national = "9812345678"
  const find = (texts: ReadonlyArray<string>) => {
    const found: Array<readonly [number, number]> = []
    const look = Digits.finder(national)
    for (const [n, text] of texts.entries()) look(Buffer.from(text), n, (from, to) => found.push([from, to]))
    return found
  }

  it("is found across segments, and nowhere else", () => {
    // Once in each form that the text may be in: as it is, and with its escapes undone.
    assert.deepStrictEqual(new Set(find(["a +91 98123", "4", "5678 b"]).map(String)), new Set(["0,2"]))
    assert.isEmpty(find(["98123", "x", "4567 98"]))
    assert.deepStrictEqual(find(["1", "9812345678", "2"]).at(0), [1, 1])
  })

  it("is told from its calling code", () => {
    for (const [number, rest] of [
      ["+919812345678", national],
      ["+14155550123", "4155550123"],
      ["+442079460123", "2079460123"],
      ["+3531234567", "1234567"]
    ] as const) {
      assert.strictEqual(Digits.nationalOf(number), rest)
    }
  })
})
