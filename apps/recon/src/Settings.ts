/**
 * Where the settings of a program come from: flags over environment over configuration file.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { Yaml } from "effect/encoding"
import * as FileSystem from "effect/FileSystem"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { closest, distance } from "fastest-levenshtein"
import * as FileTrouble from "./internal/fileTrouble.ts"
import { all, type Key, type Setting } from "./Setting.ts"

/**
 * A configuration file that cannot be used.
 *
 * @category errors
 * @since 0.1.0
 */
export class SettingsError extends Schema.TaggedError<SettingsError>()("SettingsError", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `configuration file ${this.file}: ${this.detail}`
  }
}

/**
 * Settings by their keys in a configuration file.
 *
 * @category models
 * @since 0.1.0
 */
export type Values = { readonly [K in Key]?: string | undefined }

/**
 * The settings that a command line has.
 *
 * @category models
 * @since 0.1.0
 */
export interface CommandInput {
  /** The configuration file that `--config` names. */
  readonly config: string | undefined
  /** The values of the flags that are settings. */
  readonly flags: Values
}

const isKey = (key: string): key is Key => Object.hasOwn(all, key)

/**
 * The settings among the flags of a command.
 *
 * @category getters
 * @since 0.1.0
 */
export const commandInput = (input: Readonly<Record<string, unknown>>): CommandInput => ({
  config: typeof input["config"] === "string" ? input["config"] : undefined,
  flags: Object.fromEntries(
    Object.entries(input).flatMap(([key, value]) =>
      isKey(key) && (typeof value === "string" || typeof value === "number" || value === true)
        ? [[key, String(value)]]
        : []
    )
  )
})

const toEnv = (values: Values): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      isKey(key) && value !== undefined ? [[all[key].variable, value]] : []
    )
  )

/**
 * Tells by what the user said a setting, of which the variable or a flag is known: by the flag, the variable, or the key in the
 * configuration file. `args` are those of the command.
 *
 * @category getters
 * @since 0.1.0
 */
export const sources = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
  const provider = yield* ConfigProvider.ConfigProvider
  const isSet = (variable: string) => Effect.isSuccess(Config.String(variable).parse(provider))
  const isGiven = (flag: string) => args.some((arg) => arg === `--${flag}` || arg.startsWith(`--${flag}=`))
  const set = new Set<string>()
  for (const { variable } of Object.values<Setting>(all)) if (yield* isSet(variable)) set.add(variable)
  const isFile = isGiven("config") || (yield* isSet("RECON_CONFIG"))
  return (name: string): string => {
    const settings = Object.entries<Setting>(all).filter(
      ([, { flag, variable }]) => variable === name || (flag !== undefined && `--${flag}` === name)
    )
    const [first] = settings
    if (first === undefined) return name
    const flag = settings.map(([, setting]) => setting.flag).find((flag) => flag !== undefined && isGiven(flag))
    if (flag !== undefined) return `--${flag}`
    const variable = settings.map(([, setting]) => setting.variable).find((variable) => set.has(variable))
    return variable ?? (isFile ? `${first[0]} in the configuration file` : name)
  }
})

/**
 * The ways to set what a variable stands for: `--auth-id, VOBIZ_AUTH_ID, or authId in the configuration file`.
 *
 * @category getters
 * @since 0.1.0
 */
export const ways = (variable: string): string => {
  const found = Object.entries<Setting>(all).find(([, setting]) => setting.variable === variable)
  if (found === undefined) return variable
  const [key, { flag }] = found
  return [...(flag === undefined ? [] : [`--${flag}`]), variable, `or ${key} in the configuration file`].join(", ")
}

const File = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))
const decodeFile = Schema.decodeUnknownEffect(File)

/** Reads a configuration file in YAML (of which JSON is a part). */
const readFile = Effect.fnUntraced(function* (path: string) {
  const wrong = (detail: string) => new SettingsError({ file: path, detail })
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(path).pipe(Effect.mapError((error) => wrong(FileTrouble.toRead(error))))
  const parsed = yield* Effect.try({
    try: () => Yaml.parse(text),
    catch: (cause) => wrong(`not YAML: ${cause instanceof Error ? cause.message : String(cause)}`)
  })
  const values = yield* decodeFile(parsed ?? {}).pipe(
    Effect.mapError(() => wrong("must be a list of `name: value` lines, each value a text, a number, true or false"))
  )
  const unknown = Object.keys(values).find((key) => !isKey(key))
  if (unknown !== undefined) {
    const near = closest(unknown, Object.keys(all))
    const advice = distance(near, unknown) <= 3 ? `Did you mean ${near}?` : `There are: ${Object.keys(all).join(", ")}`
    return yield* wrong(`there is no setting "${unknown}". ${advice}`)
  }
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)])) as Values
})

/**
 * Puts flags and a configuration file around the environment: what a flag says counts first, then the environment,
 * then the file.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: {
  readonly flags: Values
  readonly file: string | undefined
}): Layer.Layer<never, SettingsError, FileSystem.FileSystem> =>
  ConfigProvider.layer(
    Effect.gen(function* () {
      const environment = yield* ConfigProvider.ConfigProvider
      const file = options.file === undefined ? {} : yield* readFile(options.file)
      return ConfigProvider.fromEnvRecord(toEnv(options.flags)).pipe(
        ConfigProvider.orElse(environment),
        ConfigProvider.orElse(ConfigProvider.fromEnvRecord(toEnv(file)))
      )
    })
  )
