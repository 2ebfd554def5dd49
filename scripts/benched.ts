/**
 * Finds what a benchmark calls and no user runs, a part of `pnpm lint`: a function of these packages, or a method of one of their services,
 * that neither a command nor an example of the docs calls, not even by way of another module.
 *
 *     node scripts/benched.ts
 */
import { existsSync, globSync, readFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { parseSync } from "oxc-parser"

type Node = { readonly type: string; readonly [field: string]: unknown }

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value

/** A node and all below it. */
const below = function* (node: Node): Generator<Node> {
  yield node
  for (const value of Object.values(node)) {
    for (const one of Array.isArray(value) ? (value as ReadonlyArray<unknown>) : [value]) {
      if (isNode(one)) yield* below(one)
    }
  }
}

const nameOf = (node: unknown): string => (isNode(node) ? String(node["name"] ?? node["value"] ?? "") : "")

/** What one source has: the modules of these packages by their local names, the files it imports, and the nodes. */
const read = (file: string, text: string) => {
  const { errors, program } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  const nodes = [...below(program as unknown as Node)]
  const modules = new Map<string, string>()
  const files: Array<string> = []
  const add = (local: string, path: string) => {
    modules.set(local, path)
    files.push(path)
  }
  for (const node of nodes) {
    if (node.type === "ImportExpression" || node.type === "ImportDeclaration" || node.type.startsWith("Export")) {
      const from = nameOf(node["source"])
      const specifiers = (node["specifiers"] ?? []) as ReadonlyArray<Node>
      const [, name = "", module] = /^@vobiz-effect\/([^/]+)(?:\/(\w+))?$/.exec(from) ?? []
      if (from.startsWith(".")) {
        const path = join(dirname(file), from)
        files.push(path)
        for (const one of specifiers) if (one.type === "ImportNamespaceSpecifier") add(nameOf(one["local"]), path)
      } else if (name !== "") {
        const path = (module: string) => `packages/${name}/src/${module}.ts`
        for (const one of specifiers) {
          if (one.type === "ImportSpecifier" && module === undefined)
            add(nameOf(one["local"]), path(nameOf(one["imported"])))
          else if (module !== undefined) add(nameOf(one["local"]), path(module))
        }
      }
    }
  }
  return { nodes, modules, files }
}

type Source = ReturnType<typeof read>

const sources = new Map<string, Source>()
const sourceOf = (file: string): Source => {
  const known = sources.get(file) ?? read(file, readFileSync(file, "utf8"))
  sources.set(file, known)
  return known
}

/** The methods of the services that a module has. */
const methodsOf = (path: string): ReadonlySet<string> => {
  const methods = new Set<string>()
  if (!existsSync(path)) return methods
  for (const node of sourceOf(path).nodes) {
    if (node.type !== "ClassDeclaration" || !isNode(node["superClass"])) continue
    for (const member of below(node["superClass"])) {
      if (member.type === "TSMethodSignature" || member.type === "TSPropertySignature")
        methods.add(nameOf(member["key"]))
    }
  }
  return methods
}

/** The functions that a source refers to, by `path name`, and the methods of services, by `path #name`. */
const callsOf = ({ modules, nodes }: Source): ReadonlySet<string> => {
  const calls = new Set<string>()
  const services = new Map<string, ReadonlySet<string>>()
  for (const node of nodes) {
    if (node.type !== "MemberExpression" || !isNode(node["object"]) || node["object"].type !== "Identifier") continue
    const path = modules.get(nameOf(node["object"]))
    const name = nameOf(node["property"])
    if (path === undefined) continue
    // What begins with a capital is a service or a schema; layers are how either is set up.
    if (/^[a-z]/.test(name) && !name.startsWith("layer")) calls.add(`${path} ${name}`)
    else services.set(path, methodsOf(path))
  }
  const used = nodes.flatMap((node) =>
    node.type === "MemberExpression" && !(isNode(node["object"]) && modules.has(nameOf(node["object"])))
      ? [nameOf(node["property"])]
      : node.type === "ObjectPattern"
        ? (node["properties"] as ReadonlyArray<Node>).map(({ key }) => nameOf(key))
        : []
  )
  for (const [path, methods] of services) for (const name of used) if (methods.has(name)) calls.add(`${path} #${name}`)
  return calls
}

// ---------------------------------------------------------------------------
// What users run
// ---------------------------------------------------------------------------

/** Every source that a command comes to. */
const reached = new Set<string>()
const reach = (file: string): void => {
  if (reached.has(file) || !existsSync(file)) return
  reached.add(file)
  for (const next of sourceOf(file).files) reach(next)
}
reach("apps/recon/src/bin.ts")

const ran = new Set<string>()
for (const file of reached) {
  const source = sourceOf(file)
  for (const call of callsOf(source)) ran.add(call)
  // A module's own services may call each other.
  for (const node of source.nodes) {
    if (node.type === "CallExpression" && isNode(node["callee"]) && node["callee"].type === "Identifier") {
      ran.add(`${file} ${nameOf(node["callee"])}`)
    }
  }
}
const examples = globSync(["README.md", "docs/*.md", "{apps,packages}/*/README.md", "packages/*/src/*.ts"])
for (const file of examples) {
  // In a comment, each line has a star before it.
  const text = readFileSync(file, "utf8").replaceAll(/^ \* ?/gm, "")
  for (const [, code = ""] of text.matchAll(/^```ts[^\n]*\n([\s\S]*?)^```/gm)) {
    for (const call of callsOf(read(`${file}.ts`, code))) ran.add(call)
  }
}

// ---------------------------------------------------------------------------
// What is measured
// ---------------------------------------------------------------------------

/** What a benchmark makes its input with, and does not time. */
const setup = new Set(["packages/reconcile/src/Files.ts write"])

const calls = globSync("bench/src/**/*.ts").flatMap((file) =>
  [...callsOf(sourceOf(file))].flatMap((call) =>
    // The simulator makes what is measured with.
    call.startsWith("packages/") && !call.startsWith("packages/testing/") ? [{ file, call }] : []
  )
)
const wrong = [
  ...calls
    .filter(({ call }) => !ran.has(call) && !setup.has(call))
    .map(({ call, file }) => `${file}: no command and no example calls ${basename(call).replace(/\.ts #?/, ".")}`),
  ...[...setup]
    .filter((call) => ran.has(call) || !calls.some((one) => one.call === call))
    .map((call) => `scripts/benched.ts: ${call} need not be named`)
]

for (const one of wrong) process.stderr.write(`${one}\n`)
if (calls.length === 0) process.stderr.write("no benchmark calls anything of these packages\n")
if (wrong.length > 0 || calls.length === 0) process.exitCode = 1
