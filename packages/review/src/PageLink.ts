/**
 * How pages that stand side by side name each other.
 *
 * @since 0.1.0
 */

/**
 * Another page, by an address relative to this one.
 *
 * @category models
 * @since 0.1.0
 */
export interface PageLink {
  /** Such as `report.html`. */
  readonly href: string
  /** The words that a reader clicks. */
  readonly text: string
}
