// Two hosts: something is sent by code to whoever finds the sender by its name, to a paired device, and over a connection that is cut.
import { until } from '../harness/daemon.ts'
import { type HostDaemon, hostTest } from './network.ts'

const API_KEY = { type: 'api-key', fields: { apiKey: 'canary-77aa' } } as const
const WANTED = { secrets: ['maps'], configs: ['photos'] }

async function fill(daemon: HostDaemon): Promise<void> {
  await daemon.call('secrets.add', { name: 'maps', secret: API_KEY })
  const config = {
    type: 'database',
    name: 'photos',
    description: '',
    path: '/p',
    links: { geocodingKey: 'maps' },
  }
  await daemon.call('configs.add', { config: { ...config, type: 'database' } })
}

/** How many things are in a vault. */
async function held(daemon: HostDaemon): Promise<number> {
  const { secrets } = await daemon.call('secrets.list')
  return secrets.length + (await daemon.call('configs.list')).configs.length
}

async function stateOf(daemon: HostDaemon, id: string): Promise<string> {
  const found = (await daemon.call('transfers.list')).transfers.find((each) => each.id === id)
  return `${found?.state} ${found?.why}`
}

hostTest('by code, the sender found by its name', async (t, net) => {
  const [a, b] = [net.host(1), net.host(2)]
  const sender = await a.daemon({ device: { name: 'desk' } })
  const receiver = await b.daemon({ device: { name: 'laptop' } })
  await fill(sender)
  const { code, offered, addresses } = await sender.call('transfers.send', WANTED)
  t.ok(
    addresses.some((address) => address.startsWith('10.77.0.1:')),
    addresses.join(),
  )
  await until(
    async () => (await receiver.call('discovery.look', {})).found.some(({ name }) => name === 'desk'),
    'it is found by its name',
    20_000,
  )
  const { received } = await receiver.call('transfers.receive', { address: 'desk', code: code! })
  t.match(received?.from, { name: 'desk', paired: false })
  t.equal(await held(receiver), 0)
  t.match(await receiver.call('transfers.commit', { id: offered.id }), { committed: { told: true } })
  t.equal(await held(receiver), 2)
  await until(async () => (await stateOf(sender, offered.id)) === 'committed null', 'the sender knows')
})

hostTest('by pairing, and cut while it is looked at: nothing is stored, and both end', async (t, net) => {
  const [a, b] = [net.host(1), net.host(2)]
  const [sender, receiver] = [
    await a.daemon({ device: { name: 'desk' } }),
    await b.daemon({ device: { name: 'laptop' } }),
  ]
  await fill(sender)
  const { invited } = await receiver.call('pairing.invite', {})
  await sender.call('pairing.join', { address: `10.77.0.2:${invited.port}`, code: invited.code })
  const waiting = async () =>
    (await receiver.call('requests.list')).requests.some(({ kind }) => kind === 'transfer')

  const first = await sender.call('transfers.send', { ...WANTED, to: 'laptop' })
  await until(waiting, 'its owner is asked', 30_000)
  await receiver.call('transfers.accept', {})
  a.ip('link', 'set', 'eth0', 'down')
  const commit = receiver.call('transfers.commit', { id: first.offered.id }).then(
    () => 'it worked',
    (error: Error) => error.message,
  )
  t.not(await commit, 'it worked', 'without the sender’s word nothing is saved')
  t.equal(await held(receiver), 0)
  t.match(await stateOf(receiver, first.offered.id), /^failed closed/)
  a.ip('link', 'set', 'eth0', 'up')
  // The sender hears nothing of it, and ends when the receiver's time is over, or takes it back.
  if (/^accepted/.test(await stateOf(sender, first.offered.id))) {
    await sender.call('transfers.cancel', { id: first.offered.id })
  }
  t.match(await stateOf(sender, first.offered.id), /^(failed|declined) /)

  const second = await sender.call('transfers.send', { ...WANTED, to: 'laptop' })
  await until(waiting, 'its owner is asked once they have found each other again', 60_000)
  await receiver.call('transfers.accept', {})
  await receiver.call('transfers.commit', { id: second.offered.id })
  t.equal(await held(receiver), 2)
  await until(async () => (await stateOf(sender, second.offered.id)) === 'committed null', 'the sender knows')
})
