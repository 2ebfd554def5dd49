/** Accounts that are judged by the kernel, and what it finds of each in short. */
import { type Vitest } from "@effect/vitest"
import { CallDetailRecord, PhoneNumber, Recording, Trunk } from "@vobiz-effect/core"
import { assert } from "@vobiz-effect/test-support"
import { type DateTime, Effect, Stream } from "effect"

import { Coverage, DuckDb, type DuckDbError, type Finding, type Kernel, Policy, Reconciliation } from "../src/index.ts"
import * as Accounts from "./accounts.ts"
import type { Account } from "./reference.ts"
import * as Make from "./utils.ts"

export const database = DuckDb.DuckDb.layer({ threads: 1 })

export const sources = (account: Partial<Account>) => ({
  cdrs: Stream.fromIterable(account.cdrs ?? []),
  recordings: Stream.fromIterable(account.recordings ?? []),
  trunks: Stream.fromIterable(account.trunks ?? []),
  archive: Stream.fromIterable(account.archive ?? []),
  remembered: Stream.fromIterable(account.remembered ?? []),
  trunkHistory: Stream.fromIterable(account.trunkHistory ?? []),
  proofs: Effect.succeed(Coverage.declared)
})

/** Summary and findings of an account. Voice-API calls must be recorded, unless said otherwise. */
export const run = (
  account: Partial<Account>,
  options: Reconciliation.Options = {},
  asOf = Make.asOf,
  proved: Kernel.Parameters["proved"] = { cdrs: true, recordings: true }
) =>
  Effect.gen(function* () {
    const { findings, summary } = yield* Reconciliation.run({
      ...sources(account),
      proofs: Effect.succeed({
        cdrs: proved.cdrs ? "declared" : null,
        recordings: proved.recordings ? "declared" : null
      }),
      window: Make.window,
      asOf,
      options: { policy: Policy.short({ voiceApi: "must" }), ...options }
    })
    return { summary, findings: yield* Stream.runCollect(findings) }
  }).pipe(Effect.scoped)

/** Each finding in short: what it is about, its code, reason and what explains it. */
export const brief = ({ cdrs, code, reason, recordings, verdict }: Finding.Finding) =>
  [
    cdrs[0]?.uuid ?? "-",
    code,
    ...(reason === null ? [] : [reason]),
    ...(reason === "by-rule" ? [verdict] : []),
    ...recordings.map(({ key, recordingId }) => `${recordingId}:${key}`),
    ...cdrs.slice(1).map(({ uuid }) => `see ${uuid}`)
  ]
    .join(" ")
    .replaceAll(/\d+\|/g, "")

export const finds = (
  account: Partial<Account>,
  expected: ReadonlyArray<string>,
  options?: Reconciliation.Options,
  asOf?: DateTime.Utc
) => Effect.map(run(account, options, asOf), ({ findings }) => assert.deepStrictEqual(findings.map(brief), expected))

/** The account under ids and a number of its own. */
export const apart = (account: Partial<Account>, nth: number) => {
  const own = <A extends string | null>(id: A) => (id === null || id.trim() === "" ? id : `${nth}|${id}`) as A
  const ours = (number: PhoneNumber.PhoneNumber | null) =>
    number && PhoneNumber.fromRaw(PhoneNumber.revealRaw(number).replace("8045", String(8100 + nth)))
  return {
    cdrs: (account.cdrs ?? []).map((row) =>
      CallDetailRecord.make({
        ...row,
        uuid: own(row.uuid),
        sipCallId: own(row.sipCallId),
        bridgeUuid: own(row.bridgeUuid),
        trunkId: own(row.trunkId),
        from: ours(row.from),
        to: ours(row.to)
      })
    ),
    recordings: (account.recordings ?? []).map((row) =>
      Recording.Recording.make({
        ...row,
        recordingId: own(row.recordingId),
        callUuid: own(row.callUuid),
        from: ours(row.from),
        to: ours(row.to)
      })
    ),
    trunks: (account.trunks ?? []).map((row) => Trunk.Trunk.make({ ...row, trunkId: own(row.trunkId) })),
    archive: (account.archive ?? []).map((row) =>
      Object.assign({}, row, { recordingId: own(row.recordingId), callUuid: own(row.callUuid) })
    ),
    remembered: (account.remembered ?? []).map((row) =>
      Object.assign({}, row, { recordingId: own(row.recordingId), callUuid: own(row.callUuid) })
    ),
    trunkHistory: (account.trunkHistory ?? []).map((row) => Object.assign({}, row, { trunkId: own(row.trunkId) }))
  }
}

