// Answering in time and measure: delays, known answers that come in parts, askers that know no multicast, no amplifying.
import t from 'tap'
import { recordsOf, SERVICE } from '../../../../src/daemon/devices/discovery/claim.ts'
import { EMPTY, type Packet, TYPE } from '../../../../src/daemon/devices/discovery/packet.ts'
import { Responder } from '../../../../src/daemon/devices/discovery/responder.ts'
import type { To } from '../../../../src/daemon/devices/discovery/wire.ts'
import { HeldClock } from './simulated.ts'

const records = recordsOf({ instance: 'desk', host: 'abc', port: 4765, texts: ['v=1'] }, [
  { address: '10.0.0.7', family: 4, bits: 24 },
])
const NOW = Date.UTC(2026, 2, 1)
const from = (address: string, port = 5353) => ({ family: 4, address, port }) as const
const ask = (unicast = false, name = SERVICE, type: number = TYPE.PTR): Packet => ({
  ...EMPTY,
  questions: [{ name, type, unicast }],
})

function begun() {
  const clock = new HeldClock(NOW)
  const sent: { packet: Packet; to: To; at: number }[] = []
  const responder = new Responder(records, {
    clock,
    random: () => 0.5,
    send: (packet, to) => sent.push({ packet, to, at: clock.now() - NOW }),
    families: () => [4],
    ours: () => records.unique,
    conflict: () => t.fail('no conflict'),
  })
  return { clock, sent, responder }
}

async function held() {
  const { clock, sent, responder } = begun()
  await clock.pass(10_000)
  const start = sent.splice(0)
  return { clock, sent, responder, start }
}

t.test('three probes 250 ms apart, then two announcements a second apart', async (t) => {
  const { start } = await held()
  t.same(
    start.map(({ packet, at }) => [packet.response, packet.authorities.length > 0, at]),
    [
      [false, true, 125],
      [false, true, 375],
      [false, true, 625],
      [true, false, 875],
      [true, false, 1875],
    ],
  )
})

t.test('who loses while both probe tries again a second later', async (t) => {
  const { clock, sent, responder } = begun()
  await clock.pass(200)
  const theirs = recordsOf({ instance: 'desk', host: 'zzz', port: 9_999, texts: ['v=1'] }, []).unique
  responder.receive({ ...ask(false, records.instance, TYPE.ANY), authorities: theirs }, from('10.0.0.8'))
  await clock.pass(2_000)
  t.same(
    sent.slice(0, 3).map(({ at }) => at),
    [125, 1_200, 1_450],
  )
})

t.test('a shared answer waits 20 to 120 ms, so that askers together get one', async (t) => {
  const { clock, sent, responder } = await held()
  for (const asker of ['10.0.0.8', '10.0.0.9']) responder.receive(ask(), from(asker))
  await clock.pass(500)
  t.equal(sent.length, 1)
  t.equal(sent[0]?.at, 10_070)
  t.equal(sent[0]?.to, 4)
})

t.test('a thousand questions a second get one answer a second', async (t) => {
  const { clock, sent, responder } = await held()
  for (let index = 0; index < 2_000; index++) {
    responder.receive(ask(), from(`10.0.1.${index % 250}`))
    await clock.pass(1)
  }
  t.ok(sent.length <= 3, `${sent.length} answers`)
})

t.test('known answers that come in parts', async (t) => {
  const { clock, sent, responder } = await held()
  responder.receive({ ...ask(), truncated: true }, from('10.0.0.8'))
  await clock.pass(100)
  responder.receive({ ...EMPTY, answers: records.shared }, from('10.0.0.8'))
  await clock.pass(2_000)
  t.same(sent, [])
  responder.receive({ ...ask(), truncated: true }, from('10.0.0.8'))
  await clock.pass(2_000)
  t.equal(sent.length, 1, 'they did not come')
})

t.test('a probe for our name is answered at once', async (t) => {
  const { sent, responder } = await held()
  const theirs = recordsOf({ instance: 'desk', host: 'other', port: 1, texts: [] }, []).unique
  responder.receive({ ...ask(false, records.instance, TYPE.ANY), authorities: theirs }, from('10.0.0.8'))
  t.match(sent, [{ to: 4, packet: { response: true } }])
})

t.test(
  'an asker that knows no multicast: by unicast, its question and id with it, briefly kept',
  async (t) => {
    const { sent, responder } = await held()
    responder.receive({ ...ask(), id: 77 }, from('10.0.0.8', 40_000))
    t.match(sent, [
      { to: { address: '10.0.0.8', port: 40_000 }, packet: { id: 77, questions: [{ name: SERVICE }] } },
    ])
    for (const { ttl, flush } of sent[0]!.packet.answers) t.ok(ttl <= 10 && !flush)
  },
)

t.test('unicast is what was multicast not long ago, and not for a spoofed crowd', async (t) => {
  const { clock, sent, responder } = await held()
  responder.receive(ask(true), from('10.0.0.8'))
  t.match(sent.splice(0), [{ to: { address: '10.0.0.8', port: 5353 } }])
  await clock.pass(2_000_000)
  responder.receive(ask(true), from('10.0.0.8'))
  await clock.pass(500)
  t.match(sent.splice(0), [{ to: 4 }], 'too long ago: all hear it')
  for (let index = 0; index < 500; index++)
    responder.receive({ ...ask(), id: index }, from(`10.0.1.${index % 250}`, 9))
  t.ok(sent.length <= 20, `${sent.length} packets to 250 sources that may be somebody else`)
})

t.test('after its end it says nothing', async (t) => {
  const { clock, sent, responder } = await held()
  responder.end()
  t.ok(
    sent.splice(0)[0]?.packet.answers.every(({ ttl }) => ttl === 0),
    'but goodbye',
  )
  responder.receive(ask(), from('10.0.0.8'))
  responder.end()
  await clock.pass(5_000)
  t.same(sent, [])
})
