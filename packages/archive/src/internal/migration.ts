/**
 * From version 1 of the manifest to version 2. A new chain, that names the head of the old one, is prepared beside it with all files that it
 * speaks of; its rename is the moment at which it counts. Killed before, a later run begins anew; killed after, it moves what is left.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"

import type * as CanonicalJson from "../CanonicalJson.ts"
import { StoreError } from "../StoreError.ts"
import * as Chain from "./chain.ts"
import { type Disk, failedAt } from "./disk.ts"
import * as Event from "./event.ts"
import * as Form from "./form.ts"
import { folderName } from "./migrationPlaces.ts"
import * as Objects from "./objects.ts"
import * as Segments from "./segments.ts"
import * as State from "./state.ts"
import * as Verification from "./verification.ts"
import * as Writer from "./writer.ts"

/** Verifies an archive of version 1, and gives what its chain says. Nothing is signed that was not found as it was written. */
const verified = Effect.fnUntraced(function* (disk: Disk, directory: string, signing: Writer.Signing | null) {
  const found = Verification.found()
  const options = { directory }
  yield* Verification.chain(disk, options, found).pipe(
    Effect.andThen(Verification.files(disk, options, found)),
    refused
  )
  const refuse = (detail: string) => new StoreError({ kind: "damaged", place: directory, detail })
  if (found.counts.unfinished > 0) {
    return yield* refuse(
      `${found.counts.unfinished} files were left by a run of an earlier version that was killed, and no entry has them: move them away, and the next run fetches them again`
    )
  }
  const other = [...found.signers].find((key) => key !== signing?.key)
  if (other !== undefined) return yield* refuse("its manifest is signed by a key that is not the one that is set")
  return found
})

const refused = <A>(self: Effect.Effect<A, Verification.Differs | StoreError>): Effect.Effect<A, StoreError> =>
  Effect.catchTag(self, "Differs", ({ expected, found, place }) => {
    const detail = `it cannot be taken over to version 2: expected ${expected}, found ${found}`
    return new StoreError({ kind: "damaged", place, detail })
  })

/** Makes the new chain, and lets it take the place of the old one. */
export const run = Effect.fnUntraced(function* (
  disk: Disk,
  form: Form.Form,
  directory: string,
  options: { readonly archive: string; readonly signing: Writer.Signing | null }
) {
  const { fs, path } = disk
  const at = (place: string) => path.join(directory, ...place.split("/"))
  const { counts, state } = yield* verified(disk, directory, options.signing)
  const folder = at(folderName)
  yield* Effect.mapError(fs.remove(folder, { recursive: true, force: true }), failedAt(folder))
  yield* disk.folder(folder)
  const old = at(`manifest/${Chain.fileName}`)
  const made = at(`${folderName}/${Chain.fileName}`)

  yield* Effect.gen(function* () {
    const writer = yield* Writer.open({ ...options, disk, file: made, before: null, key: form.key })
    const from = { version: 1, head: counts.head, entries: counts.entries }
    yield* writer.begin({ command: "migrate", from })

    const object = Effect.fnUntraced(function* (file: string) {
      const bytes = Stream.mapError(fs.stream(file), failedAt(file))
      const made = yield* Objects.write(disk, form, directory, Segments.ofBytes(bytes), `${folderName}/objects`)
      return Objects.bodyOf(made)
    })
    yield* writer.append("object", { about: { what: "chain", ...from }, ...(yield* object(old)) })

    const roots = new Map<string, Effect.Success<ReturnType<typeof object>>>()
    const quarantined = new Set<string>()
    yield* Stream.runForEach(Chain.lines(disk, old), (line) =>
      Effect.gen(function* () {
        const entry = line === null ? null : Chain.parse(line)
        if (entry === null || typeof entry === "string") return
        const body = entry.body as Event.Fields
        if (entry.kind === "object") {
          const was = String(body["sha256"])
          const known = roots.get(was) ?? (yield* object(at(Chain.objectPath(was))))
          roots.set(was, known)
          yield* writer.append("object", { about: body["about"] ?? null, was, ...known })
          return
        }
        const { event, quarantined: listed } = Chain.eventOf(entry)
        // What was deleted stays deleted; of all else, what came last is what the folder has.
        const isRemoval = event !== null && State.removedBy(event).audio.some((audio) => state.removed.has(audio))
        const files = listed.filter(({ path }) => state.files.get(path)?.entry === entry.seq)
        for (const { path } of files) quarantined.add(path)
        if (isRemoval || files.length > 0) {
          const isClosed = event === null || !Event.isOpen(event)
          yield* writer.append("found", {
            event: isClosed ? event : null,
            files: files as unknown as CanonicalJson.Json
          })
        }
      })
    )
    const takeOver = Effect.fnUntraced(function* (place: string, isStored: boolean) {
      const bytes = yield* disk.bytes(at(place), Event.longest)
      const event = bytes === null ? null : Event.parse(bytes)
      if (event === null)
        return yield* new StoreError({ kind: "damaged", place, detail: "it is not an entry of the index" })
      if ((event["_tag"] === "Stored") !== isStored) return
      const salted = Event.isOpen(event) ? { ...event, salt: yield* Event.freshSalt } : event
      const content = Form.seal(form, place, Buffer.from(Event.lineOf(salted)))
      yield* disk.write(at(`${folderName}/${place}`), content, folder)
      const sealed = form.key === null ? {} : { sealed: [{ path: place, ...Form.storedOf(content) }] }
      yield* writer.append("found", { event: Event.close(salted), files: [], ...sealed })
    })
    // Tombstones first: another recording may have the same audio, and have it still.
    for (const isStored of [false, true]) {
      for (const place of state.events.keys()) yield* takeOver(place, isStored)
    }
    yield* writer.close(Exit.void)
  }).pipe(Effect.scoped)

  yield* disk.settle(made, old)
  yield* finish(disk, directory)
})

/** Moves what a new chain speaks of to its place, and removes the objects of the old one. */
export const finish = Effect.fnUntraced(function* (disk: Disk, directory: string) {
  const { fs, path } = disk
  const at = (place: string) => path.join(directory, ...place.split("/"))
  const folder = at(folderName)
  if ((yield* disk.kindOf(folder)) === "none") return
  for (const name of yield* disk.list(at(`${folderName}/objects`))) {
    const root = /^([0-9a-f]{64})\.ndjson$/.exec(name)?.[1]
    if (root !== undefined) yield* Objects.settle(disk, directory, root, `${folderName}/objects`)
  }
  const index = at(`${folderName}/index`)
  const names =
    (yield* disk.kindOf(index)) === "folder"
      ? yield* Effect.mapError(fs.readDirectory(index, { recursive: true }), failedAt(index))
      : []
  for (const name of names.filter((name) => name.endsWith(".json"))) {
    yield* disk.settle(path.join(index, name), path.join(directory, "index", name))
  }
  for (const shard of yield* disk.list(at("objects"))) {
    if (!/^[0-9a-f]{2}$/.test(shard)) continue
    for (const name of yield* disk.list(at(`objects/${shard}`))) {
      if (/^[0-9a-f]{64}$/.test(name)) yield* disk.remove(at(`objects/${shard}/${name}`))
    }
  }
  yield* Effect.mapError(fs.remove(folder, { recursive: true, force: true }), failedAt(folder))
})
