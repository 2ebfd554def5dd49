/**
 * Words for the proofs that lists were read completely.
 *
 * @since 0.1.0
 */
import { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import { Coverage, Zone } from "@vobiz-effect/reconcile"
import * as Schema from "effect/Schema"
import { count, counted } from "./Format.ts"

/**
 * What could not be read of a list, and which instants got an assumed zone.
 *
 * One sentence each, without a full stop.
 *
 * @category rendering
 * @since 0.1.0
 */
export const notes = (proof: ExtractProof): ReadonlyArray<string> => {
  const { rowsZone, unreadable, zoneless } = proof
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([field, rows]) => `${field} in ${counted(rows, "row")}`)
      .join(", ")
  const assumed =
    rowsZone === null ? "were read as UTC: --rows-zone says which zone they are of" : `were read as ${rowsZone}`
  return [
    ...(Object.keys(unreadable).length === 0
      ? []
      : [`the list of ${nameOf(proof)} has fields that cannot be read, and are taken as absent: ${list(unreadable)}`]),
    ...(Object.keys(zoneless).length === 0
      ? []
      : [`the list of ${nameOf(proof)} has instants without a zone, which ${assumed}: ${list(zoneless)}`])
  ]
}

const names: Readonly<Record<string, string>> = {
  CallDetailRecords: "CDRs",
  Recordings: "recordings",
  Trunks: "trunks"
}

/** The list's name, derived from the operation that read it, such as `Recordings.extract`. */
const nameOf = ({ list }: ExtractProof): string => names[list.split(".", 1)[0] ?? list] ?? list

/** Whether the list came from files, and was proved by its number of rows. */
const isOfFiles = ({ list }: ExtractProof) => list.endsWith(".files")

/**
 * Why a list is not proved complete, and how many rows are in doubt, in one line.
 *
 * `null` if it is proved complete.
 *
 * @category rendering
 * @since 0.1.0
 */
export const doubt = (proof: ExtractProof): string | null => {
  if (proof.verdict === "complete") return null
  const reasons = [...new Set(proof.doubts.map(({ detail }) => detail))].join("; ")
  const inDoubt = proof.rowsInDoubt === null ? "an unknown number in doubt" : `${count(proof.rowsInDoubt)} in doubt`
  return `the list of ${nameOf(proof)} is not proved complete: ${counted(proof.rows, "row")} read, ${inDoubt} (${reasons})`
}

/**
 * How complete each list is, one sentence per list.
 *
 * @category rendering
 * @since 0.1.0
 */
export const sentences = ({ cdrs, recordings, trunks }: Coverage.Proofs, zone: Zone.Zone): ReadonlyArray<string> => [
  of("CDRs", cdrs, zone),
  of("recordings", recordings, zone),
  ...(trunks === undefined || Coverage.isWhole(trunks) ? [] : [of("trunks", trunks, zone)])
]

const of = (name: string, proof: Coverage.Proof, zone: Zone.Zone) =>
  proof === null
    ? `The ${name} came from files, which prove nothing: say --complete if they hold all of the window, or how many rows the provider counts (--cdr-count, --recording-count).`
    : proof === "declared"
      ? `The ${name} came from files that were declared complete.`
      : sentence(proof, zone)

const encodeProof = Schema.encodeSync(Schema.toCodecJson(ExtractProof))

/**
 * The proofs as plain data.
 *
 * @category rendering
 * @since 0.1.0
 */
export const report = ({ cdrs, recordings, trunks }: Coverage.Proofs) => {
  const encode = (proof: Coverage.Proof) => (proof === null || proof === "declared" ? proof : encodeProof(proof))
  return {
    cdrs: encode(cdrs),
    recordings: encode(recordings),
    ...(trunks === undefined ? {} : { trunks: encode(trunks) })
  }
}

/**
 * A proof in words. Its instants are in the given zone, which the text does not name.
 *
 * @category rendering
 * @since 0.1.0
 */
export const sentence = (proof: ExtractProof, zone: Zone.Zone): string => {
  const noted = notes(proof).map((note) => ` ${upperFirst(note)}.`)
  return `${proved(proof, zone)}${noted.join("")}`
}

const proved = (proof: ExtractProof, zone: Zone.Zone): string => {
  const doubted = doubt(proof)
  if (doubted !== null) return `${upperFirst(doubted)}.`
  if (isOfFiles(proof)) {
    return `The ${nameOf(proof)} came from files that hold ${counted(proof.rows, "row")}, as many as the provider counts.`
  }
  const list = `${upperFirst(nameOf(proof))} list: ${counted(proof.rows, "row")} in ${counted(proof.pages, "page")}`
  const gone = proof.gone === 0 ? "" : `; ${count(proof.gone)} of them were deleted while it was read`
  const part = proof.since === null ? "complete" : `complete from ${Zone.moment(proof.since, zone)} on,`
  return `${list}, proved ${part} as of ${proof.asOf === null ? "an unknown instant" : Zone.moment(proof.asOf, zone)}${gone}.`
}

const upperFirst = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
