/** Runs for a ledger to take in. */
import * as Proofs from "@vobiz-effect/core/ExtractProof"
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Stream from "effect/Stream"
import * as Finding from "../src/Finding.ts"
import type * as Ledger from "../src/Ledger.ts"
import * as Policy from "../src/Policy.ts"
import type * as Verdict from "../src/Verdict.ts"
import { at, window } from "./utils.ts"

export const proof = (verdict: Proofs.ExtractProof["verdict"]): Proofs.ExtractProof =>
  new Proofs.ExtractProof({
    list: "test",
    verdict,
    startedAt: at(0),
    asOf: at(0),
    since: null,
    doubts: [],
    rowsInDoubt: verdict === "complete" ? 0 : null,
    rows: 1,
    total: 1,
    gone: 0,
    pages: 1,
    repeats: 0,
    stepBacks: 0,
    pageSize: 100,
    order: "newest-first",
    firstId: null,
    lastId: null,
    digest: "0"
  })

/** A finding about a call of a minute that began so many seconds into the window. */
export const finding = (code: Finding.Code, uuid: string, seconds = 36_000, inDoubt = false): Finding.Finding =>
  Finding.explain({
    code,
    inDoubt,
    reason: null,
    verdict: "must",
    rule: "trunk-on",
    at: at(seconds),
    deadline: code === "missing" ? DateTime.add(at(seconds + 60), { days: 30 }) : null,
    cdrs: [
      new Finding.CdrEvidence({
        uuid,
        id: null,
        account: "MA_TEST",
        start: at(seconds),
        end: at(seconds + 60),
        direction: "outbound",
        trunkId: "t",
        from: PhoneNumber.of("+918045670011", "+918045670011"),
        to: PhoneNumber.of("+919812345670", "+919812345670"),
        talk: Duration.seconds(60),
        cost: null
      })
    ],
    recordings: [],
    talk: Duration.seconds(60),
    recorded: null,
    amount: null
  })

export const run = (
  findings: ReadonlyArray<Finding.Finding>,
  options: {
    readonly asOf?: number
    readonly proved?: boolean
    readonly account?: string
    readonly verdict?: Verdict.Verdict["_tag"]
  } = {}
): Ledger.Run<never> => {
  const verdict = options.proved === false ? "in-doubt" : "complete"
  return {
    account: options.account ?? "MA_TEST",
    window,
    asOf: at(options.asOf ?? 90_000),
    proofs: { cdrs: proof(verdict), recordings: proof(verdict) },
    verdict: options.verdict ?? "breached",
    policy: Policy.byTrunks,
    settings: {},
    summary: { missing: findings.length },
    findings: Stream.fromIterable(findings)
  }
}
