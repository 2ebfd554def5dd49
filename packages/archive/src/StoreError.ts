/**
 * What can go wrong where the archive keeps its files.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const advice: Readonly<Record<Kind, string>> = {
  full: "make room, then run again: what is done is kept",
  denied: "let this user read and write there, then run again: what is done is kept",
  unreachable: "check the network, the endpoint and the credentials of the store, then run again: what is done is kept",
  missing: "it was moved or deleted by something else: restore it from a copy",
  damaged: "it was changed or cut after it was written, or it was encrypted by another key: restore it from a copy",
  busy: "wait until the other run has ended",
  key: "give the right key, then run again: what is done is kept",
  other: "what is done is kept"
}

/**
 * Why the store failed: its disk is full, it denies access, it cannot be reached, what should be there is missing or
 * damaged, another process is writing to it, the key is not the right one, or something else.
 *
 * @category models
 * @since 0.1.0
 */
export type Kind = StoreError["kind"]

/**
 * The store failed. `place` is a file, a folder, or a bucket and key.
 *
 * @category errors
 * @since 0.1.0
 */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  kind: Schema.Literals(["full", "denied", "unreachable", "missing", "damaged", "busy", "key", "other"]),
  place: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    const kind = this.kind === "other" ? "" : ` (${this.kind})`
    return `${this.place}: ${this.detail}${kind}; ${advice[this.kind]}`
  }
}
