// A connection over which one transfer goes, once each side knows who the other is: what comes was opened and fits the contract.
import type { TransferMessage } from '../../contract/transfer-wire.ts'

/** Who is on the other side. */
export interface OtherSide {
  /** Fingerprint. */
  readonly id: string
  readonly address: string
}

export type LineEvent =
  /** Null is one that could not be opened or read. */
  | { readonly type: 'received'; readonly message: TransferMessage | null }
  /** The last one. */
  | { readonly type: 'closed' }

export interface SealedLine {
  /** Of the transfer, 32 hexadecimal digits. */
  readonly transfer: string
  readonly other: OtherSide
  send(message: TransferMessage): void
  /** Calls with everything that came and comes, in order; to be called once. */
  listen(hear: (event: LineEvent) => void): void
  /** Lets what was sent go out, then closes. */
  close(): void
}
