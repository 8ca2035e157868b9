// The file of the identity: key and certificate in one, because two files could be from two different identities.
// Not a durable document: that one puts an unreadable version aside and goes on with the one before, and an identity
// that silently becomes another would cost every pairing. Here an unreadable file is an error, and nobody goes on.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { TallyError } from '../../contract/errors.ts'
import { quoted } from '../../contract/shell-words.ts'
import { fingerprintOf } from './peer-certificate.ts'
import { readSecretFile, SCHEMA } from './secret-file.ts'

/** What the file holds. */
export interface IdentityRecord {
  readonly fingerprint: string
  readonly certificatePem: string
  /** PKCS #8. */
  readonly privateKeyPem: string
  /** RFC 3339. */
  readonly bornAt: string
  /** See machineMark; null if the machine had no id. */
  readonly machineMark: string | null
}

/** null where there is no file. Throws TallyError identityUnreadable for one that is not whole, or open to others. */
export async function readIdentity(path: string): Promise<IdentityRecord | null> {
  const read = await readSecretFile(path)
  if (read === null) return null
  if ('openTo' in read) {
    const next = `if nobody else can have read it, run: chmod 600 ${quoted(path)}; otherwise: tallyctl identity new`
    throw new TallyError(
      'identityUnreadable',
      `${path} has mode ${read.openTo}, others may read its key`,
      next,
    )
  }
  if ('why' in read) throw unreadable(path, read.why)
  try {
    return recordIn(read.text)
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error))
  }
}

function recordIn(text: string): IdentityRecord {
  if (text === '') throw new Error('it is empty')
  const envelope = objectIn(text)
  if (envelope['schema'] !== SCHEMA) {
    throw new Error(`its schema is ${JSON.stringify(envelope['schema'])}, not ${SCHEMA}`)
  }
  const { fingerprint, certificatePem, privateKeyPem, bornAt, machineMark } = envelope
  if (typeof fingerprint !== 'string' || typeof bornAt !== 'string' || !Number.isFinite(Date.parse(bornAt))) {
    throw new Error('its shape is wrong')
  }
  if (machineMark !== null && !(typeof machineMark === 'string' && /^[0-9a-f]{64}$/.test(machineMark))) {
    throw new Error('its shape is wrong')
  }
  if (typeof certificatePem !== 'string' || typeof privateKeyPem !== 'string') {
    throw new Error('its shape is wrong')
  }
  const certificate = readable('certificate', () => new X509Certificate(certificatePem))
  const key = readable('key', () => createPrivateKey(privateKeyPem))
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('its key is not a P-256 key')
  if (!belongTogether(certificate, key)) throw new Error('its key and certificate do not belong together')
  if (fingerprintOf(certificate.raw) !== fingerprint) throw new Error('its fingerprint is another')
  return { fingerprint, certificatePem, privateKeyPem, bornAt, machineMark }
}

function objectIn(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('it is not JSON')
  }
  if (typeof value !== 'object' || value === null) throw new Error('it is not an object')
  return value as Record<string, unknown>
}

function readable<T>(part: string, read: () => T): T {
  try {
    return read()
  } catch {
    throw new Error(`its ${part} cannot be read`)
  }
}

function belongTogether(certificate: X509Certificate, key: KeyObject): boolean {
  return certificate.checkPrivateKey(key) && certificate.verify(certificate.publicKey)
}

function unreadable(path: string, why: string): TallyError {
  return new TallyError('identityUnreadable', `${path} (${why})`)
}
