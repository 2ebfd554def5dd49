#!/usr/bin/env node
import { enableCompileCache } from "node:module"

import { compileCache } from "./internal/compileCache.ts"

// Most of what a command takes to start is compiling: from the second start on, it is compiled already.
const cache = compileCache()
if (cache !== undefined) enableCompileCache(cache)
await import("./internal/process.ts")
