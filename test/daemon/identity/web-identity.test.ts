// The keys of the web listener before strangers: node:crypto and openssl judge the certificates, and no accident makes new ones.
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openWebIdentity } from '../../../src/daemon/identity/web-identity.ts'
import { temporaryFolder } from '../../harness/daemon.ts'

const NAMES = ['desk.example', 'desk.local', '192.168.1.31', '::1', 'fd00::2:0:3', '::ffff:10.0.0.1']
const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** The PEM certificates of a chain. */
function certificatesIn(chain: string): X509Certificate[] {
  return [...chain.matchAll(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g)].map(
    ([pem]) => new X509Certificate(pem),
  )
}

t.test('an authority that signs leaves alone, and a leaf for every name and address', async (t) => {
  const identity = await openWebIdentity(join(temporaryFolder(t), 'web.json'))
  const now = Date.parse('2026-11-27T12:00:00Z')
  const [leaf, authority] = certificatesIn(await identity.chain(NAMES, now))
  t.equal(authority?.toString(), new X509Certificate(identity.authorityPem).toString())
  t.ok(authority?.ca)
  t.equal(authority?.subject, 'CN=tallyd')
  t.notOk(leaf?.ca)
  t.ok(leaf?.checkIssued(authority!))
  t.ok(leaf?.verify(authority!.publicKey))
  t.equal(leaf?.checkHost('desk.example'), 'desk.example')
  t.equal(leaf?.checkHost('other.example'), undefined)
  t.equal(leaf?.checkHost('tallyd web'), undefined)
  for (const address of NAMES.slice(2)) t.ok(leaf?.checkIP(address), address)
  t.notOk(leaf?.checkIP('192.168.1.32'))
  t.ok(Date.parse(leaf!.validFrom) <= now && Date.parse(leaf!.validTo) > now + 390 * 86_400_000)
  t.ok(Date.parse(leaf!.validTo) - Date.parse(leaf!.validFrom) < 825 * 86_400_000, "Apple's longest")
})

t.test('openssl verifies the chain strictly', { skip: hasOpenssl ? false : 'no openssl here' }, async (t) => {
  const folder = temporaryFolder(t)
  const identity = await openWebIdentity(join(folder, 'web.json'))
  const [leaf] = certificatesIn(await identity.chain(NAMES, Date.now()))
  const [ca, own] = [join(folder, 'ca.pem'), join(folder, 'leaf.pem')]
  writeFileSync(ca, identity.authorityPem)
  writeFileSync(own, leaf!.toString())
  const verify = (...more: string[]) =>
    spawnSync('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', ca, ...more, own], {
      encoding: 'utf8',
    })
  for (const more of [
    [],
    ['-verify_hostname', 'desk.local'],
    ['-verify_ip', '192.168.1.31'],
    ['-verify_ip', '::1'],
  ]) {
    const { status, stderr } = verify(...more)
    t.equal(status, 0, `${more.join(' ')} ${stderr}`)
  }
  t.not(verify('-verify_hostname', 'other.example').status, 0)
  // A leaf must not be able to sign another one.
  t.not(spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', own, own]).status, 0)
})

t.test('the keys stay, and with them the pin, whatever the names are', async (t) => {
  const path = join(temporaryFolder(t), 'web.json')
  const [one, two] = [await openWebIdentity(path), await openWebIdentity(path)]
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(two.pin, one.pin)
  t.match(one.pin, /^sha256\/\/[A-Za-z0-9+/]{43}=$/)
  t.equal(two.authorityPem, one.authorityPem)
  const [a] = certificatesIn(await one.chain(['a'], Date.now()))
  const [b] = certificatesIn(await two.chain(['b'], Date.now()))
  t.not(a?.serialNumber, b?.serialNumber)
  t.same(
    a?.publicKey.export({ type: 'spki', format: 'der' }),
    b?.publicKey.export({ type: 'spki', format: 'der' }),
  )
})

t.test('of several that make them at once all have the same', async (t) => {
  const path = join(temporaryFolder(t), 'web.json')
  const all = await Promise.all(Array.from({ length: 8 }, () => openWebIdentity(path)))
  t.equal(new Set(all.map(({ pin }) => pin)).size, 1)
  t.equal((await openWebIdentity(path)).pin, all[0]?.pin)
})

t.test('a file that is not whole, or open to others, is an error that names it, and stays', async (t) => {
  const path = join(temporaryFolder(t), 'web.json')
  const other = join(temporaryFolder(t), 'web.json')
  await openWebIdentity(path)
  await openWebIdentity(other)
  const whole = readFileSync(path, 'utf8')
  const { authorityPem } = JSON.parse(readFileSync(other, 'utf8')) as { authorityPem: string }
  const broken = {
    empty: '',
    torn: whole.slice(0, whole.length / 2),
    'not JSON': 'x',
    'of another version': whole.replace('"schema": 1', '"schema": 2'),
    'without a key': whole.replace('keyPem', 'keyPen'),
    'with the certificate of another key': JSON.stringify({ ...JSON.parse(whole), authorityPem }),
  }
  for (const [what, text] of Object.entries(broken)) {
    writeFileSync(path, text)
    await t.rejects(openWebIdentity(path), { error: 'stateUnreadable', message: new RegExp(path) }, what)
    t.equal(readFileSync(path, 'utf8'), text)
  }
  writeFileSync(path, whole)
  chmodSync(path, 0o640)
  await t.rejects(openWebIdentity(path), { error: 'stateUnreadable', message: /0640/ })
  rmSync(path)
  t.not((await openWebIdentity(path)).authorityPem, authorityPem)
})

t.test('where nothing can be written that is said', async (t) => {
  const path = join(temporaryFolder(t), 'no', 'folder', 'web.json')
  await t.rejects(openWebIdentity(path), { error: 'stateUnwritable', message: /ENOENT/ })
})
