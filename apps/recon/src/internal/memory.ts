/** Sizes of memory: what a text says, and what the machine has. */
import { totalmem } from "node:os"
import process from "node:process"

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40
}

/** The bytes of a size with its unit, such as `2GB` or `512 MiB`; `null` where it is none. */
export const parse = (text: string): number | null => {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim()) ?? []
  const bytes = Math.floor(Number(amount) * (units[unit.toLowerCase()] ?? Number.NaN))
  return Number.isSafeInteger(bytes) ? bytes : null
}

/** The bytes in the unit that a reader takes in at a glance, such as `2GB`. */
export const format = (bytes: number): string => {
  const [unit, size] = bytes >= 1e9 ? (["GB", 1e9] as const) : (["MB", 1e6] as const)
  return `${Number((bytes / size).toFixed(1))}${unit}`
}

/**
 * The bytes that a process may have: all of the machine's, unless its cgroup (version 1 or 2) allows less. A cgroup without a
 * limit has 0 or a number beyond any machine.
 */
export const available = (machine = totalmem(), cgroup = process.constrainedMemory()): number =>
  cgroup > 0 ? Math.min(machine, cgroup) : machine
