// Figures of the usage as the tab says them.
import type { Display } from '../../contract/money.ts'
import { shownMoney, shownPerUSD, signOf } from '../../contract/shown-money.ts'
import type { Measure } from '../usage/look.ts'
import { amount } from './figures.ts'

/** `$18.42` or `12.6M`; `–` where there is no price. Money comes in US dollars, and is shown in `display`. */
export function inMeasure(value: number | null, measure: Measure, display: Display | undefined): string {
  return measure === 'spend' ? shownMoney(value, display) : amount(value ?? 0)
}

/** `1,204`. */
export function whole(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** A share of 1: `94.2 %`; never 100 or 0 where it is neither. */
export function percent(share: number | null): string {
  if (share === null) return '–'
  if (share > 0 && share < 0.001) return '<0.1 %'
  if (share < 1 && share > 0.999) return '>99.9 %'
  return `${(share * 100).toFixed(1)} %`
}

/** On an axis with steps of `step`, both in what is shown: `$0.50`, `$20`, `$12.0k`, `4.0M`. */
export function onAxis(value: number, step: number, measure: Measure, display: Display | undefined): string {
  if (measure === 'tokens') return amount(value)
  const sign = signOf(display)
  if (value === 0) return `${sign}0`
  if (value >= 10_000) return `${sign}${amount(value)}`
  return `${sign}${Number.isInteger(step) ? whole(value) : value.toFixed(step < 0.01 ? 3 : 2)}`
}

/** What one of the figures is on an axis: steps are round in the currency that is shown. */
export function axisPer(measure: Measure, display: Display | undefined): number {
  return measure === 'spend' ? shownPerUSD(display) : 1
}
