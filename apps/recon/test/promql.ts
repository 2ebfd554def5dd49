/**
 * The part of PromQL that the shipped rules use, over one metrics file: selectors with `=` and `!=`, numbers, `time()`, `-`, `*`,
 * comparisons, `and`, `unless`, and `sum without`. Anything else is refused.
 */

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

type Value = number | ReadonlyArray<Sample>

const labelsOf = (text: string) =>
  Object.fromEntries(Array.from(text.matchAll(/(\w+)="([^"]*)"/g), ([, name = "", value = ""]) => [name, value]))

/** The samples of a metrics file. */
export const read = (text: string): ReadonlyArray<Sample> =>
  text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, name = "", labels = "", value = ""] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      if (name === "") throw new Error(`no sample: ${line}`)
      return { name, labels: labelsOf(labels), value: Number(value) }
    })

const tokens = /\s*(?:(\d+(?:\.\d+)?)|(\w+)|(\{[^}]*\})|(>=|<=|==|!=|[-*()<>,]))/y

/** What an expression gives at an instant: the samples for which it holds. */
export const evaluate = (expr: string, samples: ReadonlyArray<Sample>, now: number): ReadonlyArray<Sample> => {
  const list: Array<string> = []
  for (tokens.lastIndex = 0; tokens.lastIndex < expr.trimEnd().length;) {
    const match = tokens.exec(expr)
    if (match === null) throw new Error(`cannot read: ${expr}`)
    list.push(match[0].trim())
  }
  let at = 0
  const peek = () => list[at]
  const take = (expected?: string) => {
    const token = list[at++]
    if (token === undefined || (expected !== undefined && token !== expected))
      throw new Error(`expected ${expected ?? "more"}, found ${token ?? "the end"}: ${expr}`)
    return token
  }

  const primary = (): Value => {
    const token = take()
    if (token === "(") {
      const value = both()
      take(")")
      return value
    }
    if (/^\d/.test(token)) return Number(token)
    if (token === "time") {
      take("(")
      take(")")
      return now
    }
    if (token === "sum") {
      take("without")
      take("(")
      const without = [take()]
      for (; peek() === ","; without.push(take())) take(",")
      take(")")
      return sum(vector(primary()), without)
    }
    if (!/^[a-z]\w*$/.test(token)) throw new Error(`cannot read ${token}: ${expr}`)
    const matchers = peek()?.startsWith("{") === true ? take() : "{}"
    const all = Array.from(matchers.matchAll(/(\w+)(!?=)"([^"]*)"/g))
    if (matchers.replace(/\w+!?="[^"]*",?/g, "") !== "{}") throw new Error(`cannot read ${matchers}: ${expr}`)
    return samples.filter(
      ({ labels, name }) =>
        name === token && all.every(([, label = "", sign, value]) => (labels[label] === value) === (sign === "="))
    )
  }
  const product = (): Value => {
    let left = primary()
    while (peek() === "*") {
      take("*")
      left = combine(left, primary(), (a, b) => a * b)
    }
    return left
  }
  const difference = (): Value => {
    let left = product()
    while (peek() === "-") {
      take("-")
      left = combine(left, product(), (a, b) => a - b)
    }
    return left
  }
  const comparison = (): Value => {
    const left = difference()
    const holds = comparisons[peek() ?? ""]
    if (holds === undefined) return left
    take()
    const right = difference()
    return vector(left).flatMap((sample) => {
      const other = typeof right === "number" ? right : right.find((some) => sameLabels(some, sample))?.value
      return other !== undefined && holds(sample.value, other) ? [sample] : []
    })
  }
  const both = (): Value => {
    let left = comparison()
    for (let operator = peek(); operator === "and" || operator === "unless"; operator = peek()) {
      const wanted = take() === "and"
      const right = vector(comparison())
      left = vector(left).filter((sample) => right.some((other) => sameLabels(sample, other)) === wanted)
    }
    return left
  }

  const value = vector(both())
  if (at < list.length) throw new Error(`cannot read ${peek()}: ${expr}`)
  return value
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b
}

const vector = (value: Value): ReadonlyArray<Sample> => {
  if (typeof value === "number") throw new Error("a number is no vector")
  return value
}

const key = (labels: Readonly<Record<string, string>>) =>
  JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))

const sameLabels = (a: Sample, b: Sample) => key(a.labels) === key(b.labels)

const combine = (left: Value, right: Value, of: (a: number, b: number) => number): Value => {
  if (typeof left === "number" && typeof right === "number") return of(left, right)
  if (typeof left === "number")
    return vector(right).map(({ labels, value }) => ({ name: "", labels, value: of(left, value) }))
  if (typeof right === "number") return left.map(({ labels, value }) => ({ name: "", labels, value: of(value, right) }))
  throw new Error("two vectors are not combined")
}

const sum = (some: ReadonlyArray<Sample>, without: ReadonlyArray<string>): ReadonlyArray<Sample> => {
  const sums = new Map<string, Sample>()
  for (const { labels, value } of some) {
    const rest = Object.fromEntries(Object.entries(labels).filter(([name]) => !without.includes(name)))
    const before = sums.get(key(rest))
    sums.set(key(rest), { name: "", labels: rest, value: (before?.value ?? 0) + value })
  }
  return [...sums.values()]
}
