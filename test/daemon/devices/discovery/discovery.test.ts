// Devices that find each other, whole days of it: what is said, what is heard, and what must never be said.
import t from 'tap'
import { recordsOf } from '../../../../src/daemon/devices/discovery/claim.ts'
import type { Facts } from '../../../../src/daemon/devices/discovery/interfaces.ts'
import { EMPTY, encode, TYPE } from '../../../../src/daemon/devices/discovery/packet.ts'
import { readTarget } from '../../../../src/daemon/devices/discovery/rdata.ts'
import { dayOf, tagOf } from '../../../../src/daemon/devices/discovery/tag.ts'
import { eth0, HeldClock, Segment } from './simulated.ts'

const A = 'aa'.repeat(32)
const B = 'bb'.repeat(32)
const NOON = Date.UTC(2026, 2, 1, 12)
const HOUR = 3_600_000
const PORT = 4765

t.test('two devices find each other, and never themselves', async (t) => {
  const net = new Segment(new HeldClock(NOON))
  const [a, b] = [net.device(1, A), net.device(2, B)]
  a.advertise({ port: PORT, open: null })
  b.advertise({ port: 5000, open: { name: 'kitchen.laptop', shortId: 'bbbbbbbb' } })
  await net.clock.pass(2_000)
  const [found, ...more] = a.found()
  t.same(more, [])
  t.match(found, {
    instance: 'kitchen.laptop',
    name: 'kitchen.laptop',
    shortId: 'bbbbbbbb',
    addresses: ['10.77.0.2:5000'],
    openForPairing: true,
    tag: tagOf(B, dayOf(NOON)),
  })
  t.match(b.found(), [{ name: null, shortId: null, openForPairing: false, addresses: ['10.77.0.1:4765'] }])
  t.equal(b.found().length, 1)
  await b.stop()
  await net.clock.pass(1_500)
  t.same(a.found(), [], 'goodbye')
  t.match(a.checks(), [{ level: 'ok', says: 'found by others on eth0; 0 other devices seen' }])
  await a.stop()
})

t.test('browsing says nothing, and closing takes back what was said', async (t) => {
  const net = new Segment(new HeldClock(NOON))
  const [a, b] = [net.device(1, A, { mode: 'browse' }), net.device(2, B)]
  a.advertise({ port: PORT, open: null })
  b.advertise({ port: PORT, open: null })
  await net.clock.pass(5_000)
  t.same(b.found(), [])
  t.equal(a.found().length, 1)
  t.notOk(net.kept.some(({ from, packet }) => from === '10.77.0.1' && packet.response))
  b.advertise(null)
  await net.clock.pass(1_500)
  t.same(a.found(), [])
})

t.test('a whole day says no name, and nothing that is said again the next day', async (t) => {
  const net = new Segment(new HeldClock(NOON - 12 * HOUR + 10_000))
  const [a, b] = [net.device(1, A), net.device(2, B)]
  a.advertise({ port: PORT, open: null })
  b.advertise({ port: PORT, open: null })
  await net.clock.pass(24 * HOUR - 20_000)
  const today = net.kept.splice(0)
  // Midnight itself takes back what was said, by name.
  await net.clock.pass(20_000)
  const midnight = net.kept.splice(0)
  await net.clock.pass(24 * HOUR - 20_000)
  const tomorrow = net.kept.splice(0)
  t.ok(today.length > 200 && tomorrow.length > 200, `${today.length} and ${tomorrow.length} packets`)
  const values = (kept: typeof today) =>
    new Set(
      kept.flatMap(({ packet }) =>
        [packet.questions, packet.answers, packet.authorities, packet.additionals]
          .flat()
          .flatMap((each) => [each.name, ...('data' in each ? [each.data.toString('latin1')] : [])]),
      ),
    )
  const fixed = new Set([
    '_tallyd._tcp.local',
    '_services._dns-sd._udp.local',
    '\x07_tallyd\x04_tcp\x05local\0',
  ])
  // The addresses are the network's, and seen on every packet anyway.
  for (const last of [1, 2]) fixed.add(String.fromCharCode(10, 77, 0, last))
  const again = [...values(today)].filter((value) => values(tomorrow).has(value) && !fixed.has(value))
  t.same(again, [])
  const goodbyes = midnight.flatMap(({ packet }) => packet.answers).filter(({ ttl }) => ttl === 0)
  t.ok(goodbyes.length >= 8, 'yesterday was taken back')
  const { hostname, userInfo } = await import('node:os')
  const all = [...today, ...midnight, ...tomorrow].map(({ bytes }) => bytes.toString('latin1')).join('')
  for (const name of [
    hostname(),
    userInfo().username,
    'kitchen',
    'tallyd-project',
    A,
    B,
    'aaaaaaaa',
    'bbbbbbbb',
  ]) {
    t.notOk(all.toLowerCase().includes(name.toLowerCase()), `no ${name}`)
  }
  t.match(a.found(), [{ tag: tagOf(B, dayOf(net.clock.now())) }], 'and they still know each other')
  t.equal(a.found().length, 1)
})

