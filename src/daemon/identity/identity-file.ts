// The file of the identity: key and certificate in one, because two files could be from two different identities.
// Not a durable document: that one puts an unreadable version aside and goes on with the one before, and an identity
// that silently becomes another would cost every pairing. Here an unreadable file is an error, and nobody goes on.
import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, copyFile, link, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { TallyError } from '../../contract/errors.ts'
import { syncFolder } from '../store/durable-file.ts'
import { fingerprintOf } from './peer-certificate.ts'

const SCHEMA = 1
const LARGEST_BYTES = 16 * 1024

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
  let text: string
  try {
    text = await contentOf(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    if (error instanceof TallyError) throw error
    throw unreadable(path, codeOf(error) ?? String(error))
  }
  try {
    return recordIn(text)
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error))
  }
}

async function contentOf(path: string): Promise<string> {
  // O_NONBLOCK: a pipe that stands here must not hold the start.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw unreadable(path, 'it is not a file')
    if (found.size > LARGEST_BYTES) throw unreadable(path, `it has more than ${LARGEST_BYTES} bytes`)
    if ((found.mode & 0o077) !== 0) {
      const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
      const next = `if nobody else can have read it, run: chmod 600 '${path}'; otherwise: tallyctl identity new`
      throw new TallyError('identityUnreadable', `${path} has mode ${mode}, others may read its key`, next)
    }
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
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

/** Writes the record unless there is one: of several that try at once one is written. Throws what the disk says. */
export async function writeOnce(path: string, record: IdentityRecord): Promise<void> {
  const fresh = await writeFresh(path, record)
  try {
    await linkOnce(fresh, path)
  } finally {
    await rm(fresh, { force: true })
  }
  await syncFolder(dirname(path))
}

/** Puts the record in the place of the one that is there, in one step. */
export async function replace(path: string, record: IdentityRecord): Promise<void> {
  const fresh = await writeFresh(path, record)
  try {
    await rename(fresh, path)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** Gives what lies at `path`, readable or not, a second name beside it, and says which; null where nothing lies. */
export async function keepAside(path: string, at: Date): Promise<string | null> {
  const aside = path.replace(/(\.json)?$/, `.old-${at.toISOString().replaceAll(/[:.]/g, '-')}.json`)
  try {
    await link(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    if (!hasNoLinks(error)) throw error
    await copyFile(path, aside, constants.COPYFILE_EXCL)
  }
  await chmod(aside, 0o600)
  await syncFolder(dirname(path))
  return aside
}

/** Removes what a process left that was killed while it made an identity. Only where there is one: nobody needs it then. */
export async function sweep(path: string): Promise<void> {
  const prefix = `${basename(path)}.new-`
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(prefix)) await rm(join(dirname(path), name), { force: true })
  }
}

async function writeFresh(path: string, record: IdentityRecord): Promise<string> {
  const fresh = `${path}.new-${randomBytes(6).toString('hex')}`
  try {
    const handle = await open(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      await handle.writeFile(`${JSON.stringify({ schema: SCHEMA, ...record }, null, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined)
    throw error
  }
  return fresh
}

async function linkOnce(fresh: string, path: string): Promise<void> {
  try {
    await link(fresh, path)
  } catch (error) {
    // Somebody was first; whoever swept our file away was, too.
    if (codeOf(error) === 'EEXIST' || ((await exists(path)) && codeOf(error) === 'ENOENT')) return
    // Without hard links only the instance's lock keeps two processes apart.
    if (!hasNoLinks(error) || (await exists(path))) throw error
    await rename(fresh, path)
  }
}

function hasNoLinks(error: unknown): boolean {
  return ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(codeOf(error) ?? '')
}

async function exists(path: string): Promise<boolean> {
  return (await readdir(dirname(path))).includes(basename(path))
}

function unreadable(path: string, why: string): TallyError {
  return new TallyError('identityUnreadable', `${path} (${why})`)
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
