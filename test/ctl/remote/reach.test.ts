// Whom the client sends anything to: the key that was pinned, a chain that is trusted, or this machine; nobody else gets a byte.
import { createHash, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer as createPlainServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import t from 'tap'
import { EXIT } from '../../../src/contract/errors.ts'
import { addressOf, isLoopbackAddress } from '../../../src/ctl/remote/address.ts'
import { pinOf, reach } from '../../../src/ctl/remote/reach.ts'
import { type Teardown, temporaryFolder, until } from '../../harness/daemon.ts'
import { type Credentials, madeIdentity, opensslCredentials } from '../../harness/stranger.ts'
import { tallyctl } from '../client.ts'
import { fakeHost, TOKEN } from '../fake-host.ts'

function pinFor({ certificatePem }: Credentials): string {
  const spki = new X509Certificate(certificatePem).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256//${createHash('sha256').update(spki).digest('base64')}`
}

interface Recorder {
  readonly url: string
  readonly port: number
  /** Decrypted bytes that came. */
  bytes(): number
  /** TCP connections, and how many of them are over. */
  connections(): { readonly begun: number; readonly over: number }
}

/** A TLS server that answers nothing and counts what comes. */
async function recorder(t: Teardown, tls: Credentials, more: TlsOptions = {}): Promise<Recorder> {
  let [bytes, begun, over] = [0, 0, 0]
  const open = new Set<TLSSocket>()
  const server = createServer({ key: tls.privateKeyPem, cert: tls.certificatePem, ...more }, (socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      bytes += data.length
    })
  })
  server.on('tlsClientError', () => undefined)
  server.on('connection', (socket) => {
    begun++
    socket.once('close', () => {
      over++
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    bytes: () => bytes,
    connections: () => ({ begun, over }),
  }
}

async function over({ connections }: Recorder, count: number): Promise<void> {
  await until(() => connections().over >= count, `${count} connections are over`)
}

const OTHER_PIN = `sha256//${'A'.repeat(43)}=`

t.test('another key than the pinned one gets no byte of anything', async (t) => {
  const tls = madeIdentity()
  const server = await recorder(t, tls)
  const home = temporaryFolder(t)
  const env = { TALLYD_TOKEN: TOKEN }
  for (const [at, words] of [
    ['connect', server.url, '--pin', OTHER_PIN],
    ['usage', '--host', server.url, '--pin', OTHER_PIN],
    ['watch', '--json', '--host', server.url, '--pin', OTHER_PIN],
    ['call', 'access.whoami', '--host', server.url, '--pin', OTHER_PIN],
  ].entries()) {
    const ran = await tallyctl(home, words, { env })
    t.equal(ran.exit, EXIT.refused, words.join(' '))
    t.equal(ran.out, '')
    t.match(ran.err, /^tallyctl: the key of https:\S+ is not the pinned one; nothing was sent to it; there, /)
    await over(server, at + 1)
  }
  t.equal(server.bytes(), 0)
  t.equal(server.connections().begun, 4, 'it did hear of somebody')
  // The control: with the right pin there are bytes.
  const socket = await reach(addressOf(server.url), pinFor(tls), 10_000)
  socket.on('error', () => undefined)
  socket.write('hello')
  await until(() => server.bytes() === 5, 'what is sent with the right pin')
  socket.destroy()
})

t.test('without a pin a certificate that nobody here trusts gets no byte', async (t) => {
  const server = await recorder(t, madeIdentity())
  const home = temporaryFolder(t)
  // What would switch the check off for Node is not obeyed.
  const env = { TALLYD_TOKEN: TOKEN, NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' }
  for (const words of [
    ['connect', server.url],
    ['usage', '--host', server.url],
  ]) {
    const ran = await tallyctl(home, words, { env })
    t.equal(ran.exit, EXIT.refused)
    t.match(
      ran.err,
      /the certificate of that server is not one that is trusted: https:\S+ \(.*\); there, run: (?:npx )?tallyctl web cert; here, say --pin /,
    )
  }
  await over(server, 2)
  t.equal(server.bytes(), 0)
})

const CHAIN = [
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:prime256v1',
  '-addext',
  'subjectAltName=IP:127.0.0.1',
]
const trusted = opensslCredentials(t, ...CHAIN)

t.test(
  'a certificate in NODE_EXTRA_CA_CERTS is trusted for its names alone',
  { skip: trusted ? false : 'no openssl here' },
  async (t) => {
    const home = temporaryFolder(t)
    const certificate = join(home, 'ca.pem')
    writeFileSync(certificate, trusted?.certificatePem ?? '')
    const env = { TALLYD_TOKEN: TOKEN, NODE_EXTRA_CA_CERTS: certificate }
    const host = await fakeHost(t, { tls: trusted! })
    const ran = await tallyctl(home, ['whoami', '--host', host.url], { env })
    t.equal(ran.err, '')
    t.match(ran.out, /^kitchen display on desk\n/)
    const other = await tallyctl(home, ['whoami', '--host', `https://localhost:${host.port}`], { env })
    t.equal(other.exit, EXIT.refused)
    t.match(other.err, /not one that is trusted/)
    t.equal(host.heard.length, 1, 'under another name nothing was asked')
  },
)

t.test('TLS before 1.2 is not spoken', async (t) => {
  const tls = madeIdentity()
  const old: TlsOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
  const server = await recorder(t, tls, old)
  await t.rejects(reach(addressOf(server.url), pinFor(tls), 10_000), {
    message: /^what answers there is not tallyd: /,
  })
  t.equal(server.bytes(), 0)
  const now = await recorder(t, tls, { maxVersion: 'TLSv1.2' })
  const socket = await reach(addressOf(now.url), pinFor(tls), 10_000)
  t.equal((socket as TLSSocket).getProtocol(), 'TLSv1.2')
  socket.destroy()
})

t.test('who is away, silent, or speaks something else', async (t) => {
  await t.rejects(reach(addressOf('http://127.0.0.1:1'), null, 10_000), { message: /nobody listens there/ })
  const silent = createPlainServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  t.teardown(() => silent.close())
  const { port } = silent.address() as AddressInfo
  await t.rejects(reach(addressOf(`https://127.0.0.1:${port}`), OTHER_PIN, 200), { message: /^no answer: / })
  const plain = await fakeHost(t)
  await t.rejects(reach(addressOf(plain.url.replace('http', 'https')), OTHER_PIN, 10_000), {
    message: /^what answers there is not tallyd: /,
  })
})

const elsewhere = Object.values(networkInterfaces())
  .flat()
  .find((each) => each !== undefined && each.family === 'IPv4' && !each.internal)?.address

t.test(
  'plain HTTP goes to loopback, whatever a name leads to',
  { skip: elsewhere === undefined ? 'no other address here' : false },
  async (t) => {
    let connections = 0
    let bytes = 0
    const server = createPlainServer((socket) => {
      connections++
      socket.on('error', () => undefined)
      socket.on('data', (data) => {
        bytes += data.length
      })
    })
    await new Promise<void>((resolve) => server.listen(0, elsewhere, resolve))
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    // As if this machine's files said that localhost is another address.
    const address = { url: `http://localhost:${port}`, isHttps: false, host: elsewhere ?? '', port }
    await t.rejects(reach(address, null, 10_000), { message: /is not this machine$/ })
    await until(() => connections === 1, 'the connection')
    t.equal(bytes, 0)
  },
)

t.test('addresses are taken in one form, and http for this machine alone', async (t) => {
  for (const [typed, url] of [
    ['https://Desk.Local:4766/', 'https://desk.local:4766'],
    ['https://desk.local:443', 'https://desk.local'],
    ['HTTP://localhost:4766', 'http://localhost:4766'],
    ['http://127.1:4766', 'http://127.0.0.1:4766'],
    ['http://[0:0:0:0:0:0:0:1]:4766', 'http://[::1]:4766'],
    ['https://[FE80::1]', 'https://[fe80::1]'],
  ] as const)
    t.equal(addressOf(typed).url, url)
  t.strictSame(addressOf('https://[::1]'), { url: 'https://[::1]', isHttps: true, host: '::1', port: 443 })
  for (const typed of [
    '',
    'desk.local',
    'desk.local:4766',
    'ftp://desk.local',
    'https://me:secret@desk.local',
    'https://desk.local/path',
    'https://desk.local/?token=x',
    'https://desk.local/#x',
    'http://desk.local:4766',
    'http://192.168.1.31:4766',
    'http://127.0.0.1.evil.example',
    'http://0.0.0.0:4766',
    `https://${'x'.repeat(400)}`,
  ])
    t.throws(() => addressOf(typed), { message: /^this cannot be read: / }, typed.slice(0, 40))
  t.strictSame(
    ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '10.0.0.1', '::2', '', '127.evil'].map(
      isLoopbackAddress,
    ),
    [true, true, true, true, false, false, false, false],
  )
  t.throws(() => pinOf('sha256//short'), { message: /44 characters of base64/ })
})
