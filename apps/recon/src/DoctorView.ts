/**
 * An examination, for people and programs.
 *
 * @since 0.1.0
 */
import * as Contract from "./Contract.ts"
import type * as Doctor from "./Doctor.ts"
import * as Table from "./Table.ts"
import * as Terminal from "./internal/terminal.ts"

/**
 * An examination, compared with the previous one.
 *
 * @category models
 * @since 0.1.0
 */
export interface ExaminationView extends Doctor.Examination {
  /** The differences from the previous contract; `null` without one. */
  readonly differences: ReadonlyArray<Contract.Difference> | null
}

/**
 * Tables and sentences for a terminal.
 *
 * @category rendering
 * @since 0.1.0
 */
export const text = ({ checks, contract, differences, requests }: ExaminationView, terminal: Table.Options): string => {
  const concerns = checks.flatMap(({ concern, name }) => (concern === undefined ? [] : [`${name}: ${concern}`]))
  return [
    `Account ${contract.accountId} at ${contract.baseUrl}, ${requests} requests`,
    Table.render(
      [{ header: "Check" }, { header: "Found" }, { header: "Evidence" }],
      checks.map(({ evidence, found, name }) => [name, found, evidence]),
      terminal
    ),
    concerns.length === 0 ? "No concerns" : ["Concerns", ...concerns.map((line) => `- ${line}`)].join("\n"),
    differences === null
      ? "No contract of before to compare with"
      : differences.length === 0
        ? "As in the last contract"
        : `Differs from the last contract\n${Table.render(
            [{ header: "Field" }, { header: "Before" }, { header: "Now" }],
            differences.map(({ after, before, field }) => [field, before, after]),
            terminal
          )}`
  ].join("\n\n")
}

/**
 * The same as JSON.
 *
 * @category rendering
 * @since 0.1.0
 */
export const json = ({ checks, contract, differences, requests }: ExaminationView): string =>
  Terminal.json({ contract: Contract.toJson(contract), checks, differences, requests }, 2)
