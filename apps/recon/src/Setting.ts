/* oxlint-disable max-lines -- almost all of it is one table, with an entry for each setting */
/**
 * The settings of the command, each said once: its flag, variable, key of the configuration file, default and meaning. Almost all of this
 * file is one table.
 *
 * @since 0.1.0
 */

/**
 * Where a setting is listed in the help and in the docs.
 *
 * @category models
 * @since 0.1.0
 */
export type Group = (typeof groups)[number]

/**
 * The groups of settings, in the order of the help.
 *
 * @category constants
 * @since 0.1.0
 */
export const groups = ["Window", "Rules", "Files", "Archive and evidence", "Job", "Cluster", "Connection"] as const

/**
 * One setting, by its flag, its variable and its key in the configuration file.
 *
 * @category models
 * @since 0.1.0
 */
export interface Setting {
  readonly variable: string
  /** The flag without its dashes. @default none: secrets have no flag, where every user of the machine could read them */
  readonly flag?: string
  /** What the help calls the flag's value; a switch has none. */
  readonly metavar?: string
  /** What it means, in one sentence without its full stop. */
  readonly help: string
  /** What holds without it, as a user would write it. @default nothing */
  readonly default?: string
  /** The least and the largest whole number. @default any text */
  readonly range?: readonly [least: number, most: number]
  /** The texts that it can have. @default any text */
  readonly choices?: ReadonlyArray<string>
  readonly isSwitch?: true
  readonly isSecret?: true
  readonly group: Group
}

/**
 * Every setting, by its key in a configuration file, with its exact type.
 *
 * @category constants
 * @since 0.1.0
 */
