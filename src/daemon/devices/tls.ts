// The TLS of the LAN, for both ends: 1.3 only, both present one certificate, nothing is resumed. What a connection is known
// by is captured once, when it is secure: asking a closed socket crashes Node 20.
import { constants } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { Identity } from '../identity/identity.ts'
import { certificateProblem, fingerprintOf } from '../identity/peer-certificate.ts'

/** What our connections speak; another version of the protocol is another name. */
export const ALPN = 'tallyd/1'
/** RFC 9266 §4.2 names the exporter; it binds a ceremony to its connection. */
const EXPORTER = 'EXPORTER-Channel-Binding'
/** RFC 5705 §4: a label that is not registered begins so. */
const TRANSFER_EXPORTER = 'EXPERIMENTAL-tallyd-transfer'
/** A handshake that takes longer is ended, in milliseconds. */
export const HANDSHAKE_MS = 10_000

/** Facts of one secure connection. */
export interface Peer {
  /** Its certificate's, 64 hexadecimal digits. */
  readonly fingerprint: string
  readonly certificatePem: string
  /** 32 bytes, the same at both ends and nowhere else. */
  readonly exporter: Buffer
  /** The same under another label: the secret of transfers over this connection. */
  readonly transferSecret: Buffer
  /** Without brackets or a zone; an IPv4 address as itself. */
  readonly host: string
}

/** Options of both ends. */
export function tlsOptions({ certificatePem, privateKeyPem }: Identity) {
  return {
    cert: certificatePem,
    key: privateKeyPem,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ALPNProtocols: [ALPN],
    secureOptions: constants.SSL_OP_NO_TICKET,
  } as const
}

/** The facts of a socket that has just become secure, or why it is not to be talked to. `now` in Unix milliseconds. */
export function peerOf(socket: TLSSocket, now: number): Peer | string {
  if (socket.alpnProtocol !== ALPN) return 'it does not speak our protocol'
  if (socket.isSessionReused()) return 'it resumed a session'
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return 'it presented no certificate'
  // What is called the issuer's is simply the second one that was presented, whether or not it issued anything. Node hands it out
  // once: who asks again does not see it.
  if (certificate.issuerCertificate !== undefined) return 'it presented more than one certificate'
  const problem = certificateProblem(certificate.raw, now)
  if (problem !== null) return `its certificate ${problem}`
  return {
    fingerprint: fingerprintOf(certificate.raw),
    certificatePem: certificate.toString(),
    exporter: socket.exportKeyingMaterial(32, EXPORTER, Buffer.alloc(0)),
    transferSecret: socket.exportKeyingMaterial(32, TRANSFER_EXPORTER, Buffer.alloc(0)),
    host: plainAddress(socket.remoteAddress ?? ''),
  }
}

/** An IPv4 address that came over an IPv6 socket is itself again. */
export function plainAddress(address: string): string {
  return address.startsWith(':') ? address.replace(/^::ffff:(?=\d+\.)/i, '') : address
}

/** `host:port`, with brackets around an IPv6 address. */
export function addressOf(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** HOST, HOST:PORT, [IPv6], [IPv6]:PORT or a bare IPv6 address; null where it is none of these. */
export function readAddress(text: string, defaultPort: number): { host: string; port: number } | null {
  const found =
    /^\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\](?::(\d{1,5}))?$/.exec(text) ??
    /^([0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[\w.-]+)?)$/.exec(text) ??
    /^([A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text)
  if (found === null) return null
  const port = found[2] === undefined ? defaultPort : Number(found[2])
  return port >= 1 && port <= 65_535 ? { host: found[1]!, port } : null
}