/** Several random accounts as one, with the first one's options: a run judges them all. */
export const merged = (first: ReturnType<typeof Accounts.make>, ...more: ReadonlyArray<typeof first>) => {
  const { account, ...drawn } = first
  const all = [account, ...more.map((other, n) => apart(other.account, n + 1))]
  return {
    ...drawn,
    account: {
      cdrs: all.flatMap(({ cdrs }) => cdrs),
      recordings: all.flatMap(({ recordings }) => recordings),
      trunks: all.flatMap(({ trunks }) => trunks),
      archive: all.flatMap(({ archive = [] }) => archive),
      remembered: all.flatMap(({ remembered = [] }) => remembered),
      trunkHistory: all.flatMap(({ trunkHistory = [] }) => trunkHistory)
    }
  }
}

/** The random account of a seed and others of its own as one: two, unless said otherwise. */
export const draw = (seed: number, accounts = 2) =>
  merged(Accounts.make(seed), ...Array.from({ length: accounts - 1 }, (_, n) => Accounts.make(seed + 1000 * (n + 1))))

/** The findings of each of these accounts, by one run over all of them: they have nothing in common. */
export const runEach = (
  accounts: ReadonlyArray<Partial<Account>>,
  options?: Reconciliation.Options,
  asOf?: DateTime.Utc
): Effect.Effect<ReadonlyArray<ReadonlyArray<Finding.Finding>>, DuckDbError.DuckDbError, DuckDb.DuckDb> =>
  Effect.gen(function* () {
    const own = accounts.map(apart)
    const { findings } = yield* run(
      {
        cdrs: own.flatMap(({ cdrs }) => cdrs),
        recordings: own.flatMap(({ recordings }) => recordings),
        trunks: own.flatMap(({ trunks }) => trunks),
        trunkHistory: own.flatMap(({ trunkHistory }) => trunkHistory)
      },
      options,
      asOf
    )
    const each = accounts.map((_, nth) =>
      findings.filter(({ cdrs, recordings }) => (cdrs[0]?.uuid ?? recordings[0]?.recordingId)?.startsWith(`${nth}|`))
    )
    assert.lengthOf(each.flat(), findings.length)
    return each
  })

/** An account, and what is found of it. */
export type Case = readonly [account: Partial<Account>, expected: ReadonlyArray<string>]

export const findsEach = (cases: ReadonlyArray<Case>, options?: Reconciliation.Options, asOf?: DateTime.Utc) =>
  Effect.map(
    runEach(
      cases.map(([account]) => account),
      options,
      asOf
    ),
    (each) =>
      assert.deepStrictEqual(
        each.map((findings) => findings.map(brief)),
        cases.map(([, expected]) => expected)
      )
  )

/** Tests of accounts that are judged by one run for all of them: a run takes a third of a second, whatever its size. */
export const together = (it: Vitest.MethodsNonLive<DuckDb.DuckDb>) => {
  const all: Array<Partial<Account>> = []
  const judged = Effect.runSync(Effect.cached(Effect.suspend(() => runEach(all))))

  /** A test of what is found of each of these accounts. */
  const test = (
    name: string,
    accounts: ReadonlyArray<Partial<Account>>,
    check: (each: ReadonlyArray<ReadonlyArray<Finding.Finding>>) => void
  ) => {
    const from = all.length
    all.push(...accounts)
    it.effect(name, () => Effect.map(judged, (each) => check(each.slice(from, from + accounts.length))))
  }

  /** A test of each of these cases. */
  const testEach = (cases: Readonly<Record<string, Case>>) => {
    for (const [name, [account, expected]] of Object.entries(cases)) {
      test(name, [account], ([findings]) => assert.deepStrictEqual(findings?.map(brief), expected))
    }
  }

  return { test, testEach }
}
