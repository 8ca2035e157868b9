// tmux, polybar and those that show a text alone: the text is money and nothing more, so no name gets there at all.
import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { polybarText, tmuxFormat } from '../../../../src/daemon/views/widgets/escapes.ts'
import { FORMATS } from '../../../../src/daemon/views/widgets/formats.ts'
import { plain } from '../../../../src/daemon/views/widgets/plain.ts'
import { polybar } from '../../../../src/daemon/views/widgets/polybar.ts'
import { sketchybar } from '../../../../src/daemon/views/widgets/sketchybar.ts'
import { starship } from '../../../../src/daemon/views/widgets/starship.ts'
import { tmux } from '../../../../src/daemon/views/widgets/tmux.ts'
import { glanceWith } from '../../../harness/glance.ts'
import { factsOf, glanceOfNames, NASTY, names } from './hostile.ts'

/** tmux(1), FORMATS, for what a job prints: styles, doubled signs; throws on what would be expanded. */
function shownInTmux(line: string): string {
  return line.replaceAll(/##|#\[[^\]]*\]|#./g, (piece) => {
    if (piece === '##') return '#'
    if (piece.startsWith('#[')) return ''
    throw new Error(`tmux expands ${piece}`)
  })
}

/** polybar's parser: `%{` opens a tag, wherever it stands. */
function shownInPolybar(line: string): string {
  return line.replaceAll(/%\{F(?:#[0-9a-f]{6}|-)\}/g, '')
}

const spent = (costUSD: number | null, calls = 1) =>
  factsOf(glanceWith({ today: { calls, tokens: 5, costUSD } }))

t.test('the text', async (t) => {
  t.equal(plain.line(spent(18.42)), '◔ $18.42')
  t.equal(plain.line(spent(1904)), '◔ $1,904.00')
  t.equal(plain.line(spent(0.001)), '◔ <$0.01')
  t.equal(plain.line(spent(0, 0)), '◔ $0.00')
  t.equal(plain.line(spent(null)), '◔ –', 'calls without a price')
  t.equal(plain.line(factsOf(null)), 'tallyd is not running')
  const display = { currency: 'EUR', perUSD: 0.5 }
  const inEuro = factsOf(
    glanceWith({
      display,
      today: { calls: 1, tokens: 5, costUSD: 18.42 },
      budgets: [{ period: 'day', limitUSD: 50, spentUSD: 18.42, state: 'ok' }],
    }),
  )
  for (const { name, line } of FORMATS) {
    const says = line(inEuro)
    t.match(says, '€9.21', name)
    t.notMatch(says, /\$\d/, `${name} has no dollars`)
  }
  t.equal(plain.line(factsOf(glanceWith({ display }))), '◔ €0.00')
})

t.test('tmux and polybar turn yellow, and say the same', async (t) => {
  t.equal(tmux.line(spent(18.42)), '◔ $18.42')
  t.equal(polybar.line(spent(18.42)), '◔ $18.42')
  t.equal(tmux.line(factsOf(glanceOfNames('x'))), '#[fg=yellow]◔ $18.42#[fg=default]')
  t.equal(polybar.line(factsOf(glanceOfNames('x'))), '%{F#ffb52a}◔ $18.42%{F-}')
  t.equal(tmux.line(factsOf(null)), '#[fg=yellow]tallyd is not running#[fg=default]')
})

t.test('what would be written there is written as text', async () => {
  fc.assert(
    fc.property(names, (name) => {
      assert.equal(shownInTmux(tmuxFormat(name)), name)
      assert.doesNotMatch(polybarText(name), /%\{/)
    }),
  )
})

t.test('no name gets there', async () => {
  const sane = (name: string) => {
    const facts = factsOf(glanceOfNames(name))
    assert.equal(shownInTmux(tmux.line(facts)), '◔ $18.42')
    assert.equal(shownInPolybar(polybar.line(facts)), '◔ $18.42')
    for (const format of [plain, sketchybar, starship]) assert.equal(format.line(facts), '◔ $18.42')
  }
  for (const name of NASTY) sane(name)
  fc.assert(fc.property(names, sane))
})

t.test('every format: a name that fits an address, a host, a way to install it', async (t) => {
  t.equal(new Set(FORMATS.map(({ name }) => name)).size, FORMATS.length)
  for (const { name, says, install, line } of FORMATS) {
    t.match(name, /^[a-z0-9]+$/)
    t.ok(says !== '' && install.into !== '', name)
    t.match(install.text, /\{\{(tallyctl|lastText)\}\}/)
    t.match(line(factsOf(null)), 'tallyd is not running')
    t.equal(
      line(factsOf(glanceOfNames('x'))),
      line(factsOf(glanceOfNames('x'))),
      'the same facts, the same text',
    )
    if (install.file !== undefined) t.match(install.text, /^#!\/bin\/sh\n# tallyd widget/)
  }
})
