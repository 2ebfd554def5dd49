/** What others wrote, for a terminal: nothing in it is obeyed, and nothing turns the direction of writing. */

/** Control characters, separators of lines, and marks that change the direction of writing. */
export const unseen = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu

/** A line of text. */
export const plain = (text: string): string => text.replace(unseen, " ")

/** A value as JSON. `JSON.stringify` escapes few of these characters. */
export const json = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(unseen, (character) =>
    character === "\n" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )
