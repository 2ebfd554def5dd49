/** Which URL a request goes to, and whether it may. */
import * as Result from "effect/Result"

import type { Settings } from "../VobizConfig.ts"
import { InvalidRequest, type Reason, UntrustedHost } from "../VobizError.ts"
import type { Cut } from "./foreign.ts"
import { isTrusted } from "./trust.ts"

/** A path below the account, or a whole URL, and its query. */
export interface Target {
  readonly target: string | URL
  readonly params?: Readonly<Record<string, string | number | undefined>> | undefined
}

/** The whole URL of a request, or why there is none that may be spoken to. `isOurs` says which hosts may be. */
export const make = ({ authId, baseUrl }: Pick<Settings, "authId" | "baseUrl">, cut: Cut) => {
  const accountRoot = `${baseUrl.href.replace(/\/$/, "")}/api/v1/Account/${encodeURIComponent(authId)}`
  return ({ params, target }: Target, isOurs: (url: URL) => boolean): Result.Result<URL, Reason> => {
    const href = target instanceof URL ? target.href : target.startsWith("/") ? accountRoot + target : target
    if (!URL.canParse(href)) {
      return Result.fail(
        new InvalidRequest({ status: null, code: null, detail: `not a URL: ${cut(href)}`, fields: [] })
      )
    }
    const url = new URL(href)
    for (const [name, value] of Object.entries(params ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    if (isOurs(url)) return Result.succeed(url)
    const detail = isTrusted(url, baseUrl)
      ? `lists are read from ${baseUrl.host} alone`
      : `the credentials go only to ${baseUrl.host} and *.vobiz.ai, over https`
    const fix = "If this host is the provider's, set VOBIZ_BASE_URL to it"
    return Result.fail(new UntrustedHost({ host: cut(url.host), detail: `${detail}. ${fix}` }))
  }
}
