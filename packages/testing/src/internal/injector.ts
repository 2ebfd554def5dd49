/** Carries out a fault plan: counts requests, and returns the faults of each. */
import type { Endpoint, Fault, FaultPlan } from "../FaultPlan.ts"
import * as Prng from "./prng.ts"

export type Injector = (endpoint: Endpoint) => ReadonlyArray<Fault>

export const make = (plan: FaultPlan): Injector => {
  const rules = plan.rules.map((rule, index) => ({ rule, seen: 0, prng: Prng.make(plan.seed ?? 0, index) }))
  return (endpoint) => {
    const fired: Array<Fault> = []
    for (const state of rules) {
      const { fault, first = 1, on = [], probability = 1, times = 1 } = state.rule
      if (on.length > 0 && !on.includes(endpoint)) continue
      state.seen += 1
      const inTurn = state.seen >= first && (times === "always" || state.seen < first + times)
      if (inTurn && Prng.chance(state.prng, probability)) fired.push(fault)
    }
    return fired
  }
}

/** The first fault of a kind among those of a request. */
export const find = <Tag extends Fault["_tag"]>(
  fired: ReadonlyArray<Fault>,
  tag: Tag
): Extract<Fault, { readonly _tag: Tag }> | undefined =>
  fired.find((fault): fault is Extract<Fault, { readonly _tag: Tag }> => fault._tag === tag)
