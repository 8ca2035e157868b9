// The two certificates of the web listener: an authority that signs for nobody else, and the leaf that it signs for the names and
// addresses of this device. RFC 5280 §4.2 has the extensions.
import { createHash, type KeyObject } from 'node:crypto'
import { isIP } from 'node:net'
import { certificateOf, NOT_AFTER, NOT_BEFORE, spkiOf } from './certificate.ts'
import { bitString, type Der, derOf, implicit, integer, octetString, oid, sequence, yes } from './der.ts'

const AUTHORITY = 'tallyd'
/** Another name than the authority's: a certificate that names itself as its issuer is taken for a root. */
const LEAF = 'tallyd web'
const DAY_MS = 86_400_000
/** For clients whose clock is behind. Apple's accept 825 days in all. */
const [BEFORE_DAYS, AFTER_DAYS] = [30, 400]

const OID_SUBJECT_KEY_ID = '2.5.29.14'
const OID_KEY_USAGE = '2.5.29.15'
const OID_SUBJECT_ALT_NAME = '2.5.29.17'
const OID_BASIC_CONSTRAINTS = '2.5.29.19'
const OID_AUTHORITY_KEY_ID = '2.5.29.35'
const OID_EXTENDED_KEY_USAGE = '2.5.29.37'
const OID_SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

/** RFC 5280 §4.2.1.3: keyCertSign is bit 5, digitalSignature bit 0. */
const [CERT_SIGN, DIGITAL_SIGNATURE] = [bitString(Buffer.of(0x04), 2), bitString(Buffer.of(0x80), 7)]

/** The self-signed authority of this P-256 key, as DER: it signs leaves, and no other authorities. */
export function authorityOf(key: KeyObject): Buffer {
  const self = { commonName: AUTHORITY, key }
  return certificateOf({
    subject: self,
    issuer: self,
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    extensions: [
      extension(OID_BASIC_CONSTRAINTS, sequence(yes(), integer(Buffer.of(0))), 'critical'),
      extension(OID_KEY_USAGE, CERT_SIGN, 'critical'),
      extension(OID_SUBJECT_KEY_ID, octetString(keyId(key))),
    ],
  })
}

export interface LeafOrder {
  readonly key: KeyObject
  readonly authority: KeyObject
  /** DNS names, and IP addresses without brackets. */
  readonly names: readonly string[]
  /** Unix milliseconds. */
  readonly now: number
}

/** A server's certificate, as DER; good for about 13 months from `now`. */
export function leafOf({ key, authority, names, now }: LeafOrder): Buffer {
  return certificateOf({
    subject: { commonName: LEAF, key },
    issuer: { commonName: AUTHORITY, key: authority },
    notBefore: generalized(now - BEFORE_DAYS * DAY_MS),
    notAfter: generalized(now + AFTER_DAYS * DAY_MS),
    extensions: [
      extension(OID_BASIC_CONSTRAINTS, sequence(), 'critical'),
      extension(OID_KEY_USAGE, DIGITAL_SIGNATURE, 'critical'),
      extension(OID_EXTENDED_KEY_USAGE, sequence(oid(OID_SERVER_AUTH))),
      extension(OID_SUBJECT_ALT_NAME, sequence(...names.map(generalName))),
      extension(OID_SUBJECT_KEY_ID, octetString(keyId(key))),
      extension(OID_AUTHORITY_KEY_ID, sequence(implicit(0, keyId(authority)))),
    ],
  })
}

function extension(id: string, value: Der, critical?: 'critical'): Der {
  return sequence(oid(id), ...(critical === undefined ? [] : [yes()]), octetString(derOf(value)))
}

/** RFC 7093 §2: the first 160 bits of the SHA-256 of the public key. */
function keyId(key: KeyObject): Buffer {
  // The point of a P-256 key, uncompressed, is the end of its SPKI.
  return createHash('sha256').update(spkiOf(key).subarray(-65)).digest().subarray(0, 20)
}

/** RFC 5280 §4.2.1.6: dNSName is [2], iPAddress [7]. */
function generalName(name: string): Der {
  return isIP(name) === 0 ? implicit(2, Buffer.from(name, 'ascii')) : implicit(7, addressBytes(name))
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  // The WHATWG's canonical form has no dotted end and no zone.
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, '')}]/`)
  const [head = '', tail] = hostname.slice(1, -1).split('::')
  const [first, last] = [groupsIn(head), groupsIn(tail ?? '')]
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  const groups = [...first, ...Array<number>(zeros).fill(0), ...last]
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

function groupsIn(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

/** `YYYYMMDDhhmmssZ`. */
function generalized(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
}
