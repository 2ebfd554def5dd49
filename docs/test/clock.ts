/** Sets the clock of the process that imports this to the instant in CLOCK, from where it runs on. */
const offset = Date.parse(process.env["CLOCK"] ?? "") - Date.now()
const now = Date.now
Date.now = () => now() + offset
