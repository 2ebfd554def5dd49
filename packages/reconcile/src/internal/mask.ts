/** Telephone numbers in text. */

/** Hides all but the last two digits of a number. Its digits need not follow one another: `080 4567 0011`. */
export const maskNumber = <A extends string | null>(text: A): A =>
  text === null
    ? text
    : (text.replace(/\d(?:[\s().-]*\d){6,}/g, (number) => number.replace(/\d(?=(?:\D*\d){2})/g, "*")) as A)
