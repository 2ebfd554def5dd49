/** Loaded into a process before its program: writes what the process took to the file that BENCH_USAGE names. */
import { writeFileSync } from "node:fs"

const file = process.env["BENCH_USAGE"]

process.on("exit", () => {
  const { maxRSS, systemCPUTime, userCPUTime } = process.resourceUsage()
  // In kilobytes and microseconds, by the operating system.
  const usage = { cpu: (systemCPUTime + userCPUTime) / 1e6, memory: maxRSS / 1024 }
  if (file !== undefined) writeFileSync(file, JSON.stringify(usage))
})
