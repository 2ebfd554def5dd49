/** Appends entries to a chain. */
import { type KeyObject, sign } from "node:crypto"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Semaphore from "effect/Semaphore"

import * as CanonicalJson from "../CanonicalJson.ts"
import * as MerkleTree from "./merkleTree.ts"
import { StoreError } from "../StoreError.ts"
import * as Chain from "./chain.ts"
import { type Disk, failedAt, fileMode } from "./disk.ts"

export interface Signing {
  readonly secret: KeyObject
  readonly key: string
}

export interface Options {
  readonly disk: Disk
  readonly file: string
  /** The chain's id, in each of its entries. */
  readonly archive: string
  /** The newest entry; `null` begins a chain. */
  readonly before: Chain.Entry | null
  readonly signing: Signing | null
  /** The id of the key that files of the run are encrypted by; its first and its last entry say so. */
  readonly key: string | null
  /** Called with each entry that was written. */
  readonly onEntry?: ((entry: Chain.Entry) => void) | undefined
}

export type Writer = Effect.Success<ReturnType<typeof open>>

/** The entry, signed if there is a key, and its line; or why it cannot be written to `file`. */
const entryOf = (file: string, signing: Signing | null, unsigned: Omit<Chain.Unsealed, "signature">) => {
  const other = (detail: string) => new StoreError({ kind: "other", place: file, detail })
  try {
    const signed = (by: Signing) =>
      sign(null, Buffer.from(CanonicalJson.encode(unsigned)), by.secret).toString("base64")
    const unsealed: Chain.Unsealed =
      signing === null ? unsigned : { ...unsigned, signature: { key: signing.key, value: signed(signing) } }
    const { hash, line } = Chain.seal(unsealed)
    return line.length > Chain.longestLine
      ? other(`an entry would have ${line.length} bytes`)
      : { line: Buffer.from(line), entry: { ...unsealed, hash } }
  } catch (cause) {
    return other(String(cause))
  }
}

/** An entry that waits for the disk. */
interface Waiting {
  readonly kind: Chain.Kind
  readonly body: () => CanonicalJson.Json
  isWritten: boolean
}

/**
 * A run of the chain. `append` ends when the entry is on the disk: those who come meanwhile share the next write and its sync. After a failure
 * nothing more is written, as the last line may be half there.
 */
export const open = Effect.fnUntraced(function* ({ archive, before, disk, file, key, onEntry, signing }: Options) {
  const failed = Effect.mapError(failedAt(file))
  const handle = yield* failed(disk.fs.open(file, { flag: "a", mode: fileMode }))
  // A chain that was just begun must not lose its name.
  if (before === null) yield* disk.syncFolder(disk.path.dirname(file))
  const one = yield* Semaphore.make(1)
  let [seq, prev] = before === null ? [0, Chain.none] : [before.seq + 1, before.hash]
  const first = seq
  let tree = MerkleTree.empty
  let waiting: Array<Waiting> = []
  let failure: StoreError | null = null

  /** Writes all entries that wait, up to one that cannot be written, and brings them to the disk. */
  const flush = Effect.gen(function* () {
    const at = DateTime.formatIso(yield* DateTime.now)
    const batch = waiting
    waiting = []
    const made = []
    let refused: StoreError | null = null
    for (const one of batch) {
      const unsigned = { seq, prev, at, kind: one.kind, body: one.body(), archive, version: Chain.version }
      const next = entryOf(file, signing, unsigned)
      if (next instanceof StoreError) {
        refused = next
        break
      }
      made.push({ ...next, one })
      tree = MerkleTree.append(tree, next.line)
      prev = next.entry.hash
      seq++
    }
    if (made.length > 0) {
      yield* failed(handle.writeAll(Buffer.concat(made.flatMap(({ line }) => [line, lineEnd]))))
      yield* failed(handle.sync)
    }
    for (const { entry, one } of made) {
      one.isWritten = true
      onEntry?.(entry)
    }
    if (refused !== null) return yield* refused
  }).pipe(
    Effect.tapError((error) =>
      Effect.sync(() => {
        failure = error
      })
    )
  )

  const add = (kind: Chain.Kind, body: () => CanonicalJson.Json): Effect.Effect<void, StoreError> =>
    Effect.suspend(() => {
      const mine: Waiting = { kind, body, isWritten: false }
      waiting.push(mine)
      return Effect.suspend(() =>
        mine.isWritten ? Effect.void : failure === null ? flush : Effect.fail(failure)
      ).pipe(
        one.withPermits(1),
        // One of those before it may have been refused.
        Effect.catch((error) => (mine.isWritten ? Effect.void : Effect.fail(error)))
      )
    }).pipe(Effect.uninterruptible)

  const append = (kind: Chain.Kind, body: CanonicalJson.Json) => add(kind, () => body)

  const about = key === null ? {} : { key }

  return {
    append,
    begin: (body: { readonly [field: string]: CanonicalJson.Json }) =>
      append("begin", { ...body, version: Chain.version, ...about }),
    close: (exit: Exit.Exit<unknown, unknown>) =>
      // It speaks of all that is written before it.
      add("close", () => ({
        ...about,
        begin: first,
        entries: seq - first,
        root: Buffer.from(MerkleTree.root(tree)).toString("hex"),
        outcome: Exit.isSuccess(exit) ? "completed" : Exit.hasInterrupts(exit) ? "interrupted" : "failed"
      }))
  }
})

const lineEnd = Buffer.from("\n")
