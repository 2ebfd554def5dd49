/**
 * The error of the shared folder.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A file or folder of the lake that cannot be read or written, or is not what it was when it was written.
 *
 * @category errors
 * @since 0.1.0
 */
export class LakeError extends Schema.TaggedError<LakeError>()("LakeError", {
  path: Schema.String,
  detail: Schema.String,
  advice: Schema.String
}) {
  override get message(): string {
    return `lake: ${this.path} ${this.detail}. ${this.advice}`
  }
}

/**
 * Something of the lake that there is no room for, or that may not be written.
 *
 * @category constructors
 * @since 0.1.0
 */
export const cannotWrite = (path: string) => () =>
  new LakeError({
    path,
    detail: "cannot be written",
    advice: "See that the shared folder has room; then retry the run"
  })
