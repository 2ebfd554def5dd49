import type * as DateTime from "effect/DateTime"

/** What of the settings the reading of rows depends on. */
export interface Reading {
  /** The calling code of the account's country, such as `"91"`; `null` leaves national numbers unknown. */
  readonly callingCode: string | null
  /** The zone of instants that name none; `null` reads them as UTC. */
  readonly rowsZone: DateTime.TimeZone | null
}