t.test(
  'the same open device as yesterday or before cannot be told by host, only by what it shows on purpose',
  async (t) => {
    const net = new Segment(new HeldClock(NOON))
    const a = net.device(1, A)
    a.advertise({ port: PORT, open: null })
    await net.clock.pass(3_000)
    a.advertise({ port: PORT, open: { name: 'desk', shortId: 'aaaaaaaa' } })
    await net.clock.pass(3_000)
    a.advertise({ port: PORT, open: null })
    await net.clock.pass(3_000)
    const srv = net.kept
      .flatMap(({ packet }) => packet.answers)
      .filter(({ type, ttl }) => type === TYPE.SRV && ttl > 0)
    const hosts = new Map<string, Set<string>>()
    for (const { name, data } of srv) {
      const host = readTarget(data)!.host
      hosts.set(host, (hosts.get(host) ?? new Set()).add(name))
    }
    t.equal(hosts.size, 3)
    for (const names of hosts.values()) t.equal(names.size, 1)
  },
)

t.test('a name that another device has is not taken', async (t) => {
  const net = new Segment(new HeldClock(NOON))
  const open = (shortId: string) => ({ port: PORT, open: { name: 'desk', shortId } })
  const [a, b] = [net.device(1, A), net.device(2, B)]
  a.advertise(open('aaaaaaaa'))
  await net.clock.pass(3_000)
  b.advertise(open('bbbbbbbb'))
  await net.clock.pass(4_000)
  t.match(a.found(), [{ name: 'desk (2)', shortId: 'bbbbbbbb' }])
  t.match(b.found(), [{ name: 'desk', shortId: 'aaaaaaaa' }])
})

t.test('two that want one name at the same moment', async (t) => {
  const net = new Segment(new HeldClock(NOON))
  const open = (shortId: string) => ({ port: PORT, open: { name: 'desk', shortId } })
  const [a, b] = [net.device(1, A), net.device(2, B)]
  a.advertise(open('aaaaaaaa'))
  b.advertise(open('bbbbbbbb'))
  await net.clock.pass(6_000)
  t.same([a.found()[0]?.name, b.found()[0]?.name].sort(), ['desk', 'desk (2)'])
})

t.test('sleep, another interface of the same name, another address', async (t) => {
  const net = new Segment(new HeldClock(NOON))
  let facts: Facts[] = [eth0('10.77.0.1')]
  const a = net.device(1, A, { readInterfaces: () => facts })
  const b = net.device(2, B)
  a.advertise({ port: PORT, open: null })
  await net.clock.pass(3_000)
  for (const next of [[eth0('10.77.0.1', 9)], [], [eth0('10.77.0.9', 9)]]) {
    facts = next
    await net.clock.pass(6_000)
    const expected = next.map(({ addresses }) => `${addresses[0]!.address}:4765`)
    t.same(
      b.found().flatMap(({ addresses }) => addresses),
      expected,
    )
  }
  const before = net.kept.length
  net.clock.sleep(8 * HOUR)
  await net.clock.pass(5_000)
  const said = net.kept
    .slice(before)
    .filter(({ from, packet }) => from === '10.77.0.9' && packet.authorities.length > 0)
  t.equal(said.length, 3, 'probed anew after a sleep')
  t.equal(b.found().length, 1)
})

t.test('no answer to our own name is noticed, told, and mended', async (t) => {
  const net = new Segment(new HeldClock(NOON))
  const a = net.device(1, A)
  a.advertise({ port: PORT, open: null })
  await net.clock.pass(10_000)
  t.match(a.checks(), [{ level: 'ok' }])
  net.isUp = false
  await net.clock.pass(20 * 60_000)
  t.match(a.checks(), [{ level: 'warning', says: /^no answer to our own name on eth0 since 2026-03-01T12:/ }])
  net.isUp = true
  await net.clock.pass(10 * 60_000)
  t.match(a.checks(), [{ level: 'ok' }])
})

t.test('what is said of a device that cannot be: nothing of it is found', async (t) => {
  const net = new Segment(new HeldClock(NOON))
  const a = net.device(1, A)
  const say = (texts: string[], address = '10.77.0.5', port = PORT) => {
    const { shared, unique } = recordsOf(
      { instance: `i${net.kept.length}`, host: `h${net.kept.length}`, port, texts },
      [{ address, family: 4, bits: 24 }],
    )
    net.say('10.77.0.5', encode({ ...EMPTY, response: true, answers: [...shared, ...unique] }))
  }
  const tag = `t=${tagOf(B, dayOf(NOON))}`
  await net.clock.pass(100)
  say(['v=1', 't=short'])
  say(['v=1'])
  say(['v=2', tag])
  say(['v=1', tag], '127.0.0.1')
  say(['v=1', tag], '8.8.8.8')
  say(['v=1', tag], '224.0.0.1')
  say(['v=1', tag], '10.77.0.5', 0)
  say(['v=1', `t=${tagOf(A, dayOf(NOON))}`])
  await net.clock.pass(1_000)
  t.same(a.found(), [])
  say(['v=1', tag, 'id=nothex!!'])
  t.match(a.found(), [{ openForPairing: false, name: null }])
})
