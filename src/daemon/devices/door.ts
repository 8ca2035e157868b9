// What the LAN listener asks of devices: who may come in, and what they get. The listener knows sockets and HTTP; whom to
// trust is known here.
import type { Scope } from '../../contract/scope-words.ts'
import type { UsageAnswer } from '../../contract/wire.ts'
import type { Identity } from '../identity/identity.ts'
import type { CeremonyLine } from './ceremony-line.ts'
import type { Peer } from './tls.ts'
import type { TransferSocket } from './transfers/line.ts'

export interface Door {
  readonly identity: Identity
  /** Unix milliseconds. */
  readonly now: () => number
  /** What this device is to us: trusted, trusted once, not to be answered at all, or a stranger. */
  standing(id: string): 'paired' | 'unpaired' | 'blocked' | 'unknown'
  /** The paired device whose knock a server name is; null if nobody's. It proves nothing and opens nothing: see knock.ts. */
  knocker(serverName: string): string | null
  /** The paired device with this certificate that shows this token, as its id; null where either is wrong. */
  admit(peer: Peer, token: string | null): string | null
  /** What the paired device was given the right to ask for and to grant; none where it was given none. */
  rights(id: string): { readonly name: string; readonly scopes: readonly Scope[] }
  /** What the device lacks that has `since`; null if nothing; `notYet` while this device itself does not know. */
  usage(id: string, since: string | undefined): UsageAnswer | null | 'notYet'
  /** Calls `tell` with the cursor, now or once it is known, and whenever it changes, and `offer` with each transfer that waits for it; returns how to end it. */
  watch(id: string, tell: (cursor: string) => void, offer: (transfer: string) => void): () => void
  /** The device says that it unpaired this one; whether it was paired. */
  unpaired(peer: Peer): Promise<boolean>
  /** A stranger, or a paired device, wants to pair; `line` ends with the connection. */
  ceremony(peer: Peer, line: CeremonyLine): void
  /** Somebody comes for what is sent to it: `device` is its id where it is paired and showed its token; `wanted`, the transfer that it was told of. */
  transfer(socket: TransferSocket, device: string | null, wanted: string | null): void
  /** Somebody was turned away; `why` is one of our own sentences. Cheap: floods call it as often as they like. */
  onRefused(why: string, from: { readonly host: string; readonly id?: string }): void
}

/** An open LAN listener. */
export interface LanListener {
  readonly port: number
  /** Ends every connection of that device at once. */
  cut(id: string): void
  /** The same, but ceremonies live to their end. */
  cutGranted(id: string): void
  close(): Promise<void>
}

/** Opens it. Rejects with the system's error, EADDRINUSE among them. */
export type OpenListener = (
  door: Door,
  at: { readonly port: number; readonly address: string | undefined },
) => Promise<LanListener>
