/**
 * What makes a finding the same in one run and the next.
 *
 * @since 0.1.0
 */
import type { Finding } from "./Finding.ts"
import { ofRecordings } from "./internal/findingModel.ts"

/**
 * What a finding is about: the CDR, or the recording where there is none. A CDR's number tells rows of one `uuid` apart.
 *
 * @category getters
 * @since 0.1.0
 */
export const subjectOf = ({ cdrs, recordings }: Pick<Finding, "cdrs" | "recordings">): string => {
  const [cdr] = cdrs
  if (cdr !== undefined) return `cdr ${cdr.uuid} ${cdr.id ?? ""}`.trimEnd()
  return `recording ${recordings[0]?.recordingId ?? ""}`
}

/**
 * A finding's key: its code and what it is about, and of a recording that was changed, which one of its call it is.
 *
 * @category getters
 * @since 0.1.0
 */
export const of = (finding: Pick<Finding, "code" | "cdrs" | "recordings">): string => {
  const key = `${finding.code} ${subjectOf(finding)}`
  const [recording] = finding.recordings
  return finding.cdrs.length > 0 && recording !== undefined && ofRecordings.includes(finding.code)
    ? `${key} recording ${recording.recordingId}`
    : key
}
