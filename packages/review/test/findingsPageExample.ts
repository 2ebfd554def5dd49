/** A reconciliation of an account that is made up, and pages of it. */
import { NodeServices } from "@effect/platform-node"
import { CallDetailRecords, Recordings, Trunks } from "@vobiz-effect/core"
import { Account, DuckDb, Finding, Policy } from "@vobiz-effect/reconcile"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, Layer, Stream } from "effect"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
const account = Simulator.make({ seed: 3, calls: 1000, days: 3, until, currency: { list: "USD" } })

export const window = { from: account.from, to: account.until }

export const services = Layer.mergeAll(
  FakeVobiz.FakeVobiz.layerVobiz({ account }),
  DuckDb.DuckDb.layer({}),
  NodeServices.layer
)

/** What the account's reconciliation finds. */
export const reconcile = Effect.gen(function* () {
  const policy = Policy.short({ voiceApi: "must" })
  const options = Account.settings({ account: account.authId, policy })
  const spans = Account.spans(window, options)
  const cdrs = yield* (yield* CallDetailRecords.CallDetailRecords).extract(spans.cdrs)
  const recordings = yield* (yield* Recordings.Recordings).extract({ since: spans.recordings.since })
  const trunks = yield* (yield* Trunks.Trunks).extract
  return yield* Account.reconcile({
    cdrs: cdrs.rows,
    recordings: recordings.rows,
    trunks: trunks.rows,
    proofs: Effect.all({ cdrs: cdrs.proof, recordings: recordings.proof, trunks: trunks.proof }),
    window,
    asOf: account.until,
    options
  })
})

export const changed = <A extends object>(value: A, fields: Partial<A>): A =>
  Object.assign(Object.create(Object.getPrototypeOf(value)), value, fields)

/** The same with so many times the findings that the page shows, each time under other ids and later. */
export const many = Effect.fnUntraced(function* (result: Account.Result, times: number) {
  const findings = yield* shown(result)
  const counts = { ...result.summary.counts }
  for (const code of Finding.Code.literals) counts[code] *= times
  const again = (n: number) =>
    findings.map((finding) =>
      changed(finding, {
        at: DateTime.add(finding.at, { seconds: n }),
        deadline: finding.deadline === null ? null : DateTime.add(finding.deadline, { seconds: n }),
        cdrs: finding.cdrs.map((cdr) => changed(cdr, { uuid: `${n}-${cdr.uuid}` })),
        recordings: finding.recordings.map((recording) =>
          changed(recording, { recordingId: `${n}-${recording.recordingId}` })
        )
      })
    )
  return {
    ...result,
    summary: { ...result.summary, counts },
    asking: Stream.range(0, times - 1).pipe(Stream.flatMap((n) => Stream.fromIterable(again(n))))
  } satisfies Account.Result
})

/** The findings that the page shows. */
export const shown = (result: Account.Result) => Stream.runCollect(result.asking)
