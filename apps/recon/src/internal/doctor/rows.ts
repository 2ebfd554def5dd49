/** The rows of the provider's answers, as far as an examination needs them. */
import { PhoneNumber } from "@vobiz-effect/core"
import { DecodeFailure, type Reason, VobizError } from "@vobiz-effect/core/VobizError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

export const failure = (reason: Reason) => new VobizError({ operation: "Doctor.run", requestId: null, reason })

const decoder = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const decode = Schema.decodeUnknownEffect(schema)
  return (json: unknown) =>
    decode(json).pipe(
      Effect.mapError(({ message }) => {
        const expected = PhoneNumber.maskDigits(message.replace(/\s+/g, " ").slice(0, 200))
        return failure(new DecodeFailure({ path: "", expected, syntax: false, body: "not shown" }))
      })
    )
}

const optional = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** Text, where an odd value is none. */
const text = Schema.Unknown.pipe(
  Schema.decodeTo(
    Schema.String,
    SchemaTransformation.transform({
      decode: (value) => (typeof value === "string" ? value : ""),
      encode: (value): unknown => value
    })
  )
)

const RecordingRow = Schema.Struct({
  recording_id: text,
  call_uuid: text,
  recording_type: text,
  add_time: text,
  recording_url: optional(text),
  recording_duration_ms: optional(Schema.Unknown)
})

export type RecordingRow = typeof RecordingRow.Type

const RecordingsAnswer = Schema.Struct({
  meta: Schema.Struct({ total_count: Schema.Int, next: optional(Schema.String) }),
  objects: Schema.Array(RecordingRow)
})

export type RecordingsAnswer = typeof RecordingsAnswer.Type

export const decodeRecordings = decoder(RecordingsAnswer)

const CdrRow = Schema.Struct({ uuid: text, start_time: text, currency: optional(text) })

const decodeCdrList = decoder(
  Schema.Struct({
    data: Schema.Array(CdrRow),
    pagination: Schema.Struct({ total: Schema.Int, has_next: optional(Schema.Boolean) })
  })
)

const decodeOneCdr = decoder(Schema.Union([Schema.Struct({ data: CdrRow }), CdrRow]))

/** An instant in epoch milliseconds; `null` where the text names no zone, and so could be any of several. */
export const instantOf = (text: string): number | null => {
  const millis = /(Z|[+-]\d{2}:?\d{2})$/.test(text) ? Date.parse(text.replace(" ", "T")) : Number.NaN
  return Number.isNaN(millis) ? null : millis
}

export interface Cdr {
  readonly uuid: string
  readonly at: number | null
  readonly currency: string | null
}

export interface CdrsAnswer {
  readonly rows: ReadonlyArray<Cdr>
  readonly total: number
  readonly hasNext: boolean
}

const toCdr = ({ currency, start_time, uuid }: typeof CdrRow.Type): Cdr => ({
  uuid,
  at: instantOf(start_time),
  currency: currency ?? null
})

export const decodeCdrs = (json: unknown) =>
  Effect.map(decodeCdrList(json), ({ data, pagination }): CdrsAnswer => ({
    rows: data.map(toCdr),
    total: pagination.total,
    hasNext: pagination.has_next ?? false
  }))

export const decodeCdr = (json: unknown) =>
  Effect.map(decodeOneCdr(json), (one) => toCdr("data" in one ? one.data : one))
