/** Rows of files that were set aside, as a doubt about the list that they are of. */
import { Doubt, ExtractProof } from "@vobiz-effect/core/ExtractProof"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"

import type * as Coverage from "../Coverage.ts"
import type * as Relations from "../Relations.ts"
import { ofFiles } from "./fileProof.ts"

const names = { cdrs: "CallDetailRecords", recordings: "Recordings", trunks: "Trunks" } as const

/** What nothing proves. */
const unproved = new Doubt({
  kind: "unfinished",
  detail: "files prove nothing: say --complete if they hold all of the window",
  after: null
})

/** The proofs, in doubt where rows were set aside. */
export const doubting = (proofs: Coverage.Proofs, loaded: Relations.Loaded): Effect.Effect<Coverage.Proofs> =>
  Effect.map(DateTime.now, (startedAt) => {
    const doubted = (list: keyof typeof names): Coverage.Proof | undefined => {
      const proof = proofs[list]
      const setAside = loaded.setAside[list]
      if (setAside === null) return proof
      const doubt = new Doubt({ kind: "set-aside", detail: setAside.detail, after: null })
      if (proof instanceof ExtractProof) {
        return new ExtractProof({
          ...proof,
          verdict: proof.verdict === "complete" ? "in-doubt" : proof.verdict,
          rowsInDoubt: proof.rowsInDoubt === null ? null : proof.rowsInDoubt + setAside.rows,
          rows: proof.rows + setAside.rows,
          setAside: proof.setAside + setAside.rows,
          doubts: [...proof.doubts, doubt]
        })
      }
      return ofFiles({
        list: `${names[list]}.files`,
        verdict: proof === null ? "not-provable" : "in-doubt",
        startedAt,
        asOf: null,
        doubts: proof === null ? [unproved, doubt] : [doubt],
        rowsInDoubt: proof === null ? null : setAside.rows,
        rows: loaded[list] + setAside.rows,
        total: null,
        setAside: setAside.rows
      })
    }
    const trunks = doubted("trunks")
    return {
      cdrs: doubted("cdrs") ?? null,
      recordings: doubted("recordings") ?? null,
      ...(trunks === undefined ? {} : { trunks })
    }
  })
