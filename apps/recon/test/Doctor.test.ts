import { NodeServices } from "@effect/platform-node"
import { assert, describe, it, Wait } from "@vobiz-effect/test-support"
import { VobizConfig } from "@vobiz-effect/core"
import { FakeVobiz, FaultPlan, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as Contract from "../src/Contract.ts"
import * as Doctor from "../src/Doctor.ts"
import { recon } from "./command.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
/** Calls at all hours of three days. */
const account = Simulator.make({ seed: 7, calls: 600, days: 3, until })

type Knobs = Omit<FakeVobiz.Options, "account"> & { readonly account?: Simulator.Account }

const serving = (knobs: Knobs = {}) =>
  Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account, ...knobs }), NodeServices.layer)

/** What the doctor finds of the running server. */
const examine = Effect.fnUntraced(function* (options?: { readonly budget: number }) {
  const { settings } = yield* FakeVobiz.FakeVobiz
  yield* TestClock.setTime(until.epochMilliseconds)
  const examination = yield* Doctor.run(options).pipe(Effect.provide(VobizConfig.VobizConfig.layer(settings)))
  const check = (name: string) => {
    const found = examination.checks.find((check) => check.name === name)
    assert.isDefined(found, `there is a check of ${name}`)
    return found
  }
  return { ...examination, check }
})

const contractFile = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  Effect.map(fs.makeTempDirectoryScoped(), (folder) => `${folder}/contract.json`)
)

