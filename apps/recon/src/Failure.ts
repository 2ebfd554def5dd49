/**
 * Why a program could not run, told in one line.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Settings from "./Settings.ts"

/**
 * A file or folder that cannot be written.
 *
 * @category errors
 * @since 0.1.0
 */
export class OutputError extends Schema.TaggedError<OutputError>()("OutputError", {
  path: Schema.String,
  detail: Schema.String,
  /** What names the place; `null` where no flag does. @default "--out" */
  flag: Schema.optionalKey(Schema.NullOr(Schema.String))
}) {
  override get message(): string {
    const advice = this.flag === null ? "Free space on its disk" : `Name another place with ${this.flag ?? "--out"}`
    return `cannot write ${this.path}: ${this.detail}. ${advice}`
  }
}

/**
 * A setting that cannot be understood.
 *
 * @category errors
 * @since 0.1.0
 */
export class SettingError extends Schema.TaggedError<SettingError>()("SettingError", {
  setting: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.setting}: ${this.detail}`
  }
}

/**
 * A package that a command needs, and that is not installed.
 *
 * @category errors
 * @since 0.1.0
 */
export class MissingPackage extends Schema.TaggedError<MissingPackage>()("MissingPackage", {
  name: Schema.String,
  /** What it is needed for. */
  use: Schema.String
}) {
  override get message(): string {
    return `the package ${this.name} is needed ${this.use}, and is not installed. Install it beside @vobiz-effect/recon`
  }
}

/**
 * The program ran, and what it found needs somebody's attention.
 *
 * @category errors
 * @since 0.1.0
 */
export class FindingsFound extends Schema.TaggedError<FindingsFound>()("FindingsFound", {}) {}

/**
 * The program ran, and cannot tell whether all is well: `reasons` says why, each in one line for standard error. Empty
 * where the program has said so already.
 *
 * @category errors
 * @since 0.1.0
 */
export class CannotTell extends Schema.TaggedError<CannotTell>()("CannotTell", {
  reasons: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return this.reasons.length === 0 ? "cannot tell" : `cannot tell: ${this.reasons.join("; ")}`
  }
}

/**
 * A failure in one line: what is wrong, where, and what to do. Nothing but the message is shown, and never a stack. `nameOf` says
 * what to call a setting, of which the variable or the flag is given.
 *
 * @category rendering
 * @since 0.1.0
 */
export const oneLine = (error: unknown, nameOf: (name: string) => string = (name) => name): string => {
  if (isConfigError(error)) return configLine(error, nameOf)
  if (error instanceof SettingError) return joined(`${nameOf(error.setting)}: ${error.detail}`)
  return joined(error instanceof Error ? error.message : String(error))
}

const joined = (message: string) => message.replace(/\s*\n\s*/g, " ")

const isConfigError = (error: unknown): error is { readonly _tag: "ConfigError"; readonly message: string } =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "ConfigError"

/** What the configuration error says, of the setting that it is about. */
const configLine = ({ message }: { readonly message: string }, nameOf: (name: string) => string): string => {
  const [, detail = message, path = ""] = /^(?:SchemaError\()?(.*?)\s*at ((?:\["\w+"\])+)\)?$/s.exec(message) ?? []
  const variable = [...path.matchAll(/\w+/g)].join("_")
  if (detail === "Expected string") return `${variable} is not set. Set it by ${Settings.ways(variable)}`
  return `${nameOf(variable)}: ${joined(expected(detail))}`
}

/** What a value should be, in words. */
const expected = (detail: string): string => {
  const choices = Array.from(detail.matchAll(/"([^"]*)"/g), ([, choice]) => choice)
  if (choices.length > 1 && choices.includes("yes")) return "must be true or false"
  if (choices.length > 1) return `must be ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`
  return detail
    .replace(/^Expected/, "must be")
    .replace("a valid Duration string", "a length of time such as '10 minutes'")
}
