/**
 * Runs tests in a copy of the checkout, for `scripts/mutants.ts`, which starts it there and sends one request after the other.
 * One vitest serves them all: starting it takes longer than most tests.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { createVitest } from "vitest/node"

/** Tests of a file, from the root of the copy: all, or those of these ids. */
export interface Tests {
  readonly file: string
  readonly ids?: ReadonlyArray<string>
}

/** What to run. */
export interface Request {
  /** A file to write first, from the root of the copy. */
  readonly file?: string
  readonly text?: string
  readonly tests: ReadonlyArray<Tests>
  /** Where to note what the tests reach. */
  readonly reached?: string
}

/** How it ended: the first test that failed, with its id, and how many milliseconds each took. */
export interface Reply {
  readonly failed: string | null
  readonly id?: string
  readonly millis?: Readonly<Record<string, number>>
}

const [root = ""] = process.argv.slice(2)
const vitest = await createVitest({
  config: join(root, "vitest.workspace.ts"),
  root,
  watch: false,
  maxWorkers: 1,
  // What comes after the first failure tells nothing more.
  bail: 1,
  reporters: [{}]
})
await vitest.standalone()

const run = async ({ file, reached, tests, text }: Request): Promise<Reply> => {
  if (reached !== undefined) process.env["MUTANTS_REACHED"] = reached
  if (file !== undefined) {
    writeFileSync(join(root, file), text ?? "")
    vitest.invalidateFile(join(root, file))
  }
  const specifications = tests.flatMap(({ file, ids }) =>
    vitest
      .getModuleSpecifications(join(root, file))
      .map(({ moduleId, project }) =>
        project.createSpecification(moduleId, ids === undefined ? undefined : { testIds: [...ids] })
      )
  )
  const names = tests.map(({ file }) => file).join(", ")
  if (specifications.length !== tests.length) return { failed: `${names}: not found` }
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications)
  // Vitest gives those of earlier requests too.
  const asked = new Set(tests.map(({ file }) => join(root, file)))
  const modules = testModules.filter(({ moduleId }) => asked.has(moduleId))
  for (const module of modules) {
    for (const test of module.children.allTests("failed")) {
      const message = test.result().errors?.[0]?.message.split("\n")[0]
      return { failed: `${module.relativeModuleId}: ${test.fullName}: ${message}`, id: test.id }
    }
    if (!module.ok()) return { failed: `${module.relativeModuleId}: cannot be loaded` }
    // Where the first failure stopped the run, it may have been lost on its way.
    for (const _ of module.children.allTests("pending")) return { failed: `${module.relativeModuleId}: was stopped` }
  }
  if (modules.length !== asked.size) return { failed: "not all tests were run" }
  const millis = modules.flatMap((module) =>
    Array.from(module.children.allTests(), (test) => [test.id, Math.round(test.diagnostic()?.duration ?? 0)] as const)
  )
  return {
    failed: unhandledErrors.length > 0 ? "an error that no test handles" : null,
    millis: Object.fromEntries(millis)
  }
}

process.on("message", (request: Request) => {
  void run(request).then(
    (reply) => process.send?.(reply),
    (error) => process.send?.({ failed: String(error) } satisfies Reply)
  )
})
process.on("disconnect", () => process.exit())
process.send?.({ failed: null } satisfies Reply)
