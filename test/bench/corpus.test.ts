// The corpus generator: deterministic, quick to trust (its truth equals an independent count), and full of traps.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { AGENTS, emptyTally, TRAPS } from '../../bench/corpus/truth.ts'
import { type CorpusOptions, generateCorpus, type Truth, type TruthTally } from '../../bench/corpus.ts'
import { type NaiveCall, naiveCount, naivePrice } from './naive-count.ts'

t.test('the same seed gives the same bytes, another seed others', async (t) => {
  const hashOf = (options: Omit<CorpusOptions, 'home'>) => {
    const home = t.testdir()
    const truth = generateCorpus({ home, ...options })
    return hashFolder(home) + hash(JSON.stringify(truth))
  }
  const first = hashOf({ megabytes: 2, seed: 7 })
  t.equal(hashOf({ megabytes: 2, seed: 7 }), first)
  t.not(hashOf({ megabytes: 2, seed: 8 }), first)
})

for (const seed of [1, 2, 3]) {
  t.test(`truth equals the naive count, seed ${seed}`, async (t) => {
    const home = t.testdir()
    const truth = generateCorpus({ home, megabytes: 4, seed })
    const { calls, tools } = naiveCount(home)
    for (const agent of AGENTS) compareAgent(t, truth, agent, calls)
    const expected = AGENTS.flatMap((agent) =>
      Object.entries(truth.agents[agent].tools).map(([tool, times]) => [`${agent} ${tool}`, times] as const),
    )
    t.same(new Map([...tools].sort()), new Map(expected.sort()), 'tool calls')
  })
}

t.test('every trap occurs in the default corpus of 64 MB', async (t) => {
  const home = t.testdir()
  const truth = generateCorpus({ home, megabytes: 64 })
  for (const trap of TRAPS) t.ok(truth.traps[trap] > 0, trap)
  const { calls } = naiveCount(home)
  for (const agent of AGENTS) compareAgent(t, truth, agent, calls)
})

t.test('a corpus that ends now has something today and nothing after', async (t) => {
  const endAt = Date.parse('2026-11-20T03:00:00Z')
  const home = t.testdir()
  const truth = generateCorpus({ home, megabytes: 8, days: 40, endDay: '2026-11-20', endAt })
  const times = naiveCount(home).calls.map((call) => Date.parse(call.at))
  t.ok(Math.max(...times) < endAt)
  t.ok(Math.min(...times) >= Date.parse('2026-10-12T00:00:00Z'))
  t.ok(truth.agents['claude-code'].byDay.UTC['2026-11-20'], 'today')
  t.ok(Object.keys(truth.agents['claude-code'].byDay.UTC).length > 15, 'most days have something')
})

function compareAgent(t: Test, truth: Truth, agent: (typeof AGENTS)[number], all: readonly NaiveCall[]) {
  const expected = truth.agents[agent]
  const calls = all.filter((call) => call.agent === agent)
  const starts = sessionStarts(calls)
  const tally = (keyOf: (call: NaiveCall) => string) => tallyBy(calls, starts, keyOf)
  close(
    t,
    tally(() => 'all'),
    { all: expected.total },
    `${agent} total`,
  )
  close(
    t,
    tally((call) => call.model),
    expected.byModel,
    `${agent} by model`,
  )
  for (const [zone, byDay] of Object.entries(expected.byDay)) {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone })
    close(
      t,
      tally((call) => format.format(new Date(call.at))),
      byDay,
      `${agent} by day in ${zone}`,
    )
  }
  const flat = Object.entries(expected.byDayAndModel).flatMap(([day, models]) =>
    Object.entries(models).map(([model, tally]) => [`${day} ${model}`, tally] as const),
  )
  const dayAndModel = tally((call) => `${call.at.slice(0, 10)} ${call.model}`)
  close(t, dayAndModel, Object.fromEntries(flat), `${agent} by day and model`)
}

function sessionStarts(calls: readonly NaiveCall[]): ReadonlySet<NaiveCall> {
  const first = new Map<string, NaiveCall>()
  for (const call of calls) {
    const known = first.get(call.session)
    if (known === undefined || call.at < known.at) first.set(call.session, call)
  }
  return new Set(first.values())
}

function tallyBy(
  calls: readonly NaiveCall[],
  starts: ReadonlySet<NaiveCall>,
  keyOf: (call: NaiveCall) => string,
): Record<string, TruthTally> {
  const tallies: Record<string, TruthTally> = {}
  for (const call of calls) {
    tallies[keyOf(call)] ??= emptyTally()
    const tally = tallies[keyOf(call)]!
    tally.calls++
    if (starts.has(call)) tally.sessions++
    for (const name of [
      'input',
      'output',
      'cacheRead',
      'cacheWrite5m',
      'cacheWrite1h',
      'reasoning',
    ] as const) {
      tally.tokens[name] += call[name]
    }
    tally.webSearches += call.webSearches
    tally.costUSD += naivePrice(call)
  }
  return tallies
}

// Money is a sum of floats in another order: equal to a millionth of a dollar. Everything else is exact.
function close(
  t: Test,
  found: Record<string, TruthTally>,
  expected: Record<string, TruthTally>,
  name: string,
) {
  const counts = (tallies: Record<string, TruthTally>) =>
    Object.entries(tallies)
      .map(([key, { costUSD: _, ...counted }]) => [key, counted] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
  t.same(counts(found), counts(expected), name)
  const wrong = Object.entries(expected).filter(
    ([key, { costUSD }]) => !(Math.abs((found[key]?.costUSD ?? Number.NaN) - costUSD) < 1e-6),
  )
  t.same(wrong, [], `${name}: money`)
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hashFolder(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  const paths = files.map((file) => join(file.parentPath, file.name).slice(folder.length)).sort()
  return hash(paths.map((path) => path + hash(readFileSync(join(folder, path), 'latin1'))).join('\n'))
}
