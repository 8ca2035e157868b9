// `tallyctl plans`: the price of a subscription against what its tokens would have cost.
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { tallyctl } from './client.ts'
import { answers, fakeDaemon, MODELS } from './fake-daemon.ts'

const month = (costUSD: number | null, unpricedTokens = 0) => ({
  since: '2026-11-01T00:00:00Z',
  until: '2026-12-01T00:00:00Z',
  costUSD,
  unpricedTokens,
})
const CLAUDE = { agent: 'claude-code', priceUSD: 100, month: month(311.07), lastMonth: month(99.99) }
const CODEX = { agent: 'codex\x1b[2J', priceUSD: 20, month: month(null, 431_000), lastMonth: month(0) }

t.test('a line a plan, with how many times its price that is', async (t) => {
  const result = { plans: [CLAUDE, CODEX] }
  const { home } = await fakeDaemon(t, answers(MODELS, { 'plans.list': () => result }))
  const { exit, out } = await tallyctl(home, ['plans'])
  t.equal(exit, EXIT.ok)
  t.strictSame(out.split('\n').slice(1), [
    'claude-code   $100.00      $311.07   3.1 ×       $99.99   0.9 ×',
    'codex          $20.00            –       –        $0.00   0.0 ×',
    'unpriced   codex: 431.0k tokens have no price and are in no sum',
    '',
  ])
  t.strictSame(JSON.parse((await tallyctl(home, ['plans', '--json'])).out), result)
})

t.test('in the currency of the config', async (t) => {
  const result = { display: { currency: 'EUR', perUSD: 0.5 }, plans: [CLAUDE] }
  const { home } = await fakeDaemon(t, answers(MODELS, { 'plans.list': () => result }))
  t.match((await tallyctl(home, ['plans'])).out, /^claude-code +€50\.00 +€155\.53 +3\.1 × /m)
})

t.test('no plans: what to add, and where', async (t) => {
  const { home } = await fakeDaemon(t, answers(MODELS, { 'plans.list': () => ({ plans: [] }) }))
  const { exit, out, err } = await tallyctl(home, ['plans'])
  t.strictSame([exit, out], [EXIT.ok, 'no plans\n'])
  t.match(err, `${home}/config.json`)
  const [line = ''] = err.split('\n').filter((each) => each.includes('"plans"'))
  t.match(JSON.parse(`{${line}}`), { plans: { 'claude-code': { priceUSD: Number } } })
})
