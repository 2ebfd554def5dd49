declare module "@20minutes/s3rver" {
  import type { Server } from "node:http"

  export default class S3rver {
    constructor(options: {
      readonly port: number
      readonly address: string
      readonly silent: boolean
      /** It reckons the signature of a list with a prefix in another way than the SDK does. */
      readonly allowMismatchedSignatures: boolean
      readonly directory: string
      readonly configureBuckets: ReadonlyArray<{ readonly name: string }>
    })
    httpServer: Server
    run(): Promise<{ readonly port: number }>
    close(): Promise<void>
  }
}
