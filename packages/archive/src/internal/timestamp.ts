/**
 * Time-stamp tokens (RFC 3161). What is stamped is the text of a head, its 64 hexadecimal digits, by SHA-256; so that anybody can check a
 * token by `openssl ts -verify`, too.
 */
import { createHash } from "node:crypto"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Pki from "pkijs"

/** A token, or an answer of an authority, that is not as it must be. */
export class Wrong extends Data.TaggedError("Wrong")<{ readonly detail: string }> {}

const wrong = (detail: string) => Effect.fail(new Wrong({ detail }))

/** Loaded when a token is asked for or read. */
const libraries = Effect.all({
  asn1: Effect.promise(() => import("asn1js")),
  pki: Effect.promise(() => import("pkijs"))
})

const sha256 = "2.16.840.1.101.3.4.2.1"
/** Digests without known collisions: SHA-256, SHA-384, SHA-512. */
const strong = new Set([sha256, "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"])
const contentType = "1.2.840.113549.1.9.3"
const signingCertificate = "1.2.840.113549.1.9.16.2.12"
const signingCertificate2 = "1.2.840.113549.1.9.16.2.47"
const extendedKeyUsage = "2.5.29.37"
const timeStamping = "1.3.6.1.5.5.7.3.8"
const tstInfo = "1.2.840.113549.1.9.16.1.4"

const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer

const imprintOf = (head: string): Uint8Array => createHash("sha256").update(head).digest()

const isSame = (one: Uint8Array, other: Uint8Array) => Buffer.from(one).equals(other)

/** The libraries throw at what is not of the form that is asked for. */
const attempt = <A>(what: string, read: () => A): Effect.Effect<A, Wrong> =>
  Effect.try({ try: read, catch: () => new Wrong({ detail: `it is no ${what}` }) })

/** What asks for a token. The signer's certificate is to be in it. */
export const request = Effect.fnUntraced(function* (head: string, nonce: Uint8Array) {
  const { asn1, pki } = yield* libraries
  const wanted = new pki.TimeStampReq({
    version: 1,
    messageImprint: new pki.MessageImprint({
      hashAlgorithm: new pki.AlgorithmIdentifier({ algorithmId: sha256 }),
      hashedMessage: new asn1.OctetString({ valueHex: bufferOf(imprintOf(head)) })
    }),
    nonce: new asn1.Integer({ valueHex: bufferOf(nonce) }),
    certReq: true
  })
  return new Uint8Array(wanted.toSchema().toBER())
})

const answerOf = "answer of a time-stamp authority"

const parse = Effect.fnUntraced(function* (answer: Uint8Array) {
  const { asn1, pki } = yield* libraries
  const { offset, result } = yield* attempt(answerOf, () => asn1.fromBER(bufferOf(answer)))
  if (offset !== answer.length) return yield* wrong(`it is no ${answerOf}`)
  const { status, timeStampToken: token } = yield* attempt(answerOf, () => new pki.TimeStampResp({ schema: result }))
  const code: number = status.status
  if (code !== 0 && code !== 1) return yield* wrong(`the authority refused (status ${code})`)
  if (token === undefined) return yield* wrong("it has no token")
  const signed = yield* attempt("signed token", () => new pki.SignedData({ schema: token.content }))
  const { eContent, eContentType } = signed.encapContentInfo
  if (eContentType !== tstInfo || eContent === undefined) return yield* wrong("it is no time-stamp token")
  const info = yield* attempt("time-stamp token", () => pki.TSTInfo.fromBER(eContent.getValue()))
  return { asn1, signed, info }
})

/**
 * When the authority says that it saw the head. Fails if the token is of something else, or, with a `nonce`, answers another question. The
 * signature is not checked.
 */
