/** Text that is the same for the same value. */

/** The value as JSON with the keys of each object in order, so that the order in which they were written does not matter. */
export const canonical = (value: unknown): string => JSON.stringify(sorted(JSON.parse(JSON.stringify(value))))

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, field]) => [key, sorted(field)])
        )
      : value
