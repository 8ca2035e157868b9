// Copies of several devices, told in any order: each becomes what its own device has, and nothing else.
import fc from 'fast-check'
import t from 'tap'
import type { UsageAnswer } from '../../../src/contract/wire.ts'
import { WIRE } from '../../../src/contract/wire-bounds.ts'
import { Copy } from '../../../src/daemon/devices/copy.ts'
import { checkAnswer } from '../../../src/daemon/devices/incoming.ts'
import { createOutbox, type Outbox } from '../../../src/daemon/devices/outbox.ts'
import { modelAsTold, toolAsTold } from '../../../src/daemon/devices/sanitiser.ts'
import { QUARTER_MS } from '../../../src/daemon/tallies/quarters.ts'
import type { Totals } from '../../../src/daemon/tallies/totals.ts'
import {
  bucket,
  FIRST_QUARTER,
  linesOf,
  type MadeBucket,
  noTotals,
  recounted,
  setBucket,
  totalsOf,
} from './made-totals.ts'

const AS_TOLD = { model: modelAsTold, tool: toolAsTold }
const DEVICES = 3

/** A device with its outbox, and what answers of it are under way to the one who copies. */
class Device {
  totals: Totals = noTotals()
  outbox: Outbox
  readonly copy = new Copy()
  readonly underway: UsageAnswer[] = []
  readonly #name: string

  constructor(name: string) {
    this.#name = name
    this.outbox = this.#open()
  }

  change(made: MadeBucket): void {
    setBucket(this.totals, made)
    this.outbox.refresh()
  }

  /** A restart: another epoch. */
  restart(): void {
    this.totals = recounted(this.totals)
    this.outbox = this.#open()
  }

  ask(): void {
    const answer = this.outbox.answer(this.copy.cursor ?? undefined)
    if (answer !== null) this.underway.push(answer)
  }

  #open(): Outbox {
    return createOutbox({
      quotas: () => [],
      totals: () => this.totals,
      name: () => this.#name,
      timeZone: () => 'UTC',
      program: '0.2.0',
    })
  }
}

type Step = (devices: readonly Device[]) => Device | null

const which = fc.nat(DEVICES - 1)
/** What happens at a device and touches no copy. */
const elsewhere =
  (i: number, act: (device: Device) => void): Step =>
  (all) => {
    act(all[i]!)
    return null
  }

const deliver =
  (i: number, nth: number, again: boolean): Step =>
  (all) => {
    const { underway, copy } = all[i]!
    if (underway.length === 0) return null
    const at = nth % underway.length
    const answer = underway[at]!
    if (!again) underway.splice(at, 1)
    copy.apply(answer, 0)
    return all[i]!
  }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(which, bucket).map(([i, made]) => elsewhere(i, (device) => device.change(made))),
  },
  { weight: 3, arbitrary: which.map((i) => elsewhere(i, (device) => device.ask())) },
  {
    weight: 4,
    arbitrary: fc.tuple(which, fc.nat(), fc.boolean()).map(([i, nth, again]) => deliver(i, nth, again)),
  },
  { weight: 1, arbitrary: which.map((i) => elsewhere(i, (device) => device.restart())) },
)

t.test(
  'any order of answers, delayed, doubled and over restarts, ends in what every device has',
  async () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const devices = ['desk', 'laptop', 'attic'].map((name) => new Device(name))
        for (const each of steps) {
          const before = devices.map(({ copy }) => linesOf(copy.totals).join())
          const touched = each(devices)
          const stayed = devices.every(
            (device, i) => device === touched || linesOf(device.copy.totals).join() === before[i],
          )
          if (!stayed) return false
        }
        // What is still under way arrives, late and in the wrong order; an old epoch's answer is mended by asking again.
        for (const { underway, copy } of devices)
          for (const answer of underway.toReversed()) copy.apply(answer, 0)
        return devices.every((device) => {
          for (let round = 0; round < 2; round++) {
            const answer = device.outbox.answer(device.copy.cursor ?? undefined)
            if (answer !== null) device.copy.apply(answer, 0)
          }
          const told = linesOf(device.copy.totals).join('\n')
          return (
            told === linesOf(device.totals, AS_TOLD).join('\n') &&
            device.outbox.answer(device.copy.cursor!) === null
          )
        })
      }),
      { numRuns: 1_000 },
    )
  },
)

const EPOCH = 'AAAAAAAAAAAAAAAAAAAAAA'
const ROW = [FIRST_QUARTER, 0, 0, 0, 0, 3, 1, 0, 3_000, 900, 0, 0, 0, 60] as UsageAnswer['buckets'][number]

function told(revision: number, more: Partial<UsageAnswer> = {}): UsageAnswer {
  return {
    version: 1,
    name: 'laptop',
    timeZone: 'UTC',
    program: '0.2.0',
    cursor: `${EPOCH}:${revision}`,
    whole: revision === 1,
    agents: ['claude-code'],
    models: ['claude-opus-4-8'],
    activities: ['conversation'],
    tools: ['Bash'],
    buckets: [ROW],
    toolCalls: [[FIRST_QUARTER, 0, 0, 3]],
    ...more,
  }
}

const withRow = (place: number, value: number) => ROW.with(place, value) as UsageAnswer['buckets'][number]

t.test('a copy begins with nothing known, and takes no changes before it knows what changed', async (t) => {
  const copy = new Copy()
  t.strictSame([copy.name, copy.cursor, copy.asOf, linesOf(copy.totals)], [null, null, null, []])
  t.equal(copy.apply(told(2), 5).kind, 'stale')
  t.equal(copy.apply(told(1), 6).kind, 'applied')
  t.strictSame(
    [copy.name, copy.timeZone, copy.program, copy.cursor, copy.asOf],
    ['laptop', 'UTC', '0.2.0', `${EPOCH}:1`, 6],
  )
  copy.confirm(9)
  t.equal(copy.asOf, 9)
})

