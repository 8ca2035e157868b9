// The legend of the chart, which is at the same time what is told of one bar: its series with what each comes to, in a place of its own, so that
// nothing lies over the chart. A click on a series shows it alone.
import type { Display } from '../../../contract/money.ts'
import type { Bin } from '../../usage/bins.ts'
import { canNarrowTo, type Measure, type Side } from '../../usage/look.ts'
import type { Series, Stack } from '../../usage/stack.ts'
import { measured } from '../../usage/sums.ts'
import { counted } from '../../words/figures.ts'
import { clean } from '../../words/text.ts'
import { inMeasure } from '../../words/usage.ts'
import { swatchClass } from './pieces.tsx'

interface LegendProps {
  readonly stack: Stack
  readonly side: Side
  readonly measure: Measure
  readonly display: Display | undefined
  /** The bar that is told; null for all of them. */
  readonly bin: Bin | null
  readonly at: number | null
  /** What all of them are called: `this month`. */
  readonly whole: string
  readonly only: string | null
  readonly onOnly: (name: string) => void
}

export function Legend({ stack, side, measure, display, bin, at, whole, only, onOnly }: LegendProps) {
  const value = ({ values, total }: Series) => {
    const all = measured(total, measure)
    return at === null || all === null ? all : (values[at] ?? 0)
  }
  const sum = at === null ? stack.heights.reduce((all, value) => all + value, 0) : (stack.heights[at] ?? 0)
  return (
    <table class="legend">
      <caption>{bin?.title ?? whole}</caption>
      <tbody>
        {stack.series.map((series) => (
          <tr key={series.name ?? ' others'}>
            <th scope="row">
              <span class={`swatch ${swatchClass(series.colour)}`} />
              {series.name === null ? (
                <span class="name">{counted(stack.others, 'other')}</span>
              ) : canNarrowTo(series.name) ? (
                <button
                  type="button"
                  class="pick"
                  aria-pressed={series.name === only}
                  title={`only this ${side}: ${clean(series.name)}`}
                  onClick={() => onOnly(series.name ?? '')}
                >
                  <bdi>{clean(series.name)}</bdi>
                </button>
              ) : (
                <bdi class="name">{clean(series.name)}</bdi>
              )}
            </th>
            <td class="number">{inMeasure(value(series), measure, display)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">total</th>
          <td class="number">{inMeasure(sum, measure, display)}</td>
        </tr>
      </tfoot>
    </table>
  )
}
