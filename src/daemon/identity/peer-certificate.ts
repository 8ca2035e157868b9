// What a certificate has to be before anybody talks to its owner. Whether its owner is trusted is the roster's matter.
import { createHash, type KeyObject, X509Certificate } from 'node:crypto'

/** Ours have about 280 bytes; with a long name and extensions a P-256 certificate stays under 2 kB. */
const LARGEST_BYTES = 4096

/** SHA-256 of the certificate's DER: 64 lowercase hexadecimal digits, a device's id. */
export function fingerprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex')
}

/**
 * Why the certificate that a peer presented (its DER) is not accepted, as a clause for "its certificate …"; null if it is.
 * Only what was presented as the peer's own is looked at: whoever holds the connection sees whether more came with it.
 * A self-signature is asked for because a pin can be dialled later only if the pinned certificate is its own root.
 * `now` in milliseconds: one that has expired is refused; one that is not valid yet is not, our clock may be behind.
 */
export function certificateProblem(der: Uint8Array, now: number): string | null {
  if (der.length > LARGEST_BYTES) return `has ${der.length} bytes, at most ${LARGEST_BYTES} are read`
  if (derLength(der) !== der.length) return 'is not exactly one certificate in DER'
  try {
    const certificate = new X509Certificate(der)
    const key = certificate.publicKey
    if (!isAllowed(key)) return `has a key of another kind than P-256 and Ed25519: ${kindOf(key)}`
    if (!certificate.verify(key)) return 'is not signed with its own key'
    if (!(Date.parse(certificate.validTo) > now)) return `has expired: ${certificate.validTo}`
    return null
  } catch {
    return 'cannot be read'
  }
}

function isAllowed(key: KeyObject): boolean {
  if (key.asymmetricKeyType === 'ed25519') return true
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
}

function kindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const detail = asymmetricKeyDetails?.namedCurve ?? asymmetricKeyDetails?.modulusLength
  return [asymmetricKeyType ?? 'unknown', ...(detail === undefined ? [] : [detail])].join(' ')
}

/**
 * The length in bytes of the SEQUENCE that `bytes` begin with, header included; -1 if they begin with none. OpenSSL reads
 * the first certificate and ignores what follows, and Node takes PEM where DER was meant.
 */
function derLength(bytes: Uint8Array): number {
  const [tag, first] = bytes
  if (tag !== 0x30 || first === undefined) return -1
  if (first < 0x80) return 2 + first
  const octets = first & 0x7f
  if (octets < 1 || octets > 2 || bytes.length < 2 + octets) return -1
  const length = bytes.subarray(2, 2 + octets).reduce((sum, octet) => sum * 256 + octet, 0)
  return 2 + octets + length
}
