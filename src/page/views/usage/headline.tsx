// The total, large, and what stands beside it: tokens, calls, cache hits, and today against a usual day.

import { shownMoney } from '../../../contract/shown-money.ts'
import { type Answers, partsUnder } from '../../usage/answers.ts'
import { type Look, RANGES } from '../../usage/look.ts'
import { cacheRate, measured, tokensIn, totalOf } from '../../usage/sums.ts'
import { DAYS_BACK, FEWEST_DAYS, usualDay } from '../../usage/usual.ts'
import { amount } from '../../words/figures.ts'
import { inMeasure, percent, whole } from '../../words/usage.ts'
import { Figure } from './pieces.tsx'

interface Props {
  readonly answers: Answers
  readonly look: Look
  readonly now: number
}

export function Headline({ answers, look, now }: Props) {
  const total = totalOf(partsUnder(answers))
  const { display } = answers.parts
  const tokens = tokensIn(total.tokens)
  const isSpend = look.measure === 'spend'
  return (
    <div class="headline">
      <div class="total">
        <p class="large">
          <Figure>{isSpend ? shownMoney(total.costUSD, display) : amount(tokens)}</Figure>
          {!isSpend && <span class="unit"> tokens</span>}
        </p>
        <p class="hint">{timeInWords(answers)}</p>
      </div>
      <dl class="beside">
        {isSpend ? (
          <Fact term="tokens" says={amount(tokens)} />
        ) : (
          <Fact term="spend" says={shownMoney(total.costUSD, display)} />
        )}
        <Fact term="calls" says={whole(total.calls)} />
        <Fact term="sessions" says={whole(total.sessions)} />
        <Fact
          term="cache hits"
          says={percent(cacheRate(total.tokens))}
          title="of all tokens that went into models, those that were read from a cache"
        />
        <Today answers={answers} look={look} now={now} />
      </dl>
    </div>
  )
}

/** `this month`, or the bar that was picked. */
function timeInWords({ look, bins }: Answers): string {
  const picked = bins.bins.find(({ start }) => start === look.span?.start)
  return picked?.title ?? RANGES.find(({ name }) => name === look.range)!.says
}

function Fact({
  term,
  says,
  title,
}: {
  readonly term: string
  readonly says: string
  readonly title?: string
}) {
  return (
    <div title={title}>
      <dt>{term}</dt>
      <dd>
        <Figure>{says}</Figure>
      </dd>
    </div>
  )
}

/** Today, and what a usual day comes to, by now and in all. */
function Today({ answers, look, now }: Props) {
  const { today, usual } = answers
  if (today === null) return null
  const { measure } = look
  const day = usual === null ? null : usualDay(usual.rows, measure, now)
  const says = (value: number | null) => inMeasure(value, measure, today.display)
  const usually =
    day === null
      ? `fewer than ${FEWEST_DAYS} of the last ${DAYS_BACK} days had any use`
      : `the median of the ${day.days} days with use among the last ${DAYS_BACK}`
  return (
    <>
      <Fact term="today" says={says(measured(today.total, measure))} />
      <Fact term="usual by now" says={day === null ? '–' : says(day.byNow)} title={usually} />
      <Fact term="usual day" says={day === null ? '–' : says(day.whole)} title={usually} />
    </>
  )
}
