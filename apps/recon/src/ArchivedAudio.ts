/**
 * The recordings that an archive holds and what is wrong with their audio, as a reconciliation takes them.
 *
 * @since 0.1.0
 */
import { type ArchiveIndex, type AudioStore, Media, type StoreError } from "@vobiz-effect/archive"
import type { Relations } from "@vobiz-effect/reconcile"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Stream from "effect/Stream"

/**
 * What should be, and what is.
 *
 * @category rendering
 * @since 0.1.0
 */
export const words = ({ expected, found }: Pick<Media.Finding, "expected" | "found">): string =>
  `expected ${expected}, found ${found}`

const toArchived = ({ entry, findings }: Media.Checked): Relations.Archived => ({
  recordingId: entry.recordingId,
  callUuid: entry.callUuid,
  recordingType: entry.recordingType || null,
  addTime: entry.addTime,
  duration: entry.duration === null ? null : Duration.millis(entry.duration),
  faults: findings.map((finding) => ({ code: finding.code, detail: words(finding) }))
})

/**
 * The recordings whose audio an archive holds, and that were added in a span. Audio that was looked at before is not decoded again. A recording whose audio is
 * missing or damaged there is not held: it is left out, and the log has a warning.
 *
 * @category programs
 * @since 0.1.0
 */
export const stream = (
  directory: string,
  span: ArchiveIndex.Span
): Stream.Stream<
  Relations.Archived,
  StoreError.StoreError,
  ArchiveIndex.ArchiveIndex | AudioStore.AudioStore | FileSystem.FileSystem | Path.Path
> =>
  Stream.suspend(() => {
    let lost = 0
    return Media.check({ directory, span, concurrency: 2 }).pipe(
      Stream.map((checked) => {
        if (checked.media !== null) return [toArchived(checked)]
        lost += 1
        return []
      }),
      Stream.flattenIterable,
      Stream.concat(
        Stream.unwrap(
          Effect.suspend(() =>
            lost === 0
              ? Effect.succeed(Stream.empty)
              : Effect.as(
                  Effect.logWarning(
                    `the audio of ${lost} archived recordings is missing or damaged, and counts for nothing: run recon verify --archive ${directory}`
                  ),
                  Stream.empty
                )
          )
        )
      )
    )
  })
