/** What the commands have in common. */
import { Vobiz } from "@vobiz-effect/core"
import { TerminalCapabilities } from "effect/cli"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Terminal from "effect/Terminal"
import type { Connection } from "../Cli.ts"
import * as Settings from "../Settings.ts"
import * as Window from "../Window.ts"

const optional = (name: string) => Effect.map(Config.option(Config.NonEmptyString(name)), Option.getOrUndefined)

/** The settings in force: flags over environment over configuration file. */
export const settings = ({ config, flags }: Connection, more: Settings.Values = {}) =>
  Layer.unwrap(
    Effect.map(optional("RECON_CONFIG"), (file) =>
      Settings.layer({ flags: { ...flags, ...more }, file: config ?? file })
    )
  )

/** The provider's services by the settings in force. */
export const services = Vobiz.layerConfig

/** The window and the zone of its days. Without any, the last seven days. */
export const span = Effect.fnUntraced(function* (input: {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly zone: string | undefined
}) {
  const zone = yield* Window.parseZone(input.zone ?? (yield* optional("RECON_ZONE")) ?? "UTC")
  const window = yield* Window.parse({ from: input.from, to: input.to, zone, days: 7 })
  return { window, zone }
})

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
