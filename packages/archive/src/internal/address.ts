/** Whether a text is the address of audio: a SHA-256 in 64 hexadecimal digits. */
export const isAddress = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)

/** Where audio is in the archive's folder, with `/`. */
export const audioPath = (sha256: string): string => `audio/${sha256.slice(0, 2)}/${sha256}`
