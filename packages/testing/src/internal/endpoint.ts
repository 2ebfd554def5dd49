/** The input of the provider's endpoints. */
import type { Fault } from "../FaultPlan.ts"
import type * as Simulator from "../Simulator.ts"
import type * as CdrQuery from "./cdrQuery.ts"

export interface Options {
  readonly account: Simulator.Account
  /** The origin of the URLs of recordings, without a slash at the end. */
  readonly mediaOrigin: string
  readonly pageCap: number
  readonly order: "newest" | "oldest" | "unordered"
  readonly days: CdrQuery.DayRule
  readonly cdrGet: "enveloped" | "bare"
  readonly emptyExport: "header" | "nothing"
  readonly ranges: boolean
  readonly mediaRedirect: URL | undefined
}

/** A request with valid credentials. */
export interface Call {
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: CdrQuery.Query
  readonly range: string | undefined
  readonly ifRange: string | undefined
  readonly path: string
  readonly now: number
  readonly fired: ReadonlyArray<Fault>
}

/** Makes `count` new calls that are visible at `now`, in epoch milliseconds. */
export type More = (count: number, now: number) => ReadonlyArray<ReturnType<typeof Simulator.oneMore>>
