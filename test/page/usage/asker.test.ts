// When the usage tab asks, and for what.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Summary, SummaryParams } from '../../../src/contract/usage.ts'
import { Failure } from '../../../src/page/connection/failure.ts'
import { partsUnder } from '../../../src/page/usage/answers.ts'
import { UsageAsker, type UsageShown } from '../../../src/page/usage/asker.ts'
import { canNarrowTo, FIRST_LOOK, toggled, withRange, withSpan } from '../../../src/page/usage/look.ts'
import { questionsFor } from '../../../src/page/usage/questions.ts'
import { row, summary } from './rows.ts'

process.env['TZ'] = 'UTC'
const NOW = Date.parse('2026-11-27T12:00:00Z')
const FAILURE = new Failure('no', 'try again')

type Reply = (questions: readonly SummaryParams[]) => Promise<readonly (Summary | Failure)[]>

/** An asker with a network that answers as `reply` says, and what it asked and showed. */
function made(reply: Reply = async (questions) => questions.map(() => summary([row({})]))) {
  const asked: (readonly SummaryParams[])[] = []
  const shown: UsageShown[] = []
  const failed: unknown[] = []
  const clock = { now: NOW }
  const asker = new UsageAsker({
    timeZone: 'UTC',
    ask: (questions) => {
      asked.push(questions)
      return reply(questions)
    },
    show: (usage) => shown.push(usage),
    fail: (failure) => failed.push(failure),
    now: () => clock.now,
  })
  return { asker, asked, shown, failed, clock }
}

t.test('as few questions as are needed, of those that are chosen', async (t) => {
  const questions = questionsFor(FIRST_LOOK, 'UTC', true)
  t.same(Object.keys(questions), ['all', 'chart', 'parts', 'devices', 'tools', 'today', 'usual'])
  t.same(questions.chart, { range: 'month', by: ['day', 'device'], timeZone: 'UTC' })
  t.same(questions.usual, { since: '29d', until: '1d', by: ['hour'], timeZone: 'UTC' })
  const laptop = toggled(toggled(FIRST_LOOK, 'device', 'laptop'), 'model', 'opus')
  const narrow = questionsFor(laptop, 'UTC', false)
  t.same(Object.keys(narrow), ['all', 'chart', 'parts', 'devices', 'today'], 'tools are not counted by model')
  t.match(narrow.chart, { devices: ['laptop'], models: ['opus'] })
  t.notHas(narrow.devices, { devices: ['laptop'] }, 'the others are still listed')
  t.notHas(narrow.parts, { models: ['opus'] })
  const picked = withSpan(FIRST_LOOK, { start: NOW, end: NOW + 3_600_000 })
  const span = questionsFor(picked, 'UTC', false)
  t.match(span.parts, { since: '2026-11-27T12:00:00.000Z', until: '2026-11-27T13:00:00.000Z' })
  t.match(span.chart, { range: 'month' })
})

t.test('another range lets go of a bar; the same bar or name again widens', async (t) => {
  const span = { start: 1, end: 2 }
  t.equal(withRange(withSpan(FIRST_LOOK, span), 'week').span, null)
  t.same(withSpan(withSpan(FIRST_LOOK, span), span), FIRST_LOOK)
  t.same(toggled(toggled(FIRST_LOOK, 'agent', 'codex'), 'agent', 'codex'), FIRST_LOOK)
  t.same(['', 'x', 'x'.repeat(200), 'x'.repeat(201)].map(canNarrowTo), [false, true, true, false])
})

t.test('what is told and already known is not asked for; news is', async (t) => {
  const { asker, asked, clock } = made()
  await asker.refresh()
  t.equal(asked.length, 1)
  t.ok(asked[0]!.some(({ since }) => since === '29d'))
  asker.hear(summary([row({})]), true)
  t.equal(asked.length, 1)
  clock.now += 10_000
  asker.hear(summary([row({}), row({})]), false)
  t.equal(asked.length, 1, 'nobody looks')
  asker.hear(summary([row({}), row({})]), true)
  t.equal(asked.length, 2)
  t.notOk(
    asked[1]!.some(({ since }) => since === '29d'),
    'days that are over are not asked for again',
  )
})