export const read = Effect.fnUntraced(function* (answer: Uint8Array, head: string, nonce?: Uint8Array) {
  const { genTime, messageImprint, nonce: answered } = (yield* parse(answer)).info
  const { hashAlgorithm, hashedMessage } = messageImprint
  const isOf = hashAlgorithm.algorithmId === sha256 && isSame(hashedMessage.valueBlock.valueHexView, imprintOf(head))
  if (!isOf) return yield* wrong("it is a token of something else")
  if (nonce !== undefined && !(answered !== undefined && isSame(answered.valueBlock.valueHexView, nonce))) {
    return yield* wrong("it answers another question")
  }
  const at = DateTime.make(genTime)
  return at._tag === "Some" ? at.value : yield* wrong("it has no time")
})

/** The certificates of a file in PEM. */
export const certificates = Effect.fnUntraced(function* (pem: string) {
  const { pki } = yield* libraries
  const blocks = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]+)-----END CERTIFICATE-----/g)]
  if (blocks.length === 0) return yield* wrong("it has no certificate in PEM")
  return yield* Effect.forEach(blocks, ([, text = ""]) =>
    attempt("file of certificates in PEM", () => pki.Certificate.fromBER(bufferOf(Buffer.from(text, "base64"))))
  )
})

/** Fails unless the token is signed by an authority that one of the certificates vouches for, at the token's time. */
export const check = Effect.fnUntraced(function* (
  answer: Uint8Array,
  head: string,
  trusted: ReadonlyArray<Pki.Certificate>
) {
  const { asn1, signed } = yield* parse(answer)
  const [signer, ...others] = signed.signerInfos
  if (signer === undefined || others.length > 0) return yield* wrong("it does not have one signature")
  if (!strong.has(signer.digestAlgorithm.algorithmId)) return yield* wrong("its signature is of a weak digest")
  const attributes = signer.signedAttrs?.attributes ?? []
  const valueOf = (type: string): unknown => {
    const found = attributes.filter((attribute) => attribute.type === type)
    return found.length === 1 ? found[0]?.values[0] : undefined
  }
  const kind = valueOf(contentType)
  if (!(kind instanceof asn1.ObjectIdentifier && kind.getValue() === tstInfo)) {
    return yield* wrong("its signature is of another kind of content")
  }

  const verified = yield* Effect.tryPromise({
    try: () =>
      signed.verify({
        signer: 0,
        data: bufferOf(Buffer.from(head)),
        trustedCerts: [...trusted],
        checkChain: true,
        passedWhenNotRevValues: true,
        extendedMode: true
      }),
    catch: () => new Wrong({ detail: "its signature is not of an authority that the certificates given vouch for" })
  })
  const certificate = verified.signerCertificate
  if (verified.signatureVerified !== true || verified.signerCertificateVerified !== true || certificate == null) {
    return yield* wrong("its signature is not valid")
  }
  const usage = certificate.extensions?.find(({ extnID }) => extnID === extendedKeyUsage)
  const purposes: ReadonlyArray<string> = usage?.parsedValue?.keyPurposes ?? []
  if (usage?.critical !== true || purposes.length !== 1 || purposes[0] !== timeStamping) {
    return yield* wrong("its signer's certificate is not one for time stamps alone")
  }
  // Which certificate was meant is signed, too (RFC 5035): another one of the same key could say something else of its owner.
  const isTwo = valueOf(signingCertificate2) !== undefined
  const partOf = (value: unknown, index: number): unknown =>
    value instanceof asn1.Sequence ? value.valueBlock.value[index] : undefined
  const first = partOf(partOf(valueOf(isTwo ? signingCertificate2 : signingCertificate), 0), 0)
  const parts: ReadonlyArray<unknown> = first instanceof asn1.Sequence ? first.valueBlock.value : []
  const hash = parts.find((part) => part instanceof asn1.OctetString)?.valueBlock.valueHexView
  const der = new Uint8Array(certificate.toSchema().toBER())
  const names = isTwo ? ["sha256", "sha384", "sha512"] : ["sha1"]
  const isMeant = hash !== undefined && names.some((name) => isSame(hash, createHash(name).update(der).digest()))
  if (!isMeant) return yield* wrong("its signature is by another certificate than it names")
})
