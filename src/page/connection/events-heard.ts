// What the line tells of. Of the usage only that it changed, and what everything comes to: what is looked at is asked for.
import type { Subscribe } from '../../contract/events.ts'
import { EVERYTHING } from '../usage/questions.ts'

export function eventsHeard(timeZone: string): readonly Subscribe[] {
  return [
    { event: 'requests.changed' },
    { event: 'pairing.changed' },
    { event: 'audit.added' },
    { event: 'quotas.changed' },
    { event: 'budgets.changed' },
    { event: 'usage.changed', params: { ...EVERYTHING, timeZone } },
  ]
}
