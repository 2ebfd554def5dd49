/**
 * Mutants that no test kills, and why. Those that are `equivalent` change nothing that anybody could see, and do not count.
 * A mutant is known by its file and the changed lines as `bench/MUTANTS.md` shows them, wherever they stand.
 */
export interface Known {
  readonly file: string
  readonly before: string
  readonly after: string
  readonly equivalent: boolean
  readonly reason: string
}

/** Mutants of one file that are equivalent for one reason. */
const equivalent = (
  file: string,
  reason: string,
  lines: ReadonlyArray<readonly [before: string, after: string]>
): ReadonlyArray<Known> => lines.map(([before, after]) => ({ file, before, after, equivalent: true, reason }))

const separators = (second: string, first = "-") =>
  `if (text[4] !== "${first}" || text[7] !== "-" || (text[10] !== " " && ${second} !== "T")) return undefined`

export const known: ReadonlyArray<Known> = [
  ...equivalent(
    "packages/core/src/internal/timestamp.ts",
    "the text is read by the forms that are seldom met, with the same result and more slowly",
    [
      [separators("text[10]"), separators("text[11]")],
      [separators("text[10]"), separators("text[10]", "")],
      ["number = number * 10 + digit", ";"],
      [
        "if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return undefined",
        "if (!(month >= 2 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return undefined"
      ],
      [
        "while (places <= 9 && digits(text, 20 + places, 1) >= 0) places++",
        "while (places <= 9 || digits(text, 20 + places, 1) >= 0) places++"
      ]
    ]
  ),
  ...equivalent(
    "packages/core/src/internal/timestamp.ts",
    "a zone of one offset is asked for its offset like one with a name, with the same result and more slowly",
    [
      [
        'if (zone._tag === "Offset") return DateTime.makeUnsafe(shown - zone.offset)',
        'if (zone._tag === "") return DateTime.makeUnsafe(shown - zone.offset)'
      ]
    ]
  )
]
