// What this device tells: all of its totals under names that may leave, and only what changed after that.
import fc from 'fast-check'
import t from 'tap'
import { fitsUsageAnswer } from '../../../src/contract/generated/wire.ts'
import type { UsageAnswer } from '../../../src/contract/wire.ts'
import { WIRE } from '../../../src/contract/wire-bounds.ts'
import { Copy } from '../../../src/daemon/devices/copy.ts'
import { readAnswer } from '../../../src/daemon/devices/incoming.ts'
import { createOutbox } from '../../../src/daemon/devices/outbox.ts'
import { modelAsTold, toolAsTold } from '../../../src/daemon/devices/sanitiser.ts'
import type { Totals } from '../../../src/daemon/tallies/totals.ts'
import {
  bucket,
  FIRST_QUARTER,
  linesOf,
  longHistory,
  noTotals,
  recounted,
  setBucket,
  setToolCalls,
  toolCalls,
  totalsOf,
} from './made-totals.ts'

const AS_TOLD = { model: modelAsTold, tool: toolAsTold }

function outboxOf(totals: Totals, { name = 'desk', timeZone = 'Europe/Berlin', program = '0.2.0' } = {}) {
  const held = { totals, name, timeZone }
  const outbox = createOutbox({
    quotas: () => [],
    totals: () => held.totals,
    name: () => held.name,
    timeZone: () => held.timeZone,
    program,
  })
  return { held, outbox }
}

/** As it travels: through JSON, and what readAnswer lets in. */
function travelled(answer: UsageAnswer | null): UsageAnswer {
  const read = readAnswer(Buffer.from(JSON.stringify(answer)))
  if ('refusal' in read) throw new Error(JSON.stringify(read.refusal))
  return read.answer
}

const changing = (change: (totals: Totals) => void) => (totals: Totals) => {
  change(totals)
  return totals
}

const bytesOf = (answer: UsageAnswer | null) => Buffer.byteLength(JSON.stringify(answer))

const ONE = {
  quarter: FIRST_QUARTER,
  agent: 'claude-code',
  model: 'claude-opus-4-8',
  activity: 0,
  band: 0,
  calls: 3,
}

t.test('an answer has these fields and no others', async (t) => {
  const { outbox } = outboxOf(totalsOf([ONE], [{ ...ONE, tool: 'Bash' }]))
  const { cursor, ...answer } = outbox.answer()!
  t.match(cursor, /^[\w-]{22}:1$/)
  t.strictSame(answer, {
    version: 1,
    name: 'desk',
    timeZone: 'Europe/Berlin',
    program: '0.2.0',
    quotas: [],
    whole: true,
    agents: ['claude-code'],
    models: ['claude-opus-4-8'],
    activities: [
      'conversation',
      'exploring',
      'planning',
      'delegating',
      'git',
      'building',
      'testing',
      'coding',
      'debugging',
    ],
    tools: ['Bash'],
    buckets: [[FIRST_QUARTER, 0, 0, 0, 0, 3, 1, 0, 3000 + (FIRST_QUARTER % 7), 900, 150_000, 210, 33, 60]],
    toolCalls: [[FIRST_QUARTER, 0, 0, 3]],
  })
})

t.test('a canary in every string of the totals is in no byte of an answer, first or later', async (t) => {
  const bird = 'qzjxwvkpqrst'
  const wrapped = [
    bird,
    `/home/${bird}/x.gguf`,
    `${bird}@host`,
    `gpt-4o-${bird}`,
    `mcp__${bird}__x`,
    `Bash${bird}`,
  ]
  const totals = noTotals()
  const plant = (quarter: number) => {
    for (const name of wrapped) {
      setBucket(totals, { ...ONE, quarter, agent: name, model: name })
      setToolCalls(totals, { quarter, agent: name, tool: name, calls: 2 })
    }
  }
  plant(FIRST_QUARTER)
  const { outbox } = outboxOf(totals, { timeZone: `/${bird}`, program: `1.0 ${bird}` })
  const first = outbox.answer()!
  plant(FIRST_QUARTER + 1)
  outbox.refresh()
  const later = outbox.answer(first.cursor)!
  for (const answer of [first, later]) {
    t.notMatch(JSON.stringify(answer), bird)
    t.equal(answer.buckets.length, 1, 'they are one agent and one model for others')
    t.same(answer.models, ['(private model)'])
    t.same([...answer.tools].sort(), ['mcp', 'other'])
  }
})

t.test(
  'whatever happens to the totals, who asks on has what who asks anew has, and that is all of it',
  async () => {
    const step = fc.oneof(
      bucket.map((made) => changing((totals) => setBucket(totals, made))),
      toolCalls.map((made) => changing((totals) => setToolCalls(totals, made))),
      fc.constant(recounted),
      fc.constant(changing((totals) => totals.buckets.clear())),
    )
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 8 }), (rounds) => {
        const { held, outbox } = outboxOf(noTotals())
        const copy = new Copy()
        for (const steps of rounds) {
          for (const each of steps) held.totals = each(held.totals)
          const after = linesOf(held.totals, AS_TOLD).join('\n')
          outbox.refresh()
          const answer = outbox.answer(copy.cursor ?? undefined)
          if (answer !== null) copy.apply(travelled(answer), 0)
          const anew = new Copy()
          anew.apply(travelled(outbox.answer()), 0)
          if (linesOf(copy.totals).join('\n') !== after || linesOf(anew.totals).join('\n') !== after)
            return false
        }
        return true
      }),
      { numRuns: 500 },
    )
  },
)

