/**
 * JSON in canonical form, as the manifest hashes it: that of `@vobiz-effect/files`.
 *
 * @since 0.1.0
 */
export * from "@vobiz-effect/files/CanonicalJson"
