import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem } from "effect"
import { run } from "./command.ts"

const header = "uuid,call_direction,caller_id_number,destination_number,start_time,duration,billsec,context"
const call = (uuid: string) => `${uuid},outbound,+918045670012,919812345601,2026-05-10T06:00:00Z,65,60,voice-api`
const recordings = `recording_id,call_uuid,recording_type,add_time,recording_duration_ms
r-1,c-1,call,2026-05-10T06:02:00Z,60000
`

/** Reconciles these CDRs with a recording of call c-1, both declared complete. */
const reconcile = Effect.fnUntraced(function* (cdrs: string, more: ReadonlyArray<string> = []) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  yield* fs.writeFileString(`${folder}/cdrs.csv`, cdrs)
  yield* fs.writeFileString(`${folder}/recs.csv`, recordings)
  const span = ["--from", "2026-05-10", "--to", "2026-05-11", "--as-of", "2026-05-12", "--voice-api", "must"]
  const files = ["--cdrs", `${folder}/cdrs.csv`, "--recordings", `${folder}/recs.csv`, "--complete"]
  return {
    folder,
    ...(yield* run(["reconcile", ...files, ...span, ...more.map((arg) => arg.replace("FOLDER", folder))]))
  }
})

describe("rows of files that cannot be read", () => {
  it.effect("are kept in rejected.csv for the owner alone, told, and in doubt", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const whole = yield* reconcile(`${header}\n${call("c-1")}\n`)
      assert.strictEqual(whole.code, 0, whole.err)
      const odd = "c-2,outbound,+918045670012,919812345602,yesterday,65,60,voice-api"
      const text = [header, call("c-1"), odd, "=Total,2", "", call('c-3,"open')].join("\n")
      const { code, err, folder, out } = yield* reconcile(text, ["--out", "FOLDER/out"])
      assert.strictEqual(code, 3, err)
      assert.include(err, `3 rows of the files cannot be read, and are in doubt: see ${folder}/out/rejected.csv`)
      assert.include(
        out.replaceAll(/\s+/g, " "),
        "3 rows were set aside: 1 without a readable start_time, 2 unreadable as a whole"
      )
      assert.include(out, "between 0.00% and 100.00% of 1 call")
      assert.notMatch(out + err, /\d{7}/)
      const file = `${folder}/out/rejected.csv`
      assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o600)
      assert.deepStrictEqual((yield* fs.readFileString(file)).trimEnd().split("\r\n"), [
        "file,line,list,field,expected,row",
        `${folder}/cdrs.csv,3,CallDetailRecords,start_time,a timestamp such as 2026-05-07 09:45:35.79276+05:30,"${odd}"`,
        `${folder}/cdrs.csv,4,CallDetailRecords,,"8 cells, as in the header, not 2","'=Total,2"`,
        `${folder}/cdrs.csv,6,CallDetailRecords,,a closing quote,"${call('c-3,"open').replace('"', '""')}"`
      ])
      for (const name of yield* fs.readDirectory(`${folder}/out`)) {
        if (name === "rejected.csv") continue
        assert.notInclude(yield* fs.readFileString(`${folder}/out/${name}`), "919812345602", name)
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("are counted without --out, and no file is written where there are none", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const good = yield* reconcile(`${header}\n${call("c-1")}\n`, ["--out", "FOLDER"])
      assert.strictEqual(good.code, 0, good.err)
      assert.isFalse(yield* fs.exists(`${good.folder}/rejected.csv`))
      const { code, err } = yield* reconcile(`${header}\n${call("c-1")}\nTotal,1\n`)
      assert.strictEqual(code, 3)
      assert.include(
        err,
        "1 row of the files cannot be read, and is in doubt: --out FOLDER writes them to rejected.csv"
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
