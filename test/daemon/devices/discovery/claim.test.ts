// Which records answer what, and whose name it is.
import t from 'tap'
import {
  answer,
  contested,
  losesTo,
  recordsOf,
  SERVICE,
  SERVICES,
} from '../../../../src/daemon/devices/discovery/claim.ts'
import { TYPE } from '../../../../src/daemon/devices/discovery/packet.ts'

const V4 = { address: '10.0.0.7', family: 4, bits: 24 } as const
const claim = { instance: 'Desk', host: 'abc', port: 4765, texts: ['v=1'] }
const records = recordsOf(claim, [V4])
const ask = (name: string, type: number) => [{ name, type, unicast: false }]
const types = (found: ReturnType<typeof answer>) => ({
  answers: found.answers.map(({ type }) => type),
  additionals: found.additionals.map(({ type }) => type),
})

t.test('who is there', async (t) => {
  t.same(types(answer(records, ask(SERVICE, TYPE.PTR), [])), {
    answers: [TYPE.PTR],
    additionals: [TYPE.SRV, TYPE.TXT, TYPE.A, TYPE.NSEC, TYPE.NSEC],
  })
  t.same(types(answer(records, ask(SERVICES, TYPE.PTR), [])), { answers: [TYPE.PTR], additionals: [] })
  t.same(types(answer(records, ask('_other._tcp.local', TYPE.PTR), [])).answers, [])
})

t.test('names without regard to case; what there is not is said', async (t) => {
  t.same(types(answer(records, ask(`dESK.${SERVICE}`, TYPE.SRV), [])).answers, [TYPE.SRV])
  t.same(types(answer(records, ask('ABC.local', TYPE.ANY), [])).answers, [TYPE.A])
  t.same(types(answer(records, ask('abc.local', TYPE.AAAA), [])).answers, [TYPE.NSEC])
  t.same(types(answer(records, ask('other.local', TYPE.A), [])).answers, [])
})

t.test('what the asker knows is not said, unless it knows it only for a short while yet', async (t) => {
  const known = records.shared.map((record) => ({ ...record, ttl: 2_250 }))
  t.same(answer(records, ask(SERVICE, TYPE.PTR), known).answers, [])
  const old = records.shared.map((record) => ({ ...record, ttl: 2_249 }))
  t.equal(answer(records, ask(SERVICE, TYPE.PTR), old).answers.length, 1)
})

t.test('whose name it is', async (t) => {
  const other = recordsOf({ ...claim, port: 1 }, [])
  t.equal(contested(other.unique, records, records.unique), 'instance')
  t.equal(
    contested(
      recordsOf({ ...claim, instance: 'x' }, [{ ...V4, address: '10.0.0.8' }]).unique,
      records,
      records.unique,
    ),
    'host',
  )
  t.equal(contested(records.unique, records, records.unique), null, 'our own')
  t.equal(
    contested(
      other.unique.map((each) => ({ ...each, ttl: 0 })),
      records,
      records.unique,
    ),
    null,
    'a goodbye',
  )
  const elsewhere = recordsOf(claim, [{ ...V4, address: '192.168.0.7' }])
  t.equal(
    contested(elsewhere.unique, records, [...records.unique, ...elsewhere.unique]),
    null,
    'our other interface',
  )
})

t.test('of two that want it at once, the one with the greater data', async (t) => {
  const other = recordsOf({ ...claim, port: 4766 }, [V4])
  const service = (from: typeof records) =>
    from.unique.filter(({ type }) => type === TYPE.SRV || type === TYPE.TXT)
  t.ok(losesTo(service(other), records))
  t.notOk(losesTo(service(records), other))
  t.notOk(losesTo(service(records), records), 'equal data is no contest')
  t.notOk(losesTo([], records))
  t.ok(
    losesTo([...records.unique, { ...records.unique[2]!, data: Buffer.of(11, 0, 0, 0) }], records),
    'more of it',
  )
})
