/**
 * What a verification found, for people.
 *
 * @since 0.1.0
 */
import type { Verify } from "@vobiz-effect/archive"
import { count, counted } from "@vobiz-effect/review/Format"
import * as Terminal from "./internal/terminal.ts"
import { fitted } from "./Progress.ts"

const signatures = ({ signers, unsigned }: Verify.Verdict): string =>
  signers.length === 0
    ? "none is signed"
    : `signed by ${signers.join(", ")}${unsigned === 0 ? "" : `; ${count(unsigned)} entries are not`}`

/** How many files are encrypted, by which key, and how many are not; nothing where none is encrypted. */
const encryption = ({ clear, encrypted }: Verify.Verdict): ReadonlyArray<string> =>
  encrypted.length === 0
    ? []
    : [
        ...encrypted.map(({ files, id, unread }) => {
          const by = id === null ? "of the first format, which names no key" : `by the key ${id}`
          return `${counted(files, "file")} ${by}${unread === 0 ? "" : `; ${count(unread)} were not read`}`
        }),
        `${counted(clear, "file")} in clear`
      ].map((line, n) => `${n === 0 ? "Encrypted   " : "            "}${line}`)

/**
 * What was asked for: `wantsAnchors` if certificates of authorities were given.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asked {
  readonly wantsAnchors?: boolean | undefined
}

/**
 * What could not be verified, one line for each reason.
 *
 * @category rendering
 * @since 0.1.0
 */
export const doubts = (
  { anchors, clear, encrypted, entries, isClosed, unfinished }: Verify.Verdict,
  { wantsAnchors = false }: Asked = {}
): ReadonlyArray<string> => [
  ...(anchors.some(({ isChecked }) => !isChecked)
    ? ["the anchors' signatures were not checked: give the authority's certificate by --anchor-ca"]
    : []),
  ...(wantsAnchors && anchors.length === 0
    ? ["there is no anchor to check: put back the tokens that you kept, into manifest/anchors"]
    : []),
  ...(entries === 0 ? ["the manifest has no entries: there is nothing to verify"] : []),
  ...(isClosed ? [] : ["the last run has no end: it was killed, is still running, or its end was cut off"]),
  ...(unfinished === 0
    ? []
    : [`${counted(unfinished, "change")} of a run that was killed are not finished: run recon archive to finish them`]),
  ...encrypted
    .filter(({ unread }) => unread > 0)
    .map(({ id, unread }) => {
      const all = encrypted.reduce((sum, { files }) => sum + files, clear)
      const which = id === null ? "their key" : `the key ${id}`
      return `${count(unread)} of ${counted(all, "file")} were not read, for want of ${which}: set it in VOBIZ_ARCHIVE_KEY`
    })
]

/**
 * The verdict for a terminal: first whether all is as it was, then what was looked at.
 *
 * @category rendering
 * @since 0.1.0
 */
export const text = (verdict: Verify.Verdict, asked: Asked = {}): string => {
  const { difference } = verdict
  const anchor = verdict.anchors.at(-1)
  return [
    ...(difference === null
      ? [doubts(verdict, asked).length === 0 ? "All is as the manifest says" : "What was read is as the manifest says"]
      : [
          `NOT as the manifest says: ${difference.place}`,
          `  expected ${difference.expected}`,
          `  found ${difference.found}`,
          ...(difference.entry === null ? [] : [`  as entry ${difference.entry} of the manifest says`]),
          "Looked at until then:"
        ]),
    `Manifest    ${count(verdict.entries)} entries in ${counted(verdict.runs, "run")}, ${signatures(verdict)}`,
    ...(verdict.unclosed === 0 ? [] : [`            ${count(verdict.unclosed)} runs did not come to their end`]),
    `Head        ${verdict.head ?? "none"}`,
    ...(anchor === undefined
      ? []
      : [
          `Anchors     ${count(verdict.anchors.length)}, the last at ${anchor.time} of entry ${count(anchor.entry)}`,
          ...(anchor.isChecked ? [] : ["            their signatures were not checked"])
        ]),
    `Kept        ${count(verdict.objects)} answers and files`,
    ...(verdict.erased === 0
      ? []
      : [`            ${counted(verdict.erased, "part")} of them were erased, as the manifest says`]),
    `Index       ${counted(verdict.recordings, "recording")}`,
    `Audio       ${counted(verdict.audio, "file")}, ${count(Math.ceil(verdict.bytes / 1000))} kB`,
    ...(verdict.unlisted === 0
      ? []
      : [`            ${count(verdict.unlisted)} are of no recording: left by a run that was ended, and whole`]),
    ...encryption(verdict),
    ...verdict.strays.map((name) => `Not its own ${Terminal.json(name)}: the manifest says nothing of it`)
  ].join("\n")
}

/**
 * How far a verification has come, in a line no wider than `columns`.
 *
 * @category rendering
 * @since 0.1.0
 */
export const progress = (latest: Verify.Progress | null, columns: number): string => {
  if (latest === null) return ""
  const parts = [
    `${count(latest.entries)} entries`,
    `${count(latest.objects)} answers and files`,
    `${count(latest.recordings)} recordings`,
    `${count(latest.audio)} files of audio, ${count(Math.ceil(latest.bytes / 1000))} kB`,
    ...(latest.unread === 0 ? [] : [`${count(latest.unread)} not read`])
  ]
  return fitted(parts, columns)
}
