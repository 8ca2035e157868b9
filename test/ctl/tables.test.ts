// Tables: which rows, in which order, and how they fit a terminal.
import t from 'tap'
import { glanceLines } from '../../src/ctl/commands/glance.ts'
import { fitting } from '../../src/ctl/commands/watch.ts'
import { Screen } from '../../src/ctl/terminal/screen.ts'
import { tableLines } from '../../src/ctl/terminal/table.ts'
import { width } from '../../src/ctl/terminal/text.ts'
import { sortedRows } from '../../src/ctl/terminal/usage-rows.ts'
import { usageLines } from '../../src/ctl/terminal/usage-table.ts'
import { figures, summary } from './fake-daemon.ts'

const plain = new Screen({ NO_COLOR: '1' }, '/opt/tallyd/main.js')

const table = {
  columns: [
    { title: 'model', align: 'left' },
    { title: 'cost', align: 'right' },
  ],
  rows: [
    ['claude-opus-4-5-20251101', '$18.42'],
    ['日本語', '$1.00'],
  ],
  total: ['total', '$19.42'],
  bars: [1, 0.25],
} as const

t.test('a table fits: the bar goes first, then names are shortened, figures never', async (t) => {
  t.strictSame(tableLines(table, 60), [
    'model                        cost',
    'claude-opus-4-5-20251101   $18.42   ████████████████████████',
    '日本語                      $1.00   ██████',
    'total                      $19.42',
  ])
  t.strictSame(tableLines(table, 40)[1], 'claude-opus-4-5-20251101   $18.42')
  t.strictSame(tableLines(table, 24)[1], 'claude-opus-4-5…  $18.42')
  t.match(tableLines(table, 5)[1], /\$18\.42$/)
  t.strictSame(tableLines(table, null)[1], 'claude-opus-4-5-20251101   $18.42', 'in a pipe no bars')
  for (const columns of [20, 24, 30, 40, 60, 80, 120]) {
    for (const line of tableLines(table, columns)) t.ok(width(line) <= columns, `${columns}: ${line}`)
  }
})

t.test('rows: times forward, everything else by what it cost', async (t) => {
  const by = summary(
    ['agent', 'model'],
    [
      { agent: 'a', model: 'small', ...figures(1, 1) },
      { agent: 'b', model: 'medium', ...figures(1, 5) },
      { agent: 'a', model: 'large', ...figures(1, 9) },
    ],
  )
  t.strictSame(
    sortedRows(by).map((row) => row.model),
    ['large', 'small', 'medium'],
  )
  const hours = summary(
    ['hour'],
    // The hour in which clocks go back comes twice.
    ['2026-10-25T02:00:00+01:00', '2026-10-25T02:00:00+02:00', '2026-10-25T01:00:00+02:00'].map((hour) => ({
      hour,
      ...figures(1, 1),
    })),
  )
  t.strictSame(
    sortedRows(hours).map((row) => row.hour),
    ['2026-10-25T01:00:00+02:00', '2026-10-25T02:00:00+02:00', '2026-10-25T02:00:00+01:00'],
  )
})

t.test('a week by day: gaps are seen, in a pipe the days are dates', async (t) => {
  const week = summary(
    ['day'],
    [
      { day: '2026-11-18', ...figures(2, 2) },
      { day: '2026-11-16', ...figures(1, null) },
    ],
    { unpriced: [{ agent: 'codex', model: 'local\x1b[31m-qwen', calls: 1, tokens: 400_000 }] },
  )
  t.strictSame(usageLines(week, null, plain), [
    'day           cost   calls   tokens',
    '2026-11-16       –       1     1.5k',
    '2026-11-17       –       –        –',
    '2026-11-18   $2.00       2     3.0k',
    'total        $2.00       3     4.5k',
    'unpriced   local-qwen: 1 call, 400.0k tokens',
  ])
  t.strictSame(usageLines(week, 80, plain)[1], 'Mon 16       –       1     1.5k')
})

t.test('by tool there are calls only', async (t) => {
  const none = { sessions: null, tokens: null, webSearches: null, costUSD: null }
  const tools = summary(['tool'], [{ tool: '__proto__', calls: 3, ...none }])
  t.strictSame(usageLines(tools, null, plain), [
    'tool        calls',
    '__proto__       3',
    'total           3',
  ])
})

t.test('a group is named once on a terminal, and in every row of a pipe', async (t) => {
  const rows = ['x', 'y'].map((model) => ({ agent: 'codex', model, ...figures(1, 1) }))
  const both = summary(['agent', 'model'], rows)
  t.match(usageLines(both, 80, plain)[2], /^ {8}y/)
  t.match(usageLines(both, null, plain)[2], /^codex {3}y/)
})

t.test('a low window keeps the head, the largest rows and the total', async (t) => {
  const rows = ['a', 'b', 'c', 'd', 'e', 'f']
  const table = { head: 'model', rows, foot: ['total', 'unpriced'] }
  t.strictSame(fitting(table, 9), ['model', ...rows, 'total', 'unpriced'])
  t.strictSame(fitting(table, 7), ['model', 'a', 'b', 'c', '… 3 more', 'total', 'unpriced'])
  t.strictSame(fitting(table, 4), ['model', 'a', '… 5 more', 'total'])
  t.strictSame(fitting(table, 3), ['model', '… 6 more', 'total'])
  const many = { head: 'model', rows, foot: ['total', ...Array.from({ length: 30 }, () => 'unpriced')] }
  for (let height = 2; height < 50; height++) {
    const lines = fitting(many, height)
    t.ok(lines.length <= height && lines[0] === 'model' && lines.includes('total'), `${height} lines`)
  }
})

t.test('the glance says what its sparklines show', async (t) => {
  const hours = ['09', '10'].map((hour) => ({ hour: `2026-11-20T${hour}:00:00+01:00`, ...figures(1, 1) }))
  const days = ['2026-11-19', '2026-11-20'].map((day) => ({ day, ...figures(1, 1) }))
  const all = summary(['model'], [{ model: 'm', ...figures(2, 2) }])
  const lines = glanceLines(
    { today: summary(['hour'], hours), month: summary(['day'], days), all, quotas: [], budgets: [] },
    100,
    plain,
  )
  t.match(lines[0], /██ by hour$/)
  t.match(lines[1], /██ by day$/)
})
