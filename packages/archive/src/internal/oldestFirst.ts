/**
 * Recordings in the order in which the provider deletes them. They wait in a file; in memory each takes 24 bytes. The file is encrypted by a
 * key that is nowhere but in memory: what a killed process leaves of it nobody can read.
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto"
import { Recording } from "@vobiz-effect/core/Recording"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import { StoreError } from "../StoreError.ts"
import { type Disk, failedAt, fileMode } from "./disk.ts"

const Json = Schema.fromJsonString(Schema.toCodecJson(Recording))
const encode = Schema.encodeSync(Json)
const decode = Schema.decodeSync(Json)

const tagLength = 16

/** Rows per read. Single reads wait behind the syncs of other files, so fewer files share a commit of the disk: a fifth more processor time. */
const readAtOnce = 64

/** Seals rows by a fresh key. Their numbers are their nonces, and each is used once. */
const sealing = () => {
  const key = createSecretKey(randomBytes(32))
  const nonceOf = (row: number) => {
    const nonce = Buffer.alloc(12)
    nonce.writeUIntBE(row, 6, 6)
    return nonce
  }
  return {
    seal(row: number, text: string): Buffer {
      const cipher = createCipheriv("aes-256-gcm", key, nonceOf(row))
      const body = cipher.update(text, "utf8")
      return Buffer.concat([body, cipher.final(), cipher.getAuthTag()])
    },
    /** Throws where the row is another than was written. */
    open(row: number, sealed: Buffer): string {
      const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(row)).setAuthTag(sealed.subarray(-tagLength))
      return Buffer.concat([decipher.update(sealed.subarray(0, -tagLength)), decipher.final()]).toString("utf8")
    }
  }
}

/** A list of numbers that grows. */
const numbers = () => {
  let values = new Float64Array(1024)
  let count = 0
  return {
    add(value: number) {
      if (count === values.length) {
        const wider = new Float64Array(count * 2)
        wider.set(values)
        values = wider
      }
      values[count++] = value
    },
    at: (index: number) => values[index] ?? 0,
    get count() {
      return count
    }
  }
}

/**
 * Takes in all of `recordings` and gives them back, the one added first before the others, each id once. Where they fail
 * those that came before are given, and then the failure. `file` is where they wait; it is gone afterwards.
 */
export const sorted = <E, R>(
  disk: Disk,
  file: string,
  recordings: Stream.Stream<Recording, E, R>
): Stream.Stream<Recording, E | StoreError, R> =>
  Stream.unwrap(
    Effect.gen(function* () {
      yield* disk.folder(disk.path.dirname(file))
      yield* disk.discard(file)
      const handle = yield* disk.fs.open(file, { flag: "wx+", mode: fileMode }).pipe(Effect.mapError(failedAt(file)))
      yield* Effect.addFinalizer(() => Effect.ignore(disk.discard(file)))

      const rows = sealing()
      const times = numbers()
      const starts = numbers()
      let end = 0
      const written = Stream.runForEachArray(recordings, (some) => {
        const lines = some.map((recording) => {
          const line = rows.seal(starts.count, encode(recording))
          times.add(recording.addTime.epochMilliseconds)
          starts.add(end)
          end += line.length
          return line
        })
        return Effect.mapError(handle.writeAll(Buffer.concat(lines)), failedAt(file))
      })
      const result = yield* Effect.exit(written)

      const order = Uint32Array.from({ length: times.count }, (_, index) => index).toSorted(
        (a, b) => times.at(a) - times.at(b) || a - b
      )
      const changed = () =>
        new StoreError({ kind: "damaged", place: file, detail: "somebody changed it while it was read" })
      const seen = { time: Number.NaN, ids: new Set<string>() }
      const isFirst = ({ addTime, recordingId }: Recording) => {
        if (seen.time !== addTime.epochMilliseconds) {
          seen.time = addTime.epochMilliseconds
          seen.ids.clear()
        }
        return seen.ids.size !== seen.ids.add(recordingId).size
      }
      const endOf = (index: number) => (index + 1 < starts.count ? starts.at(index + 1) : end)
      /** Reads rows that lie between `first` and `last`, in the order of `indexes`. */
      const readWithin = (first: number, last: number, indexes: ReadonlyArray<number>) => {
        const from = starts.at(first)
        const buffer = Buffer.alloc(endOf(last) - from)
        const row = (index: number) => buffer.subarray(starts.at(index) - from, endOf(index) - from)
        return handle.read(buffer, { position: BigInt(from) }).pipe(
          Effect.mapError(failedAt(file)),
          Effect.andThen(() =>
            Effect.try({ try: () => indexes.map((index) => decode(rows.open(index, row(index)))), catch: changed })
          )
        )
      }
      // A list is in the order of time or against it, so rows that follow each other lie side by side and take one read.
      const read = (indexes: ReadonlyArray<number>) => {
        const first = Math.min(...indexes)
        const last = Math.max(...indexes)
        return last - first < 2 * indexes.length
          ? readWithin(first, last, indexes)
          : Effect.map(
              Effect.forEach(indexes, (index) => readWithin(index, index, [index]), { concurrency: readAtOnce }),
              (rows) => rows.flat()
            )
      }
      return Stream.concat(
        Stream.fromIterable(order).pipe(
          Stream.grouped(readAtOnce),
          Stream.mapEffect(read),
          Stream.flattenIterable,
          Stream.filter(isFirst)
        ),
        Stream.fromEffectDrain(result)
      )
    })
  )
