// Whether a secret or a configuration is one, beyond what its schema says. What is wrong is said with the field and never with its
// value: the same words go to the owner here and to the device that sent it.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { fitsDatabaseConfig, fitsItemName, fitsSecretValue } from '../../contract/generated/vault.ts'
import { problemOfSecret } from '../../contract/misfit.ts'
import type { Validator } from '../../contract/validator.ts'
import type { DatabaseConfig, SecretValue } from '../../contract/vault-items.ts'
import { LINK_ROLES } from '../../contract/vault-words.ts'
import { type Contents, linksOf } from './contents.ts'

/** `/fields/privateKeyPem: it is not a private key`; null where it is one. */
export function checkSecret(value: unknown): string | null {
  if (!fitsSecretValue(value)) return misfitOf(fitsSecretValue)
  const problem = problemIn(value)
  return problem === null ? null : `/fields/${problem}`
}

/** Null where it may be the name of a secret or of a configuration. */
export function checkName(name: unknown): string | null {
  return fitsItemName(name) ? null : misfitOf(fitsItemName)
}

/** Against the secrets that it will stand beside. */
export function checkConfig(value: unknown, { secrets }: Pick<Contents, 'secrets'>): string | null {
  if (!fitsDatabaseConfig(value)) return misfitOf(fitsDatabaseConfig)
  return problemOfPlaces(value) ?? problemOfLinks(value, secrets)
}

function misfitOf(validator: unknown): string {
  const { path, problem } = problemOfSecret(validator as Validator)
  return path === '' ? problem : `${path}: ${problem}`
}

function problemIn(value: SecretValue): string | null {
  if (value.type === 'encryption-key') return problemOfKeys(value.fields)
  if (value.type === 's3-credentials' && value.fields.endpoint !== undefined) {
    return problemOfEndpoint(value.fields.endpoint)
  }
  return null
}

function problemOfEndpoint(endpoint: string): string | null {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null
  if (url === null || !/^https?:$/.test(url.protocol)) return 'endpoint: it must be a URL of http or https'
  if (url.username !== '' || url.password !== '') return 'endpoint: it must not hold a name or a password'
  return null
}

function problemOfKeys({ privateKeyPem, publicKeyPem }: EncryptionFields): string | null {
  if (/^-----BEGIN ENCRYPTED |^Proc-Type: *4,ENCRYPTED/m.test(privateKeyPem)) {
    return 'privateKeyPem: it is encrypted itself, and its passphrase could not travel with it; decrypt it first'
  }
  if (!isTaken(privateKeyPem)) return `privateKeyPem: ${TAKEN}`
  if (publicKeyPem !== undefined && !isTaken(publicKeyPem)) return `publicKeyPem: ${TAKEN}`
  const own = keyOf(() => createPrivateKey({ key: privateKeyPem, format: 'pem' }))
  if (own === null) return 'privateKeyPem: it is not a private key in PEM'
  if (publicKeyPem === undefined) return null
  // Node makes a public key of a private one; whoever puts that here would have it shown.
  if (publicKeyPem.includes('PRIVATE KEY')) return 'publicKeyPem: it is a private key'
  const told = keyOf(() => createPublicKey({ key: publicKeyPem, format: 'pem' }))
  if (told === null) return 'publicKeyPem: it is not a public key in PEM'
  // Not KeyObject.equals: of two kinds of keys it leaves an error in OpenSSL's queue, and Node 20 then refuses the next good key.
  return spki(told).equals(spki(createPublicKey(own)))
    ? null
    : 'publicKeyPem: it does not belong to the private key'
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

type EncryptionFields = Extract<SecretValue, { type: 'encryption-key' }>['fields']

const TAKEN = 'it must be a key of RSA, of an elliptic curve, Ed25519, Ed448, X25519 or X448, in PEM'

/** DSA and Diffie-Hellman in their three forms: what is in such a key makes OpenSSL compute for as long as whoever sent it likes. */
const COSTLY = ['2a8648ce380401', '2a864886f70d010301', '2a8648ce3e0201'].map((oid) =>
  Buffer.from(oid, 'hex'),
)
const LABELS = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'PUBLIC KEY', 'RSA PUBLIC KEY']

/** Before OpenSSL looks at it. What is no PEM, and an algorithm that is not known to be costly, is left to OpenSSL. */
function isTaken(pem: string): boolean {
  const labels = [...pem.matchAll(/-----BEGIN ([^-]*)-----/g)].map(([, label]) => label ?? '')
  if (labels.some((label) => !LABELS.includes(label))) return false
  const body = pem.replaceAll(/-----[^-]*-----/g, '').replaceAll(/\s/g, '')
  const head = Buffer.from(body.slice(0, 120), 'base64')
  return !COSTLY.some((oid) => head.includes(oid))
}

/** OpenSSL's own words are left out: they say nothing to people. */
function keyOf(parse: () => KeyObject): KeyObject | null {
  try {
    return parse()
  } catch {
    return null
  }
}

function problemOfPlaces({ path, origin }: DatabaseConfig): string | null {
  if (escapes(path)) return '/path: it must not contain .. as a folder'
  if (holdsPassword(path)) return '/path: it must not hold a name or a password; keep those as a secret'
  if (origin === undefined) return null
  if (escapes(origin)) return '/origin: it must not contain .. as a folder'
  return holdsPassword(origin) ? '/origin: it must not hold a name or a password' : null
}

/** Also as it could be written in an address. */
function escapes(path: string): boolean {
  return path
    .replaceAll(/%2e/gi, '.')
    .split(/[/\\]|%2f|%5c/i)
    .some((segment) => segment.trim() === '..')
}

function holdsPassword(path: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(path) || !URL.canParse(path)) return false
  const { username, password } = new URL(path)
  return username !== '' || password !== ''
}

function problemOfLinks(config: DatabaseConfig, secrets: Contents['secrets']): string | null {
  for (const [role, name] of linksOf(config)) {
    const secret = secrets.find((each) => each.name === name)
    if (secret === undefined) return `/links/${role}: there is no secret ${name}`
    const { type } = LINK_ROLES[role]
    if (secret.type !== type) return `/links/${role}: ${name} is of type ${secret.type}, not ${type}`
  }
  return null
}
