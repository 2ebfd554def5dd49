import { lstatSync, mkdirSync, realpathSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, isAbsolute, join } from "node:path"

const othersAny = 0o077
const othersWrite = 0o022
const sticky = 0o1000

/**
 * Where compiled code is kept from one start to the next: `recon/compiled` below `XDG_CACHE_HOME`, or below `~/.cache`. It is run as
 * it is found, so `undefined` where anybody else could put something there: where the folder is not the user's alone, or one above it may be
 * changed by others.
 */
export const compileCache = (): string | undefined => {
  const base = process.env["XDG_CACHE_HOME"]
  const cache = base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache")
  try {
    mkdirSync(join(cache, "recon", "compiled"), { recursive: true, mode: 0o700 })
    const real = realpathSync(cache)
    const own = join(real, "recon")
    const folder = join(own, "compiled")
    return isPrivate(folder) && isPrivate(own) && isSafe(real) ? folder : undefined
  } catch {
    // A command works without it, only later.
    return undefined
  }
}

const me = process.getuid?.()

const isPrivate = (folder: string): boolean => {
  const { mode, uid } = lstatSync(folder)
  return isFolder(mode) && (me === undefined || (uid === me && (mode & othersAny) === 0))
}

/** Whether nobody but the user and the machine's administrator can give the folder's name, or one above it, to another. */
const isSafe = (folder: string): boolean => {
  const { mode, uid } = lstatSync(folder)
  const isOwned = me === undefined || uid === me || uid === 0
  const isKept = me === undefined || (mode & othersWrite) === 0 || (mode & sticky) !== 0
  return isFolder(mode) && isOwned && isKept && (dirname(folder) === folder || isSafe(dirname(folder)))
}

const isFolder = (mode: number): boolean => (mode & 0o170000) === 0o040000
