/** What the flags and settings ask of one run. */
import * as Effect from "effect/Effect"
import { Yaml } from "effect/encoding"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import type { CommandInput } from "../../Settings.ts"
import { SettingError } from "../../Failure.ts"
import * as Output from "../../Output.ts"
import * as Window from "../../Window.ts"
import * as Database from "../database.ts"
import * as Rates from "../rates.ts"
import * as Session from "../session.ts"
import * as Waiting from "../waiting.ts"
import * as FileTrouble from "../../internal/fileTrouble.ts"
import * as Judging from "./judging.ts"

export interface Files {
  readonly cdrs: ReadonlyArray<string>
  readonly recordings: ReadonlyArray<string>
  readonly trunks: ReadonlyArray<string>
}

export interface Input {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly zone: string | undefined
  readonly json: boolean
  readonly reveal: boolean
  readonly out: string | undefined
  readonly complete: boolean
  readonly cdrCount: string | undefined
  readonly recordingCount: string | undefined
  readonly map: string | undefined
  readonly files: Files
  readonly asOf: string | undefined
  readonly commandInput: CommandInput
}

export const namesFiles = ({ cdrs, recordings, trunks }: Files) => cdrs.length + recordings.length + trunks.length > 0

/** Whether the window moves with the time, as that of a job does. */
export const isMoving = ({ files, from, to }: Input) => from === undefined && to === undefined && !namesFiles(files)

/** All that the flags and settings say of one run, and whether its files can be written. */
export const prepare = Effect.fnUntraced(function* (input: Input) {
  const settings = yield* Judging.rules
  const rates = yield* Rates.named
  const database = yield* Database.options()
  // A wrong time to wait ends the command before anything is read.
  yield* Waiting.patience
  const { window, zone } = yield* Session.span(input, settings.policy)
  const out = yield* Session.out(input.out)
  if (out !== undefined) yield* Output.folder(out)
  const asOf = input.asOf === undefined ? undefined : yield* Window.parseInstant("--as-of", input.asOf, zone)
  const archive = yield* Session.optional("RECON_ARCHIVE")
  const fs = yield* FileSystem.FileSystem
  if (archive !== undefined && !(yield* Effect.orElseSucceed(fs.exists(archive), () => true))) {
    const detail = `there is no folder ${archive}. Make it by: recon archive --archive ${archive}`
    return yield* new SettingError({ setting: "--archive", detail })
  }
  const complete = yield* Session.yes("RECON_COMPLETE")
  if (input.complete && !namesFiles(input.files)) {
    const detail =
      "only files can be declared complete: the account's lists are proved. Name files by --cdrs and --recordings"
    return yield* new SettingError({ setting: "--complete", detail })
  }
  const totals = {
    cdrs: yield* total(input, "--cdr-count", input.cdrCount, "RECON_CDR_COUNT"),
    recordings: yield* total(input, "--recording-count", input.recordingCount, "RECON_RECORDING_COUNT")
  }
  const map = yield* Session.optional("RECON_MAP")
  if (input.map !== undefined && !namesFiles(input.files)) {
    const detail = "only files have columns: name some by --cdrs and --recordings"
    return yield* new SettingError({ setting: "--map", detail })
  }
  const names = map === undefined ? undefined : yield* columnNames(map)
  return {
    archive,
    asOf,
    complete,
    database,
    goal: yield* Judging.goal,
    names,
    out,
    rates,
    settings,
    totals,
    window,
    zone
  }
})

/** How many rows the provider counts of a list, of which files are given. */
const total = Effect.fnUntraced(function* (
  { files }: Input,
  setting: string,
  flag: string | undefined,
  variable: string
) {
  const text = yield* Session.optional(variable)
  if (flag !== undefined && !namesFiles(files)) {
    const detail = "only files need a count: the account's lists are proved. Name files by --cdrs and --recordings"
    return yield* new SettingError({ setting, detail })
  }
  if (text === undefined) return undefined
  const count = /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined
  if (count === undefined) {
    return yield* new SettingError({ setting, detail: `must be a whole number of rows, such as 1842 (got "${text}")` })
  }
  return count
})

const ColumnNames = Schema.Record(Schema.NonEmptyString, Schema.NonEmptyString)

/** What other names of columns mean, out of a file. */
const columnNames = Effect.fnUntraced(function* (file: string) {
  const wrong = (detail: string) => new SettingError({ setting: "--map", detail: `${file}: ${detail}` })
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(fs.readFileString(file), (error) => wrong(FileTrouble.toRead(error)))
  return yield* Effect.try(() => Yaml.parse(text)).pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(ColumnNames)),
    Effect.mapError(() => wrong("it must be lines of `their name: our name`, such as `Call ID: uuid`"))
  )
})

export type Prepared = Effect.Success<ReturnType<typeof prepare>>
