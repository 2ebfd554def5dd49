import { assert, describe, it } from "@vobiz-effect/test-support"
import { Simulator } from "@vobiz-effect/testing"
import { Effect, Schema } from "effect"

import { later, sample, shape, until } from "./utils.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const mix: Simulator.Mix = {
  ...Simulator.defaultMix,
  "conference-room": 0.5,
  unkeyed: 0.5,
  "sub-account": 0.5,
  straddling: 0.5,
  "flawed-audio": 0.5
}
const big = Simulator.make({ seed: 1, calls: 10_000, days: 3, until, mix })
const cdrOf = new Map(big.cdrs.map((entry) => [entry.row.uuid, entry]))
const recordingOf = new Map(big.recordings.map((entry) => [entry.row.recording_id, entry]))

/** The calls of one scenario, with their rows. */
const callsOf = (kind: Simulator.Scenario) =>
  big.truth.calls
    .filter((call) => call.kind === kind)
    .map((call) => ({
      cdrs: call.cdrUuids.map((uuid) => cdrOf.get(uuid) as Simulator.CdrEntry),
      recordings: call.recordingIds.map((id) => recordingOf.get(id) as Simulator.RecordingEntry)
    }))

/** Calls of one scenario with one CDR and one recording. */
const pairsOf = (kind: Simulator.Scenario) =>
  callsOf(kind).map(({ cdrs, recordings }) => {
    assert.lengthOf(cdrs, 1)
    assert.lengthOf(recordings, 1)
    return { cdr: (cdrs[0] as Simulator.CdrEntry).row, recording: recordings[0] as Simulator.RecordingEntry }
  })

const trunkRecords = new Map(big.trunks.map((trunk) => [trunk.trunk_id, trunk.recording]))
const recordedNumbers = new Set(big.numbers.filter(({ recorded }) => recorded).map(({ number }) => number.slice(1)))

/** Whether a call had to be recorded, by its trunk, or by the account's number that it went through. */
const hadToBeRecorded = (row: Simulator.CdrEntry["row"]) =>
  row.trunk_id === null
    ? [row.caller_id_number, row.destination_number].some((number) => recordedNumbers.has(number.replace("+", "")))
    : trunkRecords.get(row.trunk_id)

