/** No list without its proof. */
import type { ExtractProof } from "@vobiz-effect/core/ExtractProof"
import * as ProofView from "@vobiz-effect/review/ProofView"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { CannotTell, FindingsFound } from "../Failure.ts"

const doubtsOf = (proofs: ReadonlyArray<ExtractProof>) => proofs.map(ProofView.doubt).filter((doubt) => doubt !== null)

/** Fails where a list is not proved complete, and says which, why, and how many rows are in doubt. */
export const demand = (proofs: ReadonlyArray<ExtractProof>): Effect.Effect<void, CannotTell> => {
  const reasons = doubtsOf(proofs)
  return Effect.andThen(noted(proofs), reasons.length === 0 ? Effect.void : Effect.fail(new CannotTell({ reasons })))
}

/** Says what could not be read of the lists. */
const noted = (proofs: ReadonlyArray<ExtractProof>) =>
  Effect.forEach(proofs.flatMap(ProofView.notes), (note) => Console.error(`recon: ${note}`), { discard: true })

/** The same for a program that found something wrong: it says what is in doubt, and fails for what is wrong. */
export const breached = (proofs: ReadonlyArray<ExtractProof>): Effect.Effect<never, FindingsFound> =>
  Effect.andThen(
    Effect.andThen(
      noted(proofs),
      Effect.forEach(doubtsOf(proofs), (doubt) => Console.error(`recon: ${doubt}`), { discard: true })
    ),
    Effect.fail(new FindingsFound())
  )
