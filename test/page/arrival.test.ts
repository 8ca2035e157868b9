// What the page reads of its address, and what of it may stay there.
import t from 'tap'
import { arrivalOf } from '../../src/page/connection/arrival.ts'
import { waitBefore } from '../../src/page/connection/backoff.ts'
import { tabAfter } from '../../src/page/tabs.ts'

const AT = 'http://127.0.0.1:4766'
const SECRET = 'x'.repeat(43)

t.test('a launch and a link are taken out of the address', async (t) => {
  t.same(arrivalOf(`${AT}/#launch=${SECRET}`), { launch: SECRET, link: null, tab: null, clean: '/' })
  t.same(arrivalOf(`${AT}/approve?link=${SECRET}`), { launch: null, link: SECRET, tab: null, clean: '/' })
  t.same(arrivalOf(`${AT}/approve?link=${SECRET}#audit`), {
    launch: null,
    link: SECRET,
    tab: 'audit',
    clean: '/#audit',
  })
})

t.test('what cannot be one is taken out too, and is empty', async (t) => {
  for (const wrong of ['', 'short', `${SECRET}x`, '<script>', `${SECRET.slice(1)}%20`]) {
    t.match(arrivalOf(`${AT}/#launch=${wrong}`), { launch: '', clean: '/' }, wrong)
    t.match(arrivalOf(`${AT}/approve?link=${encodeURIComponent(wrong)}`), { link: '', clean: '/' }, wrong)
  }
})

t.test('a tab is a tab by its name alone', async (t) => {
  t.equal(arrivalOf(`${AT}/#tokens`).tab, 'tokens')
  for (const wrong of ['', 'Tokens', 'toString', '__proto__']) t.equal(arrivalOf(`${AT}/#${wrong}`).tab, null)
})

t.test('arrows go round, Home and End to the ends, other keys nowhere', async (t) => {
  t.equal(tabAfter('requests', 'ArrowRight'), 'tokens')
  t.equal(tabAfter('usage', 'ArrowLeft'), 'audit')
  t.equal(tabAfter('audit', 'ArrowRight'), 'usage')
  t.equal(tabAfter('devices', 'Home'), 'usage')
  t.equal(tabAfter('devices', 'End'), 'audit')
  for (const key of ['Tab', 'Enter', 'toString', 'ArrowDown']) t.equal(tabAfter('devices', key), null)
})

t.test('waits double up to 15 s, and never fall below half', async (t) => {
  t.same(
    [0, 1, 2, 3].map((tries) => waitBefore(tries, () => 1)),
    [500, 1000, 2000, 4000],
  )
  t.same(
    [0, 5, 100, 1e9].map((tries) => waitBefore(tries, () => 0)),
    [250, 7500, 7500, 7500],
  )
})
