// Figures, bars, names, colours and CSV as they reach a terminal or a pipe.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { bar, sparkline } from '../../src/ctl/terminal/bars.ts'
import { usageCsv } from '../../src/ctl/terminal/csv.ts'
import { daysBetween, weekday } from '../../src/ctl/terminal/days.ts'
import { amount, bytes, count, counted, duration, money, when } from '../../src/ctl/terminal/figures.ts'
import { progressLine } from '../../src/ctl/terminal/progress.ts'
import { Screen } from '../../src/ctl/terminal/screen.ts'
import { clean, fitted, hanging, padded, shorten, width, wrapped } from '../../src/ctl/terminal/text.ts'
import { temporaryFolder } from '../harness/daemon.ts'
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
  const inTurns = [0.1, 0.2, 168.765].reduce((sum, part) => sum + part)
  const backwards = [168.765, 0.2, 0.1].reduce((sum, part) => sum + part)
  t.not(inTurns, backwards)
  t.strictSame([inTurns, backwards].map(money), ['$169.07', '$169.07'])
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

t.test('a drawn line never wraps, whatever colours it has', async (t) => {
  t.equal(fitted('abcdef', 4), 'abc…')
  t.equal(fitted('\x1b[33mabcdef\x1b[0m', 4), '\x1b[33mabc…\x1b[0m')
  t.equal(fitted('\x1b[33mabcd\x1b[0m', 4), '\x1b[33mabcd\x1b[0m')
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

t.test('pages of the docs are named by their paths where they are installed', async (t) => {
  const root = join(temporaryFolder(t), "zoë's $& x", 'node_modules', 'tallyd')
  const program = join(root, 'dist', 'ctl', 'main.js')
  mkdirSync(join(root, 'docs'), { recursive: true })
  writeFileSync(join(root, 'package.json'), '{"name": "tallyd"}')
  const installed = new Screen({}, program)
  t.equal(
    installed.typed('see docs/vault.md#systemd, then (docs/config.md)'),
    `see ${root}/docs/vault.md#systemd, then (${root}/docs/config.md)`,
  )
  t.equal(installed.typed('see /a/docs/vault.md and docs/'), 'see /a/docs/vault.md and docs/')
  t.equal(
    new Screen({}, import.meta.filename ?? '').typed('see docs/vault.md'),
    'see docs/vault.md',
    'in a clone',
  )
  t.equal(plain.typed('see docs/vault.md'), 'see docs/vault.md', 'where there are none')
})

t.test('a sentence is broken at spaces, and a long word stays whole', async (t) => {
  t.strictSame(wrapped('no answer; there, run: tallyctl invite', 16), [
    'no answer;',
    'there, run:',
    'tallyctl invite',
  ])
  t.strictSame(wrapped('see /a/very/long/path now', 8), ['see', '/a/very/long/path', 'now'])
  t.strictSame(wrapped('one two', 7), ['one two'])
  t.strictSame(wrapped('日本 語', 5), ['日本', '語'], 'columns, not characters')
  t.strictSame(wrapped('one two', null), ['one two'], 'in a pipe nothing is broken')
  t.strictSame(hanging('12   ', 'paired   laptop   mutual, both give and read', 30), [
    '12   paired   laptop   mutual,',
    '     both give and read',
  ])
})
