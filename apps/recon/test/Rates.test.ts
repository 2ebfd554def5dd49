import { NodeServices } from "@effect/platform-node"
import { assert, layerEach } from "@vobiz-effect/test-support"
import { FakeVobiz, Simulator } from "@vobiz-effect/testing"
import { DateTime, Effect, FileSystem, Layer } from "effect"
import { runner } from "./command.ts"

const until = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
// Two rows for one call now and then: billed twice.
const account = Simulator.make({ seed: 5, calls: 60, days: 2, until, mix: { "duplicate-cdr": 10 } })
const recon = runner(account)

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

const days = ["--from", "2026-11-18", "--to", "2026-11-20", "--voice-api", "may"]

/** The account is billed 0.45 INR for each begun minute. */
const card = (price: string) => `version: 1
name: ours
currency: INR
rounding: { decimals: 2, mode: half-up }
rates:
  - name: every call
    pulse: { first: 60 seconds, next: 60 seconds }
    price: "${price}"
    per: pulse
`

layerEach(Layer.mergeAll(FakeVobiz.FakeVobiz.layer({ account }), NodeServices.layer))(
  "recon reconcile --rates",
  (it) => {
    it.effect("compares each charge with the card, and changes neither verdict nor exit code", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const out = yield* folder
        yield* fs.writeFileString(`${out}/right.yaml`, card("0.45"))
        yield* fs.writeFileString(`${out}/wrong.yaml`, card("0.40"))
        const charges = fs.readFileString(`${out}/charges.csv`)

        const wrong = yield* recon(["reconcile", ...days, "--rates", `${out}/wrong.yaml`, "--out", out])
        assert.include(
          wrong.out,
          `\nBy the rate card "ours", 8 charges are right and 57 differ: 6.50 INR too much for 57 CDRs.\n`
        )
        const [header = "", ...rows] = (yield* charges).trimEnd().split("\r\n")
        const answered = account.cdrs.filter(({ row }) => row.billsec > 0).length
        assert.strictEqual(
          header.replace("\ufeff", ""),
          "uuid,id,start,talk,talk_seconds,billed,expected,difference,currency,rate"
        )
        // A row that bills a call again is another finding.
        assert.lengthOf(rows, answered - account.truth.counts["duplicate-cdr"])
        for (const row of rows) {
          const [, , , , talk, billed, expected, difference] = row.split(",").map(Number)
          const pulses = Math.ceil((talk ?? 0) / 60)
          assert.deepStrictEqual(
            [billed, expected, difference].map((amount) => Math.round(100 * (amount ?? 0))),
            [45, 40, 5].map((price) => price * pulses)
          )
        }
        assert.include(yield* fs.readFileString(`${out}/findings.csv`), "charge-differs")

        // The bill that is right: a file without rows, and the same verdict.
        const right = yield* recon(["reconcile", ...days, "--rates", `${out}/right.yaml`, "--out", out])
        assert.include(right.out, `\nBy the rate card "ours", 65 charges are right and 0 differ.\n`)
        assert.strictEqual((yield* charges).trimEnd().split("\r\n").length, 1)
        assert.strictEqual(right.code, wrong.code)
        assert.strictEqual(right.out.split("\n").at(-1), wrong.out.split("\n").at(-1))
        const page = yield* fs.readFileString(`${out}/findings.html`)
        assert.include(page, "Charges by rate, in INR")

        // Without a card nothing is known of the charges, and no file says that they are right.
        const none = yield* recon(["reconcile", ...days, "--out", out])
        assert.strictEqual(none.code, right.code)
        assert.include(none.out, "Charges not judged: no rate card.")
        assert.include(none.out, "\nBilled twice: 4.95 INR for 6 CDRs.\n")
        assert.isFalse(yield* fs.exists(`${out}/charges.csv`))
        assert.include(yield* fs.readFileString(`${out}/findings.html`), "Not judged: no rate card")
        assert.isNull(JSON.parse(yield* fs.readFileString(`${out}/reconciliation.json`)).billing.rates)
      })
    )

    it.effect("says that a card without a rate for any call judges none, and leaves no file that says more", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const out = yield* folder
        yield* fs.writeFileString(
          `${out}/other.yaml`,
          card("0.45").replace("    pulse", '    prefix: "+999"\n    pulse')
        )
        yield* fs.writeFileString(`${out}/charges.csv`, "of a run before")
        const shown = yield* recon(["reconcile", ...days, "--rates", `${out}/other.yaml`, "--out", out])
        assert.match(
          shown.out,
          /The rate card "ours" judges no charge\.\nIt does not judge \d+ CDRs: \d+ without a rate/
        )
        assert.notInclude(shown.out, "right")
        assert.isFalse(yield* fs.exists(`${out}/charges.csv`))
        const page = yield* fs.readFileString(`${out}/findings.html`)
        assert.include(page, "The rate card &quot;ours&quot; judges no charge.")
        assert.notInclude(page, "Charges by rate")
      })
    )

    it.effect("shows names of the user's files, and a terminal obeys none", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const out = yield* folder
        const name = '"\\e]0;title\\a\\e[2J\\u202Ename"'
        yield* fs.writeFileString(`${out}/rates.yaml`, card("0.45").replace("name: ours", `name: ${name}`))
        yield* fs.writeFileString(
          `${out}/policy.yaml`,
          `version: 1\nname: ${name}\ndefault: may\nrules:\n  - { name: ${name}, verdict: unknown, when: { directions: [outbound] } }\n`
        )
        const options = ["--rates", `${out}/rates.yaml`, "--policy", `${out}/policy.yaml`]
        const shown = yield* recon(["reconcile", "--from", "2026-11-18", "--to", "2026-11-20", ...options])
        assert.include(shown.out, 'By the rate card " ]0;title  [2J name", ')
        assert.include(shown.out, 'by rule " ]0;title  [2J name"')
        assert.notMatch(shown.out, /[^\P{Cc}\n]|\u202e/u)
      })
    )

    it.effect("refuses a card that cannot be read, and says where", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const out = yield* folder
        const file = `${out}/rates.yaml`
        yield* fs.writeFileString(file, card("0.45").replace("per:", "pers:"))
        const { code, err } = yield* recon(["reconcile", ...days, "--rates", file])
        assert.strictEqual(code, 2)
        assert.strictEqual(
          err,
          `recon: the rate card cannot be used\n${file}:6:5: rates[0].per: it is missing; add it\n${file}:9:5: rates[0].pers: there is no such field; is "per" meant?`
        )
        const missing = yield* recon(["reconcile", ...days], { RECON_RATES: `${out}/none.yaml` })
        assert.strictEqual(missing.code, 2)
        assert.match(missing.err, /^recon: RECON_RATES: .*none\.yaml: /)
      })
    )
  }
)
