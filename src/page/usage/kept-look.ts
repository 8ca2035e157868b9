// What stays of a look over a reload: the range, the measure and what is stacked. Not to whom it is narrowed: names of devices and models
// stay out of the browser's storage.
import { FIRST_LOOK, type Look, MEASURES, RANGES, SIDES } from './look.ts'

const KEY = 'look'

/** This tab's `sessionStorage`. */
interface Kept {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
}

/** The first look where nothing is kept, or nothing that is a look. */
export function keptLook(storage: Kept): Look {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? 'null')
    if (typeof kept !== 'object' || kept === null) return FIRST_LOOK
    const { range, measure, stack } = kept as Record<string, unknown>
    return {
      ...FIRST_LOOK,
      range: RANGES.find(({ name }) => name === range)?.name ?? FIRST_LOOK.range,
      measure: MEASURES.find((name) => name === measure) ?? FIRST_LOOK.measure,
      stack: SIDES.find((name) => name === stack) ?? FIRST_LOOK.stack,
    }
  } catch {
    return FIRST_LOOK
  }
}

export function keepLook(storage: Kept, { range, measure, stack }: Look): void {
  storage.setItem(KEY, JSON.stringify({ range, measure, stack }))
}
