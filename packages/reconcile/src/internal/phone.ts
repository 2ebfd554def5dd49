/** Telephone numbers of evidence: one text, in E.164 where that is known, else as the provider printed it. */
import * as PhoneNumber from "@vobiz-effect/core/PhoneNumber"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

/** A number out of its text. */
export const of = (text: string): PhoneNumber.PhoneNumber =>
  PhoneNumber.of(text, /^\+[1-9]\d{6,14}$/.test(text) ? text : null)

/** In JSON it is its text. */
export const Phone: Schema.declare<PhoneNumber.PhoneNumber> = Schema.declare(PhoneNumber.isPhoneNumber, {
  expected: "a telephone number",
  toCodecJson: () =>
    Schema.link<PhoneNumber.PhoneNumber>()(
      Schema.String,
      SchemaTransformation.transform({ decode: of, encode: PhoneNumber.reveal })
    )
})

/** A number of which nothing is known but how it is masked. */
export const masked = (number: PhoneNumber.PhoneNumber): PhoneNumber.PhoneNumber =>
  PhoneNumber.of(PhoneNumber.mask(number), null)
