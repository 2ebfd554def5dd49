import { assert, describe, Effort, it } from "@vobiz-effect/test-support"
import { Effect, Schema } from "effect"
import { Memory } from "../src/internal/memory.ts"

const Step = Schema.Struct({
  // Of few ids, so that they come again, and of many, so that they are forgotten.
  id: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200 })),
  copies: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 })),
  isOfHead: Schema.Boolean,
  unchain: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))
})

describe("the memory of a walk", () => {
  it.effect.prop(
    "knows the head and the last rows, which of them are of the chain, and no others",
    [Schema.Array(Step), Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 }))],
    ([steps, capacity]) =>
      Effect.sync(() => {
        const memory = new Memory(capacity)
        // These are kept in any case.
        for (let n = 0; n < 1000; n++) memory.add(`first ${n}`)
        const added: Array<string> = []
        const head = new Set<string>()
        let chain = new Set<string>()
        for (const { copies, id, isOfHead, unchain } of steps) {
          if (unchain === 0) {
            memory.unchain()
            chain = new Set()
          }
          for (let n = id; n < id + copies; n++) {
            const text = `row ${n}`
            const isKnown = memory.has(text)
            if (!chain.has(text) || !memory.has(text)) added.push(text)
            chain.add(text)
            if (!isKnown && isOfHead) head.add(text)
            memory.add(text, isOfHead)
          }
        }
        const last = new Set(added.slice(-capacity))
        for (let n = 0; n < 1000; n++) assert.isTrue(memory.has(`first ${n}`))
        for (let n = 0; n < 300; n++) {
          const text = `row ${n}`
          if (head.has(text) || last.has(text)) assert.isTrue(memory.has(text), text)
          if (!added.includes(text)) assert.isFalse(memory.has(text), text)
          assert.strictEqual(memory.isOfChain(text), memory.has(text) && chain.has(text), text)
        }
      }),
    { arbitrary: { runs: Effort.sized({ quick: 50, full: 200 }) } }
  )

  it("knows all ids of a list that is longer than its first table, and none beside", () => {
    const memory = new Memory(100_000)
    const ids = Array.from({ length: 5000 }, (_, n) => `id-${n}`)
    for (const [n, id] of ids.entries()) {
      assert.isFalse(memory.has(id))
      memory.add(id)
      assert.isTrue(memory.has(id))
      // The table has just grown, or is about to.
      if ([31, 32, 33, 2048, 2049].includes(n)) for (const other of ids.slice(0, n)) assert.isTrue(memory.has(other))
    }
    assert.isFalse(memory.has("id-5000"))
  })

  it("forgets when it has twice as many as it keeps, and then each time that as many more have come", () => {
    const memory = new Memory(1500)
    const known = () => Array.from({ length: 9000 }, (_, n) => n).filter((n) => memory.has(`r${n}`)).length
    const add = (from: number, to: number) => {
      for (let n = from; n < to; n++) memory.add(`r${n}`)
    }
    add(0, 2999)
    assert.strictEqual(known(), 2999)
    // The first 1000 are kept, and the last 1500.
    add(2999, 3000)
    assert.strictEqual(known(), 2500)
    assert.deepStrictEqual(
      [999, 1000, 1499, 1500].map((n) => memory.has(`r${n}`)),
      [true, false, false, true]
    )
    add(3000, 4499)
    assert.strictEqual(known(), 3999)
    add(4499, 4500)
    assert.strictEqual(known(), 2500)
    assert.deepStrictEqual(
      [999, 2999, 3000].map((n) => memory.has(`r${n}`)),
      [true, false, true]
    )
  })

  it("counts an id that comes again once among the first 1000", () => {
    const memory = new Memory(10)
    memory.add("r0")
    memory.unchain()
    memory.add("r0")
    for (let n = 1; n < 1200; n++) memory.add(`r${n}`)
    assert.deepStrictEqual(
      [0, 1, 999, 1000].map((n) => memory.has(`r${n}`)),
      [true, true, true, false]
    )
  })

  it("keeps those of the head, however many, and the place where the chain begins", () => {
    const memory = new Memory(10)
    for (let n = 0; n < 1000; n++) memory.add(`first${n}`)
    for (let n = 0; n < 50; n++) memory.add(`head${n}`, true)
    memory.unchain()
    for (let n = 0; n < 100; n++) memory.add(`r${n}`)
    for (let n = 0; n < 50; n++) assert.isTrue(memory.has(`head${n}`))
    assert.deepStrictEqual([memory.isOfChain("head49"), memory.isOfChain("r99")], [false, true])
    assert.deepStrictEqual([memory.has("r0"), memory.isOfChain("r0")], [false, false])
    memory.unchain()
    assert.isFalse(memory.isOfChain("r99"))
    memory.add("r99")
    assert.isTrue(memory.isOfChain("r99"))
  })

  it("saves the first 1000 ids and the last 1000, of all and of the chain", () => {
    const memory = new Memory(100_000)
    const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `r${from + n}`)
    for (const id of ids(0, 1500)) memory.add(id)
    assert.deepStrictEqual(memory.marks, { given: ids(0, 1500), chain: ids(0, 1500) })
    memory.unchain()
    assert.deepStrictEqual(memory.marks.chain, [])
    for (const id of ids(1500, 4000)) memory.add(id)
    assert.deepStrictEqual(memory.marks, {
      given: [...ids(0, 1000), ...ids(3000, 4000)],
      chain: [...ids(1500, 2500), ...ids(3000, 4000)]
    })
  })
})
