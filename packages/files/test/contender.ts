/** A process that takes over a lock again and again, from an owner that has ended: `contender.ts FILE OWNER ROUNDS`. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"

import * as Lock from "../src/Lock.ts"

const [file = "", owner = "", rounds = "0"] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  let held = 0
  let shared = 0
  const dead = `${file}-dead-${process.pid}`
  yield* fs.writeFileString(dead, owner)
  const round = Effect.gen(function* () {
    yield* Lock.hold(file)
    held += 1
    const isAlone = yield* Effect.match(fs.writeFileString(`${file}-held`, "", { flag: "wx" }), {
      onSuccess: () => true,
      onFailure: () => false
    })
    yield* Effect.yieldNow
    if (isAlone) yield* fs.remove(`${file}-held`)
    else shared += 1
  }).pipe(
    Effect.scoped,
    Effect.ignore,
    // Then the lock is the dead owner's, as a killed process would have left it.
    Effect.andThen(Effect.ignore(fs.link(dead, file)))
  )
  yield* Effect.repeat(round, { times: Number(rounds) - 1 })
  yield* fs.remove(dead)
  return { held, shared }
})

Effect.runPromise(Effect.provide(program, NodeServices.layer)).then((outcome) =>
  process.stdout.write(JSON.stringify(outcome))
)