describe("Doctor", () => {
  it.effect("finds what is documented, by reading alone", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      const { check, checks, contract, requests } = yield* examine()
      assert.deepStrictEqual(contract.recordings, {
        pageCap: 100,
        order: "newest-first",
        recordingTypeFilter: "honoured",
        callUuidFilter: "honoured",
        nextForm: "path-without-api",
        nextAtEnd: "null"
      })
      const { csvHeader, ...cdrs } = contract.cdrs
      assert.deepStrictEqual(cdrs, {
        pageCap: 100,
        order: "newest-first",
        dayZone: "UTC",
        endDate: "inclusive",
        emptyExport: "header",
        currencyInList: "INR",
        currencyInDetail: "INR"
      })
      assert.isTrue(csvHeader?.includes("uuid"))
      assert.strictEqual(csvHeader?.length, 43)
      assert.deepStrictEqual(contract.audio, {
        host: server.url.host,
        redirects: "no",
        redirectHost: null,
        ranges: "honoured"
      })
      assert.strictEqual(contract.retryAfter, "not-seen")
      assert.strictEqual(check("recordings: form of rows").found, "known")
      assert.deepStrictEqual(
        checks.filter(({ concern, name }) => concern !== undefined && name !== "clock"),
        []
      )
      const sent = yield* server.requests
      assert.strictEqual(sent.length, requests)
      assert.strictEqual(requests, 20)
      assert.deepStrictEqual([...new Set(sent.map(({ method }) => method))], ["GET"])
      assert.notMatch(JSON.stringify(checks), /\+?91\d{10}/)
    }).pipe(Effect.provide(serving()))
  )

  for (const zone of ["UTC", "+05:30"] as const) {
    for (const endDate of ["inclusive", "exclusive"] as const) {
      it.effect(`tells days of ${zone} with an ${endDate} end, whatever the page`, () =>
        Effect.gen(function* () {
          const { contract, requests } = yield* examine()
          assert.strictEqual(contract.cdrs.dayZone, zone)
          assert.strictEqual(contract.cdrs.endDate, endDate)
          assert.strictEqual(requests, endDate === "inclusive" ? 20 : 21)
        }).pipe(Effect.provide(serving({ cdrDays: { zone, endDate }, pageCap: 20 })))
      )
    }
  }

  it.effect("does not guess the zone where no call tells it", () =>
    Effect.gen(function* () {
      const { check, contract } = yield* examine()
      assert.strictEqual(contract.cdrs.dayZone, "unknown")
      assert.strictEqual(contract.cdrs.endDate, "exclusive")
      assert.include(check("cdrs: zone of days").evidence, "no call tells")
    }).pipe(
      Effect.provide(
        serving({
          // Calls of the Indian afternoon alone: of the same day in both zones.
          account: {
            ...account,
            cdrs: account.cdrs.filter(({ startedAt }) => startedAt % 86_400_000 < 12 * 3_600_000)
          },
          cdrDays: { zone: "+05:30", endDate: "exclusive" }
        })
      )
    )
  )

  it.effect("tells the zone by a single call late in the UTC day, and the end by any call", () =>
    Effect.gen(function* () {
      let told = 0
      for (const zone of ["UTC", "+05:30"] as const) {
        for (const endDate of ["inclusive", "exclusive"] as const) {
          for (const seed of [1, 2, 3, 4, 5, 6]) {
            const few = Simulator.make({ seed, calls: seed, days: 3, until, mix: { orphan: 0, pending: 0 } })
            const tells = few.cdrs.some(({ startedAt }) => startedAt % 86_400_000 >= 18.5 * 3_600_000)
            const { contract } = yield* examine().pipe(
              Effect.provide(serving({ account: few, cdrDays: { zone, endDate } }))
            )
            const why = `seed ${seed}, ${zone}, ${endDate}`
            assert.strictEqual(contract.cdrs.dayZone, tells ? zone : "unknown", why)
            assert.strictEqual(contract.cdrs.endDate, endDate, why)
            if (tells) told++
          }
        }
      }
      assert.strictEqual(told, 4)
    })
  )

  it.effect("says what a person should know of a server that differs from its documentation", () =>
    Effect.gen(function* () {
      const { check, contract } = yield* examine()
      assert.strictEqual(contract.recordings.pageCap, 20)
      assert.strictEqual(
        check("recordings: page cap").concern,
        "the server gives 20 rows a page where 100 are documented"
      )
      assert.strictEqual(contract.recordings.order, "oldest-first")
      assert.strictEqual(contract.cdrs.order, "oldest-first")
      assert.include(check("recordings: order").concern, "newest first")
      assert.strictEqual(contract.cdrs.emptyExport, "nothing")
      assert.strictEqual(contract.cdrs.currencyInList, "USD")
      assert.strictEqual(contract.cdrs.currencyInDetail, "INR")
      assert.include(check("cdrs: currency").concern, "USD")
      assert.strictEqual(contract.audio.ranges, "ignored")
    }).pipe(
      Effect.provide(
        serving({
          account: Simulator.make({ seed: 7, calls: 300, days: 3, until, currency: { list: "USD" } }),
          pageCap: 20,
          order: "oldest",
          emptyExport: "nothing",
          cdrGet: "bare",
          ranges: false
        })
      )
    )
  )

  it.effect("finds no order where there is none", () =>
    Effect.gen(function* () {
      const { contract } = yield* examine()
      assert.strictEqual(contract.recordings.order, "none")
      assert.strictEqual(contract.cdrs.order, "none")
    }).pipe(Effect.provide(serving({ order: "unordered" })))
  )

  it.effect("sees where audio is redirected to", () =>
    Effect.gen(function* () {
      const store = yield* FakeVobiz.FakeVobiz
      yield* Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        const { contract } = yield* examine()
        assert.deepStrictEqual(contract.audio, {
          host: server.url.host,
          redirects: "yes",
          redirectHost: store.url.host,
          ranges: "honoured"
        })
      }).pipe(Effect.provide(serving({ mediaRedirect: store.url })))
      assert.isFalse((yield* store.requests).some(({ headers }) => headers.includes("x-auth-token")))
    }).pipe(Effect.provide(serving({ publicMedia: true })))
  )

  it.effect("knows nothing of an empty account, and says so", () =>
    Effect.gen(function* () {
      const { checks, contract } = yield* examine()
      assert.strictEqual(contract.recordings.pageCap, null)
      assert.strictEqual(contract.recordings.recordingTypeFilter, "unknown")
      assert.strictEqual(contract.cdrs.dayZone, "unknown")
      assert.strictEqual(contract.cdrs.csvHeader, null)
      assert.strictEqual(contract.audio.host, null)
      assert.strictEqual(checks.filter(({ found }) => found === "unknown").length, 13)
    }).pipe(Effect.provide(serving({ account: Simulator.make({ seed: 1, calls: 0, days: 1, until }) })))
  )

  it.effect("records why a probe failed, and goes on", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      yield* server.setFaults({
        rules: [
          ...FaultPlan.one({ _tag: "Ok200WithError" }, { on: ["cdrs.list"], times: "always" }).rules,
          ...FaultPlan.one({ _tag: "NeverNullNext" }, { on: ["recordings.list"], times: "always" }).rules
        ]
      })
      const { check, contract } = yield* examine()
      assert.strictEqual(contract.cdrs.pageCap, null)
      assert.include(check("cdrs: page cap").evidence, "the provider failed")
      assert.strictEqual(contract.cdrs.dayZone, "unknown")
      assert.strictEqual(contract.recordings.nextAtEnd, "never-null")
      assert.include(check("recordings: next at the end").concern, "never ends")
    }).pipe(Effect.provide(serving()))
  )

  for (const budget of [1, 2, 9, 15]) {
    it.effect(`sends no more than ${budget} requests when told so`, () =>
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        const { check, contract, requests } = yield* examine({ budget })
        assert.strictEqual((yield* server.requests).length, budget)
        assert.strictEqual(requests, budget)
        assert.strictEqual(contract.audio.ranges, "unknown")
        assert.include(check("trunks: form of rows").evidence, "are spent")
      }).pipe(Effect.provide(serving({ pageCap: 20, cdrDays: { zone: "+05:30", endDate: "exclusive" } })))
    )
  }

  it.effect("sends 23 of its 60 requests to a server that refuses every second one", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      const fiber = yield* Effect.forkChild(examine())
      const { check, requests } = yield* Wait.passing(fiber, "1 second")
      const sent = yield* server.requests
      assert.strictEqual(sent.length, requests)
      assert.strictEqual(Doctor.maxRequests, 60)
      assert.deepStrictEqual([sent.length, sent.filter(({ status }) => status === 429).length], [23, 13])
      assert.strictEqual(check("credentials").found, "accepted")
      assert.strictEqual(check("retry-after").found, "sent")
    }).pipe(
      Effect.provide(
        serving({
          faults: {
            seed: 2,
            rules: [
              {
                fault: { _tag: "RateLimited", seconds: 1, retryAfter: "header-seconds" },
                first: 2,
                times: "always",
                probability: 0.5
              }
            ]
          }
        })
      )
    )
  )

  it.effect("takes no total's word for the size of a page", () =>
    Effect.gen(function* () {
      const { contract } = yield* examine()
      assert.strictEqual(contract.recordings.pageCap, null)
      assert.strictEqual(contract.cdrs.pageCap, null)
    }).pipe(
      Effect.provide(
        serving({
          account: Simulator.make({ seed: 3, calls: 30, days: 3, until }),
          faults: FaultPlan.one({ _tag: "LyingTotal", delta: 500 }, { times: "always" })
        })
      )
    )
  )

  it.effect("fails where the credentials are refused", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      const { settings } = server
      const error = yield* Doctor.run().pipe(
        Effect.provide(VobizConfig.VobizConfig.layer({ ...settings, authToken: Redacted.make("bad") })),
        Effect.flip
      )
      assert.strictEqual(error.reason._tag, "Unauthorized")
      assert.strictEqual((yield* server.requests).length, 1)
    }).pipe(Effect.provide(serving()))
  )
})

