// Opening and closing for other devices, on a real daemon: how long a window lasts, and what is said of a port that is taken.
import { once } from 'node:events'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { type Device, devices } from '../../harness/devices.ts'

const alone = async (t: Test) => (await devices(t, 1))[0] as Device

/** How long it is still open, in whole minutes. */
async function minutesLeft(device: Device): Promise<number> {
  const { until } = (await device.call('sharing.show')).sharing
  return Math.round((Date.parse(until ?? '') - Date.now()) / 60_000)
}

t.test('a window is as long as the owner says, also where a longer one is open', async (t) => {
  const device = await alone(t)
  await device.call('sharing.set', { mode: 'window', seconds: 3600 })
  t.equal(await minutesLeft(device), 60)
  await device.call('sharing.set', { mode: 'window', seconds: 120 })
  t.equal(await minutesLeft(device), 2, 'the owner may shorten it')
  await device.call('pairing.invite')
  t.equal(await minutesLeft(device), 5, 'an invitation lengthens it')
  await device.call('sharing.set', { mode: 'window', seconds: 3600 })
  await device.call('pairing.invite')
  t.equal(await minutesLeft(device), 60, 'and shortens none')
})

t.test('a port that is taken is said once, and doctor names the key of the config file', async (t) => {
  const device = await alone(t)
  const other = createServer().listen(device.port, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  await t.rejects(device.call('sharing.set', { mode: 'always' }), {
    message: `the port is taken: ${device.port}`,
  })
  const { checks } = await device.call('doctor.run')
  const check = checks.find(({ subject }) => subject === 'sharing')
  t.match(check, {
    level: 'broken',
    says: `the port is taken: ${device.port}`,
    next: /lan\.port in the config file/,
  })
})
