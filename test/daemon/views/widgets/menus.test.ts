// SwiftBar, xbar and Argos: lines of a title, a bar, and parameters. Read here as these hosts read them: the title ends at the
// first bar, SwiftBar's stream is cut at every `~~~`, parameters are KEY=VALUE with or without quotes.
import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { argos } from '../../../../src/daemon/views/widgets/argos.ts'
import { swiftbar } from '../../../../src/daemon/views/widgets/swiftbar.ts'
import { xbar } from '../../../../src/daemon/views/widgets/xbar.ts'
import { factsOf, glanceOfNames, NASTY, names } from './hostile.ts'

interface Item {
  readonly title: string
  readonly parameters: ReadonlyMap<string, string>
}

function itemOf(line: string): Item {
  const bar = line.indexOf('|')
  if (bar < 0) return { title: line, parameters: new Map() }
  const parameters = new Map<string, string>()
  for (const [, key = '', quoted, bare] of line.slice(bar + 1).matchAll(/([^\s=]+)=(?:"([^"]*)"|(\S*))/g)) {
    parameters.set(key, quoted ?? bare ?? '')
  }
  return { title: line.slice(0, bar).trimEnd(), parameters }
}

const isSeparator = ({ title }: Item) => title === '---'
const OURS = /^(bash|param\d+|terminal|font|trim|symbolize|emojize|ansi|useMarkup|unescape)$/

t.test('what SwiftBar shows', async (t) => {
  const text = swiftbar.line(factsOf(glanceOfNames('desk'), ['/opt/node', '/opt/tallyd/main.js']))
  const [separator, ...lines] = text.split('\n')
  t.equal(separator, '~~~', 'a new menu begins')
  const items = lines.map(itemOf)
  t.same(
    items.map(({ title }) => title),
    [
      '◔ $18.42',
      '---',
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
      'pairing: desk wants to pair',
      'enrolment: desk',
      '---',
      'open the page',
    ],
  )
  const waiting = items.find(({ title }) => title.startsWith('pairing'))
  t.same(
    [...(waiting?.parameters ?? [])],
    [
      ['symbolize', 'false'],
      ['emojize', 'false'],
      ['ansi', 'false'],
      ['bash', '/opt/node'],
      ['param1', '/opt/tallyd/main.js'],
      ['param2', 'requests'],
      ['terminal', 'true'],
    ],
    'a click opens a terminal with the requests',
  )
  t.same(
    swiftbar
      .line(factsOf(null))
      .split('\n')
      .map((line) => itemOf(line).title),
    ['~~~', 'tallyd is not running', '---', 'tallyd is not running; run: tallyctl start'],
  )
})

t.test('Argos is told to read nothing into a text', async (t) => {
  for (const line of argos.line(factsOf(glanceOfNames('desk'))).split('\n')) {
    if (line === '---') continue
    const { parameters } = itemOf(line)
    for (const key of ['useMarkup', 'unescape', 'emojize', 'ansi'])
      t.equal(parameters.get(key), 'false', line)
  }
})

t.test('a program that no parameter can hold has no item that does something else', async (t) => {
  for (const path of ['/a "b"/node', '/a\\b/node', '/a|b/node', '/a\nb/node', '/a~~~b/node']) {
    const text = swiftbar.line(factsOf(glanceOfNames('desk'), [path, 'main.js']))
    t.notMatch(text, /bash=/, path)
    t.equal(text.split('~~~').length, 2, path)
  }
  const spaced = swiftbar.line(factsOf(glanceOfNames('desk'), ["/Users/Ann O'Hara/node", 'main.js']))
  t.match(spaced, `bash="/Users/Ann O'Hara/node"`)
})

t.test('hostile names are titles and nothing else', async (t) => {
  for (const name of NASTY) sane(name)
  t.pass(`${NASTY.length} names`)
})

t.test('whatever a name is, the menu has the same items', async () => {
  fc.assert(fc.property(names, sane), { numRuns: 300 })
})

/** As many items as with a harmless name, with the same parameters; a name opens no submenu and begins no new menu. */
function sane(name: string): void {
  for (const format of [swiftbar, xbar, argos]) {
    const text = format.line(factsOf(glanceOfNames(name)))
    const harmless = format.line(factsOf(glanceOfNames('desk'))).split('\n')
    const lines = text.split('\n')
    assert.equal(lines.length, harmless.length)
    assert.equal(text.split('~~~').length, format === swiftbar ? 2 : 1)
    assert.doesNotMatch(text, /[\r\u0085\u2028\u2029\u202a-\u202e\x1b\\]/)
    for (const [at, line] of lines.entries()) {
      const [item, other] = [itemOf(line), itemOf(harmless[at]!)]
      assert.deepEqual(item.parameters, other.parameters)
      assert.equal(isSeparator(item), isSeparator(other))
      assert.equal(/^-/.test(item.title), isSeparator(item))
      for (const key of item.parameters.keys()) assert.match(key, OURS)
      assert.equal(line.split('|').length, harmless[at]!.split('|').length)
    }
  }
}
