/** Lines of a file, in time that grows with it, and memory that grows with the longest that is allowed. */
import * as Stream from "effect/Stream"

/**
 * The lines, without their ends. A line that is longer than `longest`, or without an end, is `null`, and the last that is
 * given: what follows cannot be told apart any more.
 */
export const bounded = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  longest: number
): Stream.Stream<Uint8Array | null, E, R> =>
  Stream.suspend(() => {
    let held: Array<Uint8Array> = []
    let length = 0
    const hold = (piece: Uint8Array) => {
      if (piece.length > 0) held.push(piece)
      length += piece.length
    }
    const take = (): Uint8Array | null => {
      const [only] = held
      const line = length > longest ? null : held.length === 1 && only !== undefined ? only : Buffer.concat(held)
      held = []
      length = 0
      return line
    }
    return Stream.concat(
      Stream.map(bytes, (piece) => {
        const lines: Array<Uint8Array | null> = []
        let from = 0
        for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
          hold(piece.subarray(from, end))
          lines.push(take())
          from = end + 1
        }
        hold(Uint8Array.from(piece.subarray(from)))
        if (length > longest) lines.push(null)
        return lines
      }),
      Stream.suspend(() => Stream.make(length > 0 ? [null] : []))
    ).pipe(
      Stream.flattenIterable,
      Stream.takeUntil((line) => line === null)
    )
  })
