export const verify: (directory: string) => string | null
