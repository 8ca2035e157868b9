// The TLS edge of the LAN listener and of the dialler: who gets no further than the handshake, at both ends.

import { constants } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { type ConnectionOptions, createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import t, { type Test } from 'tap'
import { DialError, dial } from '../../../src/daemon/devices/dial.ts'
import { peerOf } from '../../../src/daemon/devices/tls.ts'
import type { Identity } from '../../../src/daemon/identity/identity.ts'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, pairByCode } from '../../harness/devices.ts'
import {
  ASKS,
  type Credentials,
  expiredIdentity,
  fateOf,
  madeIdentity,
  opensslCredentials,
  secured,
  strangersOptions,
} from '../../harness/stranger.ts'

const [good, other] = [madeIdentity(), madeIdentity()]

async function opened(t: Test): Promise<Device> {
  const [device] = (await devices(t, 1)) as [Device]
  await device.call('sharing.set', { mode: 'always' })
  return device
}

t.test('the listener', async (t) => {
  const device = await opened(t)
  const met = async (credentials: Credentials | null, more: ConnectionOptions = {}) =>
    fateOf(strangersOptions(device.port, credentials, more))

  t.test('answers a stranger with an acceptable certificate, so that the rest means something', async (t) => {
    t.match((await met(good)).answer, /^HTTP\/1\.1 403 /)
  })

  t.test('speaks TLS 1.3 only', async (t) => {
    const { secure } = await met(good, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })
    t.equal(secure, false)
  })

  t.test('wants our protocol by name', async (t) => {
    for (const ALPNProtocols of [[], ['h2'], ['http/1.1'], ['tallyd/2']]) {
      const { answer, error } = await met(good, { ALPNProtocols })
      t.equal(answer, '', ALPNProtocols.join())
      t.not(error, 'still open')
    }
  })

  t.test('wants exactly one certificate', async (t) => {
    const chains = {
      none: null,
      'another one with it': chain(good, other),
      'itself with it': chain(good, good),
      'two more with it': chain(good, other, expiredIdentity()),
    }
    for (const [name, credentials] of Object.entries(chains)) {
      const { answer, error } = await met(credentials)
      t.equal(answer, '', name)
      t.not(error, 'still open', name)
    }
  })

  t.test('does not talk to an expired certificate', async (t) => {
    t.equal((await met(expiredIdentity())).answer, '')
  })

  t.test('does not talk to keys of other kinds, nor to large certificates', async (t) => {
    const p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
    const large = `subjectAltName=${'DNS:aaaaaaaaaaaaaaaaaaaaaaaa,'.repeat(200)}DNS:a`
    const kinds: Record<string, string[]> = {
      'RSA-1024': ['-newkey', 'rsa:1024'],
      'RSA-2048': ['-newkey', 'rsa:2048'],
      'P-384': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
      large: [...p256, '-addext', large],
    }
    const control = opensslCredentials(t, '-newkey', 'ed25519')
    if (control === undefined) return t.pass('left out: openssl is not here')
    t.match((await met(control)).answer, /^HTTP\/1\.1 403 /, 'Ed25519 is talked to')
    for (const [name, words] of Object.entries(kinds)) {
      // OpenSSL 3.5 does not even send RSA-1024 at its usual level of security.
      const credentials = opensslCredentials(t, ...words)!
      const { answer, error } = await met(credentials, { ciphers: 'DEFAULT@SECLEVEL=0' })
      t.equal(answer, '', name)
      t.not(error, 'still open', name)
    }
    return undefined
  })

  t.test('does not talk to its own certificate', async (t) => {
    const { certificatePem, privateKeyPem } = ownIdentity(device)
    t.equal((await met({ certificatePem, privateKeyPem })).answer, '')
  })

  t.test('resumes nothing', async (t) => {
    const options = strangersOptions(device.port, good)
    const first = await secured(options)
    let session: Buffer | undefined
    first.on('session', (ticket) => {
      session = ticket
    })
    first.on('error', () => undefined)
    first.write(ASKS)
    await once(first.resume(), 'close')
    const offered = session ?? first.getSession()
    const again = await secured({ ...options, ...(offered === undefined ? {} : { session: offered }) })
    t.equal(again.isSessionReused(), false)
    again.destroy()
  })

  t.test('and still answers', async (t) => {
    t.match((await met(good)).answer, /^HTTP\/1\.1 403 /)
  })
})

