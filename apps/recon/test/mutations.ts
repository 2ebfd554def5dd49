/** Sample bodies of the provider, each changed in one field. */
import { readdirSync, readFileSync } from "node:fs"
import { Seed } from "@vobiz-effect/test-support"

const folder = new URL("../../../packages/core/test/fixtures/", import.meta.url)

type Key = string | number

/** A body, by its file's name, changed at a path in one way. */
export interface Case {
  readonly name: string
  readonly sample: string
  readonly status: number
  readonly body: string
}

/** A secret that the provider echoes, and the number of a person. */
export const token = "fuzz-tokenA+/=9z8y7x"
export const number = "+91 98450 12345"

/** Stands in a body for text that is no JSON of a value. */
const raw = (text: string) => `\u0001${text}\u0001`

/** The ways to change a value; `undefined` drops the field. */
const ways: Readonly<Record<string, (value: unknown) => unknown>> = {
  drop: () => undefined,
  null: () => null,
  empty: () => "",
  "other type": (value) =>
    typeof value === "string" ? 70_707 : typeof value === "number" ? "x" : Array.isArray(value) ? {} : [value],
  object: (value) => ({ value }),
  flag: () => true,
  text: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
  huge: () => 1e308,
  "beyond 2^53": () => raw("9007199254740993123456789"),
  "long number": () => raw("9".repeat(400)),
  "long text": () => "y".repeat(100_000),
  "text beyond the limit": () => "z".repeat(3_000_000),
  negative: (value) => (typeof value === "number" ? -Math.abs(value) - 1 : "-1"),
  "far below zero": () => -1e15,
  nested: () => raw(`${"[".repeat(40)}1${"]".repeat(40)}`),
  "nested deep": () => raw(`${'{"a":['.repeat(100_000)}1${"]}".repeat(100_000)}`),
  controls: () => "a\u0000\u001b]0;title\u0007\u001b[2J\r\n\u009b31m\u202eb\u2066c\ud800",
  secret: () => `X-Auth-Token: ${token} ${Buffer.from(`MA:${token}`).toString("base64")} ${encodeURIComponent(token)}`,
  "secret, escaped": () => raw(`"${Array.from(token, (c) => `\\u00${c.charCodeAt(0).toString(16)}`).join("")}"`),
  number: () => `call ${number} or ${number.replaceAll(" ", "")} back`,
  "many rows": (value) =>
    Array.isArray(value) ? Array.from({ length: 300 }, () => value[0] as unknown) : [value, value],
  instant: () => "infinity",
  "no instant": () => "0000-00-00 00:00:00",
  prototype: () => raw('{"__proto__":{"recording_id":"x"},"constructor":1}')
}

const read = (file: string) => readFileSync(new URL(file, folder), "utf8")

const samples: ReadonlyArray<readonly [name: string, json: unknown]> = [
  ...readdirSync(folder)
    .filter((file) => file.endsWith(".json") && file !== "INDEX.json")
    .map((file) => [file.replace(/\.json$/, ""), JSON.parse(read(file)) as unknown] as const),
  [
    "trunks-list",
    { meta: { limit: 20, offset: 0, total: 1 }, objects: [JSON.parse(read("trunk-get.json")) as unknown] }
  ]
]

/** The paths of all values of a document, the document itself first. */
const paths = (json: unknown, at: ReadonlyArray<Key> = []): ReadonlyArray<ReadonlyArray<Key>> => [
  at,
  ...(typeof json !== "object" || json === null
    ? []
    : Object.entries(json).flatMap(([key, value]) => paths(value, [...at, Array.isArray(json) ? Number(key) : key])))
]

const changed = (json: unknown, [key, ...rest]: ReadonlyArray<Key>, way: (value: unknown) => unknown): unknown => {
  if (key === undefined) return way(json)
  const at = (value: unknown) => changed(value, rest, way)
  return Array.isArray(json)
    ? json.flatMap((value: unknown, nth) =>
        nth === key ? (rest.length === 0 && at(value) === undefined ? [] : [at(value)]) : [value]
      )
    : Object.fromEntries(
        Object.entries(json as object).map(([name, value]) => [name, name === key ? at(value) : value])
      )
}

/** The names of fields that hold an id or an address, which are shown as they are. */
const shown =
  /^(id|uuid|account_id|auth_id|call_uuid|call_id|recording_id|recording_url|resource_uri|sip_call_id|bridge_uuid|trunk_id|url)$/

const all = samples.flatMap(([sample, json]) => {
  const status = Number(/\b([1-5]\d\d)\b/.exec(sample)?.[1] ?? 200)
  return paths(json).flatMap((path) =>
    Object.entries(ways)
      .filter(([way]) => way !== "number" || !shown.test(String(path.at(-1))))
      .map(([way, change]) => ({ sample, status, json, path, way, change }))
  )
})

/** How many cases there are. */
export const total = all.length

/** Draws cases by the seed of the run: `count` of them, or all if there are fewer. */
export const drawn = (count: number): ReadonlyArray<Case> => {
  const below = Seed.integers()
  const left = [...all]
  return Array.from({ length: Math.min(count, total) }, () => {
    const at = below(left.length)
    const one = left[at] as (typeof all)[number]
    left[at] = left[left.length - 1] as (typeof all)[number]
    left.pop()
    const { change, json, path, sample, status, way } = one
    const text = JSON.stringify(changed(json, path, change)) ?? ""
    return {
      name: `${sample} ${path.join(".")}: ${way}`,
      sample,
      status,
      // The text between the marks stands in a string, whose quotes go.
      body: text.replace(
        /"\\u0001((?:[^"\\]|\\.)*?)\\u0001"/g,
        (_, quoted: string) => JSON.parse(`"${quoted}"`) as string
      )
    }
  })
}
