// Somebody on the network who is no device of ours: certificates of every kind, and raw TLS connections that show them.
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { selfSigned } from '../../src/daemon/identity/certificate.ts'
import type { Identity } from '../../src/daemon/identity/identity.ts'
import { fingerprintOf } from '../../src/daemon/identity/peer-certificate.ts'
import { type Teardown, temporaryFolder } from './daemon.ts'

export interface Credentials {
  readonly certificatePem: string
  readonly privateKeyPem: string
}

/** An identity as a daemon makes it, without a disk. */
export function madeIdentity(): Identity {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return identityOf(selfSigned(privateKey), privateKey)
}

/** Like ours, but it expired in 2001. */
export function expiredIdentity(): Identity {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const text = selfSigned(privateKey).toString('latin1').replace('99991231235959Z', '20010101000000Z')
  return identityOf(signedAgain(Buffer.from(text, 'latin1'), privateKey), privateKey)
}

/** What `openssl req -x509` makes of these words; undefined where there is no openssl. */
export function opensslCredentials(t: Teardown, ...words: string[]): Credentials | undefined {
  const key = join(temporaryFolder(t), 'key.pem')
  const all = ['req', '-x509', '-nodes', '-subj', '/CN=tallyd', '-days', '3000', ...words, '-keyout', key]
  const made = spawnSync('openssl', all)
  if (made.status !== 0) return undefined
  const read = spawnSync('openssl', ['pkey', '-in', key])
  return { certificatePem: made.stdout.toString(), privateKeyPem: read.stdout.toString() }
}

/** What became of a connection. */
export interface Fate {
  /** Whether TLS stood, from the client's side; it may be refused after that. */
  readonly secure: boolean
  /** Everything that came, decrypted. */
  readonly answer: string
  readonly error: string | null
  /** Until it was over, in milliseconds. */
  readonly ms: number
}

/** TLS as a device speaks it, without a pin; `more` says what is odd. */
export function strangersOptions(
  port: number,
  credentials: Credentials | null,
  more: ConnectionOptions = {},
): ConnectionOptions {
  const shown =
    credentials === null ? {} : { cert: credentials.certificatePem, key: credentials.privateKeyPem }
  return {
    host: '127.0.0.1',
    port,
    ...shown,
    rejectUnauthorized: false,
    servername: '',
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['tallyd/1'],
    ...more,
  }
}

/** Connects, says `words` once TLS stands, and waits until the other side ends it, at most `patienceMs`. */
export function fateOf(options: ConnectionOptions, words = ASKS, patienceMs = 5_000): Promise<Fate> {
  const began = performance.now()
  return new Promise((resolve) => {
    let [secure, answer, error] = [false, '', null as string | null]
    const socket = connect(options, () => {
      secure = true
      socket.write(words)
    })
    const late = setTimeout(() => socket.destroy(new Error('still open')), patienceMs)
    socket.on('data', (part: Buffer) => {
      answer += part.toString('latin1')
    })
    socket.on('error', ({ message }) => {
      error = message
    })
    socket.on('close', () => {
      clearTimeout(late)
      resolve({ secure, answer, error, ms: performance.now() - began })
    })
  })
}

/** Resolves when TLS stands from the client's side. */
export function secured(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(options, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** A request that anybody with an acceptable certificate gets an answer to. */
export const ASKS = 'GET /v1/usage HTTP/1.1\r\nHost: device\r\n\r\n'

/** The identity of who has this key and shows this certificate of it. */
export function identityOf(certificateDer: Buffer, privateKey: KeyObject): Identity {
  const fingerprint = fingerprintOf(certificateDer)
  return {
    fingerprint,
    fingerprintBytes: Buffer.from(fingerprint, 'hex'),
    certificateDer,
    certificatePem: new X509Certificate(certificateDer).toString(),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    bornAt: new Date().toISOString(),
    machine: 'same',
    cloned: false,
  }
}

/** Certificate ::= SEQUENCE { tbs, algorithm, signature }: the tbs as it is now, with the signature that it needs. */
function signedAgain(der: Buffer, privateKey: KeyObject): Buffer {
  const inside = der.subarray(headerOf(der))
  const [tbs, rest] = split(inside)
  const [algorithm] = split(rest)
  const signature = sign('sha256', tbs, { key: privateKey, dsaEncoding: 'der' })
  const bits = Buffer.concat([Buffer.from([0x03, signature.length + 1, 0]), signature])
  const body = Buffer.concat([tbs, algorithm, bits])
  return Buffer.concat([Buffer.from([0x30, 0x82, body.length >> 8, body.length & 0xff]), body])
}

function split(bytes: Buffer): [Buffer, Buffer] {
  const length =
    bytes[1]! < 0x80 ? bytes[1]! : Number.parseInt(bytes.subarray(2, headerOf(bytes)).toString('hex'), 16)
  const end = headerOf(bytes) + length
  return [bytes.subarray(0, end), bytes.subarray(end)]
}

function headerOf(bytes: Buffer): number {
  return bytes[1]! < 0x80 ? 2 : 2 + (bytes[1]! & 0x7f)
}
