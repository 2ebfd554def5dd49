/** The command, compiled from the second start on: most of what it takes to start is compiling. */
import { enableCompileCache } from "node:module"

import { compileCache } from "./compileCache.ts"

const cache = compileCache()
if (cache !== undefined) enableCompileCache(cache)
await import("./process.ts")
