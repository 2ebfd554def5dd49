/** Text that others wrote, made fit for an error, a log, a span or a metric. */
import * as Base64 from "effect/encoding/Base64"
import * as Hex from "effect/encoding/Hex"

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

/** The forms in which a secret may come back as it is: plain, in a URL, and in JSON. */
const plainForms = (secret: string): ReadonlyArray<string> => [
  ...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
]

/** A shorter secret is found by itself alone: few characters of its codes would be found everywhere. */
const fewestCoded = 8

/** Base64 of bytes in the middle of others depends on how many come before, modulo three: what of it does not. */
const base64Cores = (bytes: Uint8Array): ReadonlyArray<string> =>
  [0, 1, 2].map((before) => {
    const among = new Uint8Array(before + bytes.length)
    among.set(bytes, before)
    return Base64.encode(among).slice(Math.ceil((before * 8) / 6), Math.floor((among.length * 8) / 6))
  })

const bytesOf = (secret: string) => new TextEncoder().encode(secret)

/** The forms in which a secret may come back as code, as patterns: base64 of either alphabet, hex, and each byte escaped in a URL. */
const codedForms = (secret: string): ReadonlyArray<string> => {
  if (secret.length < fewestCoded) return []
  const cores = base64Cores(bytesOf(secret)).map((core) =>
    literally(core.replaceAll(/[+/]/g, (character) => (character === "+" ? "\u0001" : "\u0002")))
      .replaceAll("\u0001", "(?:[+-]|%2b)")
      .replaceAll("\u0002", "(?:[/_]|%2f)")
  )
  const hex = Array.from(bytesOf(secret), (byte) => byte.toString(16).padStart(2, "0")).join("(?:[%:, -]|\\\\x|0x)*")
  return [...cores, hex]
}

/**
 * Takes secrets out of a body before it is read, so that no cell of a row holds one. It looks for them as they are and as plain base64 and
 * hex: a body has millions of characters.
 */
export const eraser = (secrets: ReadonlyArray<string>): ((body: string) => string) => {
  const forms = secrets
    .filter(({ length }) => length >= fewestCoded)
    .flatMap((secret) => plainForms(secret).concat(base64Cores(bytesOf(secret)), Hex.encode(bytesOf(secret))))
  const erased = (body: string) =>
    forms.reduce((text, form) => (text.includes(form) ? text.replaceAll(form, "<redacted>") : text), body)
  return (body) => {
    if (!body.includes("\\u00")) return erased(body)
    const spelt = unescaped(body)
    const without = erased(spelt)
    return without === spelt ? body : without
  }
}

/** JSON without the escapes of characters that need none. */
const unescaped = (body: string) =>
  body.replace(/\\(?:u00([2-7][\da-f])|.)/gis, (escape, code: string | undefined) => {
    const character = code === undefined ? "" : String.fromCharCode(Number.parseInt(code, 16))
    return character === "" || character === '"' || character === "\\" || character === "\u007f" ? escape : character
  })

export const cutter = (secrets: ReadonlyArray<string>): Cut => {
  const told = secrets.filter((secret) => secret !== "")
  const forms = told.flatMap((secret) => plainForms(secret).map(literally).concat(codedForms(secret)))
  // A host name comes back in lower case.
  const hidden = forms.length === 0 ? undefined : new RegExp(forms.join("|"), "gi")
  // The longest form: each byte with two characters of hex and two before them.
  const longest = Math.max(0, ...told.map((secret) => 4 * bytesOf(secret).length))
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
