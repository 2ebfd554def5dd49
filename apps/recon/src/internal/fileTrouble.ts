/** What is wrong with a file or a folder, in words. */
import { DurableFiles } from "@vobiz-effect/files"
import type * as PlatformError from "effect/PlatformError"

const common: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EIO: "the disk cannot be read or written",
  ELOOP: "its links lead in a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "its name is too long",
  ENOTDIR: "a part of the path is a file",
  EPERM: "permission denied"
}

const reading: Readonly<Record<string, string>> = {
  ...common,
  EISDIR: "it is a folder",
  ENOENT: "there is no such file"
}

const writing: Readonly<Record<string, string>> = {
  ...common,
  EDQUOT: "the disk is full, or this user's share of it",
  EISDIR: "there is a folder of that name",
  ENOENT: "there is no such folder, and none can be made there",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only"
}

const said = (words: Readonly<Record<string, string>>) => (error: PlatformError.PlatformError) => {
  const code = DurableFiles.codeOf(error)
  return words[code] ?? `the system says ${code}`
}

/** Why a file cannot be read. */
export const toRead = said(reading)

/** Why a file or a folder cannot be written. */
export const toWrite = said(writing)
