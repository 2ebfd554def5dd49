/**
 * Recordings in the order in which the provider deletes them. They wait in a file; in memory each takes 24 bytes.
 */
import { Recording } from "@vobiz-effect/core/Recording"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

import { StoreError } from "../StoreError.ts"
import { type Disk, failedAt, fileMode } from "./disk.ts"

const Json = Schema.fromJsonString(Schema.toCodecJson(Recording))
const encode = Schema.encodeSync(Json)
const decode = Schema.decodeEffect(Json)

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

      const times = numbers()
      const starts = numbers()
      let end = 0
      const written = Stream.runForEachArray(recordings, (rows) => {
        const lines = rows.map((recording) => {
          const line = Buffer.from(encode(recording))
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
      const read = (index: number) => {
        const start = starts.at(index)
        const buffer = new Uint8Array((index + 1 < starts.count ? starts.at(index + 1) : end) - start)
        return handle.read(buffer, { position: BigInt(start) }).pipe(
          Effect.mapError(failedAt(file)),
          Effect.andThen(() => Effect.mapError(decode(new TextDecoder().decode(buffer)), changed))
        )
      }
      return Stream.concat(
        Stream.fromIterable(order).pipe(Stream.mapEffect(read), Stream.filter(isFirst)),
        Stream.fromEffectDrain(result)
      )
    })
  )
