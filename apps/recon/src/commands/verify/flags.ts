/** The flags of `recon verify`. Its program is loaded when it is called. */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import { commandInput } from "../../Settings.ts"
import { config, json, text, theArchive } from "../flags.ts"

export const command = Command.make(
  "verify",
  {
    config,
    json,
    archive: theArchive,
    manifest: text("manifest", "FILE", "The chain to check against, by default the archive's own"),
    publicKey: text("public-key", "FILE", "Public Ed25519 key, in PEM, that must have signed every entry"),
    head: text("head", "HASH", "Hash of an entry, noted elsewhere, that must be in the chain"),
    anchorCa: text("anchor-ca", "FILE", "Certificates, in PEM, of the authorities that must have signed the anchors")
  },
  Effect.fn("recon.verify")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ ...input, commandInput: commandInput(input) })
  })
).pipe(
  Command.withDescription(
    "Is the archive what its manifest says? Rereads everything, without the network, and names the first difference. Exit code 0: yes, 1: no, 3: cannot tell"
  ),
  Command.withExamples([
    { command: "recon verify --archive /srv/recordings", description: "All that is there" },
    {
      command: "recon verify --archive /srv/recordings --public-key evidence.pub --head 3fa1…",
      description: "Also check that every entry is signed, and that none was cut off since you noted the head"
    }
  ])
)
