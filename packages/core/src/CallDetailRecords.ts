/**
 * The account's call detail records (CDRs).
 *
 * @since 0.1.0
 */
import type * as BigDecimal from "effect/BigDecimal"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

import type { CallDetailRecord } from "./CallDetailRecord.ts"
import type { VobizError } from "./VobizError.ts"

/**
 * Which CDRs: those whose `startTime` is in `[from, to)`, and the provider's own filters.
 *
 * @category models
 * @since 0.1.0
 */
export interface CdrQuery {
  readonly from: DateTime.Utc
  readonly to: DateTime.Utc
  readonly direction?: "inbound" | "outbound" | undefined
  readonly fromNumber?: string | undefined
  readonly toNumber?: string | undefined
  readonly minDuration?: Duration.Duration | undefined
  readonly sipCallId?: string | undefined
  readonly bridgeUuid?: string | undefined
  readonly hangupCause?: string | undefined
  readonly hangupDisposition?: string | undefined
  readonly context?: string | undefined
  readonly campaignId?: string | undefined
  readonly search?: string | undefined
  readonly params?: Readonly<Record<string, string>> | undefined
}

/**
 * Which CDRs, and which of the list's pages: number `page` (from 1) of `perPage` rows (1 to 100).
 *
 * @category models
 * @since 0.1.0
 */
export interface CdrPageQuery extends CdrQuery {
  readonly page?: number | undefined
  readonly perPage?: number | undefined
}

/**
 * The provider's totals over all rows of a query, whatever the page. The cost has no currency of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface CdrSummary {
  readonly totalCalls: number
  readonly answeredCalls: number
  readonly totalDuration: Duration.Duration | null
  readonly totalBillable: Duration.Duration | null
  readonly totalCost: BigDecimal.BigDecimal | null
}

/**
 * One page of the list, as it was served. The provider filters by whole days of a zone it does not name, so the query
 * is widened by a day on each side, and a page may hold rows outside `[from, to)`; `stream` cuts them off.
 *
 * @category models
 * @since 0.1.0
 */
export interface CdrPage {
  readonly records: ReadonlyArray<CallDetailRecord>
  readonly page: number
  readonly perPage: number
  readonly total: number
  readonly hasNext: boolean
  readonly summary: CdrSummary | null
  readonly requestId: string | null
}

/**
 * The account's CDRs.
 *
 * @category services
 * @since 0.1.0
 */
export class CallDetailRecords extends Context.Service<
  CallDetailRecords,
  {
    /** One page. */
    page(query: CdrPageQuery): Effect.Effect<CdrPage, VobizError>
    /** All pages, one after the other, each asked for when it is wanted. */
    pages(query: CdrQuery): Stream.Stream<CdrPage, VobizError>
    /** All CDRs that started in `[from, to)`, newest first, no row twice. */
    stream(query: CdrQuery): Stream.Stream<CallDetailRecord, VobizError>
    /** One CDR, by its `uuid`. */
    get(uuid: string): Effect.Effect<CallDetailRecord, VobizError>
    /** The newest CDRs, at most `limit` of them. */
    recent(limit?: number): Effect.Effect<ReadonlyArray<CallDetailRecord>, VobizError>
    /** The same rows as `stream` by the CSV export: one request, whatever the number of rows. */
    exportCsv(query: CdrQuery): Stream.Stream<CallDetailRecord, VobizError>
  }
>()("@vobiz-effect/core/CallDetailRecords") {}
