// How transfers read on a terminal, on either side.
import type { Outcome } from '../../contract/transfer-wire.ts'
import { TRANSFER_ENDS } from '../../contract/transfer-words.ts'
import type { Transfer } from '../../contract/transfers.ts'
import type { Daemon } from '../connection/daemon.ts'
import { clean } from '../terminal/text.ts'

/** `saved photos, minio`; one line for each kind of thing that happened, or `nothing was saved`. */
export function outcomeLines({ saved, reused, renamed, replaced, declined }: Outcome): string[] {
  const line = (says: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${says.padEnd(10)}${names.map(clean).join(', ')}`]
  const lines = [
    ...line('saved', saved),
    ...line('replaced', replaced),
    ...line(
      'renamed',
      renamed.map(({ name, as }) => `${name} to ${as}`),
    ),
    ...line('reused', reused),
    ...line('declined', declined),
  ]
  return lines.length === 0 ? ['nothing was saved'] : lines
}

/** Why it ended, as a clause. A newer daemon may know other words. */
export function whyEnded(why: Transfer['why']): string {
  return TRANSFER_ENDS[why ?? 'closed'] ?? clean(String(why))
}

/** Calls `heard` with the transfer whenever it changes; rejects where that cannot be told any more. */
export function watchTransfer(
  daemon: Daemon,
  id: string,
  role: Transfer['role'],
  heard: (transfer: Transfer) => void,
): Promise<never> {
  return daemon.listen([{ event: 'transfers.changed' }], {
    'transfers.changed': ({ transfers }) => {
      const found = transfers.findLast((transfer) => transfer.id === id && transfer.role === role)
      if (found !== undefined) heard(found)
    },
  })
}
