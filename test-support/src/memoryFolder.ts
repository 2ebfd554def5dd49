/** A temporary folder in memory for the tests: on a disk they wait for their files to be kept. */
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, statfsSync } from "node:fs"
import { isFull } from "./Effort.ts"

const memory = "/dev/shm"

/** With less free, the files stay on the disk. */
const leastBytes = 4 * 2 ** 30

const hasRoom = () => {
  try {
    accessSync(memory, constants.W_OK)
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize >= leastBytes
  } catch {
    return false
  }
}

/**
 * Lets this process and those that it starts have their temporary files in memory, until it ends. Not at full effort, where they are on the
 * disk as those of users, nor where `TMPDIR` says where to have them, nor without room.
 */
export const use = (): void => {
  if (isFull || process.env["TMPDIR"] !== undefined || !hasRoom()) return
  const folder = mkdtempSync(`${memory}/tests-`)
  // As that of the system: a server that is not to run as root has files in it, too.
  chmodSync(folder, 0o1777)
  process.env["TMPDIR"] = folder
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
}
