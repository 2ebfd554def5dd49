import { hashOf } from "./fingerprint.ts"

/** How many of the first and of the last ids a saved walk keeps: that of a burst while nobody reads. */
const marks = 1000

/**
 * The ids of rows already given: of the head, which is read again in the end, and of the last rows. It forgets those
 * between, so that memory stays flat. Of each it is known whether it is of the chain of joined windows that the walk is on.
 *
 * Every row of every list is asked for here, and hardly one is known. A `Set` would look at the texts of those that it meets
 * on the way to find that they are others, each of them far away in memory; in this table they are told apart by their hashes, and
 * a text is looked at where the hash is the same.
 */
export class Memory {
  private readonly capacity: number
  /** In the order in which they were added last. One that was added again stands at its old place, too, until that is forgotten. */
  private ids: Array<string> = []
  private isOfHead: Array<boolean> = []
  /** Pairs of a hash and a place in `ids`, counted from 1; at most half of them are taken. */
  private slots = new Int32Array(2 * 64)
  /** How many places are taken when the next are forgotten. */
  private full: number
  /** Where in `ids` the chain begins. */
  private chain = 0
  private below = 0

  /** Of how many last rows it keeps the ids, at least; at most of twice as many. */
  constructor(capacity: number) {
    this.capacity = capacity
    this.full = 2 * capacity
  }

  has(id: string): boolean {
    return this.placeOf(id) >= 0
  }

  isOfChain(id: string): boolean {
    return this.placeOf(id) >= this.chain
  }

  /** Begins another chain. */
  unchain(): void {
    this.chain = this.ids.length
  }

  /**
   * Adds the id to the chain. `isOfHead` says that the row stands where the head is read again; the page that ends there reaches
   * further.
   */
  add(id: string, isOfHead = false): void {
    const hash = hashOf(id)
    const slot = this.slotOf(id, hash)
    const place = (this.slots[slot + 1] ?? 0) - 1
    if (place >= this.chain) return
    const isNew = place < 0
    if (isNew && !isOfHead && this.below < marks) {
      this.below++
      isOfHead = true
    }
    this.isOfHead.push(isOfHead || this.isOfHead[place] === true)
    this.slots[slot] = hash
    this.slots[slot + 1] = this.ids.push(id)
    if (this.ids.length >= this.full) this.forget()
    if (this.ids.length * 4 > this.slots.length) this.grow()
  }

  /** Enough of it to resume: of the rows given, and of those of the chain, the first ids and the last. */
  get marks(): { readonly given: ReadonlyArray<string>; readonly chain: ReadonlyArray<string> } {
    const of = (from: number) => {
      const below = Math.min(this.ids.length, from + marks)
      return [...this.ids.slice(from, below), ...this.ids.slice(Math.max(below, this.ids.length - marks))]
    }
    return { given: of(0), chain: of(this.chain) }
  }

  private placeOf(id: string): number {
    return (this.slots[this.slotOf(id, hashOf(id)) + 1] ?? 0) - 1
  }

  /** The slot that an id has, or the free one that it would have. */
  private slotOf(id: string, hash: number): number {
    const { ids, slots } = this
    const mask = slots.length - 1
    let slot = (hash << 1) & mask
    for (let place = slots[slot + 1]; place !== undefined && place !== 0; place = slots[slot + 1]) {
      if (slots[slot] === hash && ids[place - 1] === id) break
      slot = (slot + 2) & mask
    }
    return slot
  }

  private enter(id: string, hash: number, place: number): void {
    const slot = this.slotOf(id, hash)
    this.slots[slot] = hash
    this.slots[slot + 1] = place
  }

  private grow(): void {
    const old = this.slots
    this.slots = new Int32Array(old.length * 2)
    for (let slot = 0; slot < old.length; slot += 2) {
      const place = old[slot + 1] ?? 0
      const id = this.ids[place - 1]
      if (id !== undefined) this.enter(id, old[slot] ?? 0, place)
    }
  }

  /** Keeps the head and the last. */
  private forget(): void {
    const { capacity, chain, ids, isOfHead, slots } = this
    const hashes = new Int32Array(ids.length)
    const isLast = new Uint8Array(ids.length)
    for (let slot = 0; slot < slots.length; slot += 2) {
      const place = (slots[slot + 1] ?? 0) - 1
      if (place < 0) continue
      hashes[place] = slots[slot] ?? 0
      isLast[place] = 1
    }
    let from = ids.length
    for (let kept = 0; kept < capacity && from > 0;) kept += isLast[--from] ?? 0
    this.ids = []
    this.isOfHead = []
    slots.fill(0)
    ids.forEach((id, place) => {
      if (place === chain) this.chain = this.ids.length
      if (isLast[place] !== 1 || (place < from && isOfHead[place] !== true)) return
      this.isOfHead.push(isOfHead[place] === true)
      this.enter(id, hashes[place] ?? 0, this.ids.push(id))
    })
    if (chain === ids.length) this.chain = this.ids.length
    this.full = this.ids.length + capacity
  }
}
