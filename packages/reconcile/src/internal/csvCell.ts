/** Cells of CSV files that a spreadsheet shows, and does not run. */
import { guarded, guardedSql } from "./formula.ts"
import * as Sql from "./sql.ts"

/** What a cell holds. */
export type Kind = "text" | "phone" | "number" | "instant"

/** The forms of cells that are no formula, whatever they begin with. */
const forms = {
  phone: "^\\+?[0-9]*$",
  number: "^-?[0-9]*(\\.[0-9]+)?(e[+-]?[0-9]+)?$",
  instant: "^[0-9T:.Z-]*$"
}

const patterns = {
  phone: new RegExp(forms.phone),
  number: new RegExp(forms.number),
  instant: new RegExp(forms.instant)
}

/** A value as a cell. One that is not of its column's form is guarded as text is. */
export const of = (kind: Kind, value: string | number | null): string => {
  const text = value === null ? "" : String(value)
  return kind !== "text" && patterns[kind].test(text) ? text : guarded(text)
}

/** The same of a column of the database. */
export const sql = (kind: Kind, column: string): string => {
  const guarded = `coalesce(${guardedSql(column)}, '')`
  return kind === "text"
    ? guarded
    : `CASE WHEN regexp_matches(${column}, ${Sql.text(forms[kind])}) THEN ${column} ELSE ${guarded} END`
}

/** A cell of the database, quoted where RFC 4180 asks for that. */
export const quotedSql = (column: string): string =>
  `CASE WHEN regexp_matches(${column}, '[,"\\r\\n]|^\\x{FEFF}') THEN '"' || replace(${column}, '"', '""') || '"' ELSE ${column} END`
