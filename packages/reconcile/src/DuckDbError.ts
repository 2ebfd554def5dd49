/**
 * What can go wrong with the embedded database.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * What was being done to the database.
 *
 * @category models
 * @since 0.1.0
 */
export type Operation = typeof Operation.Type
/**
 * @category schemas
 * @since 0.1.0
 */
export const Operation = Schema.Literals(["open", "connect", "run", "stream", "append", "decode"])

/**
 * The database refused or failed. `statement` is the SQL, the table appended to, or the file opened; the message shows
 * its first line, the database's own words, and what to do where that is known.
 *
 * @category errors
 * @since 0.1.0
 */
export class DuckDbError extends Schema.TaggedError<DuckDbError>()("DuckDbError", {
  operation: Operation,
  statement: Schema.String,
  cause: Schema.Defect()
}) {
  /** Whether another process has the file open. DuckDB has no code for it, only words. */
  get isLocked(): boolean {
    return locked.test(wordsOf(this.cause))
  }

  /**
   * What ran out: `memoryLimit`, the disk or the `tempLimit` that the database spills to, or the disk of another file.
   *
   * @default null: something else went wrong
   */
  get exhausted(): "memory" | "spill" | "disk" | null {
    const words = wordsOf(this.cause)
    // DuckDB calls a full disk of its own lack of memory.
    if (/failed to offload/i.test(words)) return "spill"
    if (/no space left|quota exceeded/i.test(words)) return spillFile.test(this.file ?? "") ? "spill" : "disk"
    return /out of memory|could not allocate/i.test(words) ? "memory" : null
  }

  /** The file that the database could not use, as its words name it. @default null: they name none */
  get file(): string | null {
    return /\bfile "([^"]+)"/i.exec(wordsOf(this.cause))?.[1] ?? null
  }

  override get message(): string {
    const reason = firstLine(wordsOf(this.cause))
    const at = firstLine(this.statement).slice(0, longest)
    const advice = this.exhausted === null ? (this.isLocked ? whenLocked : undefined) : advices[this.exhausted]
    return `DuckDB could not ${this.operation}${at === "" ? "" : ` (${at})`}: ${reason}${
      advice === undefined ? "" : `. ${advice}`
    }`
  }
}

/** One that went over a wire is no `Error` any more, and may be nothing that makes a text of itself. */
const wordsOf = (cause: unknown): string =>
  typeof cause !== "object" || cause === null
    ? String(cause)
    : "message" in cause
      ? String(cause.message)
      : (JSON.stringify(cause) ?? "")

/** So much of a statement tells which one it is. */
const longest = 200

const firstLine = (text: string) => text.trim().split("\n", 1)[0] ?? ""

const locked = /set lock on file|being used by another process/i

const spillFile = /[/\\]duckdb_temp_[^/\\]*$/

const whenLocked = "Another process has this file open: wait for it, or use another file"

const advices = {
  memory:
    "Raise memoryLimit, use fewer threads, as each needs some, or set tempDirectory to a disk with room to spill to",
  spill: "Raise tempLimit, and set tempDirectory to a disk with as much room",
  disk: "Free space on the disk of this file, or use another disk"
} as const
