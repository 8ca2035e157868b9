// `tallyctl budgets`: the table, the exit status of --check, and the month's line of the glance.
import t from 'tap'
import type { Budget, BudgetList } from '../../src/contract/budgets.ts'
import { EXIT } from '../../src/contract/errors.ts'
import { budgetLines } from '../../src/ctl/commands/budgets.ts'
import { glanceLines } from '../../src/ctl/commands/glance.ts'
import { Screen } from '../../src/ctl/terminal/screen.ts'
import type { Teardown } from '../harness/daemon.ts'
import { tallyctl } from './client.ts'
import { answers, EMPTY, fakeDaemon, figures, MODELS, status, summary } from './fake-daemon.ts'

const plain = new Screen({ NO_COLOR: '1' }, '/nowhere')
const coloured = new Screen({ FORCE_COLOR: '1' }, '/nowhere')

class Wide extends Screen {
  constructor() {
    super({ NO_COLOR: '1' }, '/nowhere')
  }

  override get columns(): number {
    return 80
  }
}

const MONTH: Budget = {
  period: 'month',
  since: '2026-11-01T00:00:00+01:00',
  until: '2026-12-01T00:00:00+01:00',
  limitUSD: 400,
  spentUSD: 311.07,
  percent: 77.7,
  state: 'ok',
  unpricedTokens: 0,
  crossed: [],
}
const NEAR: Budget = { ...MONTH, period: 'day', limitUSD: 20, spentUSD: 18.42, percent: 92.1, state: 'near' }
const OVER: Budget = {
  ...MONTH,
  period: 'week',
  limitUSD: 100,
  spentUSD: 1234.5,
  percent: 1234.5,
  state: 'over',
}

const listOf = (budgets: Budget[], more: Partial<BudgetList> = {}): BudgetList => ({
  timeZone: 'Europe/Berlin',
  budgets,
  missing: [],
  ...more,
})

async function told(t: Teardown, list: BudgetList, ...words: string[]) {
  const { home } = await fakeDaemon(t, answers(MODELS, { 'budgets.list': () => list }))
  return tallyctl(home, ['budgets', ...words])
}

t.test('a line a budget', async (t) => {
  const { exit, out, err } = await told(t, listOf([NEAR, OVER, MONTH]))
  t.strictSame([exit, err], [EXIT.ok, ''])
  t.strictSame(out.split('\n'), [
    'budget       spent     limit      used   state',
    'day         $18.42    $20.00      92 %   near',
    'week     $1,234.50   $100.00   1,234 %   over',
    'month      $311.07   $400.00      77 %   ok',
    '',
  ])
})

t.test('on a terminal with bars, never longer than full, and colours beside the words', async (t) => {
  const lines = budgetLines(listOf([OVER, MONTH]), plain, Date.now())
  t.notMatch(lines.join('\n'), /█/, 'no bars in a pipe')
  const [, over = '', month = ''] = budgetLines(listOf([OVER, MONTH]), new Wide(), Date.now())
  t.match(over, /over {4}█{24}$/)
  t.match(month, /ok {6}█{18}[▏▎▍▌▋▊▉]?$/)
  const [, near = '', used = '', fine = ''] = budgetLines(listOf([NEAR, OVER, MONTH]), coloured, Date.now())
  t.match(near, /^\x1b\[33m.*near/)
  t.match(used, /^\x1b\[31m.*over/)
  t.notMatch(fine, /\x1b/)
})

t.test('what is not in the sums is said: no price, and devices that are away', async (t) => {
  const asOf = new Date(Date.now() - 2 * 3_600_000).toISOString()
  const missing = [
    { name: 'stu\x1b[2Jdio', asOf },
    { name: 'laptop', asOf: null },
  ]
  const unknown: Budget = { ...MONTH, spentUSD: null, percent: null, unpricedTokens: 431_000 }
  const { out } = await told(t, listOf([unknown], { missing }))
  t.match(out, /^month +– +\$400\.00 +– +ok$/m)
  t.match(out, /^unpriced {3}431\.0k tokens have no price and are in no sum$/m)
  t.match(out, /^studio {5}last seen 2 h ago: what it spent since is missing$/m)
  t.match(out, /^laptop {5}never seen: what it spent is missing$/m)
})

t.test('--check: 1 when one is over, else 0; 2 where there is none; the answer is the same', async (t) => {
  for (const [budgets, exit] of [
    [[NEAR, MONTH], EXIT.ok],
    [[NEAR, OVER, MONTH], EXIT.failed],
  ] as const) {
    const checked = await told(t, listOf([...budgets]), '--check')
    t.equal(checked.exit, exit)
    t.equal(checked.err, '')
    t.equal(checked.out, (await told(t, listOf([...budgets]))).out)
    const json = await told(t, listOf([...budgets]), '--check', '--json')
    t.equal(json.exit, exit)
    t.strictSame(JSON.parse(json.out), listOf([...budgets]))
  }
  t.equal((await told(t, listOf([OVER]))).exit, EXIT.ok, 'without --check it is an answer like any other')
  const none = await told(t, listOf([]), '--check')
  t.strictSame([none.exit, none.out], [EXIT.usage, ''])
  t.match(none.err, 'there is no budget to check')
})

t.test('no budgets: what to add, and where', async (t) => {
  const { home } = await fakeDaemon(t, answers(MODELS))
  const { exit, out, err } = await tallyctl(home, ['budgets'])
  t.strictSame([exit, out], [EXIT.ok, 'no budgets\n'])
  t.match(err, `${home}/config.json`)
  const [line = ''] = err.split('\n').filter((each) => each.includes('"budgets"'))
  t.match(JSON.parse(`{${line}}`), { budgets: { daily: Number, weekly: Number, monthly: Number } })
})

t.test('sums that are still growing are said to', async (t) => {
  const { home } = await fakeDaemon(
    t,
    answers(EMPTY, {
      'budgets.list': () => listOf([MONTH]),
      'daemon.status': () => status({ ready: false, problems: 3 }),
    }),
  )
  const { exit, err } = await tallyctl(home, ['budgets', '--check'])
  t.equal(exit, EXIT.ok)
  t.match(err, /^still reading logs, the totals will grow: .*status --wait 60s\n$/)
})

t.test('the glance: how much of the month is used, instead of its days', async (t) => {
  const days = ['2026-11-19', '2026-11-20'].map((day) => ({ day, ...figures(1, 1) }))
  const month = summary(['day'], days)
  const lines = (budgets: Budget[], columns: number | null, screen = plain) =>
    glanceLines(
      { today: summary(['hour'], []), month, all: month, quotas: [], budgets },
      columns,
      screen,
    )[1] ?? ''
  t.match(lines([NEAR, MONTH], 100), /tokens {3}█{7}▊ {5}77 % {2}of \$400\.00$/)
  t.match(lines([MONTH], null), /tokens {3}77 % {2}of \$400\.00$/, 'in a pipe too, without the bar')
  t.match(lines([MONTH], 52), /tokens {3}77 % {2}of \$400\.00$/, 'where there is no room for the bar')
  t.match(lines([MONTH], 40), /tokens$/)
  t.match(lines([{ ...MONTH, state: 'over', percent: 100 }], 100, coloured), /\x1b\[31m█{10} {3}100 %/)
  t.match(lines([NEAR], 100), /by day$/, 'without one for the month as ever')
})

t.test('the glance as JSON has them', async (t) => {
  const { home } = await fakeDaemon(t, answers(MODELS, { 'budgets.list': () => listOf([MONTH]) }))
  t.strictSame(JSON.parse((await tallyctl(home, ['--json'])).out).budgets, [MONTH])
})
