/**
 * Formats numbers, instants, durations and labels for the page of findings.
 *
 * `wordsOf` runs in the browser, so it must not refer to anything outside itself except its arguments.
 */
export interface Words {
  readonly nothing: string
  readonly count: (value: number) => string
  readonly instant: (millis: number | null) => string
  /** A duration as on a clock. */
  readonly clock: (millis: number | null) => string
  /** A duration in words, in up to two units. */
  readonly span: (millis: number) => string
  /** The time left until a deadline. */
  readonly left: (deadline: number | null, now: number) => string
  readonly label: (code: string) => string
}

/** The words of a page whose instants are in `zone`. `labels` has the labels of the codes of findings. */
export function wordsOf(zone: string, labels: Readonly<Record<string, string>>): Words {
  const nothing = "–"
  const count = (value: number) => value.toLocaleString("en")
  const [, sign = "+", hours = "0", minutes = "0"] = /^([+-])(\d{2}):(\d{2})$/.exec(zone) ?? []
  // Not every browser knows offsets as zones.
  const isOffset = /^[+-]/.test(zone)
  const shift = isOffset ? (sign === "-" ? -60_000 : 60_000) * (60 * Number(hours) + Number(minutes)) : 0
  // The Swedish write dates as ISO 8601 does.
  const inZone = new Intl.DateTimeFormat("sv", {
    timeZone: isOffset ? "UTC" : zone,
    dateStyle: "short",
    timeStyle: "medium"
  })
  const instant = (millis: number | null) => (millis === null ? nothing : inZone.format(millis + shift))
  const clock = (millis: number | null) => {
    if (millis === null) return nothing
    const seconds = Math.round(millis / 1000)
    const part = (value: number) => String(value).padStart(2, "0")
    return `${Math.floor(seconds / 3600)}:${part(Math.floor(seconds / 60) % 60)}:${part(seconds % 60)}`
  }
  const span = (millis: number) => {
    const minutes = Math.floor(millis / 60_000)
    const hours = Math.floor(minutes / 60)
    if (hours < 1) return `${minutes} min`
    return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
  }
  const left = (deadline: number | null, now: number) =>
    deadline === null ? nothing : deadline <= now ? "passed" : span(deadline - now)
  const label = (code: string) => labels[code] ?? code
  return { nothing, count, instant, clock, span, left, label }
}
