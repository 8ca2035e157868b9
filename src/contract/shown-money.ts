// Money in the currency that the daemon's config names. Its own table of symbols, because Intl takes 9 ms to load.

import { count, money } from './figures.ts'
import type { Display } from './money.ts'

/** Those that no other currency is usually written with; the others are written with their code. */
const SYMBOLS: Readonly<Record<string, string>> = {
  USD: '$',
  EUR: '€',
  GBP: '£',
  JPY: '¥',
  INR: '₹',
  KRW: '₩',
  ILS: '₪',
  UAH: '₴',
  TRY: '₺',
  VND: '₫',
  NGN: '₦',
  PHP: '₱',
}
/** ISO 4217: no minor unit, or three decimals of it; two for every other. */
const DECIMALS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    [
      'BIF',
      'CLP',
      'DJF',
      'GNF',
      'ISK',
      'JPY',
      'KMF',
      'KRW',
      'PYG',
      'RWF',
      'UGX',
      'VND',
      'VUV',
      'XAF',
      'XOF',
      'XPF',
    ].map((code) => [code, 0]),
  ),
  ...Object.fromEntries(['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map((code) => [code, 3])),
}

/**
 * US dollars as they are shown: `€16.95`, `CHF 14.74`, `<¥1` for what would round to nothing, `–` for no price. Without a currency, or
 * with one that is none, as dollars.
 */
export function shownMoney(costUSD: number | null, display: Display | undefined): string {
  if (costUSD === null || display === undefined || !isDisplay(display)) return money(costUSD)
  const { currency, perUSD } = display
  const decimals = DECIMALS[currency] ?? 2
  const sign = SYMBOLS[currency] ?? `${currency} `
  const value = costUSD * perUSD
  const least = 10 ** -decimals
  if (value > 0 && value < least / 2) return `<${sign}${least.toFixed(decimals)}`
  const [whole = '0', rest] = value.toFixed(decimals).split('.')
  return `${sign}${count(Number(whole))}${rest === undefined ? '' : `.${rest}`}`
}

/** Before a figure: `$`, `€`, `CHF `. */
export function signOf(display: Display | undefined): string {
  const { currency } = checked(display)
  return SYMBOLS[currency] ?? `${currency} `
}

/** How much of what is shown a US dollar is. */
export function shownPerUSD(display: Display | undefined): number {
  return checked(display).perUSD
}

function checked(display: Display | undefined): Display {
  return display !== undefined && isDisplay(display) ? display : { currency: 'USD', perUSD: 1 }
}

/** A daemon elsewhere may say anything. */
function isDisplay({ currency, perUSD }: Display): boolean {
  return /^[A-Z]{3}$/.test(currency) && Number.isFinite(perUSD) && perUSD > 0 && perUSD <= 1_000_000
}
