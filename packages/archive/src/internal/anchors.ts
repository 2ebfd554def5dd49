/** Where the tokens of anchors are: `manifest/anchors/<head>.tsr`, each an answer of a time-stamp authority as it came. */
import * as Effect from "effect/Effect"

import type { Disk } from "./disk.ts"

export const folderName = "manifest/anchors"

/** No answer is longer. */
export const longest = 1024 * 1024

export const pathOf = (head: string): string => `${folderName}/${head}.tsr`

/** The heads that have a token, and names that are none. */
export const list = (disk: Disk, directory: string) =>
  Effect.map(disk.list(disk.path.join(directory, ...folderName.split("/"))), (names) => {
    const headOf = (name: string) => /^([0-9a-f]{64})\.tsr$/.exec(name)?.[1]
    return {
      heads: names.flatMap((name) => headOf(name) ?? []),
      strays: names.filter((name) => headOf(name) === undefined)
    }
  })
