/**
 * The error of the lake.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A file or folder of the lake cannot be read or written, or is damaged.
 *
 * @category errors
 * @since 0.1.0
 */
export class LakeError extends Schema.TaggedError<LakeError>()("LakeError", {
  path: Schema.String,
  /** What is wrong with it, such as `cannot be written`. */
  detail: Schema.String,
  /** What to do about it. */
  advice: Schema.String
}) {
  override get message(): string {
    return `lake: ${this.path} ${this.detail}. ${this.advice}`
  }
}

/**
 * The error of a file that cannot be written, for want of space or permission.
 *
 * @category constructors
 * @since 0.1.0
 */
export const cannotWrite = (path: string) => () =>
  new LakeError({
    path,
    detail: "cannot be written",
    advice: "Check that the shared folder has space and is writable; then retry the run"
  })
