// waybar-custom(5), "return-type": json: one line of JSON; text and tooltip are Pango markup. genmon's tags have the same in them,
// eww and i3blocks take the JSON without markup.
import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { eww } from '../../../../src/daemon/views/widgets/eww.ts'
import { genmon } from '../../../../src/daemon/views/widgets/genmon.ts'
import { i3blocks } from '../../../../src/daemon/views/widgets/i3blocks.ts'
import { waybar } from '../../../../src/daemon/views/widgets/waybar.ts'
import { CLASSES } from '../../../../src/daemon/views/widgets/words.ts'
import { glanceWith } from '../../../harness/glance.ts'
import { brokenLines, factsOf, glanceOfNames, NASTY, names } from './hostile.ts'
import { shownOf } from './markup.ts'

t.test('what Waybar reads', async (t) => {
  const read = JSON.parse(waybar.line(factsOf(glanceOfNames('desk'))))
  t.equal(read.text, '◔ $18.42')
  t.equal(read.class, 'warning')
  t.equal(read.alt, 'warning')
  t.equal(read.percentage, 77, 'of the budget')
  t.same(shownOf(read.tooltip, ['tt']).split('\n'), [
    'today        $18.42   12.6M tokens   ▂█▄',
    'this month   $18.42   12.6M tokens',
    'ever         $18.42   12.6M tokens',
    'devices      desk   $18.42   this one',
    '             desk   $18.42   last seen Thu 14:02',
    '             desk   $18.42   last seen desk',
    'windows      desk desk 63 %, resets desk',
    'budgets      desk   $311.00 of $400.00   nearly used up',
    'waiting      2 requests: tallyctl requests',
    'unpriced     2 models without a price: tallyctl usage all',
  ])
  t.same(JSON.parse(waybar.line(factsOf(null))), {
    text: 'tallyd is not running',
    alt: 'stopped',
    tooltip: '<tt>tallyd is not running\nrun: tallyctl start</tt>',
    class: 'stopped',
  })
})

t.test('the class is the gravest that holds', async (t) => {
  const classIn = (more: Parameters<typeof glanceWith>[0]) =>
    JSON.parse(waybar.line(factsOf(glanceWith(more)))).class
  const away = [
    ...glanceWith().devices,
    {
      name: 'studio',
      self: false,
      freshness: 'cached',
      asOf: null,
      today: { calls: 0, tokens: 0, costUSD: 0 },
    },
  ] as const
  const budget = (state: 'ok' | 'near' | 'over') => [{ period: 'day', limitUSD: 0, spentUSD: 1, state }]
  const waiting = [{ id: '1', kind: 'pairing', says: 'somebody' }] as const
  t.equal(classIn({}), 'ok')
  t.equal(classIn({ budgets: budget('ok') }), 'ok')
  t.equal(classIn({ devices: [...away] }), 'stale')
  t.equal(classIn({ devices: [...away], ready: false }), 'reading')
  t.equal(classIn({ ready: false, budgets: budget('near') }), 'near')
  t.equal(classIn({ budgets: budget('over') }), 'warning')
  t.equal(classIn({ waiting: [...waiting], budgets: budget('near') }), 'warning')
})

t.test('hostile names stay text', async (t) => {
  for (const name of NASTY) {
    const line = waybar.line(factsOf(glanceOfNames(name)))
    t.same(brokenLines(line), [line], 'one line')
    t.doesNotThrow(() => shownOf(JSON.parse(line).tooltip, ['tt']), name)
  }
  const { tooltip } = JSON.parse(waybar.line(factsOf(glanceOfNames('<b>&amp;"'))))
  t.match(shownOf(tooltip, ['tt']), /^ {13}<b>&amp;" {3}\$18\.42/m, 'shown as they are')
  const long = shownOf(JSON.parse(waybar.line(factsOf(glanceOfNames('x'.repeat(200))))).tooltip, ['tt'])
  for (const each of long.split('\n')) t.ok(each.length < 140, each)
})

t.test('whatever a name is: one line, JSON, markup that holds', async () => {
  fc.assert(
    fc.property(names, (name) => {
      const facts = factsOf(glanceOfNames(name))
      for (const format of [waybar, eww, i3blocks]) {
        const line = format.line(facts)
        assert.deepEqual(brokenLines(line), [line])
        assert.doesNotMatch(line, /\\ud[89a-f]/i, 'no half characters')
        const read = JSON.parse(line)
        assert.equal(Object.getPrototypeOf(read), Object.prototype)
        if (read.class !== undefined) assert.ok(CLASSES.includes(read.class))
      }
      const { text, tooltip } = JSON.parse(waybar.line(facts))
      assert.equal(shownOf(text, []), '◔ $18.42')
      assert.doesNotMatch(shownOf(tooltip, ['tt']), /[\u202a-\u202e\u2066-\u2069\x1b]/)
      const [txt = '', ...rest] = genmon.line(facts).split('\n')
      const tool = rest.join('\n')
      assert.equal(shownOf(txt.slice('<txt>'.length, -'</txt>'.length), ['span']), '◔ $18.42')
      assert.ok(tool.startsWith('<tool>') && tool.indexOf('</tool>') === tool.length - '</tool>'.length)
      shownOf(tool.slice('<tool>'.length, -'</tool>'.length), ['tt'])
    }),
    { numRuns: 300 },
  )
})

t.test('eww has every key, i3blocks the keys of its protocol', async (t) => {
  t.same(Object.keys(JSON.parse(eww.line(factsOf(glanceWith())))), ['text', 'tooltip', 'class', 'percentage'])
  t.same(JSON.parse(i3blocks.line(factsOf(glanceWith()))), { full_text: '◔ $0.00', _class: 'ok' })
  t.match(JSON.parse(i3blocks.line(factsOf(glanceOfNames('x')))), { color: /^#[0-9a-f]{6}$/ })
  t.match(JSON.parse(i3blocks.line(factsOf(null))), { full_text: 'tallyd is not running', _class: 'stopped' })
})
