// What a ceremony that is run needs of the pairing that it is part of.
import type { Paired } from '../../contract/pairing.ts'
import type { Flow } from '../ceremony/flow.ts'
import type { Channel } from '../ceremony/machine.ts'
import type { Requests } from '../requests/requests.ts'
import type { Audit } from '../store/audit.ts'
import type { CeremonyLine } from './ceremony-line.ts'
import type { Peer } from './tls.ts'

export interface CeremonyHost {
  readonly now: () => number
  readonly changed: () => void
  readonly requests: Requests
  readonly record: Audit['record']
  readonly ownName: () => string
  readonly channel: (peer: Peer) => Channel
  /** Exchanges tokens and writes the device. `host` is where it can be dialled, with the port that it tells. */
  readonly settle: (
    line: CeremonyLine,
    flow: Flow,
    peer: Peer,
    at: { host: string; port: number | null },
  ) => Promise<Paired>
}

/** Who is on the other side, as the audit log names it. */
export function subjectOf({ fingerprint, host }: Peer): { id: string; address: string } {
  return { id: fingerprint, address: host }
}
