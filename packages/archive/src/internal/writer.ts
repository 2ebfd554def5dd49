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

/**
 * A run of the chain. `append` ends when the entry is on the disk: those who come meanwhile share a sync. After a failure nothing more is
 * written, as the last line may be half there.
 */
export const open = Effect.fnUntraced(function* ({ archive, before, disk, file, key, onEntry, signing }: Options) {
  const failed = Effect.mapError(failedAt(file))
  const handle = yield* failed(disk.fs.open(file, { flag: "a", mode: fileMode }))
  // A chain that was just begun must not lose its name.
  if (before === null) yield* disk.syncFolder(disk.path.dirname(file))
  const writing = yield* Semaphore.make(1)
  const syncing = yield* Semaphore.make(1)
  let [seq, prev] = before === null ? [0, Chain.none] : [before.seq + 1, before.hash]
  const first = seq
  let tree = MerkleTree.empty
  let synced = seq
  let failure: StoreError | null = null

  const guarded = <A>(self: Effect.Effect<A, StoreError>): Effect.Effect<A, StoreError> =>
    Effect.suspend(() => (failure === null ? self : Effect.fail(failure))).pipe(
      Effect.tapError((error) =>
        Effect.sync(() => {
          failure ??= error
        })
      ),
      Effect.uninterruptible
    )

  const entryOf = (unsigned: Omit<Chain.Unsealed, "signature">) =>
    Effect.try({
      try: () => {
        const text = CanonicalJson.encode(unsigned)
        const signature =
          signing === null
            ? {}
            : {
                signature: { key: signing.key, value: sign(null, Buffer.from(text), signing.secret).toString("base64") }
              }
        const unsealed = { ...unsigned, ...signature }
        return { ...Chain.seal(unsealed), unsealed }
      },
      catch: (cause) => new StoreError({ kind: "other", place: file, detail: String(cause) })
    })

  const write = (kind: Chain.Kind, body: CanonicalJson.Json) =>
    Effect.gen(function* () {
      const at = DateTime.formatIso(yield* DateTime.now)
      const { hash, line, unsealed } = yield* entryOf({ seq, prev, at, kind, body, archive, version: Chain.version })
      if (line.length > Chain.longestLine) {
        return yield* new StoreError({ kind: "other", place: file, detail: `an entry would have ${line.length} bytes` })
      }
      yield* failed(handle.writeAll(Buffer.from(`${line}\n`)))
      tree = MerkleTree.append(tree, Buffer.from(line))
      prev = hash
      onEntry?.({ ...unsealed, hash })
      return ++seq
    }).pipe(guarded, writing.withPermits(1))

  const syncTo = (upTo: number) =>
    Effect.suspend(() => {
      if (synced >= upTo) return Effect.void
      const now = seq
      return Effect.map(failed(handle.sync), () => {
        synced = now
      })
    }).pipe(guarded, syncing.withPermits(1))

  const append = (kind: Chain.Kind, body: CanonicalJson.Json) => Effect.flatMap(write(kind, body), syncTo)

  const about = key === null ? {} : { key }

  return {
    append,
    begin: (body: { readonly [field: string]: CanonicalJson.Json }) =>
      append("begin", { ...body, version: Chain.version, ...about }),
    close: (exit: Exit.Exit<unknown, unknown>) =>
      Effect.suspend(() =>
        append("close", {
          ...about,
          begin: first,
          entries: seq - first,
          root: Buffer.from(MerkleTree.root(tree)).toString("hex"),
          outcome: Exit.isSuccess(exit) ? "completed" : Exit.hasInterrupts(exit) ? "interrupted" : "failed"
        })
      )
  }
})
