// Opens connections to other devices. To a paired one no byte is sent before its certificate was checked against the pin;
// in a ceremony there is no pin yet, and nothing but the ceremony is said.
import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'
import type { Identity } from '../identity/identity.ts'
import { fingerprintOf } from '../identity/peer-certificate.ts'
import { HANDSHAKE_MS, type Peer, peerOf, tlsOptions } from './tls.ts'

/** Why a connection did not come about. */
export type DialFailure = 'unreachable' | 'notTallyd' | 'wrongCertificate'

/** What is said of an address that is our own. */
export const OWN_ADDRESS = 'it is this device itself'

export class DialError extends Error {
  override readonly name = 'DialError'
  readonly why: DialFailure
  /** The system's code, such as ECONNREFUSED; null where it has none. */
  readonly code: string | null
  constructor(why: DialFailure, message: string, code: string | null = null) {
    super(message)
    this.why = why
    this.code = code
  }
}

export interface Pin {
  /** The certificate's fingerprint. */
  readonly id: string
  readonly certificatePem: string
}

export interface DialContext {
  readonly identity: Identity
  /** Unix milliseconds. */
  readonly now: () => number
}

export interface Target {
  readonly host: string
  readonly port: number
  /** Null in a ceremony. */
  readonly pin: Pin | null
  /** See knock.ts; null where we have no token. */
  readonly knock?: string | null
  /** TCP stands; what is said over it comes after. */
  readonly onConnected?: () => void
}

/** Resolves when TLS stands and the other's certificate is acceptable. Rejects with DialError. */
export function dial(
  { host, port, pin, knock = null, onConnected }: Target,
  { identity, now }: DialContext,
): Promise<{ socket: TLSSocket; peer: Peer }> {
  return new Promise((resolve, reject) => {
    let mismatch = false
    const socket = connect({
      ...tlsOptions(identity),
      host,
      port,
      // A real name in the handshake would tell a listener who is called.
      servername: knock ?? '',
      ...(pin === null
        ? { rejectUnauthorized: false }
        : {
            ca: [pin.certificatePem],
            rejectUnauthorized: true,
            // With a wrong certificate Node fails before it calls this; what is checked here is that it is this very one.
            checkServerIdentity: (_host: string, { raw }: { raw: Buffer }) => {
              mismatch = fingerprintOf(raw) !== pin.id
              return mismatch ? new Error('another certificate') : undefined
            },
          }),
    })
    const late = setTimeout(
      () => fail('unreachable', `no answer within ${HANDSHAKE_MS / 1000} s`),
      HANDSHAKE_MS,
    )
    if (onConnected !== undefined) socket.once('connect', onConnected)
    socket.once('secureConnect', () => {
      clearTimeout(late)
      const peer = peerOf(socket, now())
      if (typeof peer === 'string') return fail('notTallyd', peer)
      if (peer.fingerprint === identity.fingerprint) return fail('notTallyd', OWN_ADDRESS)
      if (pin !== null && peer.fingerprint !== pin.id) return fail('wrongCertificate', 'another certificate')
      socket.off('error', onError)
      // Whoever takes it over may not have begun to listen yet: a reset meanwhile must not end the daemon.
      socket.on('error', () => socket.destroy())
      resolve({ socket, peer })
    })
    socket.on('error', onError)

    function onError(error: NodeJS.ErrnoException): void {
      clearTimeout(late)
      const why = mismatch ? 'wrongCertificate' : failureOf(error)
      reject(new DialError(why, error.message, error.code ?? null))
      socket.destroy()
    }

    function fail(why: DialFailure, message: string): void {
      clearTimeout(late)
      reject(new DialError(why, message))
      socket.destroy()
    }
  })
}

/** OpenSSL's words for a certificate that is not the pinned one, and for a partner that speaks something else. */
function failureOf({ code = '' }: NodeJS.ErrnoException): DialFailure {
  if (/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT)/.test(code)) {
    return 'wrongCertificate'
  }
  return /^(ERR_SSL|EPROTO|ECONNRESET)/.test(code) ? 'notTallyd' : 'unreachable'
}

/** Keeps one connection to one device and dials it with its pin; HTTP goes over it once TLS stands. */
export class DeviceAgent extends Agent {
  readonly #open: () => Promise<{ socket: TLSSocket }>

  constructor(open: () => Promise<{ socket: TLSSocket }>) {
    super({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1, timeout: 60_000 })
    this.#open = open
  }

  override createConnection(
    _options: unknown,
    done?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    this.#open().then(
      ({ socket }) => done?.(null, socket),
      (error: Error) => done?.(error, undefined as never),
    )
    return undefined
  }
}
