/** What the packages are made of, and under which licences. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@vobiz-effect/test-support"
import { Schema } from "effect"
import { Yaml } from "effect/encoding"

import * as Licences from "../../../scripts/licences.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))

const npx = (...args: ReadonlyArray<string>) =>
  spawnSync("npx", ["-y", "pnpm@12.21.0", ...args], { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })

/** What CycloneDX requires, as far as it is used here. */
const Bom = Schema.fromJsonString(
  Schema.Struct({
    bomFormat: Schema.Literal("CycloneDX"),
    specVersion: Schema.Literals(["1.5", "1.6", "1.7"]),
    serialNumber: Schema.String.check(
      Schema.isPattern(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
    ),
    version: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
    metadata: Schema.Struct({ timestamp: Schema.String, component: Schema.Struct({ name: Schema.String }) }),
    components: Schema.Array(
      Schema.Struct({
        type: Schema.Literals(["library", "application", "framework"]),
        name: Schema.NonEmptyString,
        version: Schema.NonEmptyString,
        purl: Schema.String.check(Schema.isPattern(/^pkg:npm\//)),
        "bom-ref": Schema.NonEmptyString
      })
    ),
    dependencies: Schema.Array(
      Schema.Struct({ ref: Schema.NonEmptyString, dependsOn: Schema.optionalKey(Schema.Array(Schema.String)) })
    )
  })
)

const Lock = Schema.Struct({ packages: Schema.Record(Schema.String, Schema.Unknown) })

describe("the supply", () => {
  it("has a bill of materials with each package of the lock file", () => {
    const { status, stderr, stdout } = npx("sbom", "--sbom-format", "cyclonedx", "--lockfile-only")
    assert.strictEqual(status, 0, stderr)
    const bom = Schema.decodeSync(Bom)(stdout.slice(stdout.indexOf("{")))
    const { packages } = Schema.decodeUnknownSync(Lock)(
      Yaml.parse(readFileSync(`${root}/pnpm-lock.yaml`, "utf8").split(/^---$/m).at(-1) ?? "")
    )
    const listed = new Set(bom.components.map(({ purl }) => decodeURIComponent(purl.slice("pkg:npm/".length))))
    const locked = Object.keys(packages)
    assert.isAbove(locked.length, 300)
    assert.deepStrictEqual(
      locked.filter((name) => !listed.has(name)),
      []
    )
    const refs = new Set([...bom.components.map((one) => one["bom-ref"]), ...bom.dependencies.map(({ ref }) => ref)])
    assert.isTrue(bom.dependencies.every(({ dependsOn = [] }) => dependsOn.every((ref) => refs.has(ref))))
  })

  it("has licences and notices that are as they should be", () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, ["scripts/licences.ts", "--check"], {
      cwd: root,
      encoding: "utf8"
    })
    assert.strictEqual(status, 0, stderr)
    assert.match(stdout, /^The licences of \d{3} packages are allowed$/m)
    for (const folder of ["archive", "cluster", "core", "files", "reconcile", "testing", "../apps/recon"]) {
      const manifest = readFileSync(`${root}/packages/${folder}/package.json`, "utf8")
      assert.include(manifest, '"THIRD_PARTY_NOTICES.md"', folder)
    }
    const notices = readFileSync(`${root}/packages/archive/THIRD_PARTY_NOTICES.md`, "utf8")
    assert.match(notices, /^\| `mpg123-decoder` \| \S+ \| MIT \|$/m)
    assert.include(notices, "GNU Lesser General Public License 2.1")
    assert.notInclude(notices, "lamejs")
    assert.notInclude(readFileSync(`${root}/packages/core/THIRD_PARTY_NOTICES.md`, "utf8"), "mpg123")
  })

  it("lets nobody in whose licence is not known, or not allowed", () => {
    const one = (license?: unknown, licenses?: unknown) => ({ name: "x", version: "1.0.0", license, licenses })
    const refused = (...all: Parameters<typeof one>) => Licences.refused([one(...all)], Licences.forPackages)
    for (const fine of ["MIT", "ISC", "Apache-2.0", { type: "BSD-3-Clause" }]) assert.deepStrictEqual(refused(fine), [])
    assert.deepStrictEqual(refused(undefined, [{ type: "MIT" }]), [])
    assert.deepStrictEqual(refused("GPL-3.0-only"), ["x 1.0.0: its licence, GPL-3.0-only, is not allowed"])
    assert.deepStrictEqual(refused("LGPL-3.0"), ["x 1.0.0: its licence, LGPL-3.0, is not allowed"])
    assert.deepStrictEqual(refused("UNLICENSED"), ["x 1.0.0: its licence, UNLICENSED, is not allowed"])
    for (const none of [undefined, "", {}, null]) {
      assert.deepStrictEqual(refused(none), ["x 1.0.0: its licence is not known"])
    }
    assert.deepStrictEqual(refused(undefined, [{ type: "MIT" }, { type: "GPL-2.0" }]), [
      "x 1.0.0: its licence is not known"
    ])
    assert.deepStrictEqual(Licences.refused([one("LGPL-3.0")], Licences.forTools), [])
  })
})
