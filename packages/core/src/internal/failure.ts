/** Failures of requests. */
import * as Effect from "effect/Effect"

import { type Reason, VobizError } from "../VobizError.ts"

/** Fails as an operation of the client, with what the provider called the request. */
export const fail = (operation: string, reason: Reason, requestId: string | null = null) =>
  Effect.fail(new VobizError({ operation, requestId, reason }))