describe("recon doctor", () => {
  it.effect("keeps a contract, and exits with 1 when the provider has changed", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      const fs = yield* FileSystem.FileSystem
      const file = yield* contractFile
      yield* TestClock.setTime(until.epochMilliseconds)
      const first = yield* recon(["doctor", "--contract", file])
      assert.strictEqual(first.code, 0, first.err)
      assert.include(first.out, "20 rows a page where 100 are documented")
      const kept = yield* Contract.read(file)
      assert.strictEqual(kept?.recordings.pageCap, 20)
      assert.strictEqual(kept?.accountId, account.authId)

      const again = yield* recon(["doctor", "--contract", file, "--json"])
      assert.strictEqual(again.code, 0)
      assert.deepStrictEqual(JSON.parse(again.out).differences, [])

      yield* server.setFaults(FaultPlan.one({ _tag: "NeverNullNext" }, { on: ["recordings.list"], times: "always" }))
      const changed = yield* recon(["doctor", "--contract", file])
      assert.strictEqual(changed.code, 1)
      assert.match(changed.out, /recordings\.nextAtEnd +null +never-null/)
      assert.strictEqual((yield* Contract.read(file))?.recordings.nextAtEnd, "never-null")
      assert.deepStrictEqual(yield* fs.readDirectory(file.replace(/\/[^/]*$/, "")), ["contract.json"])
    }).pipe(Effect.provide(serving({ pageCap: 20 })))
  )

  it.effect("keeps the contract where the setting says, unless the flag says otherwise", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = yield* contractFile
      yield* TestClock.setTime(until.epochMilliseconds)
      const bySetting = yield* recon(["doctor"], { RECON_CONTRACT: file })
      assert.strictEqual(bySetting.code, 0, bySetting.err)
      assert.strictEqual((yield* Contract.read(file))?.accountId, account.authId)
      yield* recon(["doctor", "--contract", `${file}.other`], { RECON_CONTRACT: file })
      assert.isTrue(yield* fs.exists(`${file}.other`))
    }).pipe(Effect.provide(serving()))
  )

  for (const [cdrDays, requests] of [
    [
      { zone: "UTC", endDate: "inclusive" },
      { unknown: 10, known: 7 }
    ],
    [
      { zone: "+05:30", endDate: "exclusive" },
      { unknown: 7, known: 5 }
    ]
  ] as const) {
    it.effect(`spares days of CDRs once they are known to be of ${cdrDays.zone} with an ${cdrDays.endDate} end`, () =>
      Effect.gen(function* () {
        const server = yield* FakeVobiz.FakeVobiz
        const file = yield* contractFile
        yield* TestClock.setTime(until.epochMilliseconds)
        const list = ["list", "cdrs", "--from", "2026-11-18", "--to", "2026-11-19", "--zone", "Asia/Kolkata", "--json"]
        const unknown = yield* recon(list)
        assert.strictEqual((yield* server.requests).length, requests.unknown)
        assert.strictEqual(unknown.out.split("\n").length, 224)
        yield* recon(["doctor", "--contract", file])
        yield* server.forgetRequests
        const known = yield* recon([...list, "--contract", file])
        assert.strictEqual(known.out, unknown.out)
        assert.strictEqual((yield* server.requests).length, requests.known)
      }).pipe(Effect.provide(serving({ cdrDays })))
    )
  }

  it.effect("does not take lost knowledge for a change", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      const file = yield* contractFile
      yield* TestClock.setTime(until.epochMilliseconds)
      yield* recon(["doctor", "--contract", file])
      yield* server.setFaults(FaultPlan.one({ _tag: "Ok200WithError" }, { on: ["cdrs.get"], times: "always" }))
      const { code, err, out } = yield* recon(["doctor", "--contract", file])
      assert.strictEqual(code, 3)
      assert.include(err, "recon: cdrs.currencyInList was INR and could not be found out this time")
      assert.match(out, /cdrs\.currencyInList +INR +unknown/)
    }).pipe(Effect.provide(serving()))
  )

  it.effect("refuses a contract that it cannot use before asking anything, and leaves it as it is", () =>
    Effect.gen(function* () {
      const server = yield* FakeVobiz.FakeVobiz
      const fs = yield* FileSystem.FileSystem
      const file = yield* contractFile
      yield* TestClock.setTime(until.epochMilliseconds)
      yield* recon(["doctor", "--contract", file])
      const good = yield* fs.readFileString(file)
      const edited = (from: string, to: string) => {
        assert.include(good, from)
        return good.replace(from, to)
      }
      yield* server.forgetRequests
      for (const [text, told] of [
        [good.slice(0, 200), "not JSON"],
        ["", "not JSON"],
        ["[]", "damaged"],
        [edited('"version": 1', '"version": 2'), "version 2"],
        [edited(account.authId, "MA_OTHER"), "MA_OTHER"],
        [edited(server.url.host, "api.vobiz.ai"), "api.vobiz.ai"],
        [edited('"pageCap": 100', '"pageCap": 0'), "damaged"],
        [edited('"redirects": "no"', '"redirects": "yes"'), "contradict"],
        [edited('"retryAfter"', '"more": 1, "retryAfter"'), "more"]
      ] as const) {
        yield* fs.writeFileString(file, text)
        const { code, err, out } = yield* recon(["doctor", "--contract", file])
        assert.strictEqual(code, 2)
        assert.include(err, told)
        assert.include(err, file)
        assert.include(err, "--contract")
        assert.strictEqual(err.split("\n").length, 1)
        assert.strictEqual(out, "")
        assert.strictEqual(yield* fs.readFileString(file), text)
      }
      assert.deepStrictEqual(yield* server.requests, [])
    }).pipe(Effect.provide(serving()))
  )

  it.effect("says in one line where it cannot run", () =>
    Effect.gen(function* () {
      const file = yield* contractFile
      const refused = yield* recon(["doctor", "--contract", file], { VOBIZ_AUTH_TOKEN: "bad" })
      assert.strictEqual(refused.code, 2)
      assert.match(refused.err, /^recon: .*VOBIZ_AUTH_TOKEN/)
      const nowhere = yield* recon(["doctor", "--contract", "package.json/contract.json"])
      assert.strictEqual(nowhere.code, 2)
      assert.include(nowhere.err, "--contract")
      assert.isFalse(yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(file)))
      const help = yield* recon(["doctor", "--help"])
      assert.include(help.out, "EXAMPLES")
    }).pipe(Effect.provide(serving()))
  )
})
