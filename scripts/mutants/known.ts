/**
 * Mutants that no test kills, and why. Those that are `equivalent` change nothing that anybody could see, and do not count.
 * A mutant is known by its file and the changed lines as `bench/MUTANTS.md` shows them, wherever they stand.
 */
export interface Known {
  readonly file: string
  readonly before: string
  readonly after: string
  readonly equivalent: boolean
  readonly reason: string
}

export const known: ReadonlyArray<Known> = []
