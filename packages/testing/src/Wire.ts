/**
 * The provider's rows, as JSON on the wire.
 *
 * @since 0.1.0
 */

/**
 * A recording in the list (docs/vobiz-api.md, "The recording object").
 *
 * A recording requested alone also has `api_id`.
 *
 * @category models
 * @since 0.1.0
 */
export interface RecordingRow {
  readonly add_time: string
  readonly call_uuid: string
  readonly conference_name: string | null
  readonly from_number: string
  readonly monthly_recording_storage_amount: number
  readonly recording_duration_ms: string
  readonly recording_end_ms: string | null
  readonly recording_format: string
  readonly recording_id: string
  readonly recording_start_ms: string | null
  readonly recording_storage_duration: number
  readonly recording_storage_rate: number
  readonly recording_type: string
  readonly recording_url: string
  readonly resource_uri: string
  readonly rounded_recording_duration: number
  readonly to_number: string
}

/**
 * A CDR: 43 fields, all present, some `null` (docs/vobiz-api.md, "The CDR object").
 *
 * @category models
 * @since 0.1.0
 */
export interface CdrRow {
  readonly id: number
  readonly uuid: string
  readonly account_id: string
  readonly call_direction: string
  readonly caller_id_name: string
  readonly caller_id_number: string
  readonly destination_number: string
  readonly duration: number
  readonly billsec: number
  readonly ring_time: number
  readonly answer_time: string | null
  readonly start_time: string
  readonly end_time: string
  readonly progress_time: string | null
  readonly created_at: string
  readonly updated_at: string
  readonly cost: number
  readonly total_cost: number
  readonly streaming_cost: number
  readonly currency: string
  readonly hangup_cause: string | null
  readonly hangup_cause_code: number | null
  readonly hangup_cause_name: string | null
  readonly hangup_disposition: string | null
  readonly hangup_source: string | null
  readonly failure_code: string | null
  readonly failure_reason: string | null
  readonly bridge_uuid: string | null
  readonly sip_call_id: string
  readonly sip_user_agent: string | null
  readonly codec: string | null
  readonly mos: number | null
  readonly jitter: number | null
  readonly packet_loss: number | null
  readonly network_addr: string | null
  readonly carrier_ip: string | null
  readonly context: string
  readonly region: string
  readonly origination_region: string
  readonly campaign_id: string | null
  readonly customer_endpoint: string | null
  readonly trunk_id: string | null
  readonly terminated_to: string | null
}

/**
 * A trunk, the same in the list and alone (docs/vobiz-api.md, "Trunks").
 *
 * @category models
 * @since 0.1.0
 */
export interface TrunkRow {
  readonly trunk_id: string
  readonly account_id: string
  readonly name: string
  readonly trunk_domain: string
  readonly trunk_status: string
  readonly secure: boolean
  readonly trunk_direction: string
  readonly concurrent_calls_limit: number
  readonly cps_limit: number
  readonly description: string
  readonly transport: string
  readonly recording: boolean
  readonly enable_transcription: boolean
  readonly pii_redaction: boolean
  readonly webhook_method: string
  readonly recording_webhook_enabled: boolean
  readonly created_at: string
  readonly updated_at: string
}
