/** Lengths of time in settings. */
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

const from = (least: (time: Duration.Duration) => boolean, expected: string) => {
  const schema = Schema.DurationFromString.check(Schema.makeFilter(least, { expected }))
  return (name: string): Config.Config<Duration.Duration> => Config.schema(schema, name)
}

/** A length of time that may be 0. */
export const notNegative = from((time) => Duration.isGreaterThanOrEqualTo(time, Duration.zero), "at least 0")

/** A length of time. */
export const positive = from(Duration.isPositive, "longer than 0")
