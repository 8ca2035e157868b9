// What is remembered of others is bounded, however much they say.
import t from 'tap'
import { Budget } from '../../../../src/daemon/devices/discovery/budget.ts'
import { recordsOf } from '../../../../src/daemon/devices/discovery/claim.ts'
import { Neighbours } from '../../../../src/daemon/devices/discovery/neighbours.ts'
import { EMPTY } from '../../../../src/daemon/devices/discovery/packet.ts'
import { Tags, tagOf } from '../../../../src/daemon/devices/discovery/tag.ts'

const ON = { name: 'eth0', index: 2, addresses: [{ address: '10.0.0.1', family: 4, bits: 8 }] } as const
const NOW = Date.UTC(2026, 2, 1)
/** printf 2026-03-01 | openssl dgst -sha256 -mac HMAC -macopt hexkey:aa…aa, its first 16 digits. */
const KNOWN_TAG = '616a1670e7643c9c'

function said(instance: string, addresses: readonly string[], ttl?: number) {
  const all = addresses.map((address) => ({ address, family: 4 as const, bits: 24 }))
  const { shared, unique } = recordsOf({ instance, host: instance, port: 1, texts: ['v=1'] }, all)
  const answers = [...shared, ...unique].map((each) => ({ ...each, flush: false, ttl: ttl ?? each.ttl }))
  return { ...EMPTY, response: true, answers }
}

t.test('devices, addresses and time', async (t) => {
  const neighbours = new Neighbours(ON)
  for (let index = 0; index < 5_000; index++) neighbours.take(said(`i${index}`, ['10.0.0.5'], 2 ** 31), NOW)
  t.equal(neighbours.list(NOW).length, 256)
  const addresses = Array.from({ length: 100 }, (_, index) => `10.0.1.${index}`)
  neighbours.take(said('i0', addresses), NOW + 1)
  t.equal(neighbours.list(NOW + 1)[0]?.addresses.length, 8)
  t.equal(neighbours.list(NOW + 4_499_000).length, 256)
  t.same(neighbours.list(NOW + 4_501_000), [], 'whatever it said, it is not believed longer than 75 minutes')
  t.ok(neighbours.question(NOW).answers.length <= 20)
})

t.test('a goodbye takes a second', async (t) => {
  const neighbours = new Neighbours(ON)
  t.ok(neighbours.take(said('a', ['10.0.0.5']), NOW))
  t.notOk(neighbours.take(said('a', ['10.0.0.5']), NOW + 1), 'the same again is no news')
  neighbours.take({ ...EMPTY, response: true, answers: said('a', [], 0).answers }, NOW + 2)
  t.equal(neighbours.list(NOW + 900).length, 1)
  t.equal(neighbours.list(NOW + 1_100).length, 0)
})

t.test('half-heard devices are asked for three times', async (t) => {
  const neighbours = new Neighbours(ON)
  neighbours.take({ ...EMPTY, response: true, answers: said('a', []).answers.slice(0, 1) }, NOW)
  t.same(neighbours.list(NOW), [])
  const asked = [1, 2, 3, 4].map(() => neighbours.missing(NOW).length)
  t.same(asked, [1, 1, 1, 0])
})

t.test('one source is heard so often, all together so often', async (t) => {
  const budget = new Budget()
  const verdicts = Array.from({ length: 400 }, () => budget.admit('10.0.0.5', NOW))
  t.equal(verdicts.filter((each) => each === 'heard').length, 150)
  t.equal(budget.admit('10.0.0.6', NOW), 'heard', 'another one still is')
  t.equal(budget.admit('10.0.0.5', NOW + 1_000), 'heard', 'and it too, later')
  const flood = Array.from({ length: 600 }, (_, index) => budget.admit(`10.0.1.${index}`, NOW + 5_000))
  t.equal(flood.at(-1), 'flood')
})

t.test('whose tag: of today, yesterday and tomorrow', async (t) => {
  const [a, b] = ['aa'.repeat(32), 'bb'.repeat(32)]
  const tags = new Tags()
  const [both, one] = [[{ id: a }, { id: b }], [{ id: a }]]
  const day = 20_513
  const now = day * 86_400_000 + 1
  for (const off of [-1, 0, 1]) t.equal(tags.ownerOf(tagOf(a, day + off), both, now), a)
  t.equal(tags.ownerOf(tagOf(a, day + 2), both, now), undefined)
  t.equal(tags.ownerOf(tagOf(b, day), one, now), undefined, 'whoever is not known any more')
  t.equal(tags.ownerOf(tagOf(b, day + 2), both, now + 86_400_000), b, 'a day later')
  t.equal(tagOf(a, Date.UTC(2026, 2, 1) / 86_400_000), KNOWN_TAG)
})
