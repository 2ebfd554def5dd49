/** Small files of an archive, which are encrypted where there is a key. */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

import { StoreError } from "../StoreError.ts"
import { audioPath } from "./address.ts"
import type { Disk } from "./disk.ts"
import * as Event from "./event.ts"
import * as Form from "./form.ts"
import type { ExpectedEvent } from "./state.ts"

export const unreadable = (place: string, error: unknown) =>
  error instanceof Form.KeyMissing
    ? new StoreError({ kind: "key", place, detail: error.message })
    : error instanceof Form.Damaged
      ? new StoreError({ kind: "damaged", place, detail: error.message })
      : new StoreError({ kind: "other", place, detail: String(error) })

/** The content of bytes that were read from `file`, which is bound to `place`. */
export const content = (form: Form.Form, file: string, place: string, bytes: Uint8Array) =>
  Effect.try({ try: () => Form.open(form, place, bytes), catch: (error) => unreadable(file, error) })

/** The content of a file as it comes. */
export const decoded = <E>(
  written: Stream.Stream<Uint8Array, E>,
  form: Form.Form,
  file: string,
  place: string
): Stream.Stream<Uint8Array, E | StoreError> =>
  Stream.suspend(() => {
    const decoder = form.decoder()
    const step = (f: () => ReadonlyArray<Uint8Array>) =>
      Effect.try({ try: f, catch: (error) => unreadable(file, error) })
    return Stream.concat(
      Stream.mapEffect(written, (bytes) => step(() => decoder.push(bytes))),
      Stream.fromEffect(step(() => decoder.end(place)))
    ).pipe(Stream.flattenIterable)
  })

/** How audio is stored under its address; `null` where it is not, or is another. Fails where its key is missing, or it cannot be read. */
export const held = Effect.fnUntraced(function* <E>(
  form: Form.Form,
  sha256: string,
  written: Stream.Stream<Uint8Array, E>
) {
  const place = audioPath(sha256)
  const reading = Form.reading(form, place)
  const hash = createHash("sha256")
  const take = (content: ReadonlyArray<Uint8Array>) => {
    for (const piece of content) hash.update(piece)
  }
  yield* Stream.runForEach(written, (piece) => Effect.sync(() => take(reading.read(piece))))
  take(reading.end())
  if (reading.trouble() instanceof Form.KeyMissing) return yield* unreadable(place, reading.trouble())
  if (reading.trouble() !== null || hash.digest("hex") !== sha256) return null
  return { sealed: Form.headOf(reading.head).isEncrypted ? { path: place, ...reading.stored() } : null }
})

/** The most that the file of an event may have. */
export const longestEvent = Form.storedLength(Event.longest)

/** The event of a file; `null` where there is none, or it is not one. Fails where its key is missing. */
export const event = Effect.fnUntraced(function* (disk: Disk, form: Form.Form, file: string, place: string) {
  const bytes = yield* disk.bytes(file, longestEvent)
  if (bytes === null) return null
  return yield* content(form, file, place, bytes).pipe(
    Effect.map(Event.parse),
    Effect.catchIf(
      ({ kind }) => kind === "damaged",
      () => Effect.succeed(null)
    )
  )
})

/** What was seen of a file: what is wrong with it, or `null`; and how it is encrypted, where it is a file. `isRead` is false where its key is missing. */
export interface Seen {
  readonly wrong: string | null
  readonly head: Form.Head | null
  readonly isRead: boolean
}

export const unseen = (kind: string): Seen => ({
  wrong: kind === "none" ? "no file" : "something that is no plain file",
  head: null,
  isRead: true
})

/** What is wrong with how a file is stored; `null` if that is as the manifest says. */
export const differsStored = (
  sealed: Form.Stored | null,
  head: Form.Head,
  stored: () => Form.Stored
): string | null => {
  if (sealed === null) return head.isEncrypted ? "an encrypted file, and one in clear was written" : null
  if (!head.isEncrypted) return "a file in clear, and an encrypted one was written"
  const { bytes, sha256 } = stored()
  if (bytes !== sealed.bytes) return `an encrypted file of ${bytes} bytes, and one of ${sealed.bytes} was written`
  return sha256 === sealed.sha256 ? null : `an encrypted file with ${sha256}, and one with ${sealed.sha256} was written`
}

/** What was seen of the file of an event: `event` is what it says, as far as it is what the manifest says. */
export interface SeenEvent extends Seen {
  readonly event: Event.Fields | null
}

/** Compares the file of an event, which need not be at its place yet, with what the manifest says. Without its key, only how it is stored. */
export const lookAtEvent = Effect.fnUntraced(function* (
  disk: Disk,
  form: Form.Form,
  file: string,
  place: string,
  { sealed, sha256 }: Pick<ExpectedEvent, "sealed" | "sha256">
): Effect.fn.Return<SeenEvent, StoreError> {
  const kind = yield* disk.kindOf(file)
  if (kind !== "file") return { ...unseen(kind), event: null }
  const bytes = yield* disk.bytes(file, longestEvent)
  if (bytes === null) return { wrong: "a file that is longer than an entry", head: null, isRead: true, event: null }
  const reading = Form.reading(form, place)
  const content = Buffer.concat([...reading.read(bytes), ...reading.end()])
  const head = Form.headOf(reading.head)
  const seen = (wrong: string | null, event: Event.Fields | null = null): SeenEvent => ({
    wrong,
    head,
    isRead: !(reading.trouble() instanceof Form.KeyMissing),
    event
  })
  const stored = differsStored(sealed, head, reading.stored)
  if (stored !== null) return seen(stored)
  if (reading.trouble() instanceof Form.KeyMissing) return seen(null)
  if (reading.trouble() !== null) return seen(`a file that cannot be decrypted: ${reading.trouble()?.message}`)
  const event = Event.parse(content)
  if (event === null) return seen("a file that is no entry, or longer than one")
  const digest = Event.digestOf(event)
  return digest === sha256 ? seen(null, event) : seen(`one with ${digest}`)
})
