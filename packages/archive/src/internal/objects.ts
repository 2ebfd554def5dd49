/** Objects of the manifest, as files of segments. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import { StoreError } from "../StoreError.ts"
import { type Disk, failedAt } from "./disk.ts"
import * as Pending from "./pending.ts"
import * as Segments from "./segments.ts"
import type { ExpectedObject } from "./state.ts"

export const pendingPath = (root: string): string => `${Pending.folderName}/${root}.ndjson`

/** Writes segments to `pending/` under their root. */
export const write = <E, R>(
  disk: Disk,
  directory: string,
  segments: Stream.Stream<Segments.Segment, E, R>,
  folder = Pending.folderName
) =>
  disk.fill(
    disk.path.join(directory, folder),
    (temporary) =>
      Effect.gen(function* () {
        const handle = yield* disk.fs.open(temporary, { flag: "r+" })
        const adding = Segments.summing()
        yield* Stream.runForEach(segments, (segment) => {
          adding.add(segment)
          return handle.writeAll(Buffer.from(Segments.lineOf(segment)))
        })
        return adding.sum()
      }).pipe(Effect.scoped),
    ({ root }) => disk.path.join(directory, folder, `${root}.ndjson`)
  )

/** Gives an object that is pending its place. */
export const settle = Effect.fnUntraced(function* (
  disk: Disk,
  directory: string,
  root: string,
  folder = Pending.folderName
) {
  const file = disk.path.join(directory, ...Segments.pathOf(root).split("/"))
  yield* disk.folder(disk.path.dirname(file))
  yield* disk.settle(disk.path.join(directory, folder, `${root}.ndjson`), file)
})

/** The segments of an object. Fails as damaged at the first line that is none. */
export const read = (disk: Disk, directory: string, root: string): Stream.Stream<Segments.Segment, StoreError> => {
  const file = disk.path.join(directory, ...Segments.pathOf(root).split("/"))
  return Stream.unwrap(
    Effect.map(disk.kindOf(file), (kind) =>
      kind === "file"
        ? Segments.ofFile(Stream.mapError(disk.fs.stream(file), failedAt(file))).pipe(
            Stream.mapEffect((segment) =>
              segment === null
                ? Effect.fail(
                    new StoreError({ kind: "damaged", place: file, detail: "it is no object of the manifest" })
                  )
                : Effect.succeed(segment)
            )
          )
        : Stream.fail(
            new StoreError({
              kind: kind === "none" ? "missing" : "damaged",
              place: file,
              detail: kind === "none" ? "there is no such object" : "it is no plain file"
            })
          )
    )
  )
}

/** What a file of segments is and is not; `null` if it is what the manifest says. */
export const differs = Effect.fnUntraced(function* (disk: Disk, file: string, root: string, expected: ExpectedObject) {
  const kind = yield* disk.kindOf(file)
  if (kind !== "file") return kind === "none" ? "no file" : "something that is no plain file"
  // One that is too long is not read to its end.
  const some = Stream.take(
    Segments.ofFile(Stream.mapError(disk.fs.stream(file), failedAt(file))),
    (expected.segments ?? 0) + 1
  )
  const sum = yield* Segments.sumOf(some)
  if (sum === null) return "a file that is not of segments"
  if (sum.root !== root) return `one with the root ${sum.root}`
  if (sum.segments !== expected.segments) return `${sum.segments} segments`
  const isErased = sum.erased.every((segment) => expected.erased.has(segment))
  if (!isErased) return "segments that were erased, and no entry says so"
  if (sum.erased.length !== expected.erased.size) return "segments that an entry says were erased"
  return expected.erased.size === 0 && sum.bytes !== expected.bytes ? `${sum.bytes} bytes` : null
})
