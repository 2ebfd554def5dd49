/** A time-stamp authority (RFC 3161) over real HTTP, with a root and a certificate of its own. */
import { createHash, webcrypto } from "node:crypto"
import { createServer } from "node:http"
import * as Asn1 from "asn1js"
import { Clock, Effect } from "effect"
import * as Pki from "pkijs"

const algorithm = { name: "ECDSA", namedCurve: "P-256" }
const timeStamping = "1.3.6.1.5.5.7.3.8"

const keys = async () =>
  (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair
type Keys = Awaited<ReturnType<typeof keys>>

const nameOf = (name: string) =>
  new Pki.AttributeTypeAndValue({ type: "2.5.4.3", value: new Asn1.Utf8String({ value: name }) })

const extension = (extnID: string, value: Asn1.BaseBlock | Pki.PkiObject) =>
  new Pki.Extension({
    extnID,
    critical: true,
    extnValue: ("toSchema" in value ? (value as Pki.PkiObject).toSchema() : value).toBER()
  })

const certify = async (
  subject: string,
  issuer: string,
  own: Keys,
  by: Keys,
  serial: number,
  extensions: ReadonlyArray<Pki.Extension>
) => {
  const certificate = new Pki.Certificate()
  certificate.version = 2
  certificate.serialNumber = new Asn1.Integer({ value: serial })
  certificate.issuer.typesAndValues.push(nameOf(issuer))
  certificate.subject.typesAndValues.push(nameOf(subject))
  certificate.notBefore.value = new Date("2020-01-01T00:00:00Z")
  certificate.notAfter.value = new Date("2040-01-01T00:00:00Z")
  certificate.extensions = [...extensions]
  await certificate.subjectPublicKeyInfo.importKey(own.publicKey)
  await certificate.sign(by.privateKey, "SHA-256")
  return certificate
}

const pemOf = (certificate: Pki.Certificate) =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate.toSchema().toBER())
    .toString("base64")
    .replaceAll(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`

/** How it answers otherwise than it should. */
export interface Faults {
  readonly status?: number
  readonly refuses?: boolean
  readonly imprint?: Uint8Array
  readonly nonce?: Uint8Array
  /** The purpose of its certificate. */
  readonly purpose?: string
  /** The signature names another certificate than it is by. */
  readonly namesAnother?: boolean
}

/** A root, and a certificate for time stamps by it. */
export const identity = (faults: Faults = {}) =>
  Effect.promise(async () => {
    const [root, own] = [await keys(), await keys()]
    const ca = await certify("Root", "Root", root, root, 1, [
      extension("2.5.29.19", new Pki.BasicConstraints({ cA: true }))
    ])
    const certificate = await certify("Authority", "Root", own, root, 2, [
      extension("2.5.29.37", new Pki.ExtKeyUsage({ keyPurposes: [faults.purpose ?? timeStamping] }))
    ])
    return { own, certificate, ca: pemOf(ca) }
  })

type Identity = Effect.Success<ReturnType<typeof identity>>

/** Answers a question at an instant. */
export const answer = async (
  { certificate, own }: Identity,
  question: Uint8Array,
  at: Date,
  faults: Faults = {}
): Promise<Buffer> => {
  if (faults.refuses === true) {
    const refusal = new Pki.TimeStampResp({ status: new Pki.PKIStatusInfo({ status: 2 }) })
    return Buffer.from(refusal.toSchema().toBER())
  }
  const asked = Pki.TimeStampReq.fromBER(Uint8Array.from(question).buffer)
  const hash = new Asn1.OctetString({
    valueHex: Uint8Array.from(faults.imprint ?? asked.messageImprint.hashedMessage.valueBlock.valueHexView).buffer
  })
  const nonce =
    faults.nonce === undefined ? asked.nonce : new Asn1.Integer({ valueHex: Uint8Array.from(faults.nonce).buffer })
  const info = new Pki.TSTInfo({
    version: 1,
    policy: "1.2.3.4",
    messageImprint: new Pki.MessageImprint({ hashAlgorithm: asked.messageImprint.hashAlgorithm, hashedMessage: hash }),
    serialNumber: new Asn1.Integer({ value: 7 }),
    genTime: at,
    ...(nonce === undefined ? {} : { nonce })
  })
  const content = info.toSchema().toBER()
  const digest = (bytes: ArrayBuffer) =>
    Uint8Array.from(createHash("sha256").update(Buffer.from(bytes)).digest()).buffer
  const der = certificate.toSchema().toBER()
  const named = faults.namesAnother === true ? digest(content) : digest(der)
  const attribute = (type: string, value: Asn1.BaseBlock) => new Pki.Attribute({ type, values: [value] })
  const signed = new Pki.SignedData({
    version: 3,
    encapContentInfo: new Pki.EncapsulatedContentInfo({
      eContentType: "1.2.840.113549.1.9.16.1.4",
      eContent: new Asn1.OctetString({ valueHex: content })
    }),
    signerInfos: [
      new Pki.SignerInfo({
        version: 1,
        sid: new Pki.IssuerAndSerialNumber({
          issuer: certificate.issuer,
          serialNumber: certificate.serialNumber
        }),
        signedAttrs: new Pki.SignedAndUnsignedAttributes({
          type: 0,
          attributes: [
            attribute("1.2.840.113549.1.9.3", new Asn1.ObjectIdentifier({ value: "1.2.840.113549.1.9.16.1.4" })),
            attribute("1.2.840.113549.1.9.4", new Asn1.OctetString({ valueHex: digest(content) })),
            attribute(
              "1.2.840.113549.1.9.16.2.47",
              new Asn1.Sequence({
                value: [
                  new Asn1.Sequence({
                    value: [new Asn1.Sequence({ value: [new Asn1.OctetString({ valueHex: named })] })]
                  })
                ]
              })
            )
          ]
        })
      })
    ],
    certificates: [certificate]
  })
  await signed.sign(own.privateKey, 0, "SHA-256")
  const response = new Pki.TimeStampResp({
    status: new Pki.PKIStatusInfo({ status: 0 }),
    timeStampToken: new Pki.ContentInfo({ contentType: Pki.ContentInfo.SIGNED_DATA, content: signed.toSchema(true) })
  })
  return Buffer.from(response.toSchema().toBER())
}

/** A server that answers at the test's time. */
export const serve = Effect.fnUntraced(function* (faults: Faults = {}) {
  const who = yield* identity(faults)
  const clock = yield* Clock.Clock
  const questions: Array<Buffer> = []
  const server = createServer((request, response) => {
    const pieces: Array<Buffer> = []
    request.on("data", (piece: Buffer) => pieces.push(piece))
    request.on("end", () => {
      const question = Buffer.concat(pieces)
      questions.push(question)
      void answer(who, question, new Date(clock.currentTimeMillisUnsafe()), faults).then((answered) => {
        response.writeHead(faults.status ?? 200, { "content-type": "application/timestamp-reply" })
        response.end(answered)
      })
    })
  })
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  )
  return { ...who, url: new URL(`http://127.0.0.1:${port}/`), questions }
})
