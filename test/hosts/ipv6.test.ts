// Networks without IPv4: unique local addresses, and nothing but link-local ones.
import { until } from '../harness/daemon.ts'
import { type Host, type HostDaemon, hostTest, type Network, type Seen } from './network.ts'

const isFoundAt = (address: string) => (seen: Seen) =>
  seen.event === '=' && seen.protocol === 'IPv6' && seen.address === address

/** Two hosts, and a third one with Avahi on it, on which there is no IPv4 address but that of loopback. */
function withoutIPv4(net: Network, prefix: string | null): [Host, Host, Host] {
  const hosts = [1, 2, 3].map((n) => {
    const host = net.bare()
    host.plug('eth0', prefix === null ? null : `${prefix}::${n}/64`)
    return host
  })
  return hosts as [Host, Host, Host]
}

/** The address that the system gave `eth0` by itself. */
async function linkLocal(host: Host): Promise<string> {
  let found: string | undefined
  await until(() => {
    found = /inet6 (fe80:[0-9a-f:]+)\//.exec(
      host.ip('-6', 'addr', 'show', 'dev', 'eth0', 'scope', 'link'),
    )?.[1]
    return found !== undefined
  }, 'it has a link-local address')
  return found!
}

async function areLive(daemons: readonly HostDaemon[]): Promise<void> {
  const isLive = async (daemon: HostDaemon) =>
    (await daemon.call('devices.list')).devices.some(({ self, freshness }) => !self && freshness === 'live')
  for (const daemon of daemons) await until(() => isLive(daemon), 'it is live', 30_000)
}

/** The addresses of the other device as `daemon` finds them on the network. */
async function addressesFound(daemon: HostDaemon): Promise<readonly string[]> {
  const { found } = await daemon.call('discovery.look')
  return found.flatMap(({ addresses }) => addresses)
}

hostTest('only unique local addresses: found by Avahi and by us, paired by address', async (t, net) => {
  const [a, b, c] = withoutIPv4(net, 'fd77')
  t.notMatch(a.ip('addr', 'show', 'dev', 'eth0'), /inet /, 'there is no IPv4')
  const { seen } = (await c.avahi()).browse()
  const [one, two] = [await a.daemon(), await b.daemon()]
  const { invited } = await one.call('pairing.invite')
  t.same(invited.addresses, [`[fd77::1]:${invited.port}`], 'what it says of itself')
  const isFound = (each: Seen) => isFoundAt('fd77::1')(each) || /^fe80:/.test(each.address)
  await until(() => seen.some(isFound), 'Avahi finds it', 20_000)
  const ours = `[fd77:0:0:0:0:0:0:1]:${invited.port}`
  await until(async () => (await addressesFound(two)).includes(ours), 'the other device finds it', 20_000)
  const address = `[fd77::1]:${invited.port}`
  await two.call('pairing.join', { address, code: invited.code })
  await areLive([one, two])
  // With the invitation its name is over: it is found under another one.
  await until(
    async () => /^found by others on eth0/.test((await one.discovery())[0]!),
    'and it knows',
    20_000,
  )
  const rows = (await one.call('devices.list')).devices
  t.match(rows[1]?.address, /^\[fd77::2\]:\d+$/)
})

hostTest('only link-local addresses: paired by address, live again after a restart', async (t, net) => {
  const [a, b, c] = withoutIPv4(net, null)
  const { seen } = (await c.avahi()).browse()
  const [one, two] = [await a.daemon(), await b.daemon()]
  const at = await linkLocal(a)
  const { invited } = await one.call('pairing.invite')
  t.same(invited.addresses, [], 'no address that means the same elsewhere')
  await until(() => seen.some(isFoundAt(at)), 'Avahi finds it', 20_000)
  const address = `[${at}%eth0]:${invited.port}`
  await two.call('pairing.join', { address, code: invited.code })
  await areLive([one, two])
  await one.end()
  await a.daemon({}, one.home)
  await areLive([two])
})

hostTest('only link-local addresses: what is found is paired with, by comparing', async (t, net) => {
  const [a, b] = withoutIPv4(net, null)
  const [one, two] = [await a.daemon(), await b.daemon()]
  const at = await linkLocal(a)
  await one.call('sharing.set', { mode: 'always' })
  let addresses: readonly string[] = []
  await until(
    async () => {
      addresses = await addressesFound(two)
      return addresses.length > 0
    },
    'the other device finds it',
    20_000,
  )
  t.match(addresses[0], /^\[fe80:[0-9a-f:]+%eth0\]:\d+$/, `that is ${at}`)
  const { comparing } = await two.call('pairing.compare', { address: addresses[0]! })
  await until(async () => (await one.call('requests.list')).requests.length === 1, 'it is asked')
  for (const daemon of [one, two]) await daemon.call('requests.approve', { digits: comparing.digits ?? '' })
  await areLive([one, two])
})
