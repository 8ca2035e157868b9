// `tallyctl plans`: what each subscription costs a month, against what its tokens would have cost by the call.
import { EXIT } from '../../contract/errors.ts'
import type { Result } from '../../contract/methods.ts'
import type { Plan } from '../../contract/plans.ts'
import { shownMoney } from '../../contract/shown-money.ts'
import { amount } from '../terminal/figures.ts'
import type { Screen } from '../terminal/screen.ts'
import { type Column, tableLines } from '../terminal/table.ts'
import { clean } from '../terminal/text.ts'
import { type Command, configOf } from './command.ts'

export const plans: Command = async (asked, at) => {
  const result = await at.daemon.call('plans.list', {})
  if (asked.has('json')) await at.screen.json(result)
  else if (result.plans.length > 0) await at.screen.answer(...planLines(result, at.screen))
  else {
    const config = configOf(at)
    await at.screen.answer('no plans')
    await at.screen.note(
      `to have some, add this to ${config === null ? 'the config file there' : clean(config)}, with your own dollars a month, and restart tallyd:`,
      '  "plans": { "claude-code": { "priceUSD": 100 }, "codex": { "priceUSD": 20 } }',
    )
  }
  return EXIT.ok
}

const COLUMNS: readonly Column[] = [
  { title: 'plan', align: 'left' },
  { title: 'price', align: 'right' },
  { title: 'this month', align: 'right' },
  { title: '', align: 'right' },
  { title: 'last month', align: 'right' },
  { title: '', align: 'right' },
]

function planLines({ plans: list, display }: Result<'plans.list'>, screen: Screen): string[] {
  const rows = list.map(({ agent, priceUSD, month, lastMonth }) => [
    clean(agent),
    shownMoney(priceUSD, display),
    ...[month, lastMonth].flatMap(({ costUSD }) => [
      shownMoney(costUSD, display),
      timesOf(costUSD, priceUSD),
    ]),
  ])
  return [
    ...tableLines({ columns: COLUMNS, rows }, screen.columns),
    ...list.flatMap((plan) => unpriced(plan, screen)),
  ]
}

/** `3.1 ×` the price; rounded down, so that 1.0 × is never said before it is so. */
function timesOf(costUSD: number | null, priceUSD: number): string {
  return costUSD === null ? '–' : `${(Math.floor((costUSD / priceUSD) * 10) / 10).toFixed(1)} ×`
}

function unpriced({ agent, month, lastMonth }: Plan, screen: Screen): string[] {
  const tokens = month.unpricedTokens + lastMonth.unpricedTokens
  if (tokens === 0) return []
  return [
    screen.mark(
      `unpriced   ${clean(agent)}: ${amount(tokens)} tokens have no price and are in no sum`,
      'warning',
    ),
  ]
}