t.test('nothing new is null, and a recount to the same totals is nothing new', async (t) => {
  const { held, outbox } = outboxOf(longHistory(2_000))
  const cursor = outbox.cursor()
  t.equal(outbox.answer(cursor), null)
  t.equal(outbox.refresh(), false)
  held.totals = recounted(held.totals)
  t.equal(outbox.refresh(), false)
  t.equal(outbox.cursor(), cursor)
})

t.test('a cursor that is not ours, or ahead, or no cursor, is answered with everything', async (t) => {
  const { outbox } = outboxOf(longHistory(100))
  const { outbox: other } = outboxOf(longHistory(100))
  const cursor = outbox.cursor()
  const epoch = cursor.split(':')[0]
  t.not(epoch, other.cursor().split(':')[0])
  for (const since of [
    other.cursor(),
    `${epoch}:2`,
    `${epoch}:x`,
    `${epoch}:`,
    `${epoch}`,
    '',
    '__proto__',
    `${cursor}:1`,
  ]) {
    t.equal(outbox.answer(since)?.whole, true, since)
  }
})

t.test('after one changed bucket an answer is less than 1 kB, whatever the history', async (t) => {
  const { held, outbox } = outboxOf(longHistory(25_000), {
    name: 'é'.repeat(64),
    timeZone: 'America/Argentina/Buenos_Aires',
  })
  const { cursor } = outbox.answer()!
  setBucket(held.totals, { ...ONE, calls: 4_000_000_000 })
  for (const tool of ['Bash', 'Edit', 'Read', 'mcp__a__b']) setToolCalls(held.totals, { ...ONE, tool })
  t.equal(outbox.refresh(), true)
  const answer = outbox.answer(cursor)
  t.same([answer?.whole, answer?.buckets.length, answer?.toolCalls.length], [false, 1, 4])
  t.ok(bytesOf(answer) < 1_000, `${bytesOf(answer)} bytes; everything is ${bytesOf(outbox.answer())}`)
})

t.test('a bucket that is gone is told as empty', async (t) => {
  const { held, outbox } = outboxOf(totalsOf([ONE]))
  const cursor = outbox.cursor()
  held.totals = noTotals()
  outbox.refresh()
  t.same(outbox.answer(cursor)?.buckets, [[FIRST_QUARTER, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]])
  t.same(outbox.answer()?.buckets, [])
})

t.test('a new name of the device is news', async (t) => {
  const { held, outbox } = outboxOf(totalsOf([ONE]))
  const cursor = outbox.cursor()
  held.name = 'workshop'
  t.equal(outbox.refresh(), true)
  const answer = outbox.answer(cursor)
  t.same([answer?.name, answer?.buckets.length], ['workshop', 0])
})

t.test('rows that others would refuse stay here', async (t) => {
  const totals = totalsOf([
    { ...ONE, quarter: 5 },
    { ...ONE, band: 7 },
    { ...ONE, activity: 15 },
    { ...ONE, quarter: WIRE.lastQuarter + 1 },
    ONE,
  ])
  const { outbox } = outboxOf(totals)
  t.ok(fitsUsageAnswer(outbox.answer()))
  t.equal(outbox.answer()?.buckets.length, 1)
})

t.test(
  'with more buckets than an answer holds the oldest are left out, seldom and with a new epoch',
  async (t) => {
    const totals = noTotals()
    const add = (i: number) =>
      setBucket(totals, { ...ONE, quarter: FIRST_QUARTER - 100_000 + (i >> 1), activity: i & 1 })
    for (let i = 0; i < WIRE.buckets; i++) add(i)
    const { outbox } = outboxOf(totals)
    const before = outbox.answer()!
    t.equal(before.buckets.length, WIRE.buckets)
    for (let i = WIRE.buckets; i < WIRE.buckets + 100; i++) add(i)
    outbox.refresh()
    const after = outbox.answer(before.cursor)!
    t.equal(after.whole, true)
    t.ok(after.buckets.length <= WIRE.buckets * 0.9 && after.buckets.length > WIRE.buckets * 0.89)
    t.equal(
      after.buckets.at(-1)?.[0],
      FIRST_QUARTER - 100_000 + ((WIRE.buckets + 99) >> 1),
      'the newest are there',
    )
    add(WIRE.buckets + 100)
    outbox.refresh()
    t.equal(outbox.answer(after.cursor)?.whole, false)
    t.ok(bytesOf(outbox.answer()) < WIRE.bytes)
  },
)
