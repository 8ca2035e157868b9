// What transfers need of the rest of the daemon.
import type { SealedLine } from '../../ceremony/sealed-line.ts'
import type { Requests } from '../../requests/requests.ts'
import type { Vault } from '../vault.ts'
import type { Outgoing } from './outgoing.ts'
import type { TransferHost } from './shown.ts'

/** What transfers ask of devices. */
export interface TransferNetwork {
  offerTransfer(offer: {
    readonly id: string
    readonly to: string | null
    readonly waitsMs: number
    wasSentTo(device: string): boolean
    met(line: SealedLine, again: boolean): void
    attempted(attempts: Parameters<Outgoing['attempted']>[0]): void
  }): Promise<{ readonly code: string | null; readonly port: number; readonly addresses: string[] }>
  closeTransfer(id: string): void
  fetchByCode(address: string, code: string): Promise<{ readonly line: SealedLine; readonly again: boolean }>
  fetchFrom(id: string, transfer: string): Promise<{ readonly line: SealedLine; readonly again: boolean }>
  receiverOf(device: string): { readonly id: string; readonly name: string }
}

export interface TransfersContext extends TransferHost {
  readonly vault: () => Promise<Vault>
  readonly network: TransferNetwork
  readonly requests: Requests
  readonly ownName: () => string
}
