export const verify: (
  directory: string,
  publicKey?: string | null,
  head?: string | null,
  keys?: ReadonlyArray<Uint8Array>
) => string | null
