/**
 * Merkle trees as RFC 9162 builds them, over SHA-256: one hash stands for a list of leaves, and that a leaf is one of them
 * can be shown by as many hashes as the tree is high.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"

const sha256 = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const leafMark = Uint8Array.of(0)
const nodeMark = Uint8Array.of(1)

/**
 * The hash of a leaf: SHA-256 of a zero byte and the leaf.
 *
 * @category hashing
 * @since 0.1.0
 */
export const leafHash = (leaf: Uint8Array): Uint8Array => sha256(leafMark, leaf)

const node = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(nodeMark, left, right)

/**
 * The tree of the leaves so far: the roots of its whole subtrees, the largest first, and how many leaves it has.
 *
 * @category models
 * @since 0.1.0
 */
export interface Tree {
  readonly size: number
  readonly peaks: ReadonlyArray<Uint8Array>
}

/**
 * The tree without leaves.
 *
 * @category constructors
 * @since 0.1.0
 */
export const empty: Tree = { size: 0, peaks: [] }

/**
 * The tree with one more leaf, in time and memory of its height.
 *
 * @category combinators
 * @since 0.1.0
 */
export const append = (tree: Tree, leaf: Uint8Array): Tree => appendHash(tree, leafHash(leaf))

/**
 * The tree with one more leaf, of which only the hash is known.
 *
 * @category combinators
 * @since 0.1.0
 */
export const appendHash = ({ peaks, size }: Tree, leafHash: Uint8Array): Tree => {
  const grown = [...peaks]
  let hash = leafHash
  // Each low bit of the size is a subtree as large as what has been joined so far.
  for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) hash = node(grown.pop() ?? hash, hash)
  return { size: size + 1, peaks: [...grown, hash] }
}

/**
 * The root: of no leaves, the SHA-256 of nothing.
 *
 * @category hashing
 * @since 0.1.0
 */
export const root = ({ peaks }: Tree): Uint8Array =>
  peaks.length === 0 ? sha256() : peaks.reduceRight((right, left) => node(left, right))

/** The largest power of two that is less than `size`. */
const split = (size: number): number => {
  let half = 1
  while (half * 2 < size) half *= 2
  return half
}

const rootOf = (hashes: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [only] = hashes
  if (only === undefined) return sha256()
  if (hashes.length === 1) return only
  const half = split(hashes.length)
  return node(rootOf(hashes.slice(0, half)), rootOf(hashes.slice(half)))
}

/**
 * The hashes that show that the leaf at `index` is one of `leaves`; the one beside it first.
 *
 * @category proofs
 * @since 0.1.0
 */
export const inclusion = (leaves: ReadonlyArray<Uint8Array>, index: number): ReadonlyArray<Uint8Array> => {
  const path = (hashes: ReadonlyArray<Uint8Array>, at: number): ReadonlyArray<Uint8Array> => {
    if (hashes.length < 2) return []
    const half = split(hashes.length)
    return at < half
      ? [...path(hashes.slice(0, half), at), rootOf(hashes.slice(half))]
      : [...path(hashes.slice(half), at - half), rootOf(hashes.slice(0, half))]
  }
  return path(leaves.map(leafHash), index)
}

/**
 * Whether a leaf is at `index` of the `size` leaves of a root.
 *
 * @category proofs
 * @since 0.1.0
 */
export const includes = (proof: {
  readonly leaf: Uint8Array
  readonly index: number
  readonly size: number
  readonly path: ReadonlyArray<Uint8Array>
  readonly root: Uint8Array
}): boolean => {
  if (!(Number.isSafeInteger(proof.index) && proof.index >= 0 && proof.index < proof.size)) return false
  const hashes = [...proof.path]
  const climb = (index: number, size: number): Uint8Array | null => {
    if (size < 2) return leafHash(proof.leaf)
    const beside = hashes.pop()
    if (beside === undefined) return null
    const half = split(size)
    const hash = index < half ? climb(index, half) : climb(index - half, size - half)
    if (hash === null) return null
    return index < half ? node(hash, beside) : node(beside, hash)
  }
  const hash = climb(proof.index, proof.size)
  return hash !== null && hashes.length === 0 && Buffer.from(hash).equals(proof.root)
}
