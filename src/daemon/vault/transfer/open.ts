// Transfers as the rest of the daemon has them: loaded when one is first sent or offered, because few days have one.
import type { Transfer } from '../../../contract/transfers.ts'
import type { TransfersContext } from './context.ts'
import type { Transfers } from './transfers.ts'

export interface OpenTransfers {
  load(): Promise<Transfers>
  /** Empty as long as there was none. */
  list(): Transfer[]
  /** A paired device wants to send something. */
  offered(from: { readonly id: string; readonly name: string }, transfer: string): void
  /** See Transfers. */
  parted(device: string | null): void
  recall(): void
  stop(): void
}

export function openTransfers(context: TransfersContext): OpenTransfers {
  let loading: Promise<Transfers> | undefined
  let loaded: Transfers | undefined
  const load = () => {
    loading ??= import('./transfers.ts').then(({ Transfers }) => {
      loaded = new Transfers(context)
      return loaded
    })
    return loading
  }
  return {
    load,
    list: () => loaded?.list() ?? [],
    offered(from, transfer) {
      load()
        .then((transfers) => transfers.arrivals.offered(from, transfer))
        .catch(() => undefined)
    },
    parted: (device) => loaded?.parted(device),
    recall: () => loaded?.recall(),
    stop: () => loaded?.stop(),
  }
}
