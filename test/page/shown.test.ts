// What the page shows, as values: entries that come again, notes, the title, and the words for devices, names and times.
import t from 'tap'
import type { AuditEntry } from '../../src/contract/audit.ts'
import type { DeviceRow } from '../../src/contract/devices.ts'
import { money } from '../../src/contract/figures.ts'
import type { Pairing } from '../../src/contract/pairing.ts'
import type { Request } from '../../src/contract/requests.ts'
import { NEWEST, type Note, titleOf, withEntries, withNote } from '../../src/page/shown.ts'
import { freshness, nextFor, oneWay } from '../../src/page/words/devices.ts'
import { amount, counted, grouped, until, when } from '../../src/page/words/figures.ts'
import { outcomeOf } from '../../src/page/words/pairing.ts'
import { offered, scopeSays } from '../../src/page/words/scopes.ts'
import { clean, withAddress } from '../../src/page/words/text.ts'

const NOW = Date.parse('2026-11-27T14:00:00Z')

function entry(seq: number, count = 1): AuditEntry {
  const subject = { id: null, name: null, address: null }
  return { seq, at: '2026-11-27T14:00:00Z', what: 'refused', subject, detail: null, count, since: null }
}

t.test('entries: newest first, of two alike the one with more, and no more than are shown', async (t) => {
  t.equal(withEntries([entry(2, 7)], [entry(2)])[0]?.count, 7)
  t.same(
    withEntries([entry(2), entry(1)], [entry(2, 7), entry(3)]).map(({ seq, count }) => [seq, count]),
    [
      [3, 1],
      [2, 7],
      [1, 1],
    ],
  )
  const many = withEntries(
    [],
    Array.from({ length: 150 }, (_, at) => entry(at + 1)),
  )
  t.equal(many.length, NEWEST)
  t.equal(many[0]?.seq, 150)
})

t.test('notes: each its own key, the oldest go', async (t) => {
  let notes: readonly Note[] = []
  for (let at = 0; at < 8; at++) notes = withNote(notes, { says: `${at}`, next: '', bad: false })
  t.same(
    notes.map(({ says }) => says),
    ['3', '4', '5', '6', '7'],
  )
  t.equal(new Set(notes.map(({ key }) => key)).size, 5)
})

t.test('the title says how many wait', async (t) => {
  t.equal(titleOf({ requests: null, tab: 'audit', you: null }), 'audit · tallyd')
  t.equal(titleOf({ requests: [{}, {}] as Request[], tab: 'tokens', you: null }), '(2) tokens · tallyd')
})

t.test('names: nothing in them hides, turns or breaks what stands beside them', async (t) => {
  t.equal(clean('a\u202Eb\u2066c\u0007\u2028d\uFEFF'), 'abcd')
  t.equal(clean('\u200B \u202E'), 'unnamed')
  t.equal(clean('<b>'), '<b>')
  t.equal(withAddress('laptop', '90be01d7ffff', '192.168.1.31'), 'laptop (90be01d7, 192.168.1.31)')
  t.equal(withAddress('90be01d7', '90be01d7ffff', '::1'), '90be01d7 (::1)')
})

t.test('figures', async (t) => {
  t.same([null, 0, 0.001, 0.014, 1904, 1234567.8].map(money), [
    '–',
    '$0.00',
    '<$0.01',
    '$0.01',
    '$1,904.00',
    '$1,234,567.80',
  ])
  t.same([0, 812, 4_100, 999_949, 999_950, 12_600_000].map(amount), [
    '0',
    '812',
    '4.1k',
    '999.9k',
    '1.0M',
    '12.6M',
  ])
  t.same([counted(1, 'token'), counted(0, 'token')], ['1 token', '0 tokens'])
  t.equal(grouped('482913'), '482 913')
})

t.test('times', async (t) => {
  const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString()
  t.same(
    [-2, -42, -600, -7200].map((seconds) => when(at(seconds), NOW)),
    ['now', '42 s ago', '10 min ago', '2 h ago'],
  )
  t.match(when(at(-90_000), NOW), /^2026-11-2[56]$/)
  t.equal(when('never', NOW), '–')
  t.same(
    [-5, 42, 480, 7200].map((seconds) => until(at(seconds), NOW)),
    ['0 s', '42 s', '8 min', '2 h'],
  )
})

t.test('devices: fresh in words, and what to do', async (t) => {
  const row = (part: Partial<DeviceRow>) =>
    ({
      name: 'studio',
      self: false,
      state: 'paired',
      freshness: 'cached',
      asOf: null,
      problem: null,
      ...part,
    }) as DeviceRow
  const asOf = '2026-11-27T12:00:00Z'
  t.equal(freshness(row({ self: true }), NOW), 'this device')
  t.equal(freshness(row({ freshness: 'live', asOf }), NOW), 'live')
  t.equal(freshness(row({ asOf }), NOW), 'last seen 2 h ago')
  t.equal(freshness(row({ state: 'unpaired', freshness: 'live', asOf }), NOW), 'unpaired; last seen 2 h ago')
  t.equal(freshness(row({}), NOW), 'never seen')
  t.equal(nextFor(row({})), '')
  const problem = (code: string) => ({ problem: { code, says: '', since: '' } })
  t.match(nextFor(row(problem('unreachable'))), /tallyctl doctor 'studio'/)
  t.match(nextFor(row(problem('newerVersion'))), /update/)
  t.match(nextFor(row(problem('something new'))), /pair again/)
  t.equal(oneWay(row({ direction: 'read' })), 'only its totals come here')
  t.equal(oneWay(row({ direction: 'mutual' })), '')
})

t.test('scopes: what is asked for first; unknown ones say nothing', async (t) => {
  t.same(offered(['metrics:read', 'nonsense'])[0], 'metrics:read')
  t.equal(offered([]).length, 5)
  t.equal(scopeSays('constructor'), '')
  t.not(scopeSays('admin'), '')
})

t.test('what became of a pairing is said once, and not where the owner said no', async (t) => {
  const none: Pairing = { invitation: null, comparison: null }
  const comparison = (part: object) =>
    ({
      invitation: null,
      comparison: { id: '1', state: 'waiting', ours: false, why: null, paired: null, ...part },
    }) as Pairing
  const paired = comparison({ state: 'paired', paired: { id: 'a', name: 'lap\u202Etop' } })
  t.equal(outcomeOf(none, comparison({})), null)
  t.match(outcomeOf(comparison({}), paired), { says: 'paired with laptop', bad: false })
  t.equal(outcomeOf(paired, paired), null)
  t.match(outcomeOf(comparison({}), comparison({ state: 'failed', why: 'timedOut' })), {
    bad: true,
    next: /60 s/,
  })
  t.equal(outcomeOf(comparison({}), comparison({ state: 'failed', why: 'declined' })), null)
})
