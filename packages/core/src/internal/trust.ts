/** Who may see the credentials. */

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname)

/** Whether nobody on the way can read along: https, or a connection that stays on the own machine. */
export const isSecure = (url: URL): boolean =>
  url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))

/**
 * Whether `url` may be sent the credentials: the configured API origin or a host of vobiz.ai. A URL with a user or a
 * password in it is never trusted.
 */
export const isTrusted = (url: URL, baseUrl: URL): boolean =>
  isSecure(url) &&
  url.username === "" &&
  url.password === "" &&
  (url.origin === baseUrl.origin || (url.protocol === "https:" && isVobizHost(url)))

const isVobizHost = (url: URL) =>
  (url.hostname === "vobiz.ai" || url.hostname.endsWith(".vobiz.ai")) && (url.port === "" || url.port === "443")
