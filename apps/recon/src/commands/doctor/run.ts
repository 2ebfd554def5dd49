/** `recon doctor` */
import { VobizConfig } from "@vobiz-effect/core"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type { CommandInput } from "../../Settings.ts"
import * as Contract from "../../Contract.ts"
import * as Doctor from "../../Doctor.ts"
import * as DoctorView from "../../DoctorView.ts"
import { CannotTell, FindingsFound, type OutputError, SettingError } from "../../Failure.ts"
import * as Output from "../../Output.ts"
import * as Session from "../session.ts"

const unwritable = ({ detail, path }: OutputError) =>
  new SettingError({ setting: "--contract", detail: `cannot write ${path}: ${detail}. Name another file` })

const defaultFile = "vobiz-contract.json"

export const run = (input: { readonly json: boolean; readonly commandInput: CommandInput }) =>
  Effect.gen(function* () {
    const file = (yield* Session.contractFile) ?? defaultFile
    const config = yield* VobizConfig.VobizConfig
    // Whether the file can be used is known before anything is asked.
    const before = yield* Contract.readOf(file, config)
    yield* Effect.mapError(Output.folder((yield* Path.Path).dirname(file)), unwritable)
    const examination = yield* Doctor.run()
    const { contract } = examination
    const view = { ...examination, differences: before === null ? null : Contract.diff(before, contract) }
    yield* Console.log(input.json ? DoctorView.json(view) : DoctorView.text(view, yield* Session.terminal))
    yield* Effect.mapError(Contract.write(file, contract), unwritable)
    if (view.differences?.some(({ known }) => known)) return yield* new FindingsFound()
    const lost = (view.differences ?? []).filter(({ lost }) => lost)
    if (lost.length > 0) {
      const reasons = lost.map(({ before, field }) => `${field} was ${before} and could not be found out this time`)
      return yield* new CannotTell({ reasons })
    }
  }).pipe(
    Effect.provide(VobizConfig.VobizConfig.layerConfig().pipe(Layer.provideMerge(Session.settings(input.commandInput))))
  )
