/** Misspelt names. */
import { distance } from "fastest-levenshtein"

/** The known name that is nearest to one, if it is at most so many letters away; the case of letters does not count. */
export const nearest = (name: string, known: ReadonlyArray<string>, most = 3): string | null => {
  const away = (other: string) => distance(other.toLowerCase(), name.toLowerCase())
  const [near] = known.toSorted((a, b) => away(a) - away(b))
  return near !== undefined && away(near) <= most ? near : null
}
