// The keys of the web listener: an authority and a leaf's key, made once, so that what clients trust or pin stays. The leaf itself is
// made again whenever names or addresses change. docs/web.md says what to do with them.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  X509Certificate,
} from 'node:crypto'
import { promisify } from 'node:util'
import { TallyError } from '../../contract/errors.ts'
import { quoted } from '../../contract/shell-words.ts'
import { readSecretFile, SCHEMA, sweep, writeOnce } from './secret-file.ts'

export interface WebIdentity {
  /** For NODE_EXTRA_CA_CERTS and curl --cacert. */
  readonly authorityPem: string
  /** PKCS #8. Secret. */
  readonly keyPem: string
  /** `sha256//` and the base64 of the SHA-256 of the leaf's SPKI, as curl --pinnedpubkey has it. */
  readonly pin: string
  /** A certificate of `keyPem` for these names and addresses, and the authority after it, as PEM. `now` in Unix milliseconds. */
  chain(names: readonly string[], now: number): Promise<string>
}

interface WebRecord {
  readonly authorityPem: string
  /** PKCS #8. */
  readonly authorityKeyPem: string
  readonly keyPem: string
}

/** Reads it, or makes it if there is none. Throws TallyError stateUnreadable or stateUnwritable. */
export async function openWebIdentity(path: string): Promise<WebIdentity> {
  const found = await recordAt(path)
  if (found !== null) return identityOf(found)
  const record = await newRecord()
  try {
    await writeOnce(path, record)
    const made = await recordAt(path)
    if (made === null) throw new Error('it was removed while it was made')
    await sweep(path)
    return identityOf(made)
  } catch (error) {
    if (error instanceof TallyError) throw error
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new TallyError('stateUnwritable', `${path} (${why})`)
  }
}

/** null where there is no file. Throws TallyError stateUnreadable for one that is not whole, or open to others. */
async function recordAt(path: string): Promise<WebRecord | null> {
  const read = await readSecretFile(path)
  if (read === null) return null
  const why =
    'why' in read ? read.why : 'openTo' in read ? `mode ${read.openTo}, others may read its keys` : null
  if (why !== null) throw unreadable(path, why)
  try {
    return recordIn('text' in read ? read.text : '')
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error))
  }
}

function recordIn(text: string): WebRecord {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error(text === '' ? 'it is empty' : 'it is not JSON')
  }
  const { schema, authorityPem, authorityKeyPem, keyPem } = (value ?? {}) as Record<string, unknown>
  if (schema !== SCHEMA) throw new Error(`its schema is ${JSON.stringify(schema)}, not ${SCHEMA}`)
  if (typeof authorityPem !== 'string' || typeof authorityKeyPem !== 'string' || typeof keyPem !== 'string') {
    throw new Error('its shape is wrong')
  }
  const authority = new X509Certificate(authorityPem)
  const keys = [createPrivateKey(authorityKeyPem), createPrivateKey(keyPem)]
  if (keys.some((key) => key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')) {
    throw new Error('its keys are not P-256 keys')
  }
  if (!authority.checkPrivateKey(keys[0]!) || !authority.verify(authority.publicKey) || !authority.ca) {
    throw new Error('its key and certificate do not belong together')
  }
  return { authorityPem, authorityKeyPem, keyPem }
}

async function newRecord(): Promise<WebRecord> {
  const [{ authorityOf }, { pemOf }, authority, leaf] = await Promise.all([
    import('./web-certificate.ts'),
    import('./certificate.ts'),
    newKey(),
    newKey(),
  ])
  return {
    authorityPem: pemOf(authorityOf(authority)),
    authorityKeyPem: authority.export({ type: 'pkcs8', format: 'pem' }) as string,
    keyPem: leaf.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

async function newKey(): Promise<KeyObject> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  return privateKey
}

function identityOf({ authorityPem, authorityKeyPem, keyPem }: WebRecord): WebIdentity {
  const spki = createPublicKey(keyPem).export({ type: 'spki', format: 'der' })
  return {
    authorityPem,
    keyPem,
    pin: `sha256//${createHash('sha256').update(spki).digest('base64')}`,
    async chain(names, now) {
      const [{ leafOf }, { pemOf }] = await Promise.all([
        import('./web-certificate.ts'),
        import('./certificate.ts'),
      ])
      const key = createPrivateKey(keyPem)
      const authority = createPrivateKey(authorityKeyPem)
      return pemOf(leafOf({ key, authority, names, now })) + authorityPem
    },
  }
}

function unreadable(path: string, why: string): TallyError {
  const next = `look at it; without it new keys are made at the next start, and every client has to trust them anew: rm ${quoted(path)}`
  return new TallyError('stateUnreadable', `${path} (${why})`, next)
}
