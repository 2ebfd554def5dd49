/** Opens a bucket, and prints why that fails. */
import { Effect } from "effect"

import { Bucket } from "../../src/index.ts"

Effect.runFork(
  Bucket.make({ bucket: "recordings" }).pipe(
    Effect.matchEffect({
      onFailure: ({ message }) => Effect.sync(() => process.stdout.write(message)),
      onSuccess: () => Effect.sync(() => process.stdout.write("opened"))
    }),
    Effect.scoped
  )
)
