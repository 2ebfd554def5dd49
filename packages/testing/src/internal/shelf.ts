/**
 * Rows that come and go with time, in order, with what is asked of them again and again kept ready: the rows to be
 * seen now, an index by key, and filtered views. All of it is made anew only when a row came, went or was changed.
 */

export interface Shelf<Entry> {
  /** The rows to be seen at an instant. */
  readonly at: (now: number) => Shown<Entry>
  /** Puts entries in; a key that is already there is then there twice. */
  readonly insert: (entries: ReadonlyArray<Entry>) => void
  readonly remove: (keys: ReadonlySet<string>) => void
}

export interface Shown<Entry> {
  readonly entries: ReadonlyArray<Entry>
  readonly find: (key: string) => Entry | undefined
  /** A value worked out of the rows, remembered under a name for as long as the rows are the same. */
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

export const make = <Entry>({ compare, entries, key, lifetime }: Options<Entry>): Shelf<Entry> => {
  let all = entries.toSorted(compare)
  let current: { readonly shown: Shown<Entry>; readonly from: number; readonly to: number } | undefined

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
    return { shown: show(visible, key), from, to }
  }

  return {
    at: (now) => {
      if (current === undefined || now < current.from || now >= current.to) current = prepare(now)
      return current.shown
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

const show = <Entry>(entries: ReadonlyArray<Entry>, key: (entry: Entry) => string): Shown<Entry> => {
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
