import { NodeServices } from "@effect/platform-node"
import { SecretFile } from "@vobiz-effect/files"
import { assert, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem, Redacted } from "effect"

it.effect("a secret is read from a file that is its owner's alone, and from no other", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const file = `${folder}/secret`
    const refused = (file: string) => Effect.map(Effect.flip(SecretFile.read(file)), ({ message }) => message)
    assert.include(yield* refused(file), "ENOENT")
    assert.include(yield* refused(folder), "no plain file")
    yield* fs.writeFileString(file, "hunter2", { mode: 0o600 })
    assert.strictEqual(Redacted.value(yield* SecretFile.read(file)), "hunter2")
    for (const mode of [0o640, 0o604, 0o660, 0o666]) {
      yield* fs.chmod(file, mode)
      const message = yield* refused(file)
      assert.include(message, "chmod 600")
      assert.notInclude(message, "hunter2")
    }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
)
