// Figures, bars, tables and names as they reach a terminal.
import fc from 'fast-check'
import t from 'tap'
import { glanceLines } from '../../src/ctl/commands/glance.ts'
import { fitting } from '../../src/ctl/commands/watch.ts'
import { bar, sparkline } from '../../src/ctl/terminal/bars.ts'
import { usageCsv } from '../../src/ctl/terminal/csv.ts'
import { daysBetween, weekday } from '../../src/ctl/terminal/days.ts'
import { amount, bytes, count, counted, duration, money, when } from '../../src/ctl/terminal/figures.ts'
import { progressLine } from '../../src/ctl/terminal/progress.ts'
import { Screen } from '../../src/ctl/terminal/screen.ts'
import { tableLines } from '../../src/ctl/terminal/table.ts'
import { clean, fitted, padded, shorten, width } from '../../src/ctl/terminal/text.ts'
import { sortedRows } from '../../src/ctl/terminal/usage-rows.ts'
import { usageLines } from '../../src/ctl/terminal/usage-table.ts'
import { figures, summary } from './fake-daemon.ts'

const plain = new Screen({ NO_COLOR: '1' }, '/opt/tallyd/main.js')

t.test('counts, money, tokens, bytes', async (t) => {
  t.strictSame([0, 999, 1000, 2104, 1234567].map(count), ['0', '999', '1,000', '2,104', '1,234,567'])
  t.strictSame([0, 0.004, 0.005, 18.42, 1904, 1234567.891, null].map(money), [
    '$0.00',
    '<$0.01',
    '$0.01',
    '$18.42',
    '$1,904.00',
    '$1,234,567.89',
    '–',
  ])
  t.strictSame([0, 999, 1000, 12_600_000, 999_949, 999_950, 2_100_000_000, 5e15, null].map(amount), [
    '0',
    '999',
    '1.0k',
    '12.6M',
    '999.9k',
    '1.0M',
    '2.1B',
    '5000.0T',
    '–',
  ])
  t.strictSame([512, 1_600_000_000].map(bytes), ['512 B', '1.6 GB'])
  t.strictSame(
    [counted(1, 'call'), counted(0, 'call'), counted(2104, 'call')],
    ['1 call', '0 calls', '2,104 calls'],
  )
})

t.test('times: relative under a day, else dates', async (t) => {
  t.strictSame([0, 840, 1240, 59_400, 59_600, 3_599_000, 7_200_000, 12 * 86_400_000].map(duration), [
    '0 ms',
    '840 ms',
    '1.2 s',
    '59 s',
    '1 min',
    '1 h',
    '2 h',
    '12 days',
  ])
  const now = Date.parse('2026-11-20T12:00:00Z')
  t.equal(when('2026-11-20T10:00:00Z', now), '2 h ago')
  t.equal(when('2026-11-18T10:00:00Z', now), '2026-11-18')
  t.equal(when('nonsense', now), '–')
  t.equal(weekday('2026-11-16'), 'Mon 16')
  t.strictSame(daysBetween('2026-02-27', '2026-03-01', 9), ['2026-02-27', '2026-02-28', '2026-03-01'])
  t.strictSame(daysBetween('2026-02-27', '2026-03-01', 2), [])
  t.strictSame(daysBetween('', '', 9), [])
})

t.test('bars in eighths, sparklines', async (t) => {
  t.equal(bar(1, 4), '████')
  t.equal(bar(0.5, 3), '█▌')
  t.equal(bar(0.0001, 4), '▏')
  t.equal(bar(0, 4), '')
  t.equal(bar(Number.NaN, 4), '')
  t.equal(bar(1, 0), '')
  t.equal(bar(7, 2), '██')
  t.equal(sparkline([0, 1, 4, 8]), '▁▂▅█')
  t.equal(sparkline([0, 0]), '')
})

t.test('names from logs cannot reach the terminal as anything but letters', async (t) => {
  t.equal(clean('gpt-5'), 'gpt-5')
  t.equal(clean('\x1b[31mred\x1b[0m'), 'red')
  t.equal(clean('a\x1b]0;title\x07b'), 'ab')
  t.equal(clean('a\r\nb\tc\x00d\x7f\x9b'), 'abcd')
  t.equal(clean('\u202eevil\u202c \u200bzero'), 'evil zero')
  t.equal(clean('日本語'), '日本語')
  t.equal(clean('__proto__'), '__proto__')
  const anything = fc.array(
    fc.constantFrom('\x1b', '[', '31m', '\x07', ']0;', '\u009b', 'é', '日', '\u200d', '👩', 'x', '\ud800'),
  )
  fc.assert(
    fc.property(anything, fc.string({ unit: 'binary' }), (parts, text) => {
      const cleaned = clean(parts.join('') + text)
      return !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(cleaned)
    }),
  )
})

