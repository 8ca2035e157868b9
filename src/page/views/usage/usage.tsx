// The usage tab: the total, the chart under it, devices beside it, and what it is made of below.
import { useState } from 'preact/hooks'
import type { Shown } from '../../shown.ts'
import type { Answers } from '../../usage/answers.ts'
import {
  type Look,
  MEASURES,
  RANGES,
  type RangeName,
  SIDES,
  toggled,
  withRange,
  withSpan,
} from '../../usage/look.ts'
import { stackOf } from '../../usage/stack.ts'
import { Empty, Loading, Trouble } from '../parts.tsx'
import { useActions, useNow } from '../use.ts'
import { Budgets } from './budgets.tsx'
import { Chart } from './chart.tsx'
import { DeviceCards } from './devices.tsx'
import { Gaps } from './gaps.tsx'
import { Headline } from './headline.tsx'
import { Legend } from './legend.tsx'
import { Only } from './only.tsx'
import { Switch } from './pieces.tsx'
import { Quotas } from './quotas.tsx'
import { SmallMultiples } from './ranks.tsx'

const RANGE_NAMES: readonly RangeName[] = RANGES.map(({ name }) => name)

export function UsageTab({ shown }: { readonly shown: Shown }) {
  const { usage, quotas, budgets, failures } = shown
  const now = useNow(15_000)
  const { answers, look } = usage
  if (answers === null) return <Loading failure={failures.usage} />
  // Until the answers to another look are there, what is shown is all of the look before; the measure alone changes at once.
  const drawn: Look = { ...answers.look, measure: look.measure }
  return (
    <section aria-label="usage" class="usage">
      <Trouble failure={failures.usage} />
      {answers.isEmpty ? (
        <Nothing />
      ) : (
        <>
          <div class="time">
            <Headline answers={answers} look={drawn} now={now} />
            <Over answers={answers} wanted={look} drawn={drawn} />
            <Gaps answers={answers} now={now} />
          </div>
          <aside class="beside-time" aria-label="as it stands now">
            <DeviceCards answers={answers} look={drawn} now={now} />
            <Budgets of={budgets} />
            <Quotas quotas={quotas} now={now} />
          </aside>
          <SmallMultiples answers={answers} look={drawn} />
        </>
      )}
    </section>
  )
}

interface OverProps {
  readonly answers: Answers
  /** What the switches say. */
  readonly wanted: Look
  readonly drawn: Look
}

/** The chart over time with its switches and its legend. */
function Over({ answers, wanted, drawn }: OverProps) {
  const actions = useActions()
  const [active, setActive] = useState<number | null>(null)
  const { bins, chart, colours } = answers
  const { stack: side, measure, span } = drawn
  const stack = stackOf(chart.rows, side, measure, bins.bins, colours[side])
  const found = bins.bins.findIndex(({ start }) => start === span?.start)
  const picked = found < 0 ? null : found
  const at = active !== null && active < bins.bins.length ? active : picked
  const whole = RANGES.find(({ name }) => name === drawn.range)!.says
  return (
    <div class="over">
      <div class="switches">
        <Switch
          legend="range"
          names={RANGE_NAMES}
          chosen={wanted.range}
          onChoose={(range) => actions.look(withRange(wanted, range))}
        />
        <Switch
          legend="measure"
          names={MEASURES}
          chosen={wanted.measure}
          onChoose={(to) => actions.look({ ...wanted, measure: to })}
        />
        <Switch
          legend="stacked by"
          names={SIDES}
          chosen={wanted.stack}
          onChoose={(to) => actions.look({ ...wanted, stack: to })}
        />
        <Only look={wanted} span={picked === null ? null : (bins.bins[picked]?.title ?? null)} />
      </div>
      <div class="drawing">
        <Chart
          bins={bins.bins}
          stack={stack}
          measure={measure}
          display={chart.display}
          label={`${measure} by ${bins.grain}, stacked by ${side}`}
          active={active}
          picked={picked}
          onActive={setActive}
          onPick={(bar) => actions.look(withSpan(wanted, bins.bins[bar]!))}
        />
        <Legend
          stack={stack}
          side={side}
          measure={measure}
          display={chart.display}
          bin={at === null ? null : (bins.bins[at] ?? null)}
          at={at}
          whole={whole}
          only={drawn.only[side]}
          onOnly={(name) => actions.look(toggled(wanted, side, name))}
        />
      </div>
    </div>
  )
}

function Nothing() {
  return (
    <Empty>
      Nothing was counted yet. Use Claude Code or Codex on this machine and it appears here by itself. What is
      read, and from where, says <code>tallyctl sources</code>; to bring in another machine, run{' '}
      <code>tallyctl invite</code>
    </Empty>
  )
}