t.test('the dialler', async (t) => {
  const own = madeIdentity()
  const sockets: TLSSocket[] = []
  const dialled = async (port: number, pinned: Identity | null) => {
    const pin = pinned === null ? null : { id: pinned.fingerprint, certificatePem: pinned.certificatePem }
    try {
      const { socket, peer } = await dial({ host: '127.0.0.1', port, pin }, { identity: own, now: Date.now })
      t.teardown(() => socket.destroy())
      sockets.push(socket)
      return peer.fingerprint
    } catch (error) {
      if (error instanceof DialError) return error.why
      throw error
    }
  }

  t.test('reaches the pinned one, and whoever has an acceptable certificate in a ceremony', async (t) => {
    const { port } = await fake(t, good)
    t.equal(await dialled(port, good), good.fingerprint)
    t.equal(await dialled(port, null), good.fingerprint)
  })

  t.test('says nothing to another certificate than the pinned one', async (t) => {
    for (const credentials of [other, chain(other, good), expiredIdentity()]) {
      const server = await fake(t, credentials)
      t.equal(await dialled(server.port, good), 'wrongCertificate')
      t.equal(server.bytes(), 0)
    }
  })

  t.test('refuses more than one certificate, even if the pinned one comes first', async (t) => {
    for (const credentials of [chain(good, other), chain(good, good)]) {
      const server = await fake(t, credentials)
      t.equal(await dialled(server.port, good), 'notTallyd')
      t.equal(await dialled(server.port, null), 'notTallyd')
      t.equal(server.bytes(), 0)
    }
  })

  t.test('refuses TLS 1.2, another protocol by name, and none', async (t) => {
    for (const odd of [
      { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
      { ALPNProtocols: ['h2'] },
      { ALPNProtocols: [] },
    ] as const) {
      const server = await fake(t, good, odd as TlsOptions)
      t.equal(await dialled(server.port, good), 'notTallyd', JSON.stringify(odd))
      t.equal(server.bytes(), 0)
    }
  })

  t.test('refuses its own certificate', async (t) => {
    const { port } = await fake(t, own)
    t.equal(await dialled(port, null), 'notTallyd')
  })

  t.test('never resumes, whatever tickets it is given', async (t) => {
    const server = await fake(t, good, { secureOptions: 0 })
    for (let times = 0; times < 3; times++) {
      t.equal(await dialled(server.port, good), good.fingerprint)
      sockets.at(-1)!.write('x')
      await until(() => server.bytes() > times, 'the byte arrives')
      sockets.at(-1)!.destroy()
    }
    t.equal(server.resumed(), 0)
  })

  t.test('gives up where nobody answers', async (t) => {
    t.equal(await dialled(1, good), 'unreachable')
  })
})

t.test('a resumed session is known as such at both ends', async (t) => {
  const seen: string[] = []
  const { port } = await fake(t, good, { secureOptions: 0 }, 0, (socket) => {
    seen.push(String(peerOf(socket, Date.now())))
  })
  const first = await secured(strangersOptions(port, other))
  const [session] = (await once(first.resume(), 'session')) as [Buffer]
  first.destroy()
  const again = await secured({ ...strangersOptions(port, other), session })
  t.equal(again.isSessionReused(), true)
  t.equal(peerOf(again, Date.now()), 'it resumed a session')
  await until(() => seen.length === 2, 'the server sees both')
  t.equal(seen[1], 'it resumed a session')
  again.destroy()
})

t.test('a paired device that became another one gets no byte', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  await two.end('SIGKILL')
  const impostor = await fake(t, other, {}, two.port)
  await until(async () => (await one.row(two))?.problem?.code === 'wrongCertificate', 'one notices')
  t.match(await one.row(two), { state: 'paired', freshness: 'cached', all: { calls: two.calls } })
  t.ok(impostor.connections() > 0)
  t.equal(impostor.bytes(), 0)
})

/** A TLS server that asks for a certificate and counts the bytes that it can decrypt. */
async function fake(
  t: Test,
  { certificatePem, privateKeyPem }: Credentials,
  more: TlsOptions = {},
  port = 0,
  met: (socket: TLSSocket) => void = () => undefined,
) {
  let [bytes, resumed, connections] = [0, 0, 0]
  const server = createServer({
    cert: certificatePem,
    key: privateKeyPem,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['tallyd/1'],
    secureOptions: constants.SSL_OP_NO_TICKET,
    ...more,
  })
  server.on('connection', () => connections++)
  server.on('secureConnection', (socket) => {
    if (socket.isSessionReused()) resumed++
    met(socket)
    socket.on('error', () => undefined)
    socket.on('data', (part: Buffer) => {
      bytes += part.length
    })
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const at = (server.address() as AddressInfo).port
  return { port: at, bytes: () => bytes, resumed: () => resumed, connections: () => connections }
}

function chain(first: Credentials, ...more: readonly Credentials[]): Credentials {
  const certificatePem = [first, ...more].map((each) => each.certificatePem).join('')
  return { certificatePem, privateKeyPem: first.privateKeyPem }
}

function ownIdentity({ home }: Device): Credentials {
  return JSON.parse(readFileSync(`${home}/identity.json`, 'utf8')) as Credentials
}
