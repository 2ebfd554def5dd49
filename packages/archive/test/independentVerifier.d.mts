export const verify: (directory: string, publicKey?: string | null) => string | null
