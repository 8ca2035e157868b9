// The rows of usage: bounded, each told once, complete, and never falling by themselves.
import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import type { FamilyName, Told } from '../../../src/daemon/sinks/families.ts'
import { UsageRows } from '../../../src/daemon/sinks/usage-rows.ts'
import type { Group } from '../../../src/daemon/views/aggregate.ts'
import { group } from './scraped.ts'

const COST = 'tallyd_usage_cost_usd_total'
const CALLS = 'tallyd_usage_calls_total'

/** Values by `device agent model`. */
function values(told: Told, family: FamilyName): Record<string, number> {
  return Object.fromEntries(
    (told[family] ?? []).map(({ labels, value }) => [
      `${labels['device']} ${labels['agent']} ${labels['model']}`,
      value,
    ]),
  )
}

/** As many models as are asked for, all with names that leave. */
const models = (count: number, costUSD: (at: number) => number): Group[] =>
  Array.from({ length: count }, (_, at) => group('desk', 'codex', `gpt-${at}`, { costUSD: costUSD(at) }))

t.test('tokens by class, and what has no price', async (t) => {
  const told = new UsageRows().told([
    group('desk', 'claude-code', 'claude-opus-4-8', { input: 1, output: 2, cacheRead: 3, costUSD: 0.5 }),
    group('desk', 'claude-code', 'llama-4', { input: 10, output: 20, cacheRead: 30 }),
  ])
  t.same(
    told.tallyd_usage_tokens_total?.slice(0, 5).map(({ labels, value }) => [labels['class'], value]),
    [
      ['input', 1],
      ['output', 2],
      ['cacheRead', 3],
      ['cacheWrite5m', 0],
      ['cacheWrite1h', 0],
    ],
  )
  t.same(values(told, COST), { 'desk claude-code claude-opus-4-8': 0.5 }, 'no price is no series, not 0')
  t.same(values(told, 'tallyd_usage_unpriced_tokens_total'), { 'desk claude-code llama-4': 60 })
})

t.test('a name that somebody chose is not told, and its numbers are', async (t) => {
  const told = new UsageRows().told([
    group('desk', 'codex', '/home/ann/secret.gguf', { input: 1 }),
    group('desk', 'codex', 'qzjxwvkpqrst', { input: 2, costUSD: 1 }),
  ])
  t.same(values(told, CALLS), { 'desk codex (private model)': 2 })
  t.same(values(told, COST), { 'desk codex (private model)': 1 })
  t.same(values(told, 'tallyd_usage_unpriced_tokens_total'), { 'desk codex (private model)': 1 })
})

t.test('beyond the bound the costliest are told apart, the rest is one row a device', async (t) => {
  const rows = new UsageRows(2)
  const told = rows.told([
    ...models(4, (at) => at + 1),
    group('laptop', 'claude-code', 'claude-opus-4-8', { calls: 7 }),
  ])
  t.same(values(told, COST), { 'desk codex gpt-3': 4, 'desk codex gpt-2': 3, 'desk other other': 3 })
  t.same(values(told, CALLS)['laptop other other'], 7)
})

t.test('no row changes its place: other never falls, and nothing is counted twice', async (t) => {
  const rows = new UsageRows(2)
  rows.told(models(3, (at) => at + 1))
  const later = values(rows.told(models(3, (at) => (at === 0 ? 100 : at + 1))), COST)
  t.same(later, { 'desk codex gpt-1': 2, 'desk codex gpt-2': 3, 'desk other other': 100 })
  const forgotten = values(rows.told(models(2, () => 5)), COST)
  t.same(
    forgotten,
    { 'desk codex gpt-1': 5, 'desk other other': 5 },
    'a free place is not given to who was in other',
  )
  const joined = rows.told([...models(2, () => 5), group('desk', 'codex', 'gpt-9', { costUSD: 1 })])
  t.match(values(joined, COST), { 'desk codex gpt-9': 1 }, 'but to who comes')
})

t.test('what money loses by arithmetic alone is not seen; what it loses in truth is', async (t) => {
  const rows = new UsageRows()
  const cost = (costUSD: number) =>
    values(rows.told([group('desk', 'codex', 'gpt-5.5', { costUSD })]), COST)['desk codex gpt-5.5']
  // Half a microdollar: the next float below rounds to another microdollar.
  const tie = 1_234.500_000_5
  t.equal(cost(tie), 1_234.500_001)
  t.equal(cost(tie - 1e-9), 1_234.500_001)
  t.equal(cost(1_000), 1_000, 'forgotten history')
  t.equal(cost(1_000.000_001), 1_000.000_001, 'a gain is told')
  t.equal(
    new UsageRows().told([group('desk', 'codex', 'gpt-5.5', { costUSD: 0.1 + 0.2 })])[COST]?.[0]?.value,
    0.3,
  )
})

t.test('always: no more rows than the bound and one a device, none twice, and nothing lost', async () => {
  const names = fc.oneof(
    fc.constantFrom('gpt-5.5', 'claude-opus-4-8', 'other', '', 'a,model:b', '__proto__', 'x"y', 'x\ny'),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.integer({ min: 0, max: 300 }).map((n) => `gpt-${n}`),
  )
  const groups = fc.array(
    fc
      .tuple(
        fc.constantFrom('desk', 'lap"top\\', 'a\u0000b', 'a b', '\ud800', '\udfff'),
        names,
        names,
        fc.nat(1_000),
      )
      .map(([device, agent, model, calls]) => group(device, agent, model, { calls, costUSD: calls % 7 })),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(
      fc.array(groups, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 20 }),
      (scrapes, cap) => {
        const rows = new UsageRows(cap)
        for (const scrape of scrapes) {
          const told = rows.told(scrape)[CALLS] ?? []
          const keys = new Set(told.map(({ labels }) => Buffer.from(JSON.stringify(labels)).toString()))
          assert.equal(keys.size, told.length, 'no row twice')
          assert.ok(told.length <= cap + 5, `${told.length} rows`)
          assert.equal(
            told.reduce((sum, { value }) => sum + value, 0),
            scrape.reduce((sum, { sum: { calls } }) => sum + calls, 0),
          )
          for (const { labels } of told) assert.doesNotMatch(JSON.stringify(labels), /\\u00[01]|\\n/)
        }
      },
    ),
  )
})
