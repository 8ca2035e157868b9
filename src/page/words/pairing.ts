// What became of a comparison or an invitation, in words.
import { PAIRING_NEXT } from '../../contract/ceremony-words.ts'
import type { Pairing } from '../../contract/pairing.ts'
import type { Note } from '../shown.ts'
import { clean } from './text.ts'

/** What is to be said when one state of pairing follows another; null for nothing. */
export function outcomeOf(before: Pairing, now: Pairing): Omit<Note, 'key'> | null {
  const { comparison, invitation } = now
  const isOver = comparison !== null && comparison.state !== 'waiting'
  const wasOver = before.comparison?.id === comparison?.id && before.comparison?.state === comparison?.state
  if (isOver && !wasOver) {
    if (comparison.paired !== null) return paired(comparison.paired.name)
    const why = comparison.why ?? 'failed'
    // The owner's own no is said where it was said.
    if (why === 'declined' && !comparison.ours) return null
    return { says: `the pairing ended: ${clean(why)}`, next: PAIRING_NEXT[why] ?? 'run it again', bad: true }
  }
  const came = invitation?.paired ?? null
  return came !== null && before.invitation?.paired == null ? paired(came.name) : null
}

function paired(name: string): Omit<Note, 'key'> {
  return { says: `paired with ${clean(name)}`, next: '', bad: false }
}