t.test('how long ago a live device told something is no news; one that is away is', async (t) => {
  const device = (freshness: 'live' | 'cached', asOf: string) =>
    summary([row({})], { devices: [{ id: 'a', name: 'a', self: false, freshness, asOf, state: 'paired' }] })
  let all = device('live', '2026-11-27T11:00:00Z')
  const { asker, asked, clock } = made(async (questions) => questions.map(() => all))
  await asker.refresh()
  clock.now += 10_000
  asker.hear(device('live', '2026-11-27T11:59:00Z'), true)
  t.equal(asked.length, 1)
  all = device('cached', '2026-11-27T11:59:00Z')
  asker.hear(all, true)
  t.equal(asked.length, 2)
})

t.test('one question at a time, and then once for all that was told meanwhile', async (t) => {
  const release: (() => void)[] = []
  const { asker, asked, clock } = made(
    (questions) =>
      new Promise((resolve) => release.push(() => resolve(questions.map(() => summary([row({})]))))),
  )
  void asker.refresh()
  for (let calls = 2; calls < 9; calls++) asker.hear(summary([row({ calls })]), true)
  t.equal(asked.length, 1)
  clock.now += 1
  release[0]!()
  await sleep(1)
  t.equal(asked.length, 1, 'it rests')
  while (asked.length < 2) await sleep(5)
  asker.hear(summary([row({})]), true)
  release[1]!()
  await sleep(150)
  t.equal(asked.length, 2, 'what was told meanwhile is what was answered')
})

t.test('a look that was left meanwhile is not shown', async (t) => {
  const release: (() => void)[] = []
  const { asker, shown } = made(
    (questions) =>
      new Promise((resolve) => release.push(() => resolve(questions.map(() => summary([row({})]))))),
  )
  const first = asker.refresh()
  asker.look(withRange(FIRST_LOOK, 'week'))
  release[1]!()
  await sleep(1)
  release[0]!()
  await first
  t.same(
    shown.filter(({ answers }) => answers !== null).map(({ answers }) => answers!.look.range),
    ['week'],
  )
})

t.test('another measure is drawn, not asked for', async (t) => {
  const rows = Array.from({ length: 9 }, (_, at) =>
    row({ device: `d${at}`, day: '2026-11-02', costUSD: 9 - at }),
  )
  const free = row({ device: 'free', day: '2026-11-02', costUSD: null, calls: 50 })
  const { asker, asked, shown } = made(async (questions) => questions.map(() => summary([...rows, free])))
  await asker.refresh()
  asker.look({ ...FIRST_LOOK, measure: 'tokens' })
  t.equal(asked.length, 1)
  t.equal(shown.at(-1)?.look.measure, 'tokens')
  t.ok(shown.at(-1)?.answers?.colours.device.has('free'), 'the largest in that measure have colours')
  t.notOk(shown.at(-2)?.answers?.colours.device.has('free'))
})

t.test('at midnight everything is asked for anew', async (t) => {
  const { asker, asked, clock } = made()
  await asker.refresh()
  clock.now += 60_000
  asker.turn()
  t.equal(asked.length, 1)
  clock.now = Date.parse('2026-11-28T00:00:05Z')
  asker.turn()
  t.equal(asked.length, 2)
  t.ok(asked[1]!.some(({ since }) => since === '29d'))
})

t.test(
  'one answer that is missing takes no other with it; without the chart there is nothing to show',
  async (t) => {
    const without =
      (at: number): Reply =>
      async (questions) =>
        questions.map((_, each) => (each === at ? FAILURE : summary([row({})])))
    const tools = made(without(4))
    await tools.asker.refresh()
    t.equal(tools.shown.at(-1)?.answers?.tools, null)
    t.not(tools.shown.at(-1)?.answers?.devices, null)
    t.same(tools.failed, [])
    const chart = made(without(1))
    await chart.asker.refresh()
    t.same(chart.failed, [FAILURE])
    t.same(chart.shown, [])
  },
)

t.test(
  'agents and models are chosen from the parts, each list keeps those that were not chosen',
  async (t) => {
    const rows = [
      row({ agent: 'claude-code', model: 'opus' }),
      row({ agent: 'codex', model: 'gpt' }),
      row({ agent: 'codex', model: 'opus' }),
    ]
    const under = (look: typeof FIRST_LOOK, but: 'agent' | 'model' | null = null) =>
      partsUnder({ parts: summary(rows), look }, but).length
    t.equal(under(FIRST_LOOK), 3)
    const both = toggled(toggled(FIRST_LOOK, 'agent', 'codex'), 'model', 'opus')
    t.same([under(both), under(both, 'agent'), under(both, 'model')], [1, 2, 2])
  },
)
