/** A folder that the workers of one run of the tests share, and its path in their environment. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export default () => {
  const folder = mkdtempSync(join(tmpdir(), "test-run-"))
  process.env["TEST_RUN_FOLDER"] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
