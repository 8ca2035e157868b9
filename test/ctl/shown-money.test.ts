// Money in another currency: for people only, in every table; JSON and CSV stay in US dollars.
import t from 'tap'
import { shownMoney } from '../../src/contract/shown-money.ts'
import { tallyctl } from './client.ts'
import { answers, fakeDaemon, figures, status, summary } from './fake-daemon.ts'

const EUR = { currency: 'EUR', perUSD: 0.92 }

t.test('symbols, codes, decimals, and what would round to nothing', async (t) => {
  t.equal(shownMoney(18.42, undefined), '$18.42')
  t.equal(shownMoney(1_904, EUR), '€1,751.68')
  t.equal(shownMoney(null, EUR), '–')
  t.equal(shownMoney(0, EUR), '€0.00')
  t.equal(shownMoney(0.001, EUR), '<€0.01')
  t.equal(shownMoney(18.42, { currency: 'CHF', perUSD: 0.8 }), 'CHF 14.74')
  t.equal(shownMoney(18.42, { currency: 'JPY', perUSD: 150 }), '¥2,763')
  t.equal(shownMoney(0.001, { currency: 'JPY', perUSD: 150 }), '<¥1')
  t.equal(shownMoney(1, { currency: 'KWD', perUSD: 0.3071 }), 'KWD 0.307')
})

t.test('what is no currency shows dollars', async (t) => {
  for (const display of [
    { currency: '\x1b[2J', perUSD: 1 },
    { currency: 'euro', perUSD: 1 },
    { currency: '__proto__', perUSD: 1 },
    { currency: 'EUR', perUSD: Number.POSITIVE_INFINITY },
    { currency: 'EUR', perUSD: 1e300 },
    { currency: 'EUR', perUSD: -1 },
  ])
    t.equal(shownMoney(2, display), '$2.00', JSON.stringify(display))
})

t.test('every command that shows money shows it so; JSON and CSV are in dollars', async (t) => {
  const value = summary(['model'], [{ model: 'm', ...figures(3, 100) }], { display: EUR })
  const spent = { calls: 3, tokens: 5, costUSD: 100 }
  const spans = { today: spent, month: spent, all: spent }
  const desk = {
    ...{ id: null, name: 'desk', self: true, state: 'self', direction: null, freshness: 'live' },
    ...{ asOf: null, problem: null, address: null, ...spans },
  }
  const budget = {
    ...{ period: 'month', since: '2026-11-01T00:00:00Z', until: '2026-12-01T00:00:00Z', limitUSD: 200 },
    ...{ spentUSD: 100, percent: 50, state: 'ok', unpricedTokens: 0, crossed: [] },
  }
  const { home } = await fakeDaemon(
    t,
    answers(value, {
      'daemon.status': () => status(),
      'devices.list': () => ({ devices: [desk], total: spans, display: EUR }),
      'budgets.list': () => ({ timeZone: 'UTC', budgets: [budget], missing: [], display: EUR }),
    }),
  )
  for (const words of [[], ['usage'], ['devices'], ['budgets']]) {
    const { exit, out } = await tallyctl(home, words)
    t.equal(exit, 0)
    t.match(out, '€92.00', words.join(' '))
    t.notMatch(out, '$', words.join(' '))
  }
  const line = await tallyctl(home, ['statusline'], { input: '{"cost":{"total_cost_usd":10}}' })
  t.match(line.out, /^session €9\.20 {3}today €92\.00/)
  const json = JSON.parse((await tallyctl(home, ['usage', '--json'])).out)
  t.match(json, { total: { costUSD: 100 }, display: EUR })
  t.match((await tallyctl(home, ['usage', '--csv'])).out, /,100\r\n$/)
})
