/** Prints where the command would keep compiled code. */
import { compileCache } from "../../src/internal/compileCache.ts"

process.stdout.write(String(compileCache()))