t.test('widths: wide characters take two columns, marks none', async (t) => {
  t.equal(width('日本'), 4)
  t.equal(width('e\u0301'), 1)
  t.equal(padded('日', 4, 'right'), '  日')
  t.equal(shorten('abcdef', 4), 'abc…')
  t.equal(shorten('日本語', 4), '日…')
  t.equal(shorten('abc', 0), '')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
      return width(shorten(clean(text), columns)) <= columns
    }),
  )
})

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

t.test('a drawn line never wraps, whatever colours it has', async (t) => {
  t.equal(fitted('abcdef', 4), 'abc…')
  t.equal(fitted('\x1b[33mabcdef\x1b[0m', 4), '\x1b[33mabc…\x1b[0m')
  t.equal(fitted('\x1b[33mabcd\x1b[0m', 4), '\x1b[33mabcd\x1b[0m')
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
    { today: summary(['hour'], hours), month: summary(['day'], days), all },
    100,
    plain,
  )
  t.match(lines[0], /██ by hour$/)
  t.match(lines[1], /██ by day$/)
})

t.test('CSV by RFC 4180, and no spreadsheet runs a name', async (t) => {
  const models = ['=cmd()', '+1', '-1', '@x', ' =x', 'a,b', 'say "hi"', 'plain', '日\r\n=1']
  const csv = usageCsv(
    summary(
      ['model'],
      models.map((model) => ({ model, ...figures(1, 0.5) })),
    ),
  )
  const lines = csv.split('\r\n')
  t.equal(
    lines[0],
    'model,calls,sessions,input,output,cacheRead,cacheWrite5m,cacheWrite1h,reasoning,webSearches,costUSD',
  )
  t.strictSame(
    lines.slice(1, -1).map((line) => line.replace(/,1,1,1000,500,0,0,0,0,0,0\.5$/, '')),
    ["'=cmd()", "'+1", "'-1", "'@x", "' =x", '"a,b"', '"say ""hi"""', 'plain', '日=1'],
  )
  t.equal(lines.at(-1), '')
  const none = { calls: 3, sessions: null, tokens: null, webSearches: null, costUSD: null }
  t.match(usageCsv(summary(['tool'], [{ tool: 'Bash', ...none }])), /\r\nBash,3,,,,,,,,,\r\n$/)
})

t.test('the progress line, and what is left of it on a narrow terminal', async (t) => {
  const progress = {
    bytesDone: 1_218_000_000,
    bytesTotal: 2_100_000_000,
    filesDone: 1,
    filesTotal: 2,
    startedAt: '2026-11-20T12:00:00Z',
  }
  const now = Date.parse('2026-11-20T12:00:01Z')
  t.equal(
    progressLine(progress, now, 100),
    'reading logs  ████████▏       58 %   1.2 of 2.1 GB   1.2 GB/s   724 ms left',
  )
  t.equal(progressLine(progress, now, 60), 'reading logs  ████████▏       58 %   1.2 of 2.1 GB')
  t.match(progressLine({ ...progress, bytesDone: 0, bytesTotal: 0 }, now, 100), /0 %/)
})

t.test('colour: never in a pipe unless forced, never with NO_COLOR', async (t) => {
  const marked = (env: Record<string, string>) => new Screen(env, '/x').mark('broken', 'broken')
  t.equal(marked({ FORCE_COLOR: '1' }), '\x1b[31mbroken\x1b[0m')
  t.equal(marked({ FORCE_COLOR: '1', NO_COLOR: '1' }), 'broken')
  t.equal(marked({ FORCE_COLOR: '0' }), 'broken')
})

t.test('commands in sentences are what works here', async (t) => {
  t.equal(plain.typed('run: tallyctl start'), 'run: tallyctl start')
  const clone = new Screen({}, import.meta.filename ?? '')
  t.equal(clone.typed('run: tallyctl start, or `tallyctl`'), 'run: npx tallyctl start, or `npx tallyctl`')
  t.equal(clone.typed('/home/a/tallyctl/x'), '/home/a/tallyctl/x')
})
