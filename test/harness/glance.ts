// A glance for a test that needs one.
import type { Glance } from '../../src/contract/glance.ts'

const NOTHING = { calls: 0, tokens: 0, costUSD: 0 }

/** One device, nothing spent, nothing waiting, but for what is given. */
export function glanceWith(more: Partial<Glance> = {}): Glance {
  return {
    day: '2026-11-20',
    timeZone: 'UTC',
    until: '2026-11-21T00:00:00Z',
    ready: true,
    today: NOTHING,
    month: NOTHING,
    all: NOTHING,
    hours: [],
    devices: [{ name: 'desk', self: true, freshness: 'live', asOf: null, today: NOTHING }],
    windows: [],
    waiting: [],
    unpriced: 0,
    ...more,
  }
}
