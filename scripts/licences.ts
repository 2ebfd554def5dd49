/**
 * What the packages depend on, and under which licences. Writes `LICENSE` and `THIRD_PARTY_NOTICES.md` of each published package; with
 * `--check`, it only says what is not as it should be. A licence that is not allowed, or not known, fails either way.
 */
import { existsSync, globSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"

const root = join(import.meta.dirname, "..")

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: unknown
  readonly licenses?: unknown
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export interface Dependency {
  readonly name: string
  readonly version: string
  readonly licence: string
}

/** What may be installed with a published package: each lets anybody use it, and asks for no more than its notice. */
const allowed = new Set([
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "0BSD",
  "Unlicense",
  "BlueOak-1.0.0"
])

/** What may be used to make and test them besides: nothing of it is in a published package. */
const allowedHere = new Set([...allowed, "MPL-2.0", "LGPL-3.0", "(AFL-2.1 OR BSD-3-Clause)", "The MIT License"])

/** Packages that do not say their licence in the usual place, and do in another: looked at by a person. */
const known: Readonly<Record<string, string>> = {
  // Its Readme.md says so.
  "humanize-number": "MIT"
}

const read = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest

const typeOf = (licence: unknown): string | null => {
  if (typeof licence === "string") return licence === "" ? null : licence
  return typeof licence === "object" && licence !== null && "type" in licence ? typeOf(licence.type) : null
}

/** The licence that a package says it has, or `null`. Old ones have a list: one of several is not chosen for them. */
export const licenceOf = ({
  license,
  licenses,
  name
}: Pick<Manifest, "license" | "licenses" | "name">): string | null => {
  const [first, ...others] = Array.isArray(licenses) ? (licenses as ReadonlyArray<unknown>) : []
  return typeOf(license) ?? (others.length === 0 ? typeOf(first) : null) ?? known[name] ?? null
}

/** Where a package finds one that it depends on, as Node.js looks for it; `null` if it is not installed. */
const found = (from: string, name: string): string | null => {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, "node_modules", name)
    if (basename(folder) !== "node_modules" && existsSync(join(place, "package.json"))) return realpathSync(place)
    if (folder === dirname(folder)) return null
  }
}

/** All that is installed with a package, itself left out. Optional ones, such as builds for other systems, are taken where they are. */
const closure = (start: string, withDev: boolean): ReadonlyArray<string> => {
  const seen = new Set<string>()
  const visit = (folder: string, isFirst: boolean) => {
    const { dependencies, devDependencies, optionalDependencies, peerDependencies } = read(folder)
    const all = {
      ...dependencies,
      ...optionalDependencies,
      ...peerDependencies,
      ...(isFirst && withDev ? devDependencies : {})
    }
    for (const name of Object.keys(all)) {
      const place = found(folder, name)
      if (place === null || seen.has(place)) continue
      seen.add(place)
      visit(place, false)
    }
  }
  visit(start, true)
  return [...seen]
}

const isOurs = (folder: string) => !folder.includes("/node_modules/")

const packages = globSync("{packages,apps}/*/package.json", { cwd: root })
  .map((file) => join(root, dirname(file)))
  .filter((folder) => read(folder).private !== true)
  .toSorted()

/** What is listed of a package: binaries of one system are listed with the package that chooses among them. */
const dependenciesOf = (folder: string): ReadonlyArray<Dependency> => {
  const optional = new Set(
    [folder, ...closure(folder, false)].flatMap((one) => Object.keys(read(one).optionalDependencies ?? {}))
  )
  return closure(folder, false)
    .filter((one) => !isOurs(one))
    .map(read)
    .filter(({ name }) => !optional.has(name))
    .map((manifest) => ({ name: manifest.name, version: manifest.version, licence: licenceOf(manifest) ?? "unknown" }))
    .toSorted((one, other) => (`${one.name}@${one.version}` < `${other.name}@${other.version}` ? -1 : 1))
}

const mpg123 = `
## mpg123

\`mpg123-decoder\` is under the MIT licence, and contains [mpg123](https://mpg123.org), compiled to WebAssembly, which is under the
[GNU Lesser General Public License 2.1](https://www.gnu.org/licenses/old-licenses/lgpl-2.1.html). It is a package of its own, not changed and not
part of this one, found by its name when audio is first decoded: whoever installs it can put another build in its place, made of the sources at
<https://github.com/eshaz/wasm-audio-decoders>. Whoever puts all of it into one file, as a bundle or an executable, has to keep that possible, and to
pass on the licence and the sources.
`

/** The text of \`THIRD_PARTY_NOTICES.md\`. */
export const notices = (name: string, dependencies: ReadonlyArray<Dependency>): string =>
  [
    `# Third-party notices of ${name}`,
    "",
    "None of these is part of this package: they are installed with it, or beside it, and each brings the text of its licence. Made by `pnpm notices`.",
    "",
    ...(dependencies.length === 0
      ? ["There are none.", ""]
      : [
          "| Package | Version | Licence |",
          "| --- | --- | --- |",
          ...dependencies.map(({ licence, name, version }) => `| \`${name}\` | ${version} | ${licence} |`),
          ""
        ])
  ].join("\n") + (dependencies.some(({ name }) => name === "mpg123-decoder") ? mpg123 : "")

/** What is wrong with the licences of packages, one line for each. */
export const refused = (
  manifests: ReadonlyArray<Pick<Manifest, "license" | "licenses" | "name" | "version">>,
  among: ReadonlySet<string>
): ReadonlyArray<string> =>
  manifests.flatMap((manifest) => {
    const licence = licenceOf(manifest)
    if (licence !== null && among.has(licence)) return []
    const what = licence === null ? "its licence is not known" : `its licence, ${licence}, is not allowed`
    return [`${manifest.name} ${manifest.version}: ${what}`]
  })

export const forPackages: ReadonlySet<string> = allowed
export const forTools: ReadonlySet<string> = allowedHere

const main = (isCheck: boolean) => {
  const wrong = new Set<string>()
  const everything = new Set(
    [
      root,
      ...globSync("{packages,apps,examples}/*/package.json", { cwd: root }).map((file) => join(root, dirname(file))),
      join(root, "test-support"),
      join(root, "bench")
    ]
      .filter((folder) => existsSync(join(folder, "package.json")))
      .flatMap((folder) => closure(folder, true))
  )
  for (const line of refused([...everything].filter((one) => !isOurs(one)).map(read), forTools)) wrong.add(line)
  const licence = readFileSync(join(root, "LICENSE"), "utf8")
  for (const folder of packages) {
    const { name } = read(folder)
    for (const line of refused(
      closure(folder, false)
        .filter((one) => !isOurs(one))
        .map(read),
      forPackages
    ))
      wrong.add(`${name} needs ${line}`)
    for (const [file, text] of [
      ["LICENSE", licence],
      ["THIRD_PARTY_NOTICES.md", notices(name, dependenciesOf(folder))]
    ] as const) {
      const place = join(folder, file)
      if (existsSync(place) && readFileSync(place, "utf8") === text) continue
      if (isCheck) wrong.add(`${place.slice(root.length + 1)} is not as it should be: run pnpm notices`)
      else writeFileSync(place, text)
    }
  }
  for (const line of wrong) process.stderr.write(`licences: ${line}\n`)
  if (wrong.size > 0) process.exitCode = 1
  else process.stdout.write(`The licences of ${everything.size} packages are allowed\n`)
}

if (import.meta.main) main(process.argv.includes("--check"))
