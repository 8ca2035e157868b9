// Networks that come late, go and come back; devices that are paired and find each other again.
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../harness/daemon.ts'
import { type Host, type HostDaemon, hostTest, isLive, pair, type Seen } from './network.ts'

const isAt = (address: string) => (seen: Seen) => seen.event === '=' && seen.address === address

/** Seconds until the device is live again after it was not, or after `since`. */
async function backWithin(daemon: HostDaemon, ms: number): Promise<number> {
  const began = performance.now()
  await until(() => isLive(daemon), 'live again', ms)
  return performance.now() - began
}

hostTest('starting with no network', async (t, net) => {
  const [a, b] = [net.bare(), net.host(2)]
  const { seen } = (await b.avahi()).browse()
  const daemon = await a.daemon()
  await daemon.call('sharing.set', { mode: 'always' })
  t.same(await daemon.discovery(), ['no network just now'])
  await sleep(3_500)
  a.plug('eth0', '10.77.0.1/24')
  const began = performance.now()
  await until(() => seen.some(isAt('10.77.0.1')), 'found once there is a network', 10_000)
  t.ok(performance.now() - began < 10_000)
})

hostTest('an interface that is made anew', async (t, net) => {
  const [a, b] = [net.host(1), net.bare()]
  const avahi = await b.avahi()
  const daemon = await a.daemon()
  await daemon.call('sharing.set', { mode: 'always' })
  await sleep(2_000)
  // Avahi has heard nothing of what was said before.
  b.plug('eth0', '10.77.0.2/24')
  a.unplug('eth0')
  a.plug('eth0', '10.77.0.1/24')
  const began = performance.now()
  const { seen } = avahi.browse()
  await until(async () => seen.some(isAt('10.77.0.1')), 'found again', 10_000)
  await until(
    async () => /^found by others on eth0/.test((await daemon.discovery())[0]!),
    'and it knows',
    10_000,
  )
  t.ok(performance.now() - began < 10_000, `after ${Math.round(performance.now() - began)} ms`)
})

hostTest('an address that changes', async (t, net) => {
  const [a, b] = [net.host(1), net.host(2)]
  const avahi = await b.avahi()
  const { seen } = avahi.browse()
  const daemon = await a.daemon()
  await daemon.call('sharing.set', { mode: 'always' })
  await until(() => seen.some(isAt('10.77.0.1')), 'found')
  const { host } = seen.find(isAt('10.77.0.1'))!
  a.ip('addr', 'flush', 'dev', 'eth0', 'scope', 'global')
  a.ip('addr', 'add', '10.77.0.9/24', 'dev', 'eth0')
  const began = performance.now()
  const resolved = async () => (await avahi.run('avahi-resolve', '-4', '-n', host)).includes('10.77.0.9')
  await until(resolved, 'found at the new address', 10_000)
  t.ok(performance.now() - began < 10_000, `after ${Math.round(performance.now() - began)} ms`)
})

hostTest('a paired device is found again at another address', async (t, net) => {
  const [a, b]: Host[] = [net.host(1), net.host(2)]
  const [one, two] = [await a!.daemon(), await b!.daemon()]
  await pair(one, two, '10.77.0.1')
  for (const host of [a!, b!]) {
    // By IPv4 alone: a link-local IPv6 address would not change.
    await host.run('sysctl', ['-qw', 'net.ipv6.conf.eth0.disable_ipv6=1'])
  }
  await sleep(5_000)
  await backWithin(two, 20_000)
  a!.ip('addr', 'flush', 'dev', 'eth0', 'scope', 'global')
  a!.ip('addr', 'add', '10.77.0.9/24', 'dev', 'eth0')
  const began = performance.now()
  await until(
    async () => (await b!.run('ss', ['-tnH', 'dst', '10.77.0.9'])).includes('ESTAB'),
    'moved',
    15_000,
  )
  await until(() => isLive(two), 'live again', 15_000)
  const took = performance.now() - began
  t.ok(took < 10_000, `found again after ${Math.round(took)} ms`)
})

hostTest('a paired device whose interface is made anew', async (t, net) => {
  const [a, b]: Host[] = [net.host(1), net.host(2)]
  const [one, two] = [await a!.daemon(), await b!.daemon()]
  await pair(one, two, '10.77.0.1')
  await sleep(2_000)
  b!.unplug('eth0')
  b!.plug('eth0', '10.77.0.7/24')
  const began = performance.now()
  await until(
    async () => (await a!.run('ss', ['-tnH', 'dst', '10.77.0.7'])).includes('ESTAB'),
    'moved',
    15_000,
  )
  const took = performance.now() - began
  t.ok(took < 10_000, `found again after ${Math.round(took)} ms`)
})

hostTest('a link that goes down and comes up again', async (t, net) => {
  const [a, b]: Host[] = [net.host(1), net.host(2)]
  const [one, two] = [await a!.daemon(), await b!.daemon()]
  await pair(one, two, '10.77.0.1')
  a!.ip('link', 'set', 'eth0', 'down')
  // Both wait for pings in vain; the reader gives up first after 50 s.
  await until(async () => !(await isLive(one)) && !(await isLive(two)), 'both are lost', 120_000)
  a!.ip('link', 'set', 'eth0', 'up')
  const began = performance.now()
  await until(async () => (await isLive(one)) && (await isLive(two)), 'both are live again', 30_000)
  t.comment(`live again ${Math.round(performance.now() - began)} ms after the link was up`)
})

hostTest('a second interface that appears is used when the first one goes', async (t, net) => {
  const [a, b]: Host[] = [net.host(1), net.host(2)]
  const { seen } = (await net.host(3).avahi()).browse()
  const [one, two] = [await a!.daemon(), await b!.daemon()]
  await pair(one, two, '10.77.0.1')
  for (const host of [a!, b!]) await host.run('sysctl', ['-qw', 'net.ipv6.conf.eth0.disable_ipv6=1'])
  await until(() => seen.some(isAt('10.77.0.1')), 'found at the first')
  a!.plug('eth1', '10.77.0.11/24')
  const plugged = performance.now()
  await until(() => seen.some(isAt('10.77.0.11')), 'found at the second', 15_000)
  t.comment(`said on the second after ${Math.round(performance.now() - plugged)} ms`)
  a!.unplug('eth0')
  const began = performance.now()
  await until(
    async () => (await b!.run('ss', ['-tnH', 'dst', '10.77.0.11'])).includes('ESTAB'),
    'it goes to the second',
    30_000,
  )
  await until(async () => (await isLive(one)) && (await isLive(two)), 'both are live', 60_000)
  t.comment(`live over the second after ${Math.round(performance.now() - began)} ms`)
})
