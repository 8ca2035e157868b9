// Windows of accounts on their way to another device: built from the allow-list, told when they change, kept with the copy, and
// refused where they cannot be true.
import t from 'tap'
import type { WireQuota } from '../../../src/contract/wire.ts'
import { Copy } from '../../../src/daemon/devices/copy.ts'
import { isStoredCopy, pack, unpack } from '../../../src/daemon/devices/copy-file.ts'
import { readAnswer } from '../../../src/daemon/devices/incoming.ts'
import { createOutbox } from '../../../src/daemon/devices/outbox.ts'
import { noTotals } from './made-totals.ts'

const KEY = '00112233445566778899aabbccddeeff'
const SESSION: WireQuota = ['claude-code', KEY, 18_000, 42.5, 1_795_000_000, 1_794_990_000]

function outboxOf() {
  const held = { quotas: [SESSION] as readonly WireQuota[] }
  const outbox = createOutbox({
    totals: noTotals,
    quotas: () => held.quotas,
    name: () => 'desk',
    timeZone: () => 'UTC',
    program: '0.2.0',
  })
  return { held, outbox }
}

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))

t.test('they are told as numbers and a hash, and again when they change', async (t) => {
  const { held, outbox } = outboxOf()
  const first = outbox.answer()!
  t.strictSame(first.quotas, [SESSION])
  t.equal(outbox.refresh(), false)
  held.quotas = [SESSION.with(3, 43) as WireQuota]
  t.equal(outbox.refresh(), true)
  const next = outbox.answer(first.cursor)!
  t.match(next, { whole: false, buckets: [], toolCalls: [] })
  t.equal(next.quotas?.[0]?.[3], 43)
  t.ok(bytes(next).length < 1000, `${bytes(next).length} bytes`)
  t.equal(outbox.answer(next.cursor), null)
})

t.test(
  'an agent that no source reads, an account in clear, and more than there can be stay here',
  async (t) => {
    const { held, outbox } = outboxOf()
    held.quotas = [
      ['canary', null, 18_000, 1, null, 1_794_990_000],
      ['codex', 'ann@canary.example', 18_000, 1, null, 1_794_990_000],
      ...Array.from({ length: 100 }, (): WireQuota => SESSION),
    ]
    const { quotas } = outbox.answer()!
    t.notMatch(JSON.stringify(quotas), 'canary')
    t.equal(quotas?.length, 16)
    t.strictSame(quotas?.[0], ['codex', null, 18_000, 1, null, 1_794_990_000])
  },
)

t.test('a copy has them, on disk too; a file of before there were any is read', async (t) => {
  const copy = new Copy()
  copy.apply(outboxOf().outbox.answer()!, 5)
  t.strictSame(copy.quotas, [SESSION])
  const stored: unknown = JSON.parse(JSON.stringify(pack(copy)))
  t.ok(isStoredCopy(stored))
  if (isStoredCopy(stored)) t.strictSame(unpack(stored).quotas, [SESSION])
  const { quotas: _, ...before } = pack(copy)
  t.ok(isStoredCopy(before))
  if (isStoredCopy(before)) t.strictSame(unpack(before).quotas, [])
  t.notOk(isStoredCopy({ ...before, quotas: [['x']] }))
})

t.test('poison is refused with the whole answer', async (t) => {
  const honest = outboxOf().outbox.answer()!
  const read = (quotas: unknown) => readAnswer(bytes({ ...honest, quotas }))
  t.ok('answer' in read([SESSION]))
  t.ok('answer' in readAnswer(bytes({ ...honest, quotas: undefined })), 'an older device tells none')
  const poison: unknown[] = [
    null,
    {},
    [[]],
    [SESSION.slice(0, 5)],
    [[...SESSION, 1]],
    [SESSION.with(0, 'Claude Code')],
    [SESSION.with(0, '__proto__')],
    [SESSION.with(1, 'ann@example.com')],
    [SESSION.with(2, 59)],
    [SESSION.with(2, 1e12)],
    [SESSION.with(3, -1)],
    [SESSION.with(3, 101)],
    [SESSION.with(3, '42')],
    [SESSION.with(4, -1)],
    [SESSION.with(5, 1.5)],
    Array.from({ length: 17 }, () => SESSION),
  ]
  for (const quotas of poison) {
    t.match(read(quotas), { refusal: { code: 'wrongShape' } }, JSON.stringify(quotas)?.slice(0, 80))
  }
})
