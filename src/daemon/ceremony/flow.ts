// Which way totals go once two devices are paired. Each side states its wish; what both allow is what happens.
import type { Direction } from '../../contract/ceremony.ts'

/** As one side sees it. */
export interface Flow {
  /** It reads the other's totals. */
  readonly reads: boolean
  /** It gives its own. */
  readonly gives: boolean
}

/** What both wishes allow, as `own` sees it: the stricter one wins. null if nothing is left. */
export function agreedFlow(own: Direction, theirs: Direction): Flow | null {
  const reads = own !== 'give' && theirs !== 'read'
  const gives = own !== 'read' && theirs !== 'give'
  return reads || gives ? { reads, gives } : null
}
