// What tokens cost: the rates of one model by prompt band and time, and the money a tally makes with them.

/** US dollars per million tokens; `webSearch` per thousand searches. The same units as `prices` in the config. */
export interface Rates {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  readonly webSearch: number
}

/** The counts of a tally that cost money. `input` excludes cache tokens, `output` includes reasoning. */
export interface Tally {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  readonly webSearches: number
}

export interface ModelRates {
  /** `band` as `bandOf` gives it, `quarter` as `quarterOf` does. Allocates nothing: it is asked once a bucket. */
  at(band: number, quarter: number): Rates
}

/**
 * One row of the table: [day since the epoch (UTC), quarter-hour of the day, band, input, output, cacheRead,
 * cacheWrite5m, cacheWrite1h, webSearch], each valid from there on. A new day begins with its own quarter 0, a new
 * quarter with its own band 0.
 */
export type RateRow = readonly number[]

const QUARTERS_A_DAY = 96

/** US dollars. Right for sums too, as long as everything in the tally is of one model, band and quarter-hour. */
export function costOf(rates: Rates, tally: Tally): number {
  const perMillion =
    tally.input * rates.input +
    tally.output * rates.output +
    tally.cacheRead * rates.cacheRead +
    tally.cacheWrite5m * rates.cacheWrite5m +
    tally.cacheWrite1h * rates.cacheWrite1h
  return perMillion / 1e6 + (tally.webSearches * rates.webSearch) / 1e3
}

/** The same rates at all times and lengths. */
export function flatRates(rates: Rates): ModelRates {
  return { at: () => rates }
}

/** Rates valid from a quarter on; the inner list has one entry, or 96 where the price depends on the time of day. */
interface Span {
  readonly from: number
  readonly byQuarterOfDay: readonly Rates[]
}

/** `rows` ascending, as the generator writes them, and not empty; bands past the grid cost what the last one does. */
export function ratesOfRows(rows: readonly RateRow[], bandCount: number): ModelRates {
  const byBand = Array.from({ length: bandCount }, (_, band) => spansOf(rows, band))
  const last = byBand[bandCount - 1]!
  return {
    at(band, quarter) {
      const spans = byBand[band] ?? last
      let index = spans.length - 1
      while (index > 0 && quarter < spans[index]!.from) index--
      const { byQuarterOfDay } = spans[index]!
      return byQuarterOfDay[byQuarterOfDay.length === 1 ? 0 : quarter % QUARTERS_A_DAY] ?? byQuarterOfDay[0]!
    },
  }
}

function spansOf(rows: readonly RateRow[], band: number): Span[] {
  const days = [...new Set(rows.map((row) => row[0]!))]
  return days.map((day) => {
    const ofDay = rows.filter((row) => row[0] === day)
    const windows = [...new Set(ofDay.map((row) => row[1]!))].map((start) => {
      const row = ofDay.findLast((each) => each[1] === start && each[2]! <= band)!
      return { start, rates: ratesOfRow(row) }
    })
    return { from: day * QUARTERS_A_DAY, byQuarterOfDay: spread(windows) }
  })
}

function spread(windows: readonly { start: number; rates: Rates }[]): Rates[] {
  if (windows.length === 1) return [windows[0]!.rates]
  return Array.from(
    { length: QUARTERS_A_DAY },
    (_, quarter) => windows.findLast(({ start }) => start <= quarter)!.rates,
  )
}

function ratesOfRow(row: RateRow): Rates {
  const [, , , input, output, cacheRead, cacheWrite5m, cacheWrite1h, webSearch] = row
  return {
    input: input!,
    output: output!,
    cacheRead: cacheRead!,
    cacheWrite5m: cacheWrite5m!,
    cacheWrite1h: cacheWrite1h!,
    webSearch: webSearch!,
  }
}
