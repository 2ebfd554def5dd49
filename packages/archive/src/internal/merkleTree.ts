/**
 * Merkle trees as RFC 9162 builds them, over SHA-256: one hash stands for a list of leaves, and that a leaf is one of them
 * can be shown by as many hashes as the tree is high.
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
 */
export const leafHash = (leaf: Uint8Array): Uint8Array => sha256(leafMark, leaf)

const node = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(nodeMark, left, right)

/**
 * The tree of the leaves so far: the roots of its whole subtrees, the largest first, and how many leaves it has.
 */
export interface Tree {
  readonly size: number
  readonly peaks: ReadonlyArray<Uint8Array>
}

/**
 * The tree without leaves.
 */
export const empty: Tree = { size: 0, peaks: [] }

/**
 * The tree with one more leaf, in time and memory of its height.
 */
export const append = (tree: Tree, leaf: Uint8Array): Tree => appendHash(tree, leafHash(leaf))

/**
 * The tree with one more leaf, of which only the hash is known.
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
 */
export const root = ({ peaks }: Tree): Uint8Array =>
  peaks.length === 0 ? sha256() : peaks.reduceRight((right, left) => node(left, right))
