/** No list without its proof. */
import type { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import * as Effect from "effect/Effect"
import { CannotTell } from "../Failure.ts"
import * as ProofView from "../ProofView.ts"

/** Fails where a list is not proved complete, and says which, why, and how many rows are in doubt. */
export const demand = (proofs: ReadonlyArray<ExtractProof>): Effect.Effect<void, CannotTell> => {
  const reasons = proofs.map(ProofView.doubt).filter((doubt) => doubt !== null)
  return reasons.length === 0 ? Effect.void : Effect.fail(new CannotTell({ reasons }))
}
