// Whom the LAN listener turns away is counted and stands in doctor; two devices that pair are not among them.
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { CertificateClient } from '../../harness/certificate-client.ts'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, pairByCode } from '../../harness/devices.ts'
import { fateOf, madeIdentity, strangersOptions } from '../../harness/stranger.ts'

async function turnedAway(device: Device) {
  const { checks } = await device.call('doctor.run')
  return checks.find(({ subject }) => subject === 'turned away')
}

t.test('garbage and strangers are counted, and doctor says how many and who was last', async (t) => {
  const [device] = (await devices(t, 1)) as [Device]
  await device.call('sharing.set', { mode: 'always' })
  t.equal(await turnedAway(device), undefined, 'nobody was')
  const socket = connect(device.port, '127.0.0.1')
  socket.on('error', () => undefined).end('GET / HTTP/1.1\r\n\r\n')
  await once(socket.resume(), 'close')
  await until(async () => (await turnedAway(device)) !== undefined, 'garbage is counted')
  t.match(await turnedAway(device), {
    level: 'ok',
    says: /^once since the start; last 127\.0\.0\.1 at 2\S+Z \(/,
  })
  await fateOf(strangersOptions(device.port, madeIdentity()), undefined, 20_000)
  t.match(await turnedAway(device), {
    says: /^2 times since the start; .* \(not paired\); see: tallyctl audit$/,
  })
})

t.test('what cannot be read, and what there is not, is counted as well', async (t) => {
  const [device] = (await devices(t, 1)) as [Device]
  await device.call('sharing.set', { mode: 'always' })
  const client = new CertificateClient(device, madeIdentity())
  const asked = [
    [404, 'asked for what there is not', () => client.post('/nothing', '')],
    [400, 'a request that cannot be read', () => client.post('/v1/unpair', 'no notice')],
    [413, 'a request that cannot be read', () => client.post('/v1/unpair', 'x'.repeat(5_000))],
    [403, 'a browser', () => client.post('/v1/unpair', '', { origin: 'https://evil.example' })],
  ] as const
  for (const [at, [status, why, ask]] of asked.entries()) {
    t.equal((await ask()).status, status)
    const says = (await turnedAway(device))?.says ?? ''
    t.ok(says.startsWith(at === 0 ? 'once' : `${at + 1} times`), says)
    t.ok(says.includes(`(${why})`), says)
  }
  t.ok([200, 503].includes((await client.begin()).status), 'to ask for a token is nothing of the kind')
  t.match(await turnedAway(device), { says: /^4 times/ })
})

t.test('who pairs, and pairs once more, is never turned away in between', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  for (let round = 0; round < 4; round++) await pairByCode(one, two)
  for (const device of [one, two]) {
    t.equal(await turnedAway(device), undefined)
    const { entries } = await device.call('audit.list')
    t.notOk(entries.some(({ what }) => what === 'refused'))
  }
})