export const table = {
  zone: {
    variable: "RECON_ZONE",
    flag: "zone",
    metavar: "ZONE",
    help: "Time zone of all days and times, such as Asia/Kolkata or +05:30",
    default: "the policy's, or UTC",
    group: "Window"
  },
  days: {
    variable: "RECON_DAYS",
    flag: "days",
    range: [1, 366],
    help: "Without --from, how many days the window reaches back",
    default: "7",
    group: "Window"
  },
  policy: {
    variable: "RECON_POLICY",
    flag: "policy",
    metavar: "FILE",
    help: "Which calls must, may or must not be recorded, in YAML or JSON",
    group: "Rules"
  },
  voiceApi: {
    variable: "RECON_VOICE_API",
    flag: "voice-api",
    choices: ["must", "may", "unknown"],
    help: "Without --policy: whether calls without a trunk had to be recorded; the API does not say",
    default: "unknown",
    group: "Rules"
  },
  recordedNumbers: {
    variable: "RECON_RECORDED_NUMBERS",
    flag: "recorded-numbers",
    metavar: "LIST",
    help: "Without --policy: voice-API calls from or to these numbers, separated by commas, had to be recorded",
    group: "Rules"
  },
  minimumTalk: {
    variable: "RECON_MINIMUM_TALK",
    flag: "minimum-talk",
    metavar: "DURATION",
    help: "Without --policy: calls with less talk need no recording",
    default: "3 seconds",
    group: "Rules"
  },
  minimumShare: {
    variable: "RECON_MINIMUM_SHARE",
    flag: "minimum-share",
    metavar: "PERCENT",
    help: "Without --policy: how much of a call's talk must be recorded",
    default: "95",
    group: "Rules"
  },
  maximumGap: {
    variable: "RECON_MAXIMUM_GAP",
    flag: "maximum-gap",
    metavar: "DURATION",
    help: "Without --policy: the longest gap that a recorded call may have",
    default: "10 seconds",
    group: "Rules"
  },
  rates: {
    variable: "RECON_RATES",
    flag: "rates",
    metavar: "FILE",
    help: "Your contract's rate card, in YAML or JSON; each charge is compared with it",
    default: "none: no charge is judged",
    group: "Rules"
  },
  settle: {
    variable: "RECON_SETTLE",
    flag: "settle",
    metavar: "DURATION",
    help: "How long after a call's end its CDR and recording may still arrive",
    default: "1 hour",
    group: "Rules"
  },
  skew: {
    variable: "RECON_SKEW",
    flag: "skew",
    metavar: "DURATION",
    help: "How far the clocks of calls and recordings may differ",
    default: "5 seconds",
    group: "Rules"
  },
  longestCall: {
    variable: "RECON_LONGEST_CALL",
    flag: "longest-call",
    metavar: "DURATION",
    help: "The longest time that a call can last",
    default: "4 hours",
    group: "Rules"
  },
  retention: {
    variable: "RECON_RETENTION",
    flag: "retention",
    metavar: "DURATION",
    help: "How long the provider keeps recordings",
    default: "30 days",
    group: "Rules"
  },
  target: {
    variable: "RECON_TARGET",
    flag: "target",
    metavar: "PERCENT",
    help: "Required coverage: percent of the calls that had to be recorded, such as 99.9, or of their talk, such as '99.9% of talk'",
    default: "100",
    group: "Rules"
  },
  allowEmpty: {
    variable: "RECON_ALLOW_EMPTY",
    flag: "allow-empty",
    isSwitch: true,
    help: "Accept a window in which no call had to be recorded, or, for recon archive, in which no recording is listed",
    default: "false: the verdict is unknown then",
    group: "Rules"
  },
  complete: {
    variable: "RECON_COMPLETE",
    flag: "complete",
    isSwitch: true,
    help: "The files hold all CDRs and recordings of the window",
    default: "false: the verdict is unknown",
    group: "Files"
  },
  cdrCount: {
    variable: "RECON_CDR_COUNT",
    flag: "cdr-count",
    metavar: "NUMBER",
    help: "The provider's count of the CDRs in the files: totalCalls in its summary",
    group: "Files"
  },
  recordingCount: {
    variable: "RECON_RECORDING_COUNT",
    flag: "recording-count",
    metavar: "NUMBER",
    help: "The provider's count of the recordings in the files: total_count in its list",
    group: "Files"
  },
  map: {
    variable: "RECON_MAP",
    flag: "map",
    metavar: "FILE",
    help: "Names of columns and keys in your files, in YAML or JSON: one line 'their name: our name' for each",
    group: "Files"
  },
  out: {
    variable: "RECON_OUT",
    flag: "out",
    metavar: "FOLDER",
    help: "Also write pages and tables into this folder",
    group: "Files"
  },
  archive: {
    variable: "RECON_ARCHIVE",
    flag: "archive",
    metavar: "FOLDER",
    help: "The archive's folder; recon reconcile checks the audio there, and findings.html can play it",
    group: "Archive and evidence"
  },
  archiveSettle: {
    variable: "RECON_ARCHIVE_SETTLE",
    flag: "settle",
    metavar: "DURATION",
    help: "How long to wait after a recording was added before fetching it",
    default: "5 minutes",
    group: "Archive and evidence"
  },
  archiveS3: {
    variable: "RECON_ARCHIVE_S3",
    help: "Store audio in this bucket instead of the folder: s3://bucket/prefix",
    group: "Archive and evidence"
  },
  archiveS3Endpoint: {
    variable: "RECON_ARCHIVE_S3_ENDPOINT",
    help: "The S3 server of that bucket",
    default: "Amazon's",
    group: "Archive and evidence"
  },
  archiveS3Lock: {
    variable: "RECON_ARCHIVE_S3_LOCK",
    help: "Object lock of each upload, such as 'compliance 365 days' (or governance); the bucket must allow it",
    group: "Archive and evidence"
  },
  archiveS3Encryption: {
    variable: "RECON_ARCHIVE_S3_ENCRYPTION",
    help: "Encryption by the store: AES256, aws:kms, or aws:kms and the id of a key",
    default: "the bucket's",
    group: "Archive and evidence"
  },
  archiveKey: {
    variable: "VOBIZ_ARCHIVE_KEY",
    help: "Encrypts all personal data in an archive: 32 bytes, as 64 hexadecimal digits or in base64; older keys, for reading only, follow after commas",
    isSecret: true,
    group: "Archive and evidence"
  },
  archiveKeyFile: {
    variable: "VOBIZ_ARCHIVE_KEY_FILE",
    help: "File with that key, readable only by its owner; older keys follow, one per line",
    group: "Archive and evidence"
  },
  anchor: {
    variable: "RECON_ANCHOR",
    flag: "anchor",
    metavar: "URL",
    help: "Let this time-stamp authority (RFC 3161) stamp the manifest's head after each recon archive, and print the head to keep on paper",
    group: "Archive and evidence"
  },
  evidence: {
    variable: "RECON_EVIDENCE",
    flag: "evidence",
    metavar: "FOLDER",
    help: "Store the lists and findings of each run in this folder, for recon verify; it may be the archive's folder",
    group: "Archive and evidence"
  },
  evidenceKey: {
    variable: "VOBIZ_EVIDENCE_KEY",
    help: "Signs the runs in the manifest: an Ed25519 key in PEM",
    isSecret: true,
    group: "Archive and evidence"
  },
  evidenceKeyFile: {
    variable: "VOBIZ_EVIDENCE_KEY_FILE",
    help: "File with that key, readable only by its owner",
    group: "Archive and evidence"
  },
  ledger: {
    variable: "RECON_LEDGER",
    flag: "ledger",
    metavar: "FILE",
    help: "Record runs and the history of their findings in this file",
    group: "Job"
  },
  keep: {
    variable: "RECON_KEEP",
    flag: "keep",
    metavar: "FOLDER",
    help: "Store rows in this folder while they are read, so that an interrupted run can resume",
    group: "Job"
  },
  memory: {
    variable: "RECON_MEMORY",
    flag: "memory",
    metavar: "SIZE",
    help: "Memory limit of the databases of a run and its ledger, or of each unit of recon cluster, such as 2GB; the rest spills to --temp",
    default: "half of the memory of the machine, or of its cgroup if that is less; the units of recon cluster share it",
    group: "Job"
  },
  temp: {
    variable: "RECON_TEMP",
    flag: "temp",
    metavar: "FOLDER",
    help: "Where the database spills to: it makes a folder of its own there and removes it at the end",
    default: "the system's temporary folder",
    group: "Job"
  },
  wait: {
    variable: "RECON_WAIT",
    flag: "wait",
    metavar: "DURATION",
    help: "How long to wait for another run that uses the ledger or the archive, such as '5 minutes'",
    default: "10 minutes with --every, else not at all",
    group: "Job"
  },
  every: {
    variable: "RECON_EVERY",
    flag: "every",
    metavar: "CRON",
    help: "Run at these times of --zone until interrupted, such as '0 2 * * *' for each night at two",
    group: "Job"
  },
  logFormat: {
    variable: "RECON_LOG_FORMAT",
    flag: "log-format",
    choices: ["json", "text"],
    help: "Format of the logs on standard error",
    default: "text",
    group: "Job"
  },
  otlp: {
    variable: "RECON_OTLP",
    flag: "otlp",
    metavar: "URL",
    help: "Send traces, metrics and logs to this OTLP/HTTP collector, such as http://localhost:4318",
    group: "Job"
  },
  metricsFile: {
    variable: "RECON_METRICS_FILE",
    flag: "metrics-file",
    metavar: "FILE",
    help: "Write metrics to this file after each run, for node_exporter's textfile collector",
    group: "Job"
  },
  notifyUrl: {
    variable: "RECON_NOTIFY_URL",
    flag: "notify-url",
    metavar: "URL",
    help: "Post new problems to this URL as JSON, signed if RECON_NOTIFY_SECRET is set",
    group: "Job"
  },
  notifySecret: {
    variable: "RECON_NOTIFY_SECRET",
    help: "Signs the posts to the webhook",
    isSecret: true,
    group: "Job"
  },
  notifyCommand: {
    variable: "RECON_NOTIFY_COMMAND",
    flag: "notify-command",
    metavar: "COMMAND",
    help: "Run this command with sh -c for new problems, with JSON on its standard input",
    group: "Job"
  },
  lake: {
    variable: "RECON_LAKE",
    flag: "lake",
    metavar: "FOLDER",
    help: "The folder, or s3://bucket/prefix, that all runners share",
    group: "Cluster"
  },
  lakeS3Endpoint: {
    variable: "RECON_LAKE_S3_ENDPOINT",
    help: "The S3 server of that bucket",
    default: "Amazon's",
    group: "Cluster"
  },
  lakeScratch: {
    variable: "RECON_LAKE_SCRATCH",
    help: "With a bucket: local folder for files in use",
    default: "the system's temporary folder",
    group: "Cluster"
  },
  state: {
    variable: "RECON_STATE",
    flag: "state",
    metavar: "FILE",
    help: "Without RECON_DATABASE: file with the state of runs",
    default: "in the lake's folder",
    group: "Cluster"
  },
  accounts: {
    variable: "RECON_ACCOUNTS",
    flag: "accounts",
    metavar: "FILE",
    help: "File of accounts with their tokens, as a JSON list",
    default: "the one of the settings",
    group: "Cluster"
  },
  database: {
    variable: "RECON_DATABASE",
    help: "The cluster's PostgreSQL; without one, the submitting process does all the work",
    isSecret: true,
    group: "Cluster"
  },
  clusterSecret: {
    variable: "RECON_CLUSTER_SECRET",
    help: "Shared secret of all runners and submitters: at least 32 characters",
    default: "required by runners",
    isSecret: true,
    group: "Cluster"
  },
  clusterSecretFile: {
    variable: "RECON_CLUSTER_SECRET_FILE",
    help: "File with that secret, readable only by its owner",
    group: "Cluster"
  },
  findingsDatabase: {
    variable: "RECON_FINDINGS_DATABASE",
    help: "PostgreSQL that recon cluster store writes findings to",
    default: "RECON_DATABASE",
    isSecret: true,
    group: "Cluster"
  },
  authId: {
    variable: "VOBIZ_AUTH_ID",
    flag: "auth-id",
    metavar: "ID",
    help: "Account id; its token comes from VOBIZ_AUTH_TOKEN or the configuration file",
    default: "required",
    group: "Connection"
  },
  authToken: {
    variable: "VOBIZ_AUTH_TOKEN",
    help: "The account's token",
    default: "required",
    isSecret: true,
    group: "Connection"
  },
  baseUrl: {
    variable: "VOBIZ_BASE_URL",
    flag: "base-url",
    metavar: "URL",
    help: "API host",
    default: "https://api.vobiz.ai",
    group: "Connection"
  },
  pageSize: {
    variable: "VOBIZ_PAGE_SIZE",
    flag: "page-size",
    range: [1, 100],
    help: "Rows to ask for per page",
    default: "100",
    group: "Connection"
  },
  concurrency: {
    variable: "VOBIZ_CONCURRENCY",
    flag: "concurrency",
    range: [1, 64],
    help: "Requests under way at once",
    default: "4",
    group: "Connection"
  },
  rateLimit: {
    variable: "VOBIZ_RATE_LIMIT",
    flag: "rate-limit",
    range: [1, 10_000],
    help: "Requests per second",
    default: "10",
    group: "Connection"
  },
  attemptTimeout: {
    variable: "VOBIZ_ATTEMPT_TIMEOUT",
    help: "How long one attempt may take",
    default: "30 seconds",
    group: "Connection"
  },
  deadline: {
    variable: "VOBIZ_DEADLINE",
    help: "How long one call may take, with its waits and retries",
    default: "3 minutes; 90 for jobs",
    group: "Connection"
  },
  maxBodyBytes: {
    variable: "VOBIZ_MAX_BODY_BYTES",
    help: "Largest response in bytes, after decompression; audio is streamed",
    default: "67108864 (64 MiB)",
    group: "Connection"
  },
  callingCode: {
    variable: "VOBIZ_CALLING_CODE",
    help: "Country calling code of numbers in national form, such as 91",
    group: "Connection"
  },
  rowsZone: {
    variable: "VOBIZ_ROWS_ZONE",
    flag: "rows-zone",
    metavar: "ZONE",
    help: "Time zone of times in rows that name none",
    default: "UTC, with a warning",
    group: "Connection"
  },
  contract: {
    variable: "RECON_CONTRACT",
    flag: "contract",
    metavar: "FILE",
    help: "Contract file made by recon doctor, with what it detected about the account",
    group: "Connection"
  }
} as const satisfies Readonly<Record<string, Setting>>

/**
 * The key of a setting in a configuration file.
 *
 * @category models
 * @since 0.1.0
 */
export type Key = keyof Table

/**
 * The type of the table of settings.
 *
 * @category models
 * @since 0.1.0
 */
export type Table = typeof table

/**
 * The same, each as a `Setting`. Flags, variables, help, messages and the tables of the docs come from here.
 *
 * @category constants
 * @since 0.1.0
 */
export const all: Readonly<Record<Key, Setting>> = table
