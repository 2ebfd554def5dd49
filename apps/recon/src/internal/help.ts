/** How help is printed: within 100 columns, with the flags in groups, those of the connection last. */
import { CliOutput, type HelpDoc } from "effect/cli"
import * as Option from "effect/Option"

import { all, groups, type Setting } from "../Setting.ts"

const width = 100

/** Where what is said of a flag begins. */
const column = 29

/** The lines of a text that are at most so wide, unless a single word is wider. */
const wrapped = (text: string, most: number, between: RegExp = / /): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(between)) {
    const longer = line === "" ? word : `${line} ${word}`
    if (line !== "" && longer.length > most) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}

const indented = (text: string): ReadonlyArray<string> => wrapped(text, width - 2).map((line) => `  ${line}`)

/** A name, and beside it what it means. */
const entry = (name: string, about: string, at = column): ReadonlyArray<string> => {
  const [first = "", ...others] = wrapped(about, width - at)
  const left = `  ${name}`
  const beside = left.length + 2 <= at
  return [
    ...(beside ? [left.padEnd(at) + first] : [left, " ".repeat(at) + first]),
    ...others.map((line) => " ".repeat(at) + line)
  ].map((line) => line.trimEnd())
}

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : [title, ...lines, ""]

const choices = ({ type }: HelpDoc.FlagDoc) => (type.startsWith("<") ? type.slice(1, -1).replaceAll("|", ", ") : null)

const flagLines = (flag: HelpDoc.FlagDoc): ReadonlyArray<string> => {
  const named = [`--${flag.name}`, ...flag.aliases].join(", ")
  const listed = choices(flag)
  const type =
    flag.type === "boolean"
      ? ""
      : listed !== null
        ? " CHOICE"
        : ` ${flag.type === "integer" ? "NUMBER" : flag.type === "choice" ? "CHOICE" : flag.type}`
  const about = Option.getOrElse(flag.description, () => "")
  return entry(named + type, listed === null || about.includes("choices:") ? about : `${about} (choices: ${listed})`)
}

/** Of two settings with the same flag, the first one's. */
const groupOf = new Map(
  Object.values<Setting>(all)
    .toReversed()
    .flatMap(({ flag, group }) => (flag === undefined ? [] : [[flag, group] as const]))
)

/** The flags that are of this command alone, and then those of the settings by their groups. */
const flagSections = (flags: ReadonlyArray<HelpDoc.FlagDoc>): ReadonlyArray<string> => {
  const group = ({ name }: HelpDoc.FlagDoc) => (name === "config" ? "Connection" : (groupOf.get(name) ?? null))
  return [null, ...groups].flatMap((title) =>
    section(
      title === null ? "FLAGS" : title.toUpperCase(),
      flags.filter((flag) => group(flag) === title).flatMap(flagLines)
    )
  )
}

/** The first sentence, without its full stop. */
const firstSentence = (text: string) => (/^.*?[.?](?= |$)/.exec(text)?.[0] ?? text).replace(/\.$/, "")

/** A command line, continued where it is too long before a flag. */
const commandLines = (command: string): ReadonlyArray<string> => {
  const lines = wrapped(command, width - 6, / (?=--)/)
  return lines.map((line, nth) => `${nth === 0 ? "  " : "    "}${line}${nth < lines.length - 1 ? " \\" : ""}`)
}

/** Their names alone: what they mean, the help of the whole command says. */
const globalFlags = ({ commandPath = [], globalFlags = [] }: HelpDoc.HelpDoc) =>
  `${globalFlags.map(({ name }) => `--${name}`).join(", ")}: see ${commandPath[0] ?? ""} --help`

const formatHelpDoc = (doc: HelpDoc.HelpDoc): string => {
  const isRoot = (doc.commandPath?.length ?? 1) === 1
  const lines = [
    ...section("DESCRIPTION", indented(doc.description)),
    ...section("USAGE", [`  ${doc.usage}`]),
    ...section(
      "ARGUMENTS",
      (doc.args ?? []).flatMap(({ description, name, required, variadic }) =>
        entry(variadic ? `${name}...` : name, Option.getOrElse(description, () => "") + (required ? "" : " (optional)"))
      )
    ),
    ...flagSections(doc.flags),
    ...(doc.subcommands ?? []).flatMap(({ commands, group }) =>
      section(
        (group ?? "COMMANDS").toUpperCase(),
        commands.flatMap(({ description, name }) => entry(name, firstSentence(description), 16))
      )
    ),
    ...(isRoot
      ? section("GLOBAL FLAGS", (doc.globalFlags ?? []).flatMap(flagLines))
      : section("GLOBAL FLAGS", indented(globalFlags(doc)))),
    ...section(
      "EXAMPLES",
      (doc.examples ?? []).flatMap(({ command, description }, nth) => {
        const about = description === undefined ? [] : indented(`# ${description}`)
        return (nth === 0 ? about : [""].concat(about)).concat(commandLines(command))
      })
    )
  ]
  return lines.slice(0, -1).join("\n")
}

export const formatter: CliOutput.Formatter = { ...CliOutput.defaultFormatter(), formatHelpDoc }
