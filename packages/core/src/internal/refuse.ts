/** Refuses what cannot be answered, before anything is sent. */
import * as Effect from "effect/Effect"

import { FieldMessage, InvalidRequest, NotFound, VobizError } from "../VobizError.ts"

const refuse = (operation: string, fields: ReadonlyArray<FieldMessage>) =>
  Effect.fail(
    new VobizError({
      operation,
      requestId: null,
      reason: new InvalidRequest({ status: null, code: null, detail: null, fields })
    })
  )

interface Whole {
  readonly field: string
  readonly value: number
  readonly minimum: number
  readonly maximum?: number
}

/** Refuses values that are not whole numbers within their range, naming every one. */
export const unlessWhole = (operation: string, values: ReadonlyArray<Whole>): Effect.Effect<void, VobizError> => {
  const wrong = values.filter(
    ({ maximum = Infinity, minimum, value }) => !Number.isInteger(value) || value < minimum || value > maximum
  )
  return wrong.length === 0
    ? Effect.void
    : refuse(
        operation,
        wrong.map(({ field, maximum, minimum, value }) => {
          const range = maximum === undefined ? `at least ${minimum}` : `from ${minimum} to ${maximum}`
          return new FieldMessage({ field, message: `must be a whole number ${range}, not ${value}` })
        })
      )
}

/** Refuses an empty text: in a path it would name the whole list instead of one thing. */
export const ifBlank = (operation: string, field: string, value: string): Effect.Effect<void, VobizError> =>
  value.trim() === "" ? refuse(operation, [new FieldMessage({ field, message: "must not be empty" })]) : Effect.void

/** Refuses what is wrong with one field. */
export const because = (operation: string, field: string, message: string): Effect.Effect<never, VobizError> =>
  refuse(operation, [new FieldMessage({ field, message })])

/** The provider's own answer for an id it does not know, for the in-memory doubles. */
export const notFound = (operation: string, detail: string): Effect.Effect<never, VobizError> =>
  Effect.fail(new VobizError({ operation, requestId: null, reason: new NotFound({ status: 404, code: null, detail }) }))
