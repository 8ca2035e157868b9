// DER, as far as certificates need it: node-forge's ASN.1 with the few words that ours are made of. Loaded when one is made.
import type { asn1 as Asn1 } from 'node-forge'
import asn1 from 'node-forge/lib/asn1.js'

export type Der = Asn1.Asn1

const { Class, Type } = asn1

export function sequence(...parts: Der[]): Der {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, parts)
}

export function set(...parts: Der[]): Der {
  return asn1.create(Class.UNIVERSAL, Type.SET, true, parts)
}

/** `[tag]` around other parts. */
export function tagged(tag: number, ...parts: Der[]): Der {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag as Asn1.Type, true, parts)
}

/** `[tag]` in place of a primitive's own tag. */
export function implicit(tag: number, bytes: Buffer): Der {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag as Asn1.Type, false, binary(bytes))
}

/** Positive, in DER's shortest form already. */
export function integer(bytes: Buffer): Der {
  return primitive(Type.INTEGER, binary(bytes))
}

export function yes(): Der {
  return primitive(Type.BOOLEAN, '\xff')
}

export function utf8(text: string): Der {
  return primitive(Type.UTF8, text)
}

export function octetString(bytes: Buffer): Der {
  return primitive(Type.OCTETSTRING, binary(bytes))
}

/** `unused` bits of the last octet do not count. */
export function bitString(bytes: Buffer, unused = 0): Der {
  return primitive(Type.BITSTRING, String.fromCharCode(unused) + binary(bytes))
}

export function oid(dotted: string): Der {
  return primitive(Type.OID, asn1.oidToDer(dotted).getBytes())
}

/** RFC 5280 §4.1.2.5: UTCTime through the year 2049, GeneralizedTime from 2050 on; both end in Z, with seconds. */
export function time(generalized: string): Der {
  const isLate = Number(generalized.slice(0, 4)) >= 2050
  return isLate
    ? primitive(Type.GENERALIZEDTIME, generalized)
    : primitive(Type.UTCTIME, generalized.slice('20'.length))
}

export function readDer(der: Buffer): Der {
  return asn1.fromDer(binary(der))
}

export function derOf(structure: Der): Buffer {
  return Buffer.from(asn1.toDer(structure).getBytes(), 'latin1')
}

function primitive(type: Asn1.Type, value: string): Der {
  return asn1.create(Class.UNIVERSAL, type, false, value)
}

/** forge's strings of bytes: one character an octet. */
function binary(bytes: Buffer): string {
  return bytes.toString('latin1')
}
