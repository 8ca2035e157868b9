// Answers of a device that lies: every kind of poison is refused, nothing throws, and the copy stays what it was.
import fc from 'fast-check'
import t from 'tap'
import type { UsageAnswer } from '../../../src/contract/wire.ts'
import { WIRE } from '../../../src/contract/wire-bounds.ts'
import { Copy } from '../../../src/daemon/devices/copy.ts'
import { implausible, type Refusal, readAnswer } from '../../../src/daemon/devices/incoming.ts'
import { FIRST_QUARTER, linesOf } from './made-totals.ts'

const EPOCH = 'AAAAAAAAAAAAAAAAAAAAAA'
const BUCKET = [FIRST_QUARTER, 0, 0, 0, 0, 3, 1, 0, 3_000, 900, 0, 0, 0, 60]

function honest(): UsageAnswer {
  return {
    version: 1,
    name: 'laptop',
    timeZone: 'UTC',
    program: '0.2.0',
    cursor: `${EPOCH}:1`,
    whole: true,
    agents: ['claude-code'],
    models: ['claude-opus-4-8'],
    activities: ['conversation'],
    tools: ['Bash'],
    buckets: [[...BUCKET] as UsageAnswer['buckets'][number]],
    toolCalls: [[FIRST_QUARTER, 0, 0, 3]],
  }
}

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))

/** The refusal's code; also holds that a copy that gets the body, as a device's link would give it, is as before. */
function refusalOf(body: Uint8Array): Refusal['code'] | null {
  const copy = new Copy()
  copy.apply({ ...honest(), cursor: `${EPOCH}:0` }, 7)
  const before = stateOf(copy)
  const read = readAnswer(body)
  if ('answer' in read) return null
  if (stateOf(copy) !== before) throw new Error('a refused answer changed the copy')
  return read.refusal.code
}

function stateOf({ name, timeZone, program, cursor, asOf, totals }: Copy): string {
  const { list } = totals.models
  return JSON.stringify([name, timeZone, program, cursor, asOf, list, totals.tools.list, linesOf(totals)])
}

t.test('an honest answer is let in', async (t) => {
  t.same(readAnswer(bytes(honest())), { answer: honest() })
  t.same(readAnswer(bytes({ ...honest(), buckets: [], toolCalls: [], whole: false })).valueOf(), {
    answer: { ...honest(), buckets: [], toolCalls: [], whole: false },
  })
})

t.test('numbers that are none', async (t) => {
  const poison = [
    '-1',
    '1e308',
    '-1e308',
    '1e999',
    'null',
    '"7"',
    'true',
    '[]',
    '{}',
    '0.5',
    '9007199254740993',
    '"__proto__"',
  ]
  for (const place of BUCKET.keys()) {
    for (const value of poison) {
      const row = BUCKET.with(place, -77)
      const text = JSON.stringify({ ...honest(), buckets: [row] }).replace('-77', value)
      t.equal(refusalOf(bytes(text)), 'wrongShape', `${value} at ${place}`)
    }
  }
  for (const text of ['NaN', 'Infinity', '0x10', '01', '']) {
    const body = JSON.stringify({ ...honest(), buckets: [BUCKET.with(5, -77)] }).replace('-77', text)
    t.equal(refusalOf(bytes(body)), 'notJson', text)
  }
})

t.test('keys that are none of ours, and __proto__', async (t) => {
  const text = JSON.stringify(honest())
  for (const key of ['__proto__', 'constructor', 'project', 'toString']) {
    t.equal(refusalOf(bytes(text.replace('{', `{"${key}":{"calls":1},`))), 'wrongShape', key)
  }
  t.equal(({} as { calls?: number }).calls, undefined, 'no prototype was touched')
  for (const key of Object.keys(honest())) {
    const { [key as keyof UsageAnswer]: _, ...less } = honest()
    t.equal(refusalOf(bytes(less)), 'wrongShape', `without ${key}`)
    t.equal(refusalOf(bytes({ ...honest(), [key]: null })), 'wrongShape', `${key}: null`)
  }
})

t.test('names that are too long, too many, empty, or no names', async (t) => {
  const long = 'x'.repeat(10_000)
  const many = Array.from({ length: WIRE.names + 1 }, (_, i) => `gpt-${i}`)
  const poisons: Partial<Record<keyof UsageAnswer, unknown>>[] = [
    { name: long },
    { name: '' },
    { timeZone: long },
    { program: long },
    { models: [long] },
    { models: [''] },
    { models: many },
    { tools: many },
    { tools: [7] },
    { agents: ['/home/alice'] },
    { agents: many.slice(0, 33) },
    { activities: ['\u001b[2J'] },
    { cursor: `${EPOCH}:${'9'.repeat(16)}` },
    { cursor: '__proto__' },
    { cursor: 7 },
    { whole: 'yes' },
  ]
  for (const poison of poisons) {
    t.equal(refusalOf(bytes({ ...honest(), ...poison })), 'wrongShape', JSON.stringify(poison).slice(0, 60))
  }
})

