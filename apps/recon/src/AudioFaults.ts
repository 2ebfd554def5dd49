/**
 * What is wrong with the audio that an archive has, as a reconciliation takes it.
 *
 * @since 0.1.0
 */
import { type ArchiveIndex, type AudioStore, Media, type StoreError } from "@vobiz-effect/archive"
import type { Relations } from "@vobiz-effect/reconcile"
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

/**
 * The faults of all audio of an archive; what was looked at before is not decoded again.
 *
 * @category programs
 * @since 0.1.0
 */
export const stream = (
  directory: string
): Stream.Stream<
  Relations.AudioFault,
  StoreError.StoreError,
  ArchiveIndex.ArchiveIndex | AudioStore.AudioStore | FileSystem.FileSystem | Path.Path
> =>
  Media.check({ directory, concurrency: 2 }).pipe(
    Stream.map(({ entry, findings }) =>
      findings.map((finding): Relations.AudioFault => ({
        recordingId: entry.recordingId,
        code: finding.code,
        detail: words(finding)
      }))
    ),
    Stream.flattenIterable
  )
