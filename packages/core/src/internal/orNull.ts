import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** A field that is `null` in a row that does not say, and in one that is made without it. */
export const orNull = <S extends Schema.Constraint & Schema.WithoutConstructorDefault>(schema: S) =>
  Schema.NullOr(schema).pipe(Schema.withConstructorDefault(Effect.succeed(null)))

/** Names of fields: none in a row that is made without them. */
export const names = Schema.Array(Schema.String).pipe(Schema.withConstructorDefault(Effect.succeed([])))
