/** Writes the tables of settings into docs/settings.md, out of the command's own table: `node scripts/settings.ts`. */
import { readFileSync, writeFileSync } from "node:fs"

import { all, groups, type Setting } from "../apps/recon/src/Setting.ts"

export const page = new URL("../docs/settings.md", import.meta.url)

const code = (text: string) => `\`${text}\``

const row = ([key, setting]: readonly [string, Setting]): ReadonlyArray<string> => [
  code(setting.variable),
  code(key),
  setting.flag === undefined ? (setting.isSecret === true ? "none: a secret" : "none") : code(`--${setting.flag}`),
  setting.default ?? "none",
  `${setting.help}${setting.choices === undefined ? "" : `: ${setting.choices.join(", ")}`}${setting.range === undefined ? "" : `, ${setting.range.join(" to ")}`}`
]

const header = ["environment", "in the file", "flag", "default", "meaning"]

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = header.map((_, n) => Math.max(...rows.map((cells) => cells[n]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>) =>
    `| ${cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(" | ")} |`
  const [first = [], ...others] = rows
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...others.map(line)].join("\n")
}

const begin = "<!-- settings -->"
const end = "<!-- /settings -->"

/** The page with the tables of today. */
export const rendered = (text: string): string => {
  const sections = groups.map((group) => {
    const rows = Object.entries<Setting>(all).filter(([, setting]) => setting.group === group)
    return `## ${group}\n\n${table([header, ...rows.map(row)])}`
  })
  const [before = "", rest = ""] = text.split(begin)
  const [, after = ""] = rest.split(end)
  return `${before}${begin}\n\n${sections.join("\n\n")}\n\n${end}${after}`
}

if (import.meta.main) writeFileSync(page, rendered(readFileSync(page, "utf8")))
