import { assert, describe, it } from "@vobiz-effect/test-support"
import { ConfigProvider, Effect } from "effect"

import * as Bucket from "../src/commands/bucket.ts"

const given = (value: string | undefined) =>
  Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(value === undefined ? {} : { SETTING: value })))

describe("a bucket's settings", () => {
  it.effect("name an object lock, or are refused", () =>
    Effect.gen(function* () {
      const lock = Bucket.lock("SETTING")
      assert.isUndefined(yield* given(undefined)(lock))
      assert.deepStrictEqual(yield* given("compliance 365 days")(lock), { mode: "COMPLIANCE", days: 365 })
      assert.deepStrictEqual(yield* given("Governance 1 day")(lock), { mode: "GOVERNANCE", days: 1 })
      for (const wrong of [
        "365 days",
        "compliance",
        "compliance 0 days",
        "compliance 1 year",
        "none",
        "compliance -1 days"
      ]) {
        const error = yield* Effect.flip(given(wrong)(lock))
        assert.include(error.message, `SETTING: "${wrong}" is no object lock`)
      }
    })
  )

  it.effect("name who encrypts, or are refused", () =>
    Effect.gen(function* () {
      const encryption = Bucket.encryption("SETTING")
      assert.deepStrictEqual(yield* given(undefined)(encryption), {})
      assert.deepStrictEqual(yield* given("AES256")(encryption), { serverSideEncryption: "AES256" })
      assert.deepStrictEqual(yield* given("aws:kms alias/recon")(encryption), {
        serverSideEncryption: "aws:kms",
        kmsKeyId: "alias/recon"
      })
      assert.include(yield* given("aws:kms")(encryption), { serverSideEncryption: "aws:kms" })
      for (const wrong of ["aes256", "AES256 key", "aws:kmsx", "no"]) {
        const error = yield* Effect.flip(given(wrong)(encryption))
        assert.include(error.message, `SETTING: "${wrong}" is no encryption of a store`)
      }
    })
  )
})
