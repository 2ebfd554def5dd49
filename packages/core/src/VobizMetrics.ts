/**
 * What the services count. Every metric carries the attribute `operation`, the service method it counts for.
 *
 * | metric | kind | counts |
 * |---|---|---|
 * | `vobiz_requests_total` | counter | HTTP exchanges sent, retries included; attribute `status`, or `none` where no answer came |
 * | `vobiz_retries_total` | counter | requests sent again |
 * | `vobiz_rows_total` | counter | rows decoded |
 * | `vobiz_list_rows` | gauge | the provider's own count of a list, as of the page read last |
 * | `vobiz_unknown_keys_total` | counter | keys of rows that this version does not know and left out |
 * | `vobiz_rows_set_aside_total` | counter | rows set aside, since they lack an id or an instant |
 * | `vobiz_unreadable_fields_total` | counter | fields that could not be read, and are `null`; attribute `field` |
 * | `vobiz_zoneless_instants_total` | counter | instants that named no zone; attribute `field` |
 * | `vobiz_audio_bytes_total` | counter | bytes of audio read |
 * | `vobiz_limiter_wait` | timer | how long requests waited for their turn under the rate limit |
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"

/**
 * HTTP exchanges sent.
 *
 * @category metrics
 * @since 0.1.0
 */
export const requests = Metric.counter("vobiz_requests_total", {
  description: "HTTP exchanges sent, retries included",
  incremental: true
})

/**
 * Requests sent again.
 *
 * @category metrics
 * @since 0.1.0
 */
export const retries = Metric.counter("vobiz_retries_total", {
  description: "Requests sent again after a failure",
  incremental: true
})

/**
 * Rows decoded.
 *
 * @category metrics
 * @since 0.1.0
 */
export const rows = Metric.counter("vobiz_rows_total", { description: "Rows decoded", incremental: true })

/**
 * The provider's own count of a list, as of the page read last.
 *
 * @category metrics
 * @since 0.1.0
 */
export const listRows = Metric.gauge("vobiz_list_rows", {
  description: "The provider's own count of a list, as of the page read last"
})

/**
 * Keys of rows that this version does not know.
 *
 * @category metrics
 * @since 0.1.0
 */
export const unknownKeys = Metric.counter("vobiz_unknown_keys_total", {
  description: "Keys of rows that this version does not know and left out",
  incremental: true
})

/**
 * Rows set aside.
 *
 * @category metrics
 * @since 0.1.0
 */
export const rowsSetAside = Metric.counter("vobiz_rows_set_aside_total", {
  description: "Rows set aside, since they lack an id or an instant",
  incremental: true
})

/**
 * Fields of rows that could not be read.
 *
 * @category metrics
 * @since 0.1.0
 */
export const unreadableFields = Metric.counter("vobiz_unreadable_fields_total", {
  description: "Fields of rows that could not be read, and are null",
  incremental: true
})

/**
 * Instants of rows that named no zone.
 *
 * @category metrics
 * @since 0.1.0
 */
export const zonelessInstants = Metric.counter("vobiz_zoneless_instants_total", {
  description: "Instants of rows that named no zone",
  incremental: true
})

/**
 * Bytes of audio read.
 *
 * @category metrics
 * @since 0.1.0
 */
export const audioBytes = Metric.counter("vobiz_audio_bytes_total", {
  description: "Bytes of audio read",
  incremental: true
})

/**
 * How long requests waited for their turn under the rate limit.
 *
 * @category metrics
 * @since 0.1.0
 */
export const limiterWait = Metric.timer("vobiz_limiter_wait", {
  description: "How long requests waited for their turn under the rate limit"
})
