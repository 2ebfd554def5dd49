/** Metrics with attributes, each made once: a metric finds its series by its own identity. */
import * as Metric from "effect/Metric"

export const tally = <Input, State>(metric: Metric.Metric<Input, State>, ...names: ReadonlyArray<string>) => {
  const made = new Map<string, Metric.Metric<Input, State>>()
  return (...values: ReadonlyArray<string>): Metric.Metric<Input, State> => {
    const key = values.join("\n")
    const known = made.get(key)
    if (known !== undefined) return known
    const attributes = Object.fromEntries(names.map((name, n) => [name, values[n] ?? ""]))
    const fresh = metric.pipe(Metric.withAttributes(attributes))
    made.set(key, fresh)
    return fresh
  }
}
