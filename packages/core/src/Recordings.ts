/**
 * The account's recordings.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

import type { Recording } from "./Recording.ts"
import type { VobizError } from "./VobizError.ts"

/**
 * Which recordings. `recordingType` is an open set (`call`, `conference`, `trunk` are known). `params` is passed on as
 * it is: the provider ignores a filter that it does not know, and then returns everything.
 *
 * @category models
 * @since 0.1.0
 */
export interface RecordingsQuery {
  readonly recordingType?: string | undefined
  readonly callUuid?: string | undefined
  readonly params?: Readonly<Record<string, string>> | undefined
}

/**
 * Which recordings, and which of the list's pages: `limit` rows (1 to 100) from `offset` on.
 *
 * @category models
 * @since 0.1.0
 */
export interface RecordingsPageQuery extends RecordingsQuery {
  readonly limit?: number | undefined
  readonly offset?: number | undefined
}

/**
 * One page of the list, as it was served: `limit` is what the server says it applied, `hasNext` is its word that more follows,
 * `totalCount` its count of the whole list at that moment.
 *
 * @category models
 * @since 0.1.0
 */
export interface RecordingsPage {
  readonly recordings: ReadonlyArray<Recording>
  readonly offset: number
  readonly limit: number
  readonly totalCount: number
  readonly hasNext: boolean
  readonly requestId: string | null
}

/**
 * The account's recordings.
 *
 * @category services
 * @since 0.1.0
 */
export class Recordings extends Context.Service<
  Recordings,
  {
    /** One page. */
    page(query?: RecordingsPageQuery): Effect.Effect<RecordingsPage, VobizError>
    /** All pages, one after the other, each asked for when it is wanted. */
    pages(query?: RecordingsQuery): Stream.Stream<RecordingsPage, VobizError>
    /** All recordings, newest first, none twice. */
    stream(query?: RecordingsQuery): Stream.Stream<Recording, VobizError>
    /** One recording. */
    get(recordingId: string): Effect.Effect<Recording, VobizError>
    /** Deletes a recording at the provider, for ever. */
    remove(recordingId: string): Effect.Effect<void, VobizError>
    /** The audio file's bytes. */
    audio(recording: Recording): Stream.Stream<Uint8Array, VobizError>
  }
>()("@vobiz-effect/core/Recordings") {}
