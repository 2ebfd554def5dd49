/** Mutants of SQL in texts. Keywords of SQL are written in capitals here, which tells them from prose. */

/** Whether a piece of text is SQL. */
export const isSql = (text: string): boolean =>
  /\b(?:SELECT|FROM|WHERE|JOIN|CASE|WHEN|IS NULL|IS NOT NULL|AND|OR|INTERVAL|OVER|ORDER BY|GROUP BY|BETWEEN)\b|\bcoalesce\(/.test(
    text
  )

/** What becomes what. The first group, where there is one, stays. */
const rules: ReadonlyArray<readonly [RegExp, string]> = [
  [/ <> /g, " = "],
  [/ = /g, " <> "],
  [/ <= /g, " < "],
  [/ >= /g, " > "],
  [/ < /g, " <= "],
  [/ > /g, " >= "],
  [/ \+ /g, " - "],
  [/ - /g, " + "],
  [/ \* /g, " / "],
  [/ AND /g, " OR "],
  [/ OR /g, " AND "],
  [/ NOT /g, " "],
  [/\bIS NULL\b/g, "IS NOT NULL"],
  [/\bIS NOT NULL\b/g, "IS NULL"],
  [/\bLEFT JOIN\b/g, "JOIN"],
  [/(?<!LEFT |SEMI |ANTI |ASOF )\bJOIN\b/g, "LEFT JOIN"],
  [/\bANTI JOIN\b/g, "SEMI JOIN"],
  [/\bSEMI JOIN\b/g, "ANTI JOIN"],
  [/\bUNION ALL\b/g, "UNION"],
  [/\bDISTINCT /g, ""],
  [/ DESC\b/g, ""],
  [/\bmin\(/g, "max("],
  [/\bmax\(/g, "min("],
  [/\bleast\(/g, "greatest("],
  [/\bgreatest\(/g, "least("],
  [/\bbool_or\(/g, "bool_and("],
  [/\bbool_and\(/g, "bool_or("],
  [/\barg_min\(/g, "arg_max("],
  [/\barg_max\(/g, "arg_min("],
  [/\btrue\b/g, "false"],
  [/\bfalse\b/g, "true"]
]

type Change = readonly [kind: string, start: number, end: number, after: string]

/** The end of a call's first argument and of the call, from the place after its opening parenthesis. */
const argumentsFrom = (text: string, from: number, to: number): readonly [first: number, end: number] | undefined => {
  let depth = 0
  let first: number | undefined
  for (let at = from; at < to; at++) {
    const character = text[at] ?? ""
    if ("([{".includes(character)) depth++
    if (depth === 0 && character === "," && first === undefined) first = at
    if (")]}".includes(character) && depth-- === 0) return first === undefined ? undefined : [first, at]
  }
  return undefined
}

/** The mutants of SQL whose pieces lie at these spans of a file. What lies between them are expressions of TypeScript. */
export const changes = (
  text: string,
  spans: ReadonlyArray<readonly [start: number, end: number]>
): ReadonlyArray<Change> => {
  const end = spans.at(-1)?.[1] ?? 0
  return spans.flatMap(([from, to]) => {
    const piece = text.slice(from, to)
    // Comments of SQL stay as they are.
    const code = piece.replaceAll(/--[^\n]*/g, (comment) => "\0".repeat(comment.length))
    const found: Array<Change> = []
    for (const [pattern, after] of rules) {
      for (const match of code.matchAll(pattern)) {
        found.push(["sql", from + match.index, from + match.index + match[0].length, after])
      }
    }
    for (const match of code.matchAll(/(?<![\w$'.])\d+(?![\w'])/g)) {
      const at = from + match.index
      found.push(["sql", at, at + match[0].length, String(Number(match[0]) + 1)])
    }
    for (const match of code.matchAll(/\bcoalesce\(/gi)) {
      const at = from + match.index
      const inner = at + match[0].length
      const parts = argumentsFrom(text, inner, end)
      if (parts !== undefined) found.push(["sql", at, parts[1] + 1, `(${text.slice(inner, parts[0])})`])
    }
    return found
  })
}