t.test('the same again, or older, changes nothing', async (t) => {
  const copy = new Copy()
  const answers = [told(1), told(2, { buckets: [withRow(5, 4)] }), told(3, { buckets: [withRow(5, 5)] })]
  for (const answer of answers) t.equal(copy.apply(answer, 1).kind, 'applied')
  const lines = linesOf(copy.totals)
  for (const answer of [...answers, told(1, { buckets: [] })]) t.equal(copy.apply(answer, 2).kind, 'stale')
  t.same(linesOf(copy.totals), lines)
  t.equal(copy.totals.buckets.table.of.calls[0], 5)
})

t.test(
  'names that this version does not know stay apart, so that a change of one is not a change of both',
  async (t) => {
    const copy = new Copy()
    const names = { models: ['novel-one', 'novel-two'], activities: ['conversation', 'singing', 'dancing'] }
    copy.apply(told(1, { ...names, buckets: [ROW, withRow(2, 1), withRow(3, 1), withRow(3, 2)] }), 0)
    copy.apply(
      told(2, {
        ...names,
        buckets: [withRow(2, 1).with(5, 40), withRow(3, 2).with(5, 50)] as UsageAnswer['buckets'],
      }),
      0,
    )
    const { of, length } = copy.totals.buckets.table
    t.same([...of.calls.subarray(0, length)], [3, 40, 3, 50])
    for (const name of copy.totals.models.list) t.match(name, /^\(private model [0-9a-f]{12}\)$/)
  },
)

t.test(
  'more agents, models or activities than one device can have are refused, and the copy is as before',
  async (t) => {
    const copy = new Copy()
    copy.apply(told(1), 1)
    const list = (count: number, name: string) =>
      Array.from({ length: count }, (_, i) => `${name}${'x'.repeat(i % 7)}${i}`)
    const words = Array.from({ length: 16 }, (_, i) => `act${String.fromCharCode(97 + i)}`)
    const before = JSON.stringify([copy.cursor, copy.asOf, copy.totals.models.list, linesOf(copy.totals)])
    for (const poison of [
      { agents: list(32, 'a') },
      { models: list(5_000, 'gpt-') },
      { tools: list(5_000, 'T') },
      { activities: words },
    ]) {
      const answer = told(2, poison)
      t.ok('answer' in checkAnswer(answer), 'it is within the bounds of one answer')
      t.match(copy.apply(answer, 2), { kind: 'refused', says: /more than/ })
      t.equal(JSON.stringify([copy.cursor, copy.asOf, copy.totals.models.list, linesOf(copy.totals)]), before)
    }
    t.equal(copy.apply(told(2), 3).kind, 'applied')
  },
)

t.test('a device that fills memory bucket by bucket comes to the bound; empty rows make room', async (t) => {
  const copy = new Copy()
  const part = 50_000
  const rows = (from: number, calls: number) =>
    Array.from({ length: part }, (_, i) =>
      ROW.with(0, FIRST_QUARTER + from + i)
        .with(5, calls)
        .with(6, 0),
    ) as UsageAnswer['buckets']
  const empty = (from: number) =>
    rows(from, 0).map((row) => row.map((value, i) => (i > 4 ? 0 : value))) as UsageAnswer['buckets']
  copy.apply(told(1), 0)
  copy.apply(
    told(2, { buckets: [withRow(5, 0).map((v, i) => (i > 4 ? 0 : v)) as UsageAnswer['buckets'][number]] }),
    0,
  )
  for (let i = 0; i < 5; i++)
    t.equal(copy.apply(told(3 + i, { buckets: rows(1 + i * part, 1) }), 0).kind, 'applied')
  t.equal(copy.totals.buckets.table.length, WIRE.buckets, 'the empty row made room')
  const lines = linesOf(copy.totals).length
  t.match(copy.apply(told(9, { buckets: rows(1 + 5 * part, 1) }), 0), { kind: 'refused' })
  t.equal(copy.cursor, `${EPOCH}:7`)
  t.equal(linesOf(copy.totals).length, lines)
  t.equal(copy.apply(told(9, { buckets: rows(1, 7) }), 0).kind, 'applied', 'what is known can change')
  t.equal(copy.apply(told(10, { buckets: empty(1) }), 0).kind, 'applied')
  t.equal(copy.apply(told(11, { buckets: rows(1 + 5 * part, 1) }), 0).kind, 'applied')
  t.equal(copy.totals.buckets.table.length, WIRE.buckets)
})

t.test('a clock that is years off costs no bucket, and is counted', async (t) => {
  const totals = totalsOf([
    { quarter: FIRST_QUARTER, agent: 'codex', model: 'gpt-5.5', activity: 0, band: 0, calls: 1 },
    {
      quarter: FIRST_QUARTER + 4 * 24 * 365 * 5,
      agent: 'codex',
      model: 'gpt-5.5',
      activity: 0,
      band: 0,
      calls: 1,
    },
  ])
  const sender = createOutbox({
    quotas: () => [],
    totals: () => totals,
    name: () => 'a',
    timeZone: () => 'UTC',
    program: '1.0.0',
  })
  const copy = new Copy()
  for (const now of [0, FIRST_QUARTER * QUARTER_MS]) {
    copy.apply(sender.answer()!, now)
    t.same(linesOf(copy.totals), linesOf(totals))
  }
  t.equal(copy.ahead(FIRST_QUARTER * QUARTER_MS), 1)
  t.equal(copy.ahead(0), 2, 'this device is the one that is behind')
  t.equal(copy.ahead((FIRST_QUARTER + 4 * 24 * 365 * 5) * QUARTER_MS), 0)
})
