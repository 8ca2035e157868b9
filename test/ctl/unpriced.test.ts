// Many models without a price: the largest are shown, the rest is counted, and nothing that is looked at grows with them.
import t from 'tap'
import type { Summary } from '../../src/contract/usage.ts'
import { tallyctl } from './client.ts'
import { answers, fakeDaemon, figures, summary } from './fake-daemon.ts'

const MANY = 20_000
const MANY_UNPRICED: Summary['unpriced'] = Array.from({ length: MANY }, (_, index) => ({
  agent: 'codex',
  model: `model-${index}`,
  calls: 1,
  tokens: (index * 7919) % MANY,
}))
const LARGEST = [19_999, 19_998, 19_997, 19_996, 19_995]

function unpricedIn(out: string): string[] {
  return out.split('\n').filter((line) => line.startsWith('unpriced'))
}

t.test('of many unpriced models the largest are shown, the rest is counted', async (t) => {
  const rows = [{ model: 'model-1', ...figures(3, null) }]
  const value = summary(['model'], rows, { unpriced: MANY_UNPRICED })
  const { home } = await fakeDaemon(t, answers(value))
  const named = new Map(MANY_UNPRICED.map(({ tokens, model }) => [tokens, model]))
  const expected = [
    ...LARGEST.map((tokens) => `unpriced   ${named.get(tokens)}: 1 call, 20.0k tokens`),
    'unpriced   … and 19,995 more: npx tallyctl usage all --json',
  ]
  for (const words of [[], ['usage'], ['usage', 'all']]) {
    const { out } = await tallyctl(home, words)
    t.strictSame(unpricedIn(out), expected, words.join(' '))
    t.match(out, /\nto price them: set "prices" in .*\n$/)
  }
  const { unpriced } = JSON.parse((await tallyctl(home, ['usage', 'all', '--json'])).out)
  t.equal(unpriced.length, MANY, 'where all of them are said to be')
})

t.test('a few unpriced models are all shown, the largest first', async (t) => {
  const few = MANY_UNPRICED.slice(0, 5)
  const value = summary(['model'], [{ model: 'x', ...figures(1, null) }], { unpriced: few })
  const { home } = await fakeDaemon(t, answers(value))
  const lines = unpricedIn((await tallyctl(home, [])).out)
  t.strictSame(
    lines.map((line) => /model-\d/.exec(line)?.[0]),
    ['model-2', 'model-4', 'model-1', 'model-3', 'model-0'],
  )
})