t.test('numbers that cannot be true', async (t) => {
  const rows: [string, Partial<UsageAnswer>][] = [
    ['agent', { buckets: [BUCKET.with(1, 1)] as UsageAnswer['buckets'] }],
    ['model', { buckets: [BUCKET.with(2, 1)] as UsageAnswer['buckets'] }],
    ['activity', { buckets: [BUCKET.with(3, 1)] as UsageAnswer['buckets'] }],
    ['tokens without calls', { buckets: [BUCKET.with(5, 0).with(6, 0)] as UsageAnswer['buckets'] }],
    ['more sessions than calls', { buckets: [BUCKET.with(6, 4)] as UsageAnswer['buckets'] }],
    ['more reasoning than output', { buckets: [BUCKET.with(13, 901)] as UsageAnswer['buckets'] }],
    ['more than calls can have', { buckets: [BUCKET.with(8, 3 * 2 ** 32)] as UsageAnswer['buckets'] }],
    ['a bucket twice', { buckets: [BUCKET, BUCKET] as UsageAnswer['buckets'] }],
    ['a name twice', { models: ['gpt-5.5', 'gpt-5.5'] }],
    ['a tool of no list', { toolCalls: [[FIRST_QUARTER, 0, 1, 1]] }],
    ['an agent of no list', { toolCalls: [[FIRST_QUARTER, 1, 0, 1]] }],
    ['a tool twice', { toolCalls: [honest().toolCalls[0]!, honest().toolCalls[0]!] }],
  ]
  for (const [what, poison] of rows)
    t.equal(refusalOf(bytes({ ...honest(), ...poison })), 'implausible', what)
  t.equal(implausible(honest()), null)
})

t.test('times outside 2020 to 2120 are refused, others are taken as told', async (t) => {
  const at = (quarter: number) => bytes({ ...honest(), buckets: [BUCKET.with(0, quarter)] })
  t.equal(refusalOf(at(WIRE.firstQuarter - 1)), 'wrongShape')
  t.equal(refusalOf(at(WIRE.lastQuarter + 1)), 'wrongShape')
  t.equal(refusalOf(at(0xffff_ffff)), 'wrongShape')
  t.equal(refusalOf(at(WIRE.lastQuarter)), null)
})

t.test('a newer version is told apart from nonsense', async (t) => {
  t.equal(refusalOf(bytes({ version: 2, anything: [] })), 'newerVersion')
  t.equal(refusalOf(bytes({ version: 1.5 })), 'wrongShape')
  t.equal(refusalOf(bytes({ version: '2' })), 'wrongShape')
})

t.test('what is too large, too deep or too much is refused before it is parsed', async (t) => {
  const heap = () => process.memoryUsage().heapUsed
  const cases: [string, Buffer][] = [
    ['64 MB', Buffer.alloc(64 << 20, ' ')],
    ['32 MiB of lists in lists', Buffer.alloc(WIRE.bytes, '[')],
    ['32 MiB of empty lists', Buffer.concat([Buffer.from('['), Buffer.alloc(WIRE.bytes - 2, '[],')])],
    ['2 million empty lists', Buffer.concat([Buffer.from('['), Buffer.alloc(6_000_000, '[],')])],
    ['a hundred lists in lists', Buffer.from('['.repeat(100) + ']'.repeat(100))],
    ['32 MiB of numbers', Buffer.concat([Buffer.from('['), Buffer.alloc(WIRE.bytes - 2, '1,')])],
  ]
  for (const [what, body] of cases) {
    const before = heap()
    t.equal(refusalOf(body), 'tooLarge', what)
    t.ok(heap() - before < 20 << 20, `${what}: the heap did not grow`)
  }
  t.equal(refusalOf(bytes({ ...honest(), name: '[[[[{{{{,,,,\\"[' })), null, 'brackets in names are no lists')
})

t.test('what a refusal says is one printable line of bounded length, whatever was told', async (t) => {
  const read = readAnswer(bytes({ ...honest(), name: '\u001b[2J\u202e\n'.repeat(5_000) }))
  const says = 'refusal' in read ? read.refusal.says : ''
  t.ok(says.length > 0 && says.length <= 300)
  t.notMatch(says, /[^ -~]/)
})

t.test('no bytes make it throw', async () => {
  const text = JSON.stringify(honest())
  const broken = fc.tuple(fc.nat(text.length), fc.nat(20), fc.string({ unit: 'binary', maxLength: 8 }))
  fc.assert(
    fc.property(broken, ([at, gone, put]) => {
      refusalOf(bytes(text.slice(0, at) + put + text.slice(at + gone)))
    }),
    { numRuns: 3_000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (body) => void refusalOf(body)),
    { numRuns: 2_000 },
  )
  fc.assert(
    fc.property(fc.json(), (body) => refusalOf(bytes(body)) !== null),
    { numRuns: 2_000 },
  )
})

t.test('implausible never throws on what has the right shape, however far its indexes point', async () => {
  const far = fc.integer({ min: 0, max: 4_999 })
  const small = fc.integer({ min: 0, max: 0xffff_ffff })
  const large = fc.maxSafeNat()
  const row = fc.tuple(
    fc.integer({ min: WIRE.firstQuarter, max: WIRE.lastQuarter }),
    far,
    far,
    far,
    fc.nat(5),
    small,
    small,
  )
  const rest = fc.tuple(small, large, large, large, large, large, large)
  const rows = fc.array(fc.tuple(row, rest).map(([a, b]) => [...a, ...b] as UsageAnswer['buckets'][number]))
  fc.assert(
    fc.property(rows, (buckets) => {
      const answer = { ...honest(), buckets }
      const read = readAnswer(bytes(answer))
      return 'answer' in read === (implausible(answer) === null)
    }),
  )
})
