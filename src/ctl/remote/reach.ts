// A connection to another tallyd over which something may be sent: encrypted, with the key that was pinned or a certificate that
// this system trusts, before the first byte. There is no trust on first use.
import { createHash } from 'node:crypto'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { TallyError } from '../../contract/errors.ts'
import { type Address, isLoopbackAddress } from './address.ts'

/** `sha256//` and the base64 of the SHA-256 of a public key (SPKI, DER), as curl writes it. */
const PIN = /^sha256\/\/[A-Za-z0-9+/]{43}=$/

/** Reads a pin. Throws TallyError wrongUsage. */
export function pinOf(text: string): string {
  if (PIN.test(text)) return text
  throw new TallyError(
    'wrongUsage',
    '--pin takes sha256// and 44 characters of base64',
    'there, run: tallyctl web cert',
  )
}

/**
 * Connects within `timeoutMs`. With a pin, the key of the certificate that is presented must be the pinned one; without,
 * the chain must be one that Node trusts. Throws TallyError unreachable, notTallyd or untrustedServer.
 */
export async function reach(address: Address, pin: string | null, timeoutMs: number): Promise<Socket> {
  const socket = address.isHttps ? await openTls(address, pin) : connectPlain(address)
  const event = address.isHttps ? 'secureConnect' : 'connect'
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => fail(new TallyError('unreachable', `${address.url}, in ${Math.round(timeoutMs / 1000)} s`)),
      timeoutMs,
    )
    const fail = (error: TallyError): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    const failed = (error: NodeJS.ErrnoException): void => fail(meaning(error, socket, address))
    const closed = (): void => fail(new TallyError('unreachable', `${address.url} (the connection was cut)`))
    socket.on('error', failed)
    socket.on('close', closed)
    socket.once(event, () => {
      // In the same turn as the handshake's end: nothing was written yet, and nothing is if this fails.
      const why = distrust(socket, address, pin)
      if (why !== null) return fail(why)
      clearTimeout(timer)
      socket.off('error', failed)
      socket.off('close', closed)
      resolve(socket)
    })
  })
}

async function openTls({ host, port }: Address, pin: string | null): Promise<Socket> {
  const { connect } = await import('node:tls')
  return connect({
    host,
    port,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    // Only together with the check of the pin in `distrust`.
    rejectUnauthorized: pin === null,
  })
}

/** Why nothing may be sent on a connection that is open; null where it may. */
function distrust(socket: Socket, address: Address, pin: string | null): TallyError | null {
  if (!address.isHttps) {
    // A name such as localhost is what a file says it is.
    if (isLoopbackAddress(socket.remoteAddress ?? '')) return null
    return TallyError.saying('untrustedServer', `${address.host} is not this machine`, 'use https')
  }
  if (pin === null) return null
  if (presentedPin(socket) === pin) return null
  return TallyError.saying(
    'untrustedServer',
    `the key of ${address.url} is not the pinned one; nothing was sent to it`,
    'there, tallyctl web cert prints its pin; if that is the same, something is between you and it',
  )
}

function presentedPin(socket: Socket): string | null {
  try {
    const { publicKey } = (socket as import('node:tls').TLSSocket).getPeerX509Certificate() ?? {}
    const spki = publicKey?.export({ type: 'spki', format: 'der' })
    return spki === undefined ? null : `sha256//${createHash('sha256').update(spki).digest('base64')}`
  } catch {
    // A key that OpenSSL cannot read is not the pinned one.
    return null
  }
}

/** What it means that no connection came about. */
function meaning(error: NodeJS.ErrnoException, socket: Socket, { url }: Address): TallyError {
  const code = error.code ?? error.message
  if ('authorizationError' in socket && socket.authorizationError) {
    return new TallyError('untrustedServer', `${url} (${error.message.split('\n')[0]})`)
  }
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return new TallyError('notTallyd', `${url} (${code})`)
  const words = WORDS.get(code) ?? code
  return new TallyError('unreachable', `${url} (${words})`)
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nobody listens there'],
  ['ENOTFOUND', 'there is no such host'],
  ['EAI_AGAIN', 'its name cannot be looked up now'],
  ['ETIMEDOUT', 'it took too long'],
  ['ECONNRESET', 'the connection was cut'],
])
