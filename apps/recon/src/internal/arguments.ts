/** The arguments as the shell gives them, before they are parsed. */

const flag = /^--[a-z][\w-]*$/

/** Those before `--`, each with the one before it. */
const upToEnd = (args: ReadonlyArray<string>) => {
  const end = args.indexOf("--")
  return args.slice(0, end < 0 ? undefined : end)
}

/**
 * The first flag without a value, as `--policy "$POLICY"` where that variable is not set: it would be as if the flag were
 * not there.
 */
export const emptyFlag = (args: ReadonlyArray<string>): string | undefined => {
  for (const [n, arg] of upToEnd(args).entries()) {
    const before = args[n - 1] ?? ""
    if (arg === "" && flag.test(before)) return before
    if (arg.endsWith("=") && flag.test(arg.slice(0, -1))) return arg.slice(0, -1)
  }
  return undefined
}

/** A value that begins with a minus and a digit belongs to the flag before it: the `h` in `--settle "-1 hour"` is no `-h`. */
export const withNegatives = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const before = upToEnd(args)
  const isValue = (n: number) => /^-\d/.test(before[n] ?? "") && flag.test(before[n - 1] ?? "")
  const joined = before.flatMap((arg, n) => (isValue(n) ? [] : isValue(n + 1) ? [`${arg}=${before[n + 1]}`] : [arg]))
  return [...joined, ...args.slice(before.length)]
}
