// Makes certificates of P-256 keys: DER built with node-forge's ASN.1, signed by node:crypto (forge's own X.509 signs with RSA
// only). Loaded when one is made.
import { createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  bitString,
  type Der,
  derOf,
  integer,
  oid,
  readDer,
  sequence,
  set,
  tagged,
  time,
  utf8,
} from './der.ts'

/** A device's only subject: the same on every device, so that it says nothing about this one; curl refuses an empty one. */
const COMMON_NAME = 'tallyd'
/** A clock that is behind must not lock a device out. */
export const NOT_BEFORE = '20000101000000Z'
/** RFC 5280 §4.1.2.5: the value of a certificate that has no well-defined end. */
export const NOT_AFTER = '99991231235959Z'

const OID_COMMON_NAME = '2.5.4.3'
/** RFC 5758 §3.2; its parameters are absent. */
const OID_ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
/** RFC 5280 §4.1.2.2: positive, at most 20 octets. */
const SERIAL_BYTES = 16

export interface CertificateOrder {
  readonly subject: { readonly commonName: string; readonly key: KeyObject }
  /** Its private key signs. */
  readonly issuer: { readonly commonName: string; readonly key: KeyObject }
  /** `YYYYMMDDhhmmssZ`. */
  readonly notBefore: string
  readonly notAfter: string
  readonly extensions: readonly Der[]
}

/** A self-signed certificate of a P-256 key, without extensions, as DER. */
export function selfSigned(privateKey: KeyObject): Buffer {
  const self = { commonName: COMMON_NAME, key: privateKey }
  return certificateOf({
    subject: self,
    issuer: self,
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    extensions: [],
  })
}

/** What was ordered, as DER. */
export function certificateOf({
  subject,
  issuer,
  notBefore,
  notAfter,
  extensions,
}: CertificateOrder): Buffer {
  const toBeSigned = sequence(
    // v3, which some verifiers insist on; RFC 5280 §4.1.2.1 allows it without extensions.
    tagged(0, integer(Buffer.of(2))),
    integer(serialNumber()),
    algorithm(),
    name(issuer.commonName),
    sequence(time(notBefore), time(notAfter)),
    name(subject.commonName),
    readDer(spkiOf(subject.key)),
    ...(extensions.length === 0 ? [] : [tagged(3, sequence(...extensions))]),
  )
  const signature = sign('sha256', derOf(toBeSigned), { key: issuer.key, dsaEncoding: 'der' })
  return derOf(sequence(toBeSigned, algorithm(), bitString(signature)))
}

/** SubjectPublicKeyInfo of a key, private or public, as DER. */
export function spkiOf(key: KeyObject): Buffer {
  const publicKey = key.type === 'public' ? key : createPublicKey(key)
  return publicKey.export({ type: 'spki', format: 'der' })
}

export function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** The first octet lies between 0x40 and 0x7f: positive, and in DER's shortest form whatever follows. */
function serialNumber(): Buffer {
  const bytes = randomBytes(SERIAL_BYTES)
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes
}

function name(commonName: string): Der {
  return sequence(set(sequence(oid(OID_COMMON_NAME), utf8(commonName))))
}

function algorithm(): Der {
  return sequence(oid(OID_ECDSA_WITH_SHA256))
}
