/** Prints instants and durations as the provider does. */

const second = 1000
const hour = 3_600_000
const indianOffset = 5.5 * hour

/** `2026-05-11T06:59:26Z`, as in CDRs. */
export const cdrTime = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

/** `2026-05-07 09:45:35.79276+05:30`, as in recordings: in one of two zones, without trailing zeros. */
export const addTime = (micros: number, indian: boolean): string => {
  const millis = Math.floor(micros / 1000) + (indian ? indianOffset : 0)
  const fraction = String(micros % (second * 1000))
    .padStart(6, "0")
    .replace(/0+$/, "")
  const clock = new Date(millis).toISOString().slice(0, 19).replace("T", " ")
  return `${clock}.${fraction}${indian ? "+05:30" : "+00:00"}`
}

/** `"7880.00000"`: milliseconds as a decimal string. */
export const decimal = (millis: number): string => `${millis}.00000`

/** The hour of the day in India, with its minutes as a fraction. */
export const indianHour = (millis: number): number => ((millis + indianOffset) / hour) % 24
