// A home that was copied to another machine: it counts, and no other device reaches it until its owner decides.
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { adoptIdentity } from '../../../src/daemon/identity/identity.ts'
import { machineIdOf } from '../../../src/daemon/identity/machine.ts'
import { until } from '../../harness/daemon.ts'
import { areLive, type Device, devices, failureOf, pairByCode } from '../../harness/devices.ts'

const hasMachineId = (await machineIdOf(process.platform)()) !== null
const options = { skip: !hasMachineId && 'needs a machine that has an id: nobody can tell a copy here' }

/** Whether anything listens on the device's port. */
async function isOpen({ port }: Device): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isConnected = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return isConnected
}

t.test(
  'a copied home opens no LAN listener, whatever it is asked, until it is adopted',
  options,
  async (t) => {
    const [one, two] = (await devices(t, 2)) as [Device, Device]
    await pairByCode(one, two)
    t.ok(await isOpen(one), 'paired, it is open')
    await one.end()
    // The file says from now on that it was made elsewhere, as that of a copy does.
    const paths = { identity: join(one.home, 'identity.json') }
    await adoptIdentity({ paths, machineId: async () => 'another machine', now: Date.now })
    await one.start()
    await until(async () => (await one.call('daemon.status')).ready, 'it counts')
    t.equal(
      (await one.call('usage.summary', { range: 'all', timeZone: 'UTC' })).total.calls,
      one.calls + two.calls,
    )
    t.match((await one.call('sharing.show')).sharing, { open: false, port: null, problem: /another machine/ })
    for (const refused of [
      () => one.call('sharing.set', { mode: 'always' }),
      () => one.call('sharing.set', { mode: 'window', seconds: 60 }),
      () => one.call('pairing.invite'),
      () => one.call('pairing.join', { address: two.address, code: '123456' }),
      () => one.call('pairing.compare', { address: two.address }),
    ]) {
      t.equal(await failureOf(refused()), 'clonedIdentity')
    }
    t.notOk(await isOpen(one), 'nothing listens')
    const { checks } = await one.call('doctor.run')
    t.match(
      checks.find(({ subject }) => subject === 'identity'),
      { level: 'broken', next: /identity adopt; if it was copied: tallyctl identity new/ },
    )
    t.not((await one.row(two))?.freshness, 'live', 'nor does it go to others')
    await one.call('identity.adopt')
    t.ok(await isOpen(one), 'adopted, it is open again')
    await areLive(one, two)
  },
)
