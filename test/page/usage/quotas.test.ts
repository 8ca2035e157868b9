// What the page says of windows.
import t from 'tap'
import { resetSays, usedSays } from '../../../src/page/words/quotas.ts'

const NOW = new Date(2026, 10, 27, 12, 0).getTime()
const QUOTA = {
  usedPercent: 62.6,
  resetAt: new Date(2026, 10, 27, 17, 30).toISOString(),
  observedAt: new Date(NOW - 120_000).toISOString(),
}

t.test('how much is used, and when it begins anew', async (t) => {
  t.equal(usedSays(QUOTA), '62 %', 'what is not used up is never 100 %')
  t.equal(resetSays(QUOTA, NOW), 'resets 2026-11-27 17:30, seen 2 min ago')
  t.equal(resetSays({ ...QUOTA, resetAt: null }, NOW), 'seen 2 min ago')
})

t.test('after its reset nothing is known', async (t) => {
  const over = { ...QUOTA, usedPercent: null, resetAt: null }
  t.equal(usedSays(over), 'unknown')
  t.equal(resetSays(over, NOW), 'reset since it was seen 2 min ago')
})
