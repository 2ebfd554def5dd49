/** The flags of `recon verify`. Its program is loaded when it is called. */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import { given } from "../../Settings.ts"
import { config, json, text, theArchive } from "../flags.ts"

export const command = Command.make(
  "verify",
  {
    config,
    json,
    archive: theArchive,
    manifest: text("manifest", "FILE", "The chain to go by, by default the archive's own"),
    publicKey: text("public-key", "FILE", "The Ed25519 key, in PEM, that must have signed every entry"),
    head: text("head", "HASH", "An entry's hash that was kept elsewhere, and must be in the chain"),
    anchorCa: text("anchor-ca", "FILE", "The certificates, in PEM, of the authorities that anchors must be signed by")
  },
  Effect.fn("recon.verify")(function* (input) {
    const { run } = yield* Effect.promise(() => import("./run.ts"))
    yield* run({ ...input, given: given(input) })
  })
).pipe(
  Command.withDescription(
    "Is the archive what its manifest says? Reads all of it again, without the network, and names the first thing that differs. Exit code 0: yes, 1: no, 3: cannot tell"
  ),
  Command.withExamples([
    { command: "recon verify --archive /srv/recordings", description: "All that is there" },
    {
      command: "recon verify --archive /srv/recordings --public-key evidence.pub --head 3fa1…",
      description: "And that it was signed, and nothing was cut off since the head was noted"
    }
  ])
)
