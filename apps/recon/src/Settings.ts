/**
 * Where the settings of a program come from: flags over environment over configuration file.
 *
 * @since 0.1.0
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { Yaml } from "effect/encoding"
import * as FileSystem from "effect/FileSystem"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as FileTrouble from "./internal/fileTrouble.ts"

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
 * The variables of the environment, by the keys of a configuration file that stand for them.
 *
 * @category constants
 * @since 0.1.0
 */
export const keys = {
  authId: "VOBIZ_AUTH_ID",
  authToken: "VOBIZ_AUTH_TOKEN",
  baseUrl: "VOBIZ_BASE_URL",
  pageSize: "VOBIZ_PAGE_SIZE",
  concurrency: "VOBIZ_CONCURRENCY",
  rateLimit: "VOBIZ_RATE_LIMIT",
  attemptTimeout: "VOBIZ_ATTEMPT_TIMEOUT",
  deadline: "VOBIZ_DEADLINE",
  maxBodyBytes: "VOBIZ_MAX_BODY_BYTES",
  callingCode: "VOBIZ_CALLING_CODE",
  rowsZone: "VOBIZ_ROWS_ZONE",
  contract: "RECON_CONTRACT",
  zone: "RECON_ZONE",
  policy: "RECON_POLICY",
  voiceApi: "RECON_VOICE_API",
  recordedNumbers: "RECON_RECORDED_NUMBERS",
  minimumTalk: "RECON_MINIMUM_TALK",
  minimumShare: "RECON_MINIMUM_SHARE",
  maximumGap: "RECON_MAXIMUM_GAP",
  settle: "RECON_SETTLE",
  skew: "RECON_SKEW",
  longestCall: "RECON_LONGEST_CALL",
  retention: "RECON_RETENTION",
  target: "RECON_TARGET",
  allowEmpty: "RECON_ALLOW_EMPTY",
  complete: "RECON_COMPLETE",
  cdrCount: "RECON_CDR_COUNT",
  recordingCount: "RECON_RECORDING_COUNT",
  map: "RECON_MAP",
  out: "RECON_OUT",
  archive: "RECON_ARCHIVE",
  archiveSettle: "RECON_ARCHIVE_SETTLE",
  archiveS3: "RECON_ARCHIVE_S3",
  archiveS3Endpoint: "RECON_ARCHIVE_S3_ENDPOINT",
  archiveKey: "VOBIZ_ARCHIVE_KEY",
  archiveKeyFile: "VOBIZ_ARCHIVE_KEY_FILE",
  every: "RECON_EVERY",
  wait: "RECON_WAIT",
  days: "RECON_DAYS",
  evidence: "RECON_EVIDENCE",
  evidenceKeyFile: "VOBIZ_EVIDENCE_KEY_FILE",
  keep: "RECON_KEEP",
  ledger: "RECON_LEDGER",
  logFormat: "RECON_LOG_FORMAT",
  otlp: "RECON_OTLP",
  metricsFile: "RECON_METRICS_FILE",
  notifyUrl: "RECON_NOTIFY_URL",
  notifySecret: "RECON_NOTIFY_SECRET",
  notifyCommand: "RECON_NOTIFY_COMMAND"
} as const

/**
 * The name of a setting in a configuration file.
 *
 * @category models
 * @since 0.1.0
 */
export type Key = keyof typeof keys

/**
 * Settings by their names in a configuration file.
 *
 * @category models
 * @since 0.1.0
 */
export type Values = { readonly [K in Key]?: string | undefined }

const isKey = (key: string): key is Key => Object.hasOwn(keys, key)

const toEnv = (values: Values): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (isKey(key) && value !== undefined ? [[keys[key], value]] : []))
  )

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
    return yield* wrong(`there is no setting "${unknown}". There are: ${Object.keys(keys).join(", ")}`)
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
