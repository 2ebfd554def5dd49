/** The parts of names that recordings are exported under. */
import { createHash } from "node:crypto"

const longest = 60

/** A value in a name. */
export const safe = (value: string | null): string =>
  value === null || value === "" ? "unknown" : value.replaceAll(/[^\p{L}\p{N}+@=,.-]+/gu, "-").slice(0, longest)

/** An id in a name. One that cannot stand there as it is gets a hash. */
export const idInName = (id: string): string => {
  const plain = portable(safe(id))
  if (plain === id) return plain
  return `${plain}-${createHash("sha256").update(id, "utf16le").digest("hex").slice(0, 12)}`
}

/** A part of a path that no system takes for something else. */
export const portable = (segment: string): string => {
  const trimmed = segment.replace(/^[. ]+|[. ]+$/g, "")
  return trimmed === "" || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(trimmed) ? `_${trimmed}` : trimmed
}
