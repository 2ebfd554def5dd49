/** The rows of files that were set aside. */
import type { Reject } from "@vobiz-effect/core/Extract"
import { RejectTap } from "@vobiz-effect/core/Extract"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

import { FileError } from "../FileError.ts"
import type { SetAside } from "../Relations.ts"

/** More rows set aside than this, or more text of them, end a reading: the files are of something else. */
export const most = 10_000
const mostText = 64 * 1024 * 1024

export interface Fault {
  readonly line: number
  readonly raw: string
  /** Empty where the whole row cannot be read. */
  readonly field: string
  readonly expected: string
}

/** What one list's files had to set aside so far. */
export class Rejected {
  private rejects: Array<Reject> = []
  private text = 0

  get count(): number {
    return this.rejects.length
  }

  add(file: string, { expected, field, line, raw }: Fault): void {
    this.text += raw.length
    const place = { file, line }
    this.rejects.push({ raw: Redacted.make(raw), field, expected, id: null, index: line - 1, near: null, place })
  }

  get isFull(): boolean {
    return this.rejects.length > most || this.text > mostText
  }

  /** Fails where there are too many. */
  get check(): Effect.Effect<void, FileError> {
    return Effect.suspend(() => {
      const last = this.rejects.at(-1)
      if (!this.isFull || last?.place === undefined) return Effect.void
      return new FileError({
        path: last.place.file,
        row: null,
        field: last.field === "" ? null : last.field,
        problem: `too many rows cannot be read; line ${last.place.line} should have ${last.expected}`,
        advice: "See whether it is a file of this list, and whether its columns are what their names say"
      })
    })
  }

  /** Hands them on to whoever keeps them, and says what they come to. */
  readonly end = (list: string): Effect.Effect<SetAside | null> =>
    Effect.gen({ self: this }, function* () {
      if (this.rejects.length === 0) return null
      const tap = yield* RejectTap
      yield* Effect.forEach(this.rejects, (reject) => tap(reject, list), { discard: true })
      return { rows: this.rejects.length, detail: this.detail }
    })

  private get detail(): string {
    const rows = this.rejects.length
    const counts = new Map<string, number>()
    for (const { field } of this.rejects) counts.set(field, (counts.get(field) ?? 0) + 1)
    const files = new Set(this.rejects.map(({ place }) => place?.file)).size
    const were = rows === 1 ? "1 row was" : `${rows} rows were`
    const where = files === 1 ? "" : ` in ${files} files`
    const kinds = Array.from(counts, ([field, count]) => {
      const what = field === "" ? "unreadable as a whole" : `without a readable ${field}`
      return counts.size === 1 ? what : `${count} ${what}`
    })
    return `${were} set aside${where}${counts.size === 1 ? ", " : ": "}${kinds.join(", ")}`
  }
}
