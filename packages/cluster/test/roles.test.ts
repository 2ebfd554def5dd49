/** The roles of docs/scale.md, made as they stand there. */
import { assert, it } from "@vobiz-effect/test-support"
import { Effect, FileSystem, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { NodeServices } from "@effect/platform-node"

import { FindingsStore, JobRunner } from "../src/index.ts"
import * as Postgres from "./postgres.ts"
import { secret } from "./runners.ts"
import * as Runs from "./runs.ts"

it.live("a runner's role needs its own schema alone, and a reader's reads what it is to read", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const text = yield* fs.readFileString(new URL("../../../docs/scale.md", import.meta.url).pathname)
    const documented = (title: string) => {
      const block = new RegExp(`-- Roles, ${title}[\\s\\S]*?(?=\`\`\`)`).exec(text)?.[0] ?? assert.fail(title)
      return block
        .replaceAll(/^--.*$/gm, "")
        .split(";")
        .filter((statement) => statement.trim() !== "")
    }
    const { url } = yield* Postgres.make
    const as = (role: string) => {
      const own = new URL(Redacted.value(url))
      own.username = role
      own.password = "choose-one"
      return Redacted.make(own.href)
    }
    const asAdministrator = Effect.fnUntraced(
      function* (statements: ReadonlyArray<string>) {
        const sql = yield* SqlClient.SqlClient
        for (const statement of statements) yield* sql.unsafe(statement)
      },
      Effect.provide(JobRunner.database(url))
    )
    yield* asAdministrator(documented("before the first runner"))

    // All tables are made with the runner's role, and work is given with it.
    const runner = as("recon_runner")
    yield* Effect.gen(function* () {
      const jobs = yield* JobRunner.JobRunner
      yield* jobs.submit(Runs.of("MA_ONE", 1))
    }).pipe(Effect.provide(JobRunner.JobRunner.layerClient({ url: runner, secret })))
    yield* Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* FindingsStore.stored
      for (const forbidden of [
        "CREATE ROLE x",
        "CREATE DATABASE x",
        "CREATE TABLE public.x (y int)",
        "SELECT * FROM pg_authid"
      ]) {
        assert.strictEqual((yield* Effect.exit(sql.unsafe(forbidden)))._tag, "Failure", forbidden)
      }
    }).pipe(Effect.provide(JobRunner.database(runner)))

    yield* asAdministrator(documented("after it"))
    yield* Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      assert.lengthOf(yield* sql`SELECT run, state FROM recon_run`, 1)
      yield* sql`SELECT * FROM recon_finding`
      for (const forbidden of [
        "UPDATE recon_run SET state = 'done'",
        "INSERT INTO recon_queue DEFAULT VALUES",
        "SELECT * FROM cluster_messages",
        "DELETE FROM recon_finding",
        "CREATE TABLE recon.x (y int)"
      ]) {
        assert.strictEqual((yield* Effect.exit(sql.unsafe(forbidden)))._tag, "Failure", forbidden)
      }
    }).pipe(Effect.provide(JobRunner.database(as("recon_reader"))))
  }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)
)
