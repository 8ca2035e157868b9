// `tallyctl share` where the port is taken: it fails, whether it was to open or is only looked at, and names the port.
import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { ERRORS, EXIT } from '../../src/contract/errors.ts'
import { until } from '../harness/daemon.ts'
import { type Device, devices } from '../harness/devices.ts'
import { tallyctl } from './client.ts'
import { fakeDaemon } from './fake-daemon.ts'

t.test('a port that is taken: the status of the error, and the port', async (t) => {
  const [device] = (await devices(t, 1)) as [Device]
  const squatter = createServer().listen(device.port, '127.0.0.1')
  t.teardown(() => squatter.close())
  await once(squatter, 'listening')
  for (const how of ['always', '10m', 'always']) {
    const { exit, out, err } = await tallyctl(device.home, ['share', how])
    t.equal(exit, ERRORS.portTaken.exit, how)
    t.equal(out, '')
    t.match(err, `tallyctl: the port is taken: ${device.port}; set lan.port`)
  }
  const looked = await tallyctl(device.home, ['share'])
  t.equal(looked.exit, ERRORS.portTaken.exit)
  t.equal(looked.out, `not open: the port is taken: ${device.port}\n`)
  const asJson = await tallyctl(device.home, ['share', '--json'])
  t.equal(asJson.exit, ERRORS.portTaken.exit)
  t.match(JSON.parse(asJson.out), { sharing: { open: false, problem: /the port is taken/ } })
  squatter.close()
  await once(squatter, 'close')
  // Whoever says it again has it tried at once.
  await until(async () => (await tallyctl(device.home, ['share', 'always'])).exit === EXIT.ok, 'it opens')
  const { exit, out } = await tallyctl(device.home, ['share'])
  t.equal(exit, EXIT.ok)
  t.equal(out, `open on port ${device.port}\n`)
})

t.test('a copied home has the status of that error, anything unknown fails', async (t) => {
  let problem: string = ERRORS.clonedIdentity.says
  const sharing = { open: false, port: null, mode: 'always', until: null }
  const { home } = await fakeDaemon(t, { 'sharing.show': () => ({ sharing: { ...sharing, problem } }) })
  t.equal((await tallyctl(home, ['share'])).exit, ERRORS.clonedIdentity.exit)
  problem = 'listen EACCES: permission denied 0.0.0.0:80'
  t.equal((await tallyctl(home, ['share'])).exit, EXIT.failed)
})
