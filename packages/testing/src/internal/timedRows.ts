/**
 * Rows that appear and disappear at given instants.
 *
 * The visible rows, their index by key and their filtered views are cached until a row appears, disappears or changes.
 */

/** Rows that appear and disappear at given instants. */
export interface TimedRows<Entry> {
  /** The rows that are visible at an instant, in milliseconds since the epoch. */
  readonly at: (now: number) => Snapshot<Entry>
  /** Adds entries. A key that exists already is then there twice. */
  readonly insert: (entries: ReadonlyArray<Entry>) => void
  /** Removes all entries of these keys. */
  readonly remove: (keys: ReadonlySet<string>) => void
}

/** The rows that are visible at one instant. */
export interface Snapshot<Entry> {
  /** The rows, in order. */
  readonly entries: ReadonlyArray<Entry>
  /** The last row of a key. */
  readonly find: (key: string) => Entry | undefined
  /** Computes a value from the rows, and caches it by name as long as the rows stay the same. */
  readonly derive: <A>(name: string, make: (entries: ReadonlyArray<Entry>) => A) => A
}

export interface Options<Entry> {
  readonly entries: ReadonlyArray<Entry>
  readonly key: (entry: Entry) => string
  /** The instants from which and up to which an entry is to be seen. */
  readonly lifetime: (entry: Entry) => readonly [from: number, to: number]
  readonly compare: (a: Entry, b: Entry) => number
}

/** Filters come from outside, so what is remembered must be bounded. */
const maxDerived = 64

export const make = <Entry>({ compare, entries, key, lifetime }: Options<Entry>): TimedRows<Entry> => {
  let all = entries.toSorted(compare)
  let current: { readonly snapshot: Snapshot<Entry>; readonly from: number; readonly to: number } | undefined

  const prepare = (now: number) => {
    // What is to be seen now stays so between the last instant before now and the first one after.
    let from = -Infinity
    let to = Infinity
    const visible = all.filter((entry) => {
      const life = lifetime(entry)
      for (const instant of life) {
        if (instant <= now) from = Math.max(from, instant)
        else to = Math.min(to, instant)
      }
      return life[0] <= now && now < life[1]
    })
    return { snapshot: snapshotOf(visible, key), from, to }
  }

  return {
    at: (now) => {
      if (current === undefined || now < current.from || now >= current.to) current = prepare(now)
      return current.snapshot
    },
    insert: (more) => {
      all = [...more, ...all].toSorted(compare)
      current = undefined
    },
    remove: (keys) => {
      all = all.filter((entry) => !keys.has(key(entry)))
      current = undefined
    }
  }
}

const snapshotOf = <Entry>(entries: ReadonlyArray<Entry>, key: (entry: Entry) => string): Snapshot<Entry> => {
  let index: Map<string, Entry> | undefined
  const derived = new Map<string, unknown>()
  return {
    entries,
    find: (wanted) => {
      index ??= new Map(entries.map((entry) => [key(entry), entry]))
      return index.get(wanted)
    },
    derive: <A>(name: string, make: (entries: ReadonlyArray<Entry>) => A): A => {
      if (!derived.has(name)) {
        if (derived.size >= maxDerived) derived.clear()
        derived.set(name, make(entries))
      }
      return derived.get(name) as A
    }
  }
}
