// Makes the device's certificate: DER built with node-forge's ASN.1, signed by node:crypto (forge's own X.509 signs with
// RSA only). Loaded when a certificate is made, once in a device's life.
import { createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { asn1 as Asn1 } from 'node-forge'
import asn1 from 'node-forge/lib/asn1.js'

/** Its only subject: the same on every device, so that it says nothing about this one; curl refuses an empty one. */
const COMMON_NAME = 'tallyd'
/** A clock that is behind must not lock a device out. */
const NOT_BEFORE = '20000101000000Z'
/** RFC 5280 §4.1.2.5: the value of a certificate that has no well-defined end. */
const NOT_AFTER = '99991231235959Z'

const OID_COMMON_NAME = '2.5.4.3'
/** RFC 5758 §3.2; its parameters are absent. */
const OID_ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
/** RFC 5280 §4.1.2.2: positive, at most 20 octets. */
const SERIAL_BYTES = 16

const { Class, Type } = asn1

/** A self-signed certificate of a P-256 key, without extensions, as DER. */
export function selfSigned(privateKey: KeyObject): Buffer {
  const toBeSigned = sequence(
    // v3, which some verifiers insist on; RFC 5280 §4.1.2.1 allows it without extensions.
    asn1.create(Class.CONTEXT_SPECIFIC, Type.NONE, true, [primitive(Type.INTEGER, '\x02')]),
    primitive(Type.INTEGER, binary(serialNumber())),
    algorithm(),
    name(),
    sequence(time(NOT_BEFORE), time(NOT_AFTER)),
    name(),
    publicKeyOf(privateKey),
  )
  const signature = sign('sha256', derOf(toBeSigned), { key: privateKey, dsaEncoding: 'der' })
  return derOf(sequence(toBeSigned, algorithm(), bitString(signature)))
}

/** RFC 5280 §4.1.2.5: UTCTime through the year 2049, GeneralizedTime from 2050 on; both end in Z, with seconds. */
function time(generalized: string): Asn1.Asn1 {
  const isLate = Number(generalized.slice(0, 4)) >= 2050
  return isLate
    ? primitive(Type.GENERALIZEDTIME, generalized)
    : primitive(Type.UTCTIME, generalized.slice('20'.length))
}

/** The first octet lies between 0x40 and 0x7f: positive, and in DER's shortest form whatever follows. */
function serialNumber(): Buffer {
  const bytes = randomBytes(SERIAL_BYTES)
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes
}

function name(): Asn1.Asn1 {
  const commonName = sequence(oid(OID_COMMON_NAME), primitive(Type.UTF8, COMMON_NAME))
  return sequence(asn1.create(Class.UNIVERSAL, Type.SET, true, [commonName]))
}

function publicKeyOf(privateKey: KeyObject): Asn1.Asn1 {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return asn1.fromDer(binary(spki))
}

function algorithm(): Asn1.Asn1 {
  return sequence(oid(OID_ECDSA_WITH_SHA256))
}

function sequence(...parts: Asn1.Asn1[]): Asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, parts)
}

function primitive(type: Asn1.Type, value: string): Asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, type, false, value)
}

function oid(dotted: string): Asn1.Asn1 {
  return primitive(Type.OID, asn1.oidToDer(dotted).getBytes())
}

/** The first octet counts the unused bits of the last one: none. */
function bitString(bytes: Buffer): Asn1.Asn1 {
  return primitive(Type.BITSTRING, `\x00${binary(bytes)}`)
}

function derOf(structure: Asn1.Asn1): Buffer {
  return Buffer.from(asn1.toDer(structure).getBytes(), 'latin1')
}

/** forge's strings of bytes: one character an octet. */
function binary(bytes: Buffer): string {
  return bytes.toString('latin1')
}
