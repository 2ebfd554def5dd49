/** Objects of the manifest, as files of segments. */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import { StoreError } from "../StoreError.ts"
import { type Disk, failedAt } from "./disk.ts"
import * as Form from "./form.ts"
import * as Pending from "./pending.ts"
import * as Sealed from "./sealed.ts"
import * as Segments from "./segments.ts"
import type { ExpectedObject } from "./state.ts"

export const pendingPath = (root: string): string => `${Pending.folderName}/${root}.ndjson`

/** Writes segments to `pending/` under their root. `sealed` is how the file is stored; `null` where it is not encrypted. */
export const write = <E, R>(
  disk: Disk,
  form: Form.Form,
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
        const encoder = form.encoder()
        const hash = createHash("sha256")
        let bytes = 0
        const write = Effect.fnUntraced(function* (pieces: ReadonlyArray<Uint8Array>) {
          for (const piece of pieces) {
            hash.update(piece)
            bytes += piece.length
            yield* handle.writeAll(piece)
          }
        })
        yield* Stream.runForEach(segments, (segment) => {
          adding.add(segment)
          return write(encoder.push(Buffer.from(Segments.lineOf(segment))))
        })
        const sum = adding.sum()
        yield* write(encoder.end(Segments.pathOf(sum.root)))
        return { ...sum, sealed: form.key === null ? null : { sha256: hash.digest("hex"), bytes } }
      }).pipe(Effect.scoped),
    ({ root }) => disk.path.join(directory, folder, `${root}.ndjson`)
  )

/** What an entry of the chain says of an object that was written. */
export const bodyOf = ({ bytes, root, sealed, segments }: Segments.Sum & { readonly sealed: Form.Stored | null }) => ({
  root,
  bytes,
  segments,
  ...(sealed === null ? {} : { sealed })
})

/** Gives an object that is pending its place. */
export const settle = Effect.fnUntraced(function* (
  disk: Disk,
  directory: string,
  root: string,
  folder = Pending.folderName
) {
  const file = disk.path.join(directory, ...Segments.pathOf(root).split("/"))
  yield* disk.settle(disk.path.join(directory, folder, `${root}.ndjson`), file)
})

/** The segments of an object. Fails as damaged at the first line that is none. */
export const read = (
  disk: Disk,
  form: Form.Form,
  directory: string,
  root: string
): Stream.Stream<Segments.Segment, StoreError> => {
  const place = Segments.pathOf(root)
  const file = disk.path.join(directory, ...place.split("/"))
  return Stream.unwrap(
    Effect.map(disk.kindOf(file), (kind) =>
      kind === "file"
        ? Segments.ofFile(
            Sealed.decoded(Stream.mapError(disk.fs.stream(file), failedAt(file)), form, file, place)
          ).pipe(
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

/** Compares a file of segments with what the manifest says. Without its key, only how it is stored. */
export const look = Effect.fnUntraced(function* (
  disk: Disk,
  form: Form.Form,
  file: string,
  root: string,
  expected: ExpectedObject
) {
  const kind = yield* disk.kindOf(file)
  if (kind !== "file") return Sealed.unseen(kind)
  const { sealed } = expected
  const { size } = yield* Effect.mapError(disk.fs.stat(file), failedAt(file))
  const reading = Form.reading(form, Segments.pathOf(root))
  const seen = (wrong: string | null): Sealed.Seen => ({
    wrong,
    head: Form.headOf(reading.head),
    isRead: !(reading.trouble() instanceof Form.KeyMissing)
  })
  // One of another length, or that is too long, is not read to its end.
  if (sealed !== null && Number(size) !== sealed.bytes) {
    const head = yield* Stream.runCollect(disk.fs.stream(file, { bytesToRead: Form.headLength })).pipe(
      Effect.mapError(failedAt(file))
    )
    const stored = () => ({ sha256: "", bytes: Number(size) })
    const how = Form.headOf(Buffer.concat(head))
    return { wrong: Sealed.differsStored(sealed, how, stored), head: how, isRead: true } satisfies Sealed.Seen
  }
  const content = Stream.concat(
    Stream.map(Stream.mapError(disk.fs.stream(file), failedAt(file)), (bytes) => reading.read(bytes)),
    Stream.sync(() => reading.end())
  ).pipe(Stream.flattenIterable)
  const sum = yield* Segments.sumOf(Stream.take(Segments.ofFile(content), (expected.segments ?? 0) + 1))
  const trouble = reading.trouble()
  const isWhole = sum !== null && sum.segments === expected.segments
  const stored =
    trouble !== null || sealed === null || isWhole
      ? Sealed.differsStored(sealed, Form.headOf(reading.head), reading.stored)
      : null
  if (stored !== null) return seen(stored)
  if (trouble instanceof Form.KeyMissing) return seen(null)
  if (trouble !== null) return seen(`a file that cannot be decrypted: ${trouble.message}`)
  if (sum === null) return seen("a file that is not of segments")
  if (sum.root !== root) return seen(`one with the root ${sum.root}`)
  if (sum.segments !== expected.segments) return seen(`${sum.segments} segments`)
  const isErased = sum.erased.every((segment) => expected.erased.has(segment))
  if (!isErased) return seen("segments that were erased, and no entry says so")
  if (sum.erased.length !== expected.erased.size) return seen("segments that an entry says were erased")
  return seen(expected.erased.size === 0 && sum.bytes !== expected.bytes ? `${sum.bytes} bytes` : null)
})
