/** Text that others wrote, made fit for an error, a log, a span or a metric. */
import { maskDigits } from "../PhoneNumber.ts"

/**
 * The start of a text, without secrets, telephone numbers, control characters, terminal escape sequences or characters that
 * change the direction of writing: one line of at most 300 characters.
 */
export type Cut = (text: string) => string

const maxShown = 300

/** How much of a text is looked at: more only where it is full of characters that are not shown. */
const maxRead = 20_000

// Built from strings: a pattern with control characters in it cannot be read.
const [esc, bell] = ["\\u001b", "\\u0007"]
const csi = `(?:${esc}\\[|\\u009b)[0-?]*[ -/]*[@-~]?`
const text = `(?:${esc}[\\]PX^_]|[\\u0090\\u0098\\u009d-\\u009f])[^${bell}${esc}\\u009c]*(?:${bell}|${esc}\\\\|\\u009c)?`
const escapes = new RegExp(`${csi}|${text}|${esc}[ -/]*[0-~]?`, "g")

/** Control and format characters, among them all that change the direction of writing, and halves of characters. */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{DI}]/gu

const literally = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

/** The forms in which a secret may come back: as it is, in a URL, and in JSON. */
const formsOf = (secret: string) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]

export const cutter = (secrets: ReadonlyArray<string>): Cut => {
  const forms = secrets.filter((secret) => secret !== "").flatMap(formsOf)
  // A host name comes back in lower case.
  const hidden = forms.length === 0 ? undefined : new RegExp(forms.map(literally).join("|"), "gi")
  const longest = Math.max(0, ...forms.map(({ length }) => length))
  return (text) => {
    const seen = text
      .slice(0, maxRead)
      .replace(escapes, "")
      .replace(/\s+/gu, " ")
      .replace(unseen, "")
      .replace(/ {2,}/g, " ")
      .trim()
    // What was cut off could be the rest of a secret.
    const whole = text.length > maxRead ? seen.slice(0, Math.max(0, seen.length - longest)) : seen
    const masked = maskDigits(hidden === undefined ? whole : whole.replace(hidden, "<redacted>"))
    if (masked.length <= maxShown) return masked
    return `${masked.slice(0, maxShown - 1).replace(/[\ud800-\udbff]$/, "")}…`
  }
}

/** The start of a JSON value as text, for a `Cut`: of a large one no more than that needs. */
export const excerpt = (json: unknown): string => {
  let left = 1000
  return (
    JSON.stringify(json, (_, value: unknown) =>
      left-- < 0
        ? undefined
        : typeof value === "string"
          ? value.slice(0, 2 * maxRead)
          : Array.isArray(value)
            ? value.slice(0, 10)
            : value
    ) ?? ""
  )
}
