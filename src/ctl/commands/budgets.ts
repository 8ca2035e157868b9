// `tallyctl budgets`: how much of each budget is spent; with --check the exit status says it too.
import type { Budget, BudgetList } from '../../contract/budgets.ts'
import type { Status } from '../../contract/daemon.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import { shownMoney } from '../../contract/shown-money.ts'
import type { Daemon } from '../connection/daemon.ts'
import { shareOf, usedOf } from '../terminal/budget-words.ts'
import { amount, when } from '../terminal/figures.ts'
import { notReadyLines } from '../terminal/readiness.ts'
import type { Meaning, Screen } from '../terminal/screen.ts'
import { type Column, tableLines } from '../terminal/table.ts'
import { clean, padded } from '../terminal/text.ts'
import { type Command, configOf } from './command.ts'

export const budgets: Command = async (asked, at) => {
  const { list, status } = await ask(at.daemon)
  const config = configOf(at)
  const isNone = list.budgets.length === 0
  if (isNone && asked.has('check')) {
    throw new TallyError('wrongUsage', 'there is no budget to check', 'run: tallyctl budgets')
  }
  if (asked.has('json')) await at.screen.json(list)
  else if (isNone) {
    await at.screen.answer('no budgets')
    await at.screen.note(...emptyLines(config))
  } else await at.screen.answer(...budgetLines(list, at.screen, Date.now()))
  if (status?.ready === false) {
    await at.screen.note(...notReadyLines({ ...status, problems: 0 }).map((line) => at.screen.typed(line)))
  }
  const isOver = list.budgets.some(({ state }) => state === 'over')
  return isOver && asked.has('check') ? EXIT.failed : EXIT.ok
}

/** No status of a daemon elsewhere, which is its owner's. */
async function ask(daemon: Daemon): Promise<{ list: BudgetList; status: Status | null }> {
  if (daemon.url !== null) return { list: await daemon.call('budgets.list', {}), status: null }
  const [list, status] = await daemon.callAll([
    { method: 'budgets.list', params: {} },
    { method: 'daemon.status', params: {} },
  ])
  return { list, status }
}

const COLUMNS: readonly Column[] = [
  { title: 'budget', align: 'left' },
  { title: 'spent', align: 'right' },
  { title: 'limit', align: 'right' },
  { title: 'used', align: 'right' },
  { title: 'state', align: 'left' },
]

const MEANINGS = new Map<string, Meaning>([
  ['near', 'warning'],
  ['over', 'broken'],
])

/** `now` in Unix milliseconds. */
export function budgetLines(
  { budgets, missing, display }: BudgetList,
  screen: Screen,
  now: number,
): string[] {
  const [head = '', ...rows] = tableLines(
    { columns: COLUMNS, rows: budgets.map((budget) => cells(budget, display)), bars: budgets.map(shareOf) },
    screen.columns,
  )
  const coloured = rows.map((row, index) => {
    const meaning = MEANINGS.get(budgets[index]?.state ?? 'ok')
    return meaning === undefined ? row : screen.mark(row, meaning)
  })
  return [head, ...coloured, ...unpriced(budgets, screen), ...away(missing, screen, now)]
}

function cells(budget: Budget, display: BudgetList['display']): string[] {
  const { period, spentUSD, limitUSD, state } = budget
  return [
    clean(period),
    shownMoney(spentUSD, display),
    shownMoney(limitUSD, display),
    usedOf(budget),
    clean(state),
  ]
}

/** Of the longest period that has some: the others are in it, but for a week that began last month. */
function unpriced(budgets: readonly Budget[], screen: Screen): string[] {
  const most = Math.max(0, ...budgets.map(({ unpricedTokens }) => unpricedTokens))
  if (most === 0) return []
  return [
    screen.mark(`unpriced   ${amount(most)} tokens have no price and are in no sum`, 'warning'),
    screen.typed('which models: tallyctl usage month'),
  ]
}

function away(missing: BudgetList['missing'], screen: Screen, now: number): string[] {
  return missing.map(({ name, asOf }) => {
    const says =
      asOf === null
        ? 'never seen: what it spent is missing'
        : `last seen ${clean(when(asOf, now))}: what it spent since is missing`
    return screen.mark(`${padded(clean(name), 8, 'left')}   ${says}`, 'warning')
  })
}

/** What to add to the config; `config` is its path, null where it is on another machine. */
function emptyLines(config: string | null): string[] {
  return [
    `to have some, add this to ${config === null ? 'the config file there' : clean(config)}, with your own dollars, and restart tallyd:`,
    '  "budgets": { "daily": 25, "weekly": 100, "monthly": 400 }',
  ]
}
