/** What the commands have in common. */
import { JsonDispatcher, RetryPolicy, Vobiz, VobizConfig } from "@vobiz-effect/core"
import * as Zone from "@vobiz-effect/reconcile/Zone"
import { TerminalCapabilities } from "effect/cli"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Terminal from "effect/Terminal"
import * as Contract from "../Contract.ts"
import { SettingError } from "../Failure.ts"
import * as Settings from "../Settings.ts"
import * as Window from "../Window.ts"
import * as Policies from "./policies.ts"
import * as Time from "./time.ts"

/** A setting that need not be there. */
export const optional = (name: string) => Effect.map(Config.option(Config.NonEmptyString(name)), Option.getOrUndefined)

/** A setting that is true or false, and false where it is not there. */
export const yes = (name: string) => Config.Boolean(name).pipe(Config.withDefault(false))

/** The settings in force: flags over environment over configuration file. */
export const settings = ({ config, flags }: Settings.CommandInput) =>
  Layer.unwrap(Effect.map(optional("RECON_CONFIG"), (file) => Settings.layer({ flags, file: config ?? file })))

/** The contract file that is named, if any. */
export const contractFile = optional("RECON_CONTRACT")

/** What `recon doctor` found of the account, where a contract file is named; it must be there then. */
export const contract = Effect.gen(function* () {
  const file = yield* contractFile
  if (file === undefined) return null
  const found = yield* Contract.readOf(file, yield* VobizConfig.VobizConfig)
  if (found !== null) return found
  return yield* new SettingError({
    setting: "--contract",
    detail: `there is no file ${file}. Make it by: recon doctor --contract ${file}`
  })
})

/** The settings in force, no larger pages than the contract knows either list to give, and no days more than it needs. */
const config = Effect.gen(function* () {
  const settings = yield* VobizConfig.VobizConfig
  const found = yield* contract
  if (found === null) return settings
  // A list that gives fewer rows a page than are asked is read all the same; one that is asked for fewer is not.
  const caps = [found.recordings, found.cdrs].map(({ pageCap }) => pageCap ?? settings.pageSize)
  return {
    ...settings,
    pageSize: Math.min(settings.pageSize, Math.max(...caps)),
    cdrDays: Contract.cdrDays(found)
  }
}).pipe(Effect.provide(VobizConfig.VobizConfig.layerConfig()))

/** A job keeps trying, as nobody waits for it. */
const policy = Effect.gen(function* () {
  const isJob = (yield* optional("RECON_EVERY")) !== undefined
  const usual = isJob ? RetryPolicy.unattended : RetryPolicy.interactive
  return { ...usual, deadline: yield* Time.positive("VOBIZ_DEADLINE").pipe(Config.withDefault(usual.deadline)) }
})

/** The provider's services by the settings in force. */
export const services = Layer.unwrap(
  Effect.gen(function* () {
    return Vobiz.layer(yield* config).pipe(Layer.provide([RetryPolicy.layer(yield* policy), JsonDispatcher.layerNode]))
  })
)

/** The one zone of a run: what the flag or the setting says, else the zone of the policy that is set, else UTC. */
export const zoneOf = Effect.fnUntraced(function* (
  flag: string | undefined,
  given?: { readonly zone?: string | undefined }
) {
  const named = flag ?? (yield* optional("RECON_ZONE"))
  if (named !== undefined) return yield* Window.zone(named)
  const policy = given ?? (yield* Policies.named)
  return policy === null ? Zone.utc : Zone.ofPolicy(policy)
})

/** The window and the zone of its days. Without any, the last days: seven, or as many as are set. */
export const span = Effect.fnUntraced(function* (
  input: { readonly from: string | undefined; readonly to: string | undefined; readonly zone: string | undefined },
  policy?: { readonly zone?: string | undefined }
) {
  const zone = yield* zoneOf(input.zone, policy)
  const days = yield* Config.schema(Days, "RECON_DAYS").pipe(Config.withDefault(7))
  const window = yield* Window.parse({ from: input.from, to: input.to, zone, days })
  return { window, zone }
})

const Days = Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: 366 }))

/** The folder that files are to go into, if any. */
export const out = Effect.fnUntraced(function* (flag: string | undefined) {
  return flag ?? (yield* optional("RECON_OUT"))
})

/** How wide the terminal is, and whether it shows colours. */
export const terminal = Effect.gen(function* () {
  const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
  const columns = yield* (yield* Terminal.Terminal).columns
  // A pipe has no width: whoever reads it cuts for itself.
  return { width: columns > 0 ? columns : 200, color: canColor }
})
