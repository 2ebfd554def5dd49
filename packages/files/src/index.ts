export * as CanonicalJson from "./CanonicalJson.ts"
export * as Digest from "./Digest.ts"
export * as DurableFiles from "./DurableFiles.ts"
export * as Lock from "./Lock.ts"
