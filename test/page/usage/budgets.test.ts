// What the page says of budgets.
import t from 'tap'
import { spentOfSays, stateSays } from '../../../src/page/words/budgets.ts'

t.test('what was spent, of what, and whether that is much', async (t) => {
  t.equal(spentOfSays({ spentUSD: 18.42, limitUSD: 25 }, undefined), '$18.42 of $25.00')
  t.equal(spentOfSays({ spentUSD: null, limitUSD: 25 }, undefined), '– of $25.00')
  const display = { currency: 'EUR', perUSD: 0.5 }
  t.equal(spentOfSays({ spentUSD: 18.42, limitUSD: 25 }, display), '€9.21 of €12.50')
  t.equal(stateSays({ percent: 73.6, state: 'ok', unpricedTokens: 0 }), '73 %')
  t.equal(stateSays({ percent: 99.9, state: 'near', unpricedTokens: 0 }), '99 %: nearly used up')
  t.equal(
    stateSays({ percent: 120, state: 'over', unpricedTokens: 5 }),
    '120 %: used up, and tokens without a price',
  )
  t.equal(
    stateSays({ percent: null, state: 'ok', unpricedTokens: 5 }),
    'not known, and tokens without a price',
  )
})