describe("Simulator", () => {
  it.effect.prop("makes the same account of the same seed", [Schema.Int, Schema.Int], ([seed, other]) =>
    Effect.sync(() => {
      const options = { seed, calls: 40, days: 2, until }
      const text = JSON.stringify(Simulator.make(options))
      assert.strictEqual(JSON.stringify(Simulator.make(options)), text)
      if (seed !== other) assert.notStrictEqual(JSON.stringify(Simulator.make({ ...options, seed: other })), text)
    })
  )

  it("has calls of every scenario, as many as the mix says", () => {
    const total = Object.values(mix).reduce((sum, weight) => sum + weight, 0)
    for (const kind of Simulator.scenarios) {
      const exact = (10_000 * mix[kind]) / total
      assert.isAtLeast(big.truth.counts[kind], Math.max(1, Math.floor(exact)), kind)
      assert.isAtMost(big.truth.counts[kind], Math.ceil(exact), kind)
      assert.lengthOf(callsOf(kind), big.truth.counts[kind])
    }
    assert.lengthOf(big.truth.calls, 10_000)
  })

  it("talks for as long as is said on average, and five seconds", () => {
    const none = Object.fromEntries(Simulator.scenarios.map((scenario) => [scenario, 0]))
    const mean = (meanTalk?: number) => {
      const options = { seed: 1, calls: 4000, days: 3, until, mix: { ...none, "voice-recorded": 1 } }
      const { cdrs } = Simulator.make(meanTalk === undefined ? options : { ...options, meanTalk })
      return cdrs.reduce((sum, { row }) => sum + row.billsec, 0) / cdrs.length
    }
    assert.closeTo(mean(), 95 + 5, 5)
    assert.closeTo(mean(8), 8 + 5, 1)
    assert.strictEqual(mean(0), 5)
  })

  it("leaves a scenario of no weight out", () => {
    const { truth } = Simulator.make({ seed: 1, calls: 300, days: 1, until, mix: { missing: 0, orphan: 50 } })
    assert.strictEqual(truth.counts.missing, 0)
    assert.isAbove(truth.counts.orphan, 60)
  })

  it("accounts for every row once, under ids that are all different", () => {
    const uuids = big.truth.calls.flatMap(({ cdrUuids }) => cdrUuids)
    const ids = big.truth.calls.flatMap(({ recordingIds }) => recordingIds)
    assert.strictEqual(new Set(uuids).size, uuids.length)
    assert.strictEqual(new Set(ids).size, ids.length)
    assert.strictEqual(uuids.length, big.cdrs.length)
    assert.strictEqual(ids.length, big.recordings.length)
    assert.strictEqual(new Set(big.cdrs.map(({ row }) => row.id)).size, big.cdrs.length)
    assert.isTrue(
      uuids.every((uuid) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid))
    )
  })

  it("lists the newest first", () => {
    const descending = (instants: ReadonlyArray<number>) =>
      instants.every((instant, index) => index === 0 || instant <= (instants[index - 1] ?? 0))
    assert.isTrue(descending(big.cdrs.map(({ startedAt }) => startedAt)))
    assert.isTrue(descending(big.recordings.map(({ addedAt }) => addedAt)))
  })

  it("refuses options that no account can have", () => {
    assert.throws(() => Simulator.make({ seed: 1, calls: -1, days: 1, until }), /calls/)
    assert.throws(() => Simulator.make({ seed: 1, calls: 1, days: 0, until }), /days/)
    assert.throws(() => Simulator.make({ seed: 0.5, calls: 1, days: 1, until }), /seed/)
    assert.throws(() => Simulator.make({ seed: 1, calls: 1, days: 1, until, mix: { late: -1 } }), /weights/)
    assert.throws(() => Simulator.make({ seed: 1, calls: 1, days: 1, until, meanTalk: -1 }), /meanTalk must be seconds/)
  })

  describe("rows", () => {
    it("have the fields of the provider's, and no others", () => {
      const [recording] = Simulator.recordingsAt(big, until)
      assert.deepStrictEqual(shape(recording), shape(sample("recordings-list.page1.json").objects[0]))
      assert.deepStrictEqual(Object.keys(big.cdrs[0]?.row ?? {}), Object.keys(sample("cdr-list.json").data[0]))
      assert.lengthOf(Object.keys(big.cdrs[0]?.row ?? {}), 43)
      assert.deepStrictEqual(Object.keys(big.trunks[0] ?? {}), Object.keys(sample("trunk-get.json")))
    })

    it("print the instants and durations of recordings as the provider does", () => {
      const digits = new Set<number>()
      const zones = new Set<string>()
      for (const { addedAt, row } of big.recordings) {
        const [, fraction = "", zone = ""] =
          /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.(\d{1,6})(\+05:30|\+00:00)$/.exec(row.add_time) ?? []
        digits.add(fraction.length)
        zones.add(zone)
        assert.strictEqual(Math.floor(Date.parse(row.add_time.replace(" ", "T"))), addedAt)
        assert.match(row.recording_duration_ms, /^\d+\.00000$/)
        if (row.recording_end_ms !== null) {
          const lag = addedAt - Number(row.recording_end_ms)
          assert.isTrue(lag >= 1100 && lag <= 1300, `${row.add_time} is ${lag} ms after the end`)
          assert.strictEqual(
            Number(row.recording_end_ms) - Number(row.recording_start_ms),
            Number(row.recording_duration_ms)
          )
        }
        assert.strictEqual(row.rounded_recording_duration % 60, 0)
        assert.isAtLeast(row.rounded_recording_duration * 1000, Number(row.recording_duration_ms))
      }
      assert.deepStrictEqual([...digits].toSorted(), [1, 2, 3, 4, 5, 6])
      assert.deepStrictEqual([...zones].toSorted(), ["+00:00", "+05:30"])
    })

    it("print numbers in all three forms, and called numbers mostly without a plus sign", () => {
      const forms = new Set(big.recordings.map(({ row }) => /^(\+|00|)(?=[1-9])/.exec(row.to_number)?.[1]))
      assert.deepStrictEqual([...forms].toSorted(), ["", "+", "00"])
      const bare = big.cdrs.filter(({ row }) => !row.destination_number.startsWith("+")).length
      assert.isAbove(bare / big.cdrs.length, 0.6)
      assert.isBelow(bare, big.cdrs.length)
      assert.isTrue(big.cdrs.every(({ row }) => row.caller_id_number.startsWith("+")))
    })

    it("agree with themselves on times and costs", () => {
      for (const { row } of big.cdrs) {
        assert.strictEqual(row.duration, row.ring_time + row.billsec)
        assert.strictEqual(Date.parse(row.end_time) - Date.parse(row.start_time), row.duration * 1000)
        assert.strictEqual(row.answer_time === null, row.billsec === 0)
        const pulses = Math.ceil(row.billsec / 60)
        assert.closeTo(row.cost, pulses * 0.45, 1e-9)
        assert.closeTo(row.total_cost, row.cost + row.streaming_cost, 1e-9)
      }
      assert.isTrue(big.cdrs.some(({ row }) => row.streaming_cost > 0))
    })

    it("carry the currencies asked for", () => {
      const account = Simulator.make({ seed: 1, calls: 10, days: 1, until, currency: { list: "USD" } })
      assert.isTrue(account.cdrs.every(({ row }) => row.currency === "USD"))
      assert.strictEqual(account.detailCurrency, "INR")
      assert.isTrue(big.cdrs.every(({ row }) => row.currency === "INR"))
    })
  })

  describe("scenarios", () => {
    it("voice-recorded: keyed by the CDR's uuid", () => {
      for (const { cdr, recording } of pairsOf("voice-recorded")) {
        assert.strictEqual(recording.row.call_uuid, cdr.uuid)
        assert.strictEqual(recording.row.recording_type, "call")
        assert.isNull(cdr.trunk_id)
        assert.isTrue(hadToBeRecorded(cdr))
        const talk = Number(recording.row.recording_duration_ms)
        assert.isTrue(talk <= cdr.billsec * 1000 && talk > cdr.billsec * 1000 - 1000)
      }
    })

    it("trunk-recorded: keyed by the SIP Call-ID, without start and end", () => {
      for (const { cdr, recording } of pairsOf("trunk-recorded")) {
        assert.strictEqual(recording.row.call_uuid, cdr.sip_call_id)
        assert.strictEqual(recording.row.recording_id, cdr.sip_call_id)
        assert.match(cdr.sip_call_id, /^[1-9A-HJ-NP-Za-km-z]{28}$/)
        assert.strictEqual(recording.row.recording_type, "trunk")
        assert.strictEqual(recording.row.recording_format, "wav")
        assert.isNull(recording.row.recording_start_ms)
        assert.isNull(recording.row.recording_end_ms)
        assert.isTrue(recording.row.from_number.startsWith("00"))
        assert.isTrue(hadToBeRecorded(cdr))
      }
    })

    it("bridge-keyed: keyed by bridge_uuid, which is not the uuid", () => {
      for (const { cdr, recording } of pairsOf("bridge-keyed")) {
        assert.strictEqual(recording.row.call_uuid, cdr.bridge_uuid)
        assert.notStrictEqual(cdr.bridge_uuid, cdr.uuid)
      }
    })

    it("conference-room and unkeyed: a recording whose call is no CDR's", () => {
      const ids = new Set(big.cdrs.flatMap(({ row }) => [row.uuid, row.sip_call_id, row.bridge_uuid]))
      for (const kind of ["conference-room", "unkeyed"] as const) {
        for (const { cdrs, recordings } of callsOf(kind)) {
          assert.lengthOf(recordings, 1)
          assert.isFalse(ids.has(recordings[0]?.row.call_uuid ?? null))
          assert.strictEqual(recordings[0]?.row.recording_type, kind === "unkeyed" ? "call" : "conference")
          assert.lengthOf(cdrs, 1)
          for (const { row } of cdrs) assert.strictEqual(hadToBeRecorded(row), kind === "unkeyed")
        }
      }
    })

    it("sub-account: a call of the sub-account's, whose recording is not in the account's list", () => {
      for (const { cdrs, recordings } of callsOf("sub-account")) {
        assert.isEmpty(recordings)
        assert.deepStrictEqual(
          cdrs.map(({ row }) => [row.account_id, hadToBeRecorded(row)]),
          [["SA_SIM00001", true]]
        )
      }
    })

    it("unexpected: a recording that the trunk's switch does not explain", () => {
      for (const { cdr, recording } of pairsOf("unexpected")) {
        assert.isFalse(hadToBeRecorded(cdr))
        assert.strictEqual(recording.row.call_uuid, cdr.sip_call_id)
      }
    })

    it("voice-unrecorded and trunk-unrecorded: nothing expected and nothing there", () => {
      for (const kind of ["voice-unrecorded", "trunk-unrecorded"] as const) {
        for (const { cdrs, recordings } of callsOf(kind)) {
          assert.lengthOf(recordings, 0)
          assert.isFalse(cdrs.some(({ row }) => hadToBeRecorded(row)))
        }
      }
    })

    it("missing: expected, answered, and nothing there", () => {
      for (const { cdrs, recordings } of callsOf("missing")) {
        assert.lengthOf(recordings, 0)
        assert.isTrue(cdrs.every(({ row }) => hadToBeRecorded(row) && row.billsec > 2))
      }
    })

    it("very-short: answered for two seconds at most", () => {
      for (const { cdrs, recordings } of callsOf("very-short")) {
        assert.lengthOf(recordings, 0)
        assert.isTrue(cdrs.every(({ row }) => row.billsec >= 1 && row.billsec <= 2))
      }
    })

    it("unanswered: nothing billed", () => {
      for (const { cdrs, recordings } of callsOf("unanswered")) {
        assert.lengthOf(recordings, 0)
        for (const { row } of cdrs) {
          assert.strictEqual(row.billsec, 0)
          assert.strictEqual(row.total_cost, 0)
          assert.isNull(row.answer_time)
          assert.isNull(row.bridge_uuid)
        }
      }
    })

    it("bridged: two legs billed, the recording on the first", () => {
      for (const { cdrs, recordings } of callsOf("bridged")) {
        const [a, b] = cdrs.map(({ row }) => row)
        assert.lengthOf(cdrs, 2)
        assert.strictEqual(b?.bridge_uuid, a?.uuid)
        assert.strictEqual(b?.sip_call_id, a?.sip_call_id)
        assert.isAbove(b?.cost ?? 0, 0)
        assert.deepStrictEqual(
          recordings.map(({ row }) => row.call_uuid),
          [a?.uuid]
        )
      }
    })

    it("duplicate-cdr: written again under another id and uuid, and billed again", () => {
      const legs = new Set<number>()
      for (const { cdrs, recordings } of callsOf("duplicate-cdr")) {
        const [copy, original] = cdrs.map(({ row }) => row).toReversed()
        const { customer_endpoint, id, uuid, ...same } = copy ?? assert.fail()
        const { customer_endpoint: _, id: otherId, uuid: otherUuid, ...sameToo } = original ?? assert.fail()
        assert.deepStrictEqual(same, sameToo)
        assert.notStrictEqual(id, otherId)
        assert.notStrictEqual(uuid, otherUuid)
        assert.isNotNull(customer_endpoint)
        assert.lengthOf(recordings, 1)
        legs.add(cdrs.length)
      }
      assert.deepStrictEqual([...legs].toSorted(), [2, 3])
    })

    it("late: to be seen 5 to 60 minutes after the call, and there by the end", () => {
      for (const { cdr, recording } of pairsOf("late")) {
        const lateness = recording.availableAt - Date.parse(cdr.end_time)
        assert.isTrue(lateness >= 5 * minute && lateness <= 60 * minute)
        assert.isTrue(Simulator.isKept(recording, until.epochMilliseconds))
      }
    })

    it("pending: ended ten seconds to ten minutes before the end, and to come after it", () => {
      for (const { cdr, recording } of pairsOf("pending")) {
        const age = until.epochMilliseconds - Date.parse(cdr.end_time)
        assert.isTrue(age >= 10_000 && age <= 10 * minute)
        assert.isFalse(Simulator.isKept(recording, until.epochMilliseconds))
        assert.isTrue(Simulator.isKept(recording, until.epochMilliseconds + hour))
      }
    })

    it("all others: ended two hours before the end at least", () => {
      const pending = new Set(callsOf("pending").flatMap(({ cdrs }) => cdrs.map(({ row }) => row.uuid)))
      const rows = big.cdrs.map(({ row }) => row)
      const settled = rows.filter(({ uuid }) => !pending.has(uuid)).map(({ end_time }) => Date.parse(end_time))
      const starts = rows.map(({ start_time }) => Date.parse(start_time))
      // So many calls that some are within an hour of both bounds.
      const last = until.epochMilliseconds - 2 * hour - Math.max(...settled)
      const first = Math.min(...starts) - big.from.epochMilliseconds
      assert.isTrue(last >= 0 && last < hour, `${last}`)
      assert.isTrue(first >= 0 && first < hour, `${first}`)
    })

    it("orphan: no CDR knows its key", () => {
      const keys = new Set(big.cdrs.flatMap(({ row }) => [row.uuid, row.sip_call_id, row.bridge_uuid]))
      for (const { cdrs, recordings } of callsOf("orphan")) {
        assert.lengthOf(cdrs, 0)
        assert.lengthOf(recordings, 1)
        assert.isFalse(recordings.some(({ row }) => keys.has(row.call_uuid)))
      }
    })

    it("straddling: no CDR yet, and a recording of a call of 20 minutes that ended 4 before the end", () => {
      for (const { cdrs, recordings } of callsOf("straddling")) {
        assert.lengthOf(cdrs, 0)
        const [recording] = recordings
        assert.strictEqual(Math.ceil(Number(recording?.row.recording_duration_ms) / 1000), 20 * 60)
        const added = until.epochMilliseconds - (recording?.addedAt ?? 0)
        assert.isTrue(added > 3 * minute && added < 4 * minute, `${added}`)
        assert.isTrue(recording !== undefined && Simulator.isKept(recording, until.epochMilliseconds))
      }
    })

    it("flawed-audio: of seven seconds, whose audio is not what its row says", () => {
      const flaws = new Set<string>()
      for (const { cdrs, recordings } of callsOf("flawed-audio")) {
        assert.lengthOf(cdrs, 1)
        const [recording] = recordings
        assert.strictEqual(recording?.media.container, "wav")
        const isShorter = (recording?.media.duration ?? 0) < Number(recording?.row.recording_duration_ms) / 1.5
        flaws.add(recording?.media.flaw ?? (isShorter ? "length" : String(recording?.row.recording_format)))
      }
      assert.deepStrictEqual(flaws, new Set(["silent", "one-way", "cut", "noise", "codec", "mp3", "length"]))
    })

    it("several: one after the other, within the call", () => {
      for (const { cdrs, recordings } of callsOf("several")) {
        assert.isTrue(recordings.length === 2 || recordings.length === 3)
        const spans = recordings.flatMap(({ row }) => {
          assert.strictEqual(row.call_uuid, cdrs[0]?.row.uuid)
          return [Number(row.recording_start_ms), Number(row.recording_end_ms)]
        })
        const call = [cdrs[0]?.row.answer_time, cdrs[0]?.row.end_time].map((time) => Date.parse(time ?? ""))
        const all = [call[0], ...spans, call[1]]
        assert.deepStrictEqual(
          all,
          all.toSorted((a = 0, b = 0) => a - b)
        )
      }
    })

    it("duration-mismatch: a tenth to four tenths of the talk", () => {
      for (const { cdr, recording } of pairsOf("duration-mismatch")) {
        const share = Math.round(Number(recording.row.recording_duration_ms) / 1000) / cdr.billsec
        // Rounded to whole seconds of at least two minutes.
        assert.isTrue(share > 0.095 && share < 0.405, `${share}`)
        assert.isAbove(cdr.billsec, 120)
      }
    })

    it("conference: several legs, one recording with the conference's name", () => {
      for (const { cdrs, recordings } of callsOf("conference")) {
        assert.isAtLeast(cdrs.length, 2)
        assert.lengthOf(recordings, 1)
        assert.strictEqual(recordings[0]?.row.recording_type, "conference")
        assert.isNotEmpty(recordings[0]?.row.conference_name)
        assert.strictEqual(recordings[0]?.row.call_uuid, cdrs[0]?.row.uuid)
      }
    })
  })

  describe("time", () => {
    it("shows a CDR when the call has ended, and a recording when it is ready", () => {
      const noon = later(-day)
      const rows = Simulator.cdrsAt(big, noon)
      assert.isTrue(rows.length > 0 && rows.length < big.cdrs.length)
      assert.isTrue(rows.every(({ end_time }) => Date.parse(end_time) <= noon.epochMilliseconds))
      const recordings = Simulator.recordingsAt(big, noon)
      assert.isTrue(recordings.length > 0 && recordings.length < big.recordings.length)
      assert.isTrue(recordings.every(({ add_time }) => Date.parse(add_time.replace(" ", "T")) < noon.epochMilliseconds))
    })

    it("deletes recordings after 30 days, and keeps CDRs", () => {
      const account = Simulator.make({ seed: 3, calls: 500, days: 45, until })
      const kept = Simulator.recordingsAt(account, until)
      assert.isTrue(kept.length > 0 && kept.length < account.recordings.length - account.truth.counts.pending)
      const oldest = Math.min(...kept.map(({ add_time }) => Date.parse(add_time.replace(" ", "T"))))
      assert.isAbove(oldest, until.epochMilliseconds - 30 * day)
      assert.isTrue(kept.every((row) => row.recording_storage_duration < 30))
      assert.isTrue(kept.some((row) => row.recording_storage_duration === 29))
      assert.lengthOf(Simulator.recordingsAt(account, later(31 * day)), 0)
      assert.lengthOf(Simulator.cdrsAt(account, later(31 * day)), account.cdrs.length)
    })

    it("adds one more call that is no call of the account", () => {
      const { cdr, recording } = Simulator.oneMore(big, 0, until)
      assert.isFalse(cdrOf.has(cdr.row.uuid))
      assert.isFalse(recordingOf.has(recording.row.recording_id))
      assert.strictEqual(recording.row.call_uuid, cdr.row.uuid)
      assert.isTrue(Simulator.isKept(recording, until.epochMilliseconds))
      assert.strictEqual(Date.parse(cdr.row.end_time), until.epochMilliseconds - 2000)
      assert.deepStrictEqual(
        [cdr.availableAt, recording.availableAt],
        [until.epochMilliseconds, until.epochMilliseconds]
      )
      assert.deepStrictEqual(Simulator.oneMore(big, 0, until), { cdr, recording })
      assert.notStrictEqual(Simulator.oneMore(big, 1, until).cdr.row.uuid, cdr.row.uuid)
    })
  })
})
