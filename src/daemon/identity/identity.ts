// Who this device is: one key, one certificate, made once. Nothing here makes a second one by itself: an identity that
// cannot be read is an error, because a new one would cost every pairing.
import { generateKeyPair, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import { TallyError } from '../../contract/errors.ts'
import type { Paths } from '../../contract/paths.ts'
import { type IdentityRecord, readIdentity } from './identity-file.ts'
import { type MachineId, machineMark } from './machine.ts'
import { fingerprintOf } from './peer-certificate.ts'
import { keepAside, replace, sweep, writeOnce } from './secret-file.ts'

export interface Identity {
  /** SHA-256 of the certificate's DER, 64 lowercase hexadecimal digits: the device's id. */
  readonly fingerprint: string
  /** The same as 32 bytes. */
  readonly fingerprintBytes: Buffer
  readonly certificateDer: Buffer
  readonly certificatePem: string
  /** PKCS #8. Secret. */
  readonly privateKeyPem: string
  /** When it was made, RFC 3339. */
  readonly bornAt: string
  /** Whether this is the machine that it was made on, or adopted by; unknown if that one had no id. */
  readonly machine: 'same' | 'other' | 'unknown'
  /** The machine is another one, so two devices may live with this identity: no LAN listener until the owner decides. */
  readonly cloned: boolean
}

export interface IdentityContext {
  readonly paths: Pick<Paths, 'identity'>
  readonly machineId: MachineId
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** The identity, made if there is none. Throws TallyError identityUnreadable or stateUnwritable. */
export async function openIdentity(context: IdentityContext): Promise<Identity> {
  const identity = await loadIdentity(context)
  if (identity === null) return makeIdentity(context)
  // What a killed process left has the key in it.
  await sweep(context.paths.identity).catch(() => undefined)
  return identity
}

/** null if none was made yet. Throws TallyError identityUnreadable, which names the file and what to do. */
export async function loadIdentity({ paths, machineId }: IdentityContext): Promise<Identity | null> {
  const record = await readIdentity(paths.identity)
  return record === null ? null : identityOf(record, await machineId())
}

/** Makes it once: of several processes that try together all return the same. Throws as `openIdentity` does. */
export async function makeIdentity(context: IdentityContext): Promise<Identity> {
  const { identity: path } = context.paths
  const record = await newRecord(context)
  await onDisk(path, () => writeOnce(path, record))
  const made = await loadIdentity(context)
  if (made === null) throw new TallyError('stateUnwritable', `${path} was removed while it was made`)
  await onDisk(path, () => sweep(path))
  return made
}

/**
 * `tallyctl identity adopt`: this machine goes on with the identity that came with its disk; the other one must not.
 * Throws TallyError identityUnreadable, stateUnwritable, or wrongUsage if there is none.
 */
export async function adoptIdentity({ paths, machineId }: IdentityContext): Promise<Identity> {
  const record = await readIdentity(paths.identity)
  if (record === null) throw new TallyError('wrongUsage', 'this device has no identity yet, nothing to adopt')
  const id = await machineId()
  const adopted = { ...record, machineMark: machineMark(id, record.fingerprint) }
  await onDisk(paths.identity, () => replace(paths.identity, adopted))
  return identityOf(adopted, id)
}

/**
 * `tallyctl identity new`: from now on this device is a new one. What was there, readable or not, is kept beside it;
 * at no moment is there none. Throws TallyError stateUnwritable.
 */
export async function renewIdentity(
  context: IdentityContext,
): Promise<{ readonly identity: Identity; readonly keptAs: string | null }> {
  const { identity: path } = context.paths
  const record = await newRecord(context)
  const keptAs = await onDisk(path, async () => {
    const kept = await keepAside(path, new Date(context.now()))
    await replace(path, record)
    await sweep(path)
    return kept
  })
  return { identity: identityOf(record, await context.machineId()), keptAs }
}

async function newRecord({ machineId, now }: IdentityContext): Promise<IdentityRecord> {
  const [{ pemOf, selfSigned }, { privateKey }] = await Promise.all([
    import('./certificate.ts'),
    promisify(generateKeyPair)('ec', { namedCurve: 'P-256' }),
  ])
  const der = selfSigned(privateKey)
  const fingerprint = fingerprintOf(der)
  return {
    fingerprint,
    certificatePem: pemOf(der),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    bornAt: new Date(now()).toISOString(),
    machineMark: machineMark(await machineId(), fingerprint),
  }
}

function identityOf(record: IdentityRecord, machineId: string | null): Identity {
  const { fingerprint, certificatePem, privateKeyPem, bornAt } = record
  const mark = machineMark(machineId, fingerprint)
  // A machine that lost its id is another one until its owner says otherwise; where none was recorded nobody can tell.
  const machine = record.machineMark === null ? 'unknown' : record.machineMark === mark ? 'same' : 'other'
  return {
    fingerprint,
    fingerprintBytes: Buffer.from(fingerprint, 'hex'),
    certificateDer: new X509Certificate(certificatePem).raw,
    certificatePem,
    privateKeyPem,
    bornAt,
    machine,
    cloned: machine === 'other',
  }
}

async function onDisk<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof TallyError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new TallyError('stateUnwritable', `${path} (${code})`)
  }
}
