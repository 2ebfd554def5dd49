/** How requests name this library to the provider: its name and version, as `package.json` has it. */
export const userAgent = "vobiz-effect/0.1.0"
