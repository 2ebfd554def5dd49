/** Finds the places of a source file where a small change should make a test fail, and what they change to. */
import { parseSync } from "oxc-parser"
import * as Sql from "./sql.ts"

/** One change of a file's text. */
export interface Mutant {
  /** From the root of the checkout. */
  readonly file: string
  readonly start: number
  readonly end: number
  readonly after: string
  /** Such as `comparison`. */
  readonly kind: string
  readonly line: number
  /** The code that is executed with the mutant, to see which tests reach it. `undefined`: it has no such place. */
  readonly probe: Probe | undefined
}

/** An expression to wrap, or a statement to put something before. */
export interface Probe {
  readonly of: "expression" | "statement"
  readonly start: number
  readonly end: number
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

type Change = readonly [kind: string, start: number, end: number, after: string]

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string"

const childrenOf = (node: Node): ReadonlyArray<readonly [string, Node]> =>
  Object.entries(node).flatMap(([key, value]) =>
    Array.isArray(value)
      ? value.filter(isNode).map((child) => [key, child] as const)
      : isNode(value)
        ? [[key, value] as const]
        : []
  )

/** What each operator becomes. */
const binary: Readonly<Record<string, ReadonlyArray<string>>> = {
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
  "&": ["|"],
  "|": ["&"],
  "<<": [">>"],
  ">>": ["<<"],
  ">>>": ["<<"]
}

const arithmetic = new Set(["+", "-", "*", "/", "%"])

const assigned: Readonly<Record<string, string>> = { "+=": "-=", "-=": "+=", "*=": "/=", "??=": "=", "||=": "=" }

/** Methods that become another one. */
const renamed: Readonly<Record<string, string>> = {
  some: "every",
  every: "some",
  startsWith: "endsWith",
  endsWith: "startsWith",
  toLowerCase: "toUpperCase",
  toUpperCase: "toLowerCase",
  min: "max",
  max: "min",
  floor: "ceil",
  ceil: "floor",
  find: "findLast",
  findLast: "find",
  isLessThan: "isLessThanOrEqualTo",
  isLessThanOrEqualTo: "isLessThan",
  isGreaterThan: "isGreaterThanOrEqualTo",
  isGreaterThanOrEqualTo: "isGreaterThan",
  addDuration: "subtractDuration",
  subtractDuration: "addDuration",
  takeWhile: "dropWhile"
}

/** Methods whose result is of the type of what they are called on. */
const dropped = new Set(
  "filter slice reverse toReversed sort toSorted trim trimEnd trimStart replace replaceAll normalize padStart padEnd".split(
    " "
  )
)

const units: Readonly<Record<string, string>> = {
  millis: "seconds",
  seconds: "minutes",
  minutes: "seconds",
  hours: "minutes",
  days: "hours",
  weeks: "days"
}

/** Steps of a pipe that leave the type as it is. */
const steps: ReadonlySet<string> = new Set(
  [
    "tap tapError tapCause ensuring onExit onError onInterrupt uninterruptible interruptible",
    "retry timeout timeoutOrElse delay when repeat ignore jittered upTo while modifyDelay during",
    "filter take takeWhile drop dropWhile changes check mapError limit provideService"
  ].flatMap((names) => names.split(" "))
)

/** Calls whose texts are names in traces, logs for debugging, and identifiers of types. */
const naming =
  /^(?:Effect\.(?:fn|withSpan|logDebug|logTrace|annotateLogs|annotateCurrentSpan)|Stream\.withSpan|Schema\.(?:brand|annotate|annotateKey)|Metric\.\w+)$|^(?:Context\.(?:Service|Reference)|Schema\.(?:TaggedError|Class|TaggedClass|TaggedStruct|Opaque|Literals?|tag))/

/** What a duration in words becomes: another number and, apart from that, another unit. */
const duration = /^(\d+) (milli|second|minute|hour|day|week)(s?)$/

const isText = (node: Node): boolean =>
  (node.type === "Literal" && typeof node["value"] === "string") || node.type === "TemplateLiteral"

/** All mutants of a file, in the order of their places. */
export const find = (file: string, text: string): ReadonlyArray<Mutant> => {
  const { errors, program } = parseSync(file, text, { lang: "ts", sourceType: "module" })
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`)
  const mutants: Array<Mutant> = []
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length
  const of = (node: Node | undefined) => (node === undefined ? "" : text.slice(node.start, node.end))

  const changesOf = (node: Node, parents: ReadonlyArray<readonly [string, Node]>): ReadonlyArray<Change> => {
    const [key = "", parent] = parents.at(-1) ?? []
    const get = (name: string) => node[name] as Node
    switch (node.type) {
      case "BinaryExpression": {
        const operator = node["operator"] as string
        if (operator === "+" && (isText(get("left")) || isText(get("right")))) return []
        const from = text.indexOf(operator, get("left").end)
        return (binary[operator] ?? []).map((to) => [
          arithmetic.has(operator) ? "arithmetic" : "comparison",
          from,
          from + operator.length,
          to
        ])
      }
      case "LogicalExpression": {
        const operator = node["operator"] as string
        const from = text.indexOf(operator, get("left").end)
        if (operator === "??") return [["default", node.start, node.end, of(get("left"))]]
        return [["boolean", from, from + 2, operator === "&&" ? "||" : "&&"]]
      }
      case "UnaryExpression":
        if (node["operator"] === "!") return [["boolean", node.start, node.start + 1, ""]]
        if (node["operator"] === "-") return [["arithmetic", node.start, node.start + 1, ""]]
        return []
      case "UpdateExpression": {
        const [operator, at] =
          node["prefix"] === true ? [node["operator"], node.start] : [node["operator"], node.end - 2]
        return [["arithmetic", at, at + 2, operator === "++" ? "--" : "++"]]
      }
      case "AssignmentExpression": {
        const operator = node["operator"] as string
        const to = assigned[operator]
        const from = text.indexOf(operator, get("left").end)
        return to === undefined ? [] : [["arithmetic", from, from + operator.length, to]]
      }
      case "IfStatement":
      case "ConditionalExpression":
        return ["true", "false"].map((to) => ["condition", get("test").start, get("test").end, to])
      case "WhileStatement":
        return [["condition", get("test").start, get("test").end, "false"]]
      case "AssignmentPattern":
        return [["default", get("left").end, node.end, ""]]
      case "ChainExpression":
        return []
      case "ExpressionStatement": {
        if (typeof node["directive"] === "string") return []
        const expression = get("expression")
        const call = expression.type === "YieldExpression" ? (expression["argument"] as Node | null) : expression
        const callee = call?.type === "CallExpression" ? of(call["callee"] as Node) : ""
        return naming.test(callee) || callee === "super" ? [] : [["removal", node.start, node.end, ";"]]
      }
      case "Literal": {
        const value = node["value"]
        if (typeof value === "boolean") {
          // Results that are collected and that nobody reads are no difference to anybody.
          const isDiscard = parent?.type === "Property" && of(parent["key"] as Node) === "discard"
          return key === "literal" || isDiscard ? [] : [["literal", node.start, node.end, String(!value)]]
        }
        if (typeof value === "number") return [["literal", node.start, node.end, String(value + 1)]]
        if (typeof node["bigint"] === "string") return [["literal", node.start, node.end, `${of(node)} + 1n`]]
        const regex = node["regex"] as { readonly pattern: string; readonly flags: string } | null | undefined
        if (regex !== null && regex !== undefined) {
          const { pattern } = regex
          const anchors: Array<Change> = []
          if (pattern.startsWith("^")) anchors.push(["regex", node.start + 1, node.start + 2, ""])
          const last = node.start + pattern.length
          if (pattern.endsWith("$") && !pattern.endsWith("\\$")) anchors.push(["regex", last, last + 1, ""])
          return anchors
        }
        if (typeof value !== "string" || isName(key, parents)) return []
        if (Sql.isSql(value)) return Sql.changes(text, [[node.start + 1, node.end - 1]])
        const words = duration.exec(value)
        if (words !== null) {
          const [, amount = "", unit = "", s = ""] = words
          const other = units[`${unit}s`]?.slice(0, -1)
          return [
            ["duration", node.start, node.end, `"${Number(amount) + 1} ${unit}s"`],
            ["duration", node.start, node.end, `"${amount} ${other}${s}"`]
          ]
        }
        return [["text", node.start, node.end, value === "" ? '"mutated"' : '""']]
      }
      case "TemplateLiteral": {
        const quasis = (node["quasis"] as ReadonlyArray<Node>).map((quasi) => quasi)
        const spans = quasis.map((quasi) => [quasi.start, quasi.end] as const)
        if (quasis.some((quasi) => Sql.isSql(of(quasi)))) return Sql.changes(text, spans)
        const inner = text.slice(node.start + 1, node.end - 1)
        if (isName(key, parents) || parent?.type === "TaggedTemplateExpression" || inner === "") return []
        return [["text", node.start, node.end, "``"]]
      }
      case "MemberExpression": {
        const changes: Array<Change> = []
        const property = get("property")
        if (node["optional"] === true) {
          const from = text.indexOf("?.", get("object").end)
          changes.push(["optional", from, from + 2, node["computed"] === true ? "" : "."])
        }
        if (node["computed"] === true) return changes
        const name = of(property)
        const to = renamed[name]
        const isCalled = key === "callee"
        if (to !== undefined && (isCalled || key === "arguments")) {
          changes.push(["method", property.start, property.end, to])
        }
        const unit = units[name]
        if (unit !== undefined && of(get("object")) === "Duration") {
          changes.push(["duration", property.start, property.end, unit])
        }
        if (isCalled && dropped.has(name) && /^[^A-Z]/.test(of(get("object"))) && parent !== undefined) {
          changes.push(["method", get("object").end, parent.end, ""])
        }
        return changes
      }
      case "CallExpression": {
        const callee = get("callee")
        if (callee.type !== "MemberExpression" || of(callee["property"] as Node) !== "pipe") return []
        const args = node["arguments"] as ReadonlyArray<Node>
        return args.flatMap((arg, index): ReadonlyArray<Change> => {
          const step = arg.type === "CallExpression" ? (arg["callee"] as Node) : arg
          const name = step.type === "MemberExpression" ? of(step["property"] as Node) : ""
          if (!steps.has(name)) return []
          if (args.length === 1) return [["step", (callee["object"] as Node).end, node.end, ""]]
          const next = args[index + 1]
          const before = args[index - 1]
          return [["step", next === undefined ? (before?.end ?? arg.start) : arg.start, next?.start ?? arg.end, ""]]
        })
      }
      default:
        return []
    }
  }

  /** Whether a text is a name: of a property, a module, a span or a type. */
  const isName = (key: string, parents: ReadonlyArray<readonly [string, Node]>): boolean => {
    const parent = parents.at(-1)?.[1]
    if (parent === undefined || key === "source" || (key === "key" && parent["computed"] !== true)) return true
    if (key === "property" && parent.type === "MemberExpression") return true
    const called = parents.slice(-5).map(([, one]) => one)
    return called.some((one) => one.type === "CallExpression" && naming.test(of(one["callee"] as Node)))
  }

  /** The innermost code that is executed just before what is changed. */
  const probeOf = (path: ReadonlyArray<readonly [string, Node]>): Probe | undefined => {
    for (const [index, [key, node]] of [...path.entries()].toReversed()) {
      const parent = path[index - 1]?.[1]
      if (parent === undefined || node.type.startsWith("TS")) continue
      const { end, start } = node
      if (parent.type === "ArrowFunctionExpression" && key === "body" && node.type !== "BlockStatement") {
        return { of: "expression", start, end }
      }
      if (parent.type === "ConditionalExpression" && key !== "test") return { of: "expression", start, end }
      if (parent.type === "LogicalExpression" && key === "right") return { of: "expression", start, end }
      if (parent.type === "BlockStatement" || (parent.type === "SwitchCase" && key === "consequent")) {
        return { of: "statement", start, end }
      }
      // What a module or a class does when it is loaded is done for every test.
      if (parent.type === "Program" || parent.type === "ClassBody") return undefined
    }
    return undefined
  }

  const visit = (path: ReadonlyArray<readonly [string, Node]>): void => {
    const [, node] = path.at(-1) ?? []
    if (node === undefined) return
    for (const [kind, start, end, after] of changesOf(node, path.slice(0, -1).length === 0 ? [] : pathOf(path))) {
      mutants.push({ file, start, end, after, kind, line: lineAt(start), probe: probeOf(path) })
    }
    for (const child of childrenOf(node)) {
      const [key, { type }] = child
      if (key === "typeAnnotation" || key === "typeArguments" || key === "typeParameters" || key === "returnType")
        continue
      if (/^TS(?!AsExpression|NonNullExpression|SatisfiesExpression)/.test(type)) continue
      if (type === "ImportDeclaration" || type === "ExportAllDeclaration") continue
      visit([...path, child])
    }
  }
  // The key of a node and the parent that has it under that key, side by side.
  const pathOf = (path: ReadonlyArray<readonly [string, Node]>) =>
    path.slice(0, -1).map(([, node], index) => [path[index + 1]?.[0] ?? "", node] as const)

  visit([["program", program as unknown as Node]])
  return mutants.filter(({ after, end, start }) => text.slice(start, end) !== after)
}

/** A text with one mutant in it. */
export const apply = (text: string, { after, end, start }: Mutant): string =>
  text.slice(0, start) + after + text.slice(end)

/** The lines that a mutant changes, before and after, without their indentation. */
export const lines = (text: string, mutant: Mutant): { readonly before: string; readonly after: string } => {
  const from = text.lastIndexOf("\n", mutant.start - 1) + 1
  const end = text.indexOf("\n", mutant.end)
  const to = end < 0 ? text.length : end
  const plain = (piece: string) => piece.replaceAll(/\s+/g, " ").trim()
  return {
    before: plain(text.slice(from, to)),
    after: plain(text.slice(from, mutant.start) + mutant.after + text.slice(mutant.end, to))
  }
}
