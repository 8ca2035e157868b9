// Avahi, which knows nothing of us, finds and loses this device as multicast DNS promises.
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../harness/daemon.ts'
import { type Host, hostTest, type Seen } from './network.ts'

const isResolved = ({ event, protocol }: Seen) => event === '=' && protocol === 'IPv4'

hostTest('found within 2 s of opening, with its own address and nothing personal', async (t, net) => {
  const [a, b] = [net.host(1), net.host(2)]
  const { seen } = (await b.avahi()).browse()
  const daemon = await a.daemon({ device: { name: 'kitchen laptop' } })
  await sleep(2_000)
  t.same(seen, [], 'closed: nothing is said')
  const sockets = () => a.run('ss', ['-ulnH', 'sport = :5353'])
  t.equal(await sockets(), '', 'and nothing is listened to')
  const opened = performance.now()
  const { sharing } = await daemon.call('sharing.set', { mode: 'always' })
  await until(() => seen.some(isResolved), 'resolved')
  const took = performance.now() - opened
  t.ok(took < 2_000, `resolved after ${Math.round(took)} ms`)
  const found = seen.find(isResolved)!
  t.equal(found.address, '10.77.0.1')
  t.equal(found.port, sharing.port)
  t.match(found.instance, /^[0-9a-f]{12}$/)
  t.match(found.host, /^[0-9a-f]{12}\.local$/)
  t.match(found.texts, /^"t=[0-9a-f]{16}" "v=1"$|^"v=1" "t=[0-9a-f]{16}"$/)
  await until(
    () => seen.some(({ event, protocol }) => event === '=' && protocol === 'IPv6'),
    'by IPv6 as well',
  )
  const v6 = seen.find(({ event, protocol }) => event === '=' && protocol === 'IPv6')!
  t.match(v6.address, /^fe80:|^10\.77\.0\.1$/)
  t.match(await daemon.discovery(), [/^found by others on eth0; 0 other devices seen$/])
  t.equal((await sockets()).trim().split('\n').length, 2)
  await daemon.call('sharing.set', { mode: 'off' })
  await until(() => seen.some(({ event }) => event === '-'), 'closed again: goodbye', 3_000)
  t.equal(await sockets(), '')
  t.match(await daemon.discovery(), ['not needed now'])
})

hostTest('goodbye leaves within 100 ms of SIGTERM and is taken within 1.5 s', async (t, net) => {
  const [a, b] = [net.host(1), net.host(2)]
  const { seen } = (await b.avahi()).browse()
  const daemon = await a.daemon()
  await daemon.call('sharing.set', { mode: 'always' })
  await until(() => seen.some(isResolved), 'resolved')
  await sleep(2_500)
  const capture = await b.capture('eth0', 'udp port 5353 and src host 10.77.0.1')
  const before = capture.output().length
  const at = Date.now()
  void daemon.end('SIGTERM')
  await until(() => seen.some(({ event }) => event === '-'), 'gone', 5_000)
  const gone = Date.now() - at
  const first = Number(/^(\d+\.\d+) IP/m.exec(capture.output().slice(before))?.[1]) * 1000
  t.ok(first - at < 100, `goodbye after ${Math.round(first - at)} ms`)
  t.ok(gone < 1_500, `gone after ${gone} ms`)
})

hostTest('kinds of service and known answers', async (t, net) => {
  const [a, b] = [net.host(1), net.host(2)]
  const avahi = await b.avahi()
  const daemon = await a.daemon()
  await daemon.call('sharing.set', { mode: 'always' })
  await until(
    async () => (await avahi.run('avahi-browse', '-a', '-p', '-t')).includes('_tallyd._tcp'),
    'among all kinds',
  )
  // The device asks, too, and answers itself: 1, 4 and 13 s after it began. In between nothing was said for a while.
  await sleep(6_000)
  const capture = await b.capture()
  // A second asker's question carries what Avahi already knows, so nobody answers.
  await avahi.run('avahi-browse', '-p', '-t', '_tallyd._tcp')
  await sleep(1_000)
  const packets = capture
    .output()
    .split(/^(?=\d+\.\d+ IP)/m)
    .slice(1)
  const asked = packets.filter((text) => /10\.77\.0\.2\.5353 > .*PTR \(QM\)\? _tallyd\._tcp/s.test(text))
  t.ok(asked.length > 0, 'asked')
  t.match(asked.join(''), /\[1a\]|\[\d+a\]/, 'with a known answer')
  t.same(
    packets.filter((text) => /10\.77\.0\.1\.5353 > .*\*-? ?\[0q\].*_tallyd/s.test(text)),
    [],
    'no answer',
  )
})

hostTest('a name that Avahi has is not taken', async (t, net) => {
  const [a, b] = [net.host(1), net.host(2)]
  const avahi = await b.avahi()
  const published = avahi.publish('desk', 999)
  await until(() => published.output().includes('Established'), 'Avahi has the name')
  const { seen } = avahi.browse()
  const daemon = await a.daemon({ device: { name: 'desk' } })
  await daemon.call('pairing.invite', {})
  await until(() => seen.some((each) => isResolved(each) && each.address === '10.77.0.1'), 'resolved', 10_000)
  const ours = seen.find((each) => isResolved(each) && each.address === '10.77.0.1')!
  t.equal(ours.instance, 'desk\\032\\0402\\041')
  t.match(ours.texts, /"id=[0-9a-f]{8}"/)
  t.notOk(published.output().includes('renamed'), 'Avahi kept it')
})

hostTest('a name that we have is defended', async (t, net) => {
  const [a, b] = [net.host(1), net.host(2)]
  const avahi = await b.avahi()
  const { seen } = avahi.browse()
  const daemon = await a.daemon({ device: { name: 'desk' } })
  await daemon.call('pairing.invite', {})
  await until(() => seen.some((each) => isResolved(each) && each.instance === 'desk'), 'resolved', 10_000)
  await sleep(2_000)
  const published = avahi.publish('desk', 999)
  await until(() => /collision|renamed/i.test(published.output()), 'Avahi gave way', 10_000)
  await sleep(1_000)
  t.notOk(
    seen.some(({ event, instance, port }) => event === '-' && instance === 'desk' && port !== 999),
    'ours stayed',
  )
  t.match(await daemon.discovery(), [/^found by others/])
})

hostTest('two interfaces each say their own addresses', async (t, net) => {
  const other = net.other()
  const [a, b, c]: Host[] = [net.host(1), net.host(2), other.host(3)]
  a!.plug('eth1', '10.78.0.1/24', other)
  c!.ip('addr', 'add', '10.78.0.3/24', 'dev', 'eth0')
  const [left, right] = [await b!.capture(), await c!.capture()]
  const daemon = await a!.daemon()
  await daemon.call('sharing.set', { mode: 'always' })
  await sleep(4_000)
  t.match(left.output(), /A 10\.77\.0\.1/)
  t.notMatch(left.output(), /10\.78\.0\.1/)
  t.match(right.output(), /A 10\.78\.0\.1/)
  t.notMatch(right.output(), /10\.77\.0\.1/)
  const before = right.output().length
  t.match(await (await b!.avahi()).run('avahi-browse', '-a', '-p', '-t'), /_tallyd/)
  t.notMatch(
    right.output().slice(before),
    /_services\._dns-sd/,
    'what is asked on one is not answered on the other',
  )
})
