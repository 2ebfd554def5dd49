/** Misspelt names. */

/** How many letters must be changed, added or left out to make one word of another. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** The known name that is nearest to one, if it is at most so many letters away; the case of letters does not count. */
export const nearest = (name: string, known: ReadonlyArray<string>, most = 3): string | null => {
  const away = (other: string) => distance(other.toLowerCase(), name.toLowerCase())
  const [near] = known.toSorted((a, b) => away(a) - away(b))
  return near !== undefined && away(near) <= most ? near : null
}
