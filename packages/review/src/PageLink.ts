/**
 * Links between pages in the same folder.
 *
 * @since 0.1.0
 */

/**
 * A link to another page.
 *
 * @category models
 * @since 0.1.0
 */
export interface PageLink {
  /** The address relative to this page, such as `report.html`. */
  readonly href: string
  /** The text of the link. */
  readonly text: string
}
