// The certificate before strangers: openssl, node:crypto, curl and a real handshake.
import { execFile, spawnSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { selfSigned } from '../../../src/daemon/identity/certificate.ts'
import { type Identity, makeIdentity } from '../../../src/daemon/identity/identity.ts'
import { certificateProblem, fingerprintOf } from '../../../src/daemon/identity/peer-certificate.ts'
import { temporaryFolder } from '../../harness/daemon.ts'

async function identity(t: Test): Promise<Identity> {
  return makeIdentity({
    paths: { identity: join(temporaryFolder(t), 'identity.json') },
    machineId: async () => null,
    now: Date.now,
  })
}

const has = (program: string, flag: string) => spawnSync(program, [flag]).status === 0

t.test('node:crypto reads what the protocol says', async (t) => {
  const { certificateDer, privateKeyPem, fingerprint } = await identity(t)
  const read = new X509Certificate(certificateDer)
  t.equal(read.subject, 'CN=tallyd')
  t.equal(read.issuer, 'CN=tallyd')
  t.equal(read.validFrom, 'Jan  1 00:00:00 2000 GMT')
  t.equal(read.validTo, 'Dec 31 23:59:59 9999 GMT')
  t.equal(read.subjectAltName, undefined)
  t.ok(read.checkPrivateKey(createPrivateKey(privateKeyPem)))
  t.ok(read.verify(read.publicKey))
  t.equal(read.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
  t.equal(read.fingerprint256.replaceAll(':', '').toLowerCase(), fingerprint)
  t.equal(certificateProblem(certificateDer, Date.now()), null)
})

t.test('its times are written as RFC 5280 wants them', async (t) => {
  const { certificateDer } = await identity(t)
  t.ok(certificateDer.includes(Buffer.from('\x17\x0d000101000000Z', 'latin1')), 'UTCTime until 2049')
  t.ok(certificateDer.includes(Buffer.from('\x18\x0f99991231235959Z', 'latin1')), 'GeneralizedTime after')
})

t.test('a thousand serial numbers are positive, of one length, and all different', async (t) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const serials = new Set<string>()
  for (let made = 0; made < 1_000; made++) {
    const { serialNumber } = new X509Certificate(selfSigned(privateKey))
    if (!/^[4-7][0-9A-F]{31}$/.test(serialNumber)) t.fail(serialNumber)
    serials.add(serialNumber)
  }
  t.equal(serials.size, 1_000)
})

t.test(
  'openssl verifies it strictly, and sees no extension',
  { skip: !has('openssl', 'version') },
  async (t) => {
    const { certificatePem, privateKeyPem } = await identity(t)
    const file = join(temporaryFolder(t), 'certificate.pem')
    writeFileSync(file, certificatePem)
    const verified = spawnSync('openssl', ['verify', '-check_ss_sig', '-CAfile', file, file])
    t.equal(verified.status, 0, verified.stderr.toString())
    const { stdout } = spawnSync('openssl', ['x509', '-in', file, '-noout', '-text'])
    const text = stdout.toString()
    t.match(text, /Version: 3/)
    t.match(text, /ecdsa-with-SHA256/)
    t.notMatch(text, /extensions/)
    t.notMatch(privateKeyPem, /ENCRYPTED/)
  },
)

t.test('nothing of this machine or its user is in it', async (t) => {
  const { certificateDer } = await identity(t)
  const text = certificateDer.toString('latin1')
  const words = text.match(/[ -~]{5,}/g) ?? []
  const constants = ['tallyd', '000101000000Z', '99991231235959Z']
  const known = words.filter((word) => constants.some((constant) => word.includes(constant)))
  t.equal(known.length, 4)
  for (const { USER, HOSTNAME } of [process.env]) {
    for (const word of [USER, HOSTNAME])
      if (word !== undefined && word.length > 3) t.notOk(text.includes(word))
  }
})

t.test('two identities meet over TLS 1.3, each sees the other, and both derive the same bytes', async (t) => {
  const [one, two] = [await identity(t), await identity(t)]
  const served = new Promise<{ fingerprint: string; exported: string }>((resolve, reject) => {
    const server = createServer(
      {
        key: one.privateKeyPem,
        cert: one.certificatePem,
        ca: [two.certificatePem],
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: 'TLSv1.3',
      },
      (socket) => {
        resolve(seenBy(socket))
        socket.end()
      },
    )
    server.on('tlsClientError', reject)
    server.listen(0, '127.0.0.1', () => dial((server.address() as AddressInfo).port))
    t.teardown(() => server.close())
  })
  let dialled: { fingerprint: string; exported: string } | undefined
  function dial(port: number): void {
    const socket = connect({
      port,
      host: '127.0.0.1',
      key: two.privateKeyPem,
      cert: two.certificatePem,
      ca: [one.certificatePem],
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
      checkServerIdentity: (_host, { raw }) =>
        fingerprintOf(raw) === one.fingerprint ? undefined : new Error('another device'),
    })
    socket.on('secureConnect', () => {
      dialled = seenBy(socket)
    })
    socket.on('error', (error) => t.fail(error.message))
    socket.resume()
  }
  const { fingerprint, exported } = await served
  t.equal(fingerprint, two.fingerprint)
  t.equal(dialled?.fingerprint, one.fingerprint)
  t.equal(dialled?.exported, exported)
})

function seenBy(socket: TLSSocket): { fingerprint: string; exported: string } {
  const exported = socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
  return {
    fingerprint: fingerprintOf(socket.getPeerCertificate().raw),
    exported: exported.toString('hex'),
  }
}

t.test('curl takes it, as server and as client', { skip: !has('curl', '--version') }, async (t) => {
  const [one, two] = [await identity(t), await identity(t)]
  const folder = temporaryFolder(t)
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const server = createHttps(
    {
      key: one.privateKeyPem,
      cert: one.certificatePem,
      ca: [two.certificatePem],
      requestCert: true,
      minVersion: 'TLSv1.3',
    },
    (_request, response) => response.end('taken'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const words = [
    ...['-sS', '--resolve', `tallyd:${port}:127.0.0.1`, '--cacert', file('one.pem', one.certificatePem)],
    ...['--cert', file('two.pem', two.certificatePem), '--key', file('two.key', two.privateKeyPem)],
    `https://tallyd:${port}/`,
  ]
  const said = await new Promise<string>((resolve) =>
    execFile('curl', words, (error, stdout, stderr) => resolve(error === null ? stdout : stderr)),
  )
  t.equal(said, 'taken')
})

t.test('certificates of peers', { skip: !has('openssl', 'version') }, async (t) => {
  const folder = temporaryFolder(t)
  const made = (name: string, ...words: string[]) => {
    const paths = [
      '-keyout',
      join(folder, `${name}.key`),
      '-out',
      join(folder, `${name}.der`),
      '-outform',
      'DER',
    ]
    const all = ['req', '-x509', '-nodes', '-subj', '/CN=someone', ...words, ...paths]
    const { status, stderr } = spawnSync('openssl', all)
    if (status !== 0) throw new Error(stderr.toString())
    return derIn(join(folder, `${name}.der`))
  }
  const p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  const now = Date.now()
  const good = made('good', ...p256)
  t.equal(certificateProblem(good, now), null, 'P-256')
  t.equal(certificateProblem(made('ed', '-newkey', 'ed25519'), now), null, 'Ed25519')
  t.match(certificateProblem(made('rsa1024', '-newkey', 'rsa:1024'), now), /another kind.*rsa 1024/)
  t.match(certificateProblem(made('rsa4096', '-newkey', 'rsa:4096'), now), /another kind/)
  const p384 = made('p384', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384')
  t.match(certificateProblem(p384, now), /another kind.*secp384r1/)
  const large = made(
    'large',
    ...p256,
    '-addext',
    `subjectAltName=${'DNS:aaaaaaaaaaaaaaaaaaaaaaaa,'.repeat(200)}DNS:a`,
  )
  t.match(certificateProblem(large, now), /bytes/)
  t.match(certificateProblem(Buffer.concat([good, good]), now), /exactly one/)
  t.match(certificateProblem(Buffer.concat([good, Buffer.from([0])]), now), /exactly one/)
  const pem = Buffer.from(new X509Certificate(good).toString())
  t.match(certificateProblem(pem, now), /exactly one/, 'PEM is not DER')
  t.match(certificateProblem(good, now + 40 * 86_400_000), /expired/)
  t.equal(certificateProblem(good, 0), null, 'a clock that is behind locks nobody out')
  const otherKey = Buffer.from(good)
  otherKey[good.length - 1]! ^= 1
  t.type(certificateProblem(otherKey, now), 'string', 'a signature that does not hold')
  for (const short of [0, 1, 2, 3, 4, 100, good.length - 1]) {
    t.match(certificateProblem(good.subarray(0, short), now), /exactly one/)
  }
  const noise = Buffer.from(good)
  noise.fill(0xff, 4)
  t.equal(certificateProblem(noise, now), 'cannot be read')
})

function derIn(path: string): Buffer {
  const { stdout } = spawnSync('openssl', ['x509', '-inform', 'DER', '-in', path, '-outform', 'DER'])
  return stdout
}
