/**
 * The head of a manifest, as it is kept elsewhere.
 *
 * @since 0.1.0
 */
import type { Anchor } from "@vobiz-effect/archive"
import * as DateTime from "effect/DateTime"

/** Groups of four digits, which people read aloud and compare. */
const groups = (digits: string): ReadonlyArray<string> => digits.match(/.{1,4}/g) ?? []

/**
 * An anchored head in lines short enough for paper: what to write down, and hold `recon verify` against later.
 *
 * @category rendering
 * @since 0.1.0
 */
export const paper = ({ archive, at, entry, hash, time }: Anchor.AnchoredHead, authority: string): string => {
  const all = groups(hash)
  return [
    `Anchored  ${DateTime.formatIso(time)} by ${authority}`,
    ...(archive === null ? [] : [`  archive ${groups(archive).join(" ")}`]),
    `  entry   ${entry} of ${at}`,
    `  head    ${all.slice(0, 8).join(" ")}`,
    `          ${all.slice(8).join(" ")}`
  ].join("\n")
}

/**
 * The same as plain data.
 *
 * @category rendering
 * @since 0.1.0
 */
export const report = ({ archive, at, entry, hash, time }: Anchor.AnchoredHead) => ({
  archive,
  at,
  entry,
  head: hash,
  time: DateTime.formatIso(time)
})
