/** What the endpoints of the provider are given. */
import type { Fault } from "../FaultPlan.ts"
import type * as Simulator from "../Simulator.ts"
import type * as CdrQuery from "./cdrQuery.ts"

export interface Options {
  readonly account: Simulator.Account
  /** Where recordings are fetched from, without a slash at the end. */
  readonly mediaOrigin: string
  readonly pageCap: number
  readonly order: "newest" | "oldest" | "unordered"
  readonly days: CdrQuery.DayRule
  readonly cdrGet: "enveloped" | "bare"
  readonly emptyExport: "header" | "nothing"
  readonly ranges: boolean
  readonly mediaRedirect: URL | undefined
}

/** A request that has been let in. */
export interface Call {
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: CdrQuery.Query
  readonly range: string | undefined
  readonly ifRange: string | undefined
  readonly path: string
  readonly now: number
  readonly fired: ReadonlyArray<Fault>
}

/** Makes up calls that the account did not have, to be found at an instant. */
export type More = (count: number, now: number) => ReadonlyArray<ReturnType<typeof Simulator.oneMore>>
