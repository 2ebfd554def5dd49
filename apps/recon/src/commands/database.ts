/** The database of a run: how much memory it takes, where it spills to, and what to do when either is not enough. */
import { availableParallelism, tmpdir } from "node:os"
import type { DuckDb, DuckDbError } from "@vobiz-effect/reconcile"
import * as Effect from "effect/Effect"
import { OutputError, SettingError } from "../Failure.ts"
import * as Memory from "../internal/memory.ts"
import * as Output from "../Output.ts"
import * as Session from "./session.ts"

/** With less, not even a small account is reconciled. */
const least = 64e6

/** What the findings of 300,000 calls take to be written, with one thread or two. */
const perThread = 400e6

const memoryOf = Effect.fnUntraced(function* (databases: number) {
  const text = yield* Session.optional("RECON_MEMORY")
  const available = Memory.available()
  if (text === undefined) return Math.max(least, Math.floor(available / 2 / databases))
  const bytes = Memory.parse(text)
  const detail =
    bytes === null
      ? `must be a number with its unit, such as 2GB or 512MiB (got "${text}")`
      : bytes < least
        ? `must be at least ${Memory.format(least)} (got "${text}")`
        : bytes * databases > available
          ? `${databases === 1 ? text : `${databases} times ${text}`} is more than there is: this machine or its cgroup has ${Memory.format(available)}`
          : null
  return bytes === null || detail !== null
    ? yield* new SettingError({ setting: "--memory", detail: detail ?? "" })
    : bytes
})

/** The options of a database, where this many are at work at once. */
export const options = Effect.fnUntraced(function* (databases = 1) {
  const memory = yield* memoryOf(databases)
  const named = yield* Session.optional("RECON_TEMP")
  if (named !== undefined) yield* Output.folder(named, "--temp")
  return {
    memoryLimit: `${memory}B`,
    threads: Math.max(1, Math.min(availableParallelism(), Math.floor(memory / perThread))),
    tempDirectory: named ?? tmpdir()
  } satisfies DuckDb.Options
})

/** The memory of a run that keeps a ledger, parted: the database of the ledger takes a quarter of it, and 256 MB at most, with which it takes in 1,000,000 findings. */
export const parted = <O extends { readonly memoryLimit: string }>(options: O) => {
  const memory = Memory.parse(options.memoryLimit) ?? 0
  const ledger = Math.min(Math.floor(memory / 4), 256e6)
  return { run: { ...options, memoryLimit: `${memory - ledger}B` }, ledger: `${ledger}B` }
}

/**
 * The failure of a database that was opened so, which names the setting that helps where memory or a disk was not enough: what
 * DuckDB says of it is about its own settings.
 */
export const advised = (
  error: DuckDbError.DuckDbError,
  {
    ledger,
    memoryLimit,
    tempDirectory
  }: Effect.Success<ReturnType<typeof options>> & { readonly ledger?: string | undefined }
) => {
  switch (error.exhausted) {
    case "memory": {
      const most = Memory.format(Memory.parse(memoryLimit) ?? 0)
      const detail = `the database needs more memory than it may take, ${most}. Allow more`
      return new SettingError({ setting: "--memory", detail })
    }
    case "spill": {
      const detail = `the disk of ${tempDirectory} is full, where the database spills to. Name a folder of a larger one, or raise --memory`
      return new SettingError({ setting: "--temp", detail })
    }
    case "disk": {
      const path = error.file ?? "a file"
      const isLedger = ledger !== undefined && path.startsWith(ledger)
      return new OutputError({ path, detail: "the disk is full", flag: isLedger ? "--ledger" : null })
    }
    default:
      return error
  }
}
