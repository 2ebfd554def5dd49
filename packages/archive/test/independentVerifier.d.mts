export const verify: (directory: string, publicKey?: string | null, head?: string | null) => string | null
