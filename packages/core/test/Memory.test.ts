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
})
