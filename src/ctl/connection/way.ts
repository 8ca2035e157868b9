// What lies between a command's question and a daemon: the control socket, or the web listener of another one.
import type { WebSocket } from 'ws'
import type { AuditList } from '../../contract/audit.ts'
import type { Status } from '../../contract/daemon.ts'
import type { DisplayPairingShown } from '../../contract/displays.ts'
import type { TallyError } from '../../contract/errors.ts'
import type { LoginList } from '../../contract/logins.ts'
import type { Result } from '../../contract/methods.ts'
import type { Pairing } from '../../contract/pairing.ts'
import type { TransferList } from '../../contract/transfers.ts'
import type { Summary } from '../../contract/usage.ts'
import type { ShownMethod } from './shapes.ts'

/** How messages get to a daemon and back. */
export interface Way {
  /** The daemon's web address, normalised; null for the one of this user on this machine. */
  readonly url: string | null
  /** Sends one message and resolves to the answer, parsed; `timeoutMs` bounds the exchange. Throws TallyError. */
  ask(message: unknown, timeoutMs: number): Promise<unknown>
  /** A WebSocket for subscriptions; it may not be open yet. Rejects with TallyError. */
  open(): Promise<WebSocket>
  /** What an error of such a WebSocket means. */
  broken(error: NodeJS.ErrnoException): Promise<TallyError>
  /** What it means that such a WebSocket was closed with `code` (RFC 6455 §7.4). */
  closed(code: number): Promise<TallyError>
  /** The daemon's error as the error of a command. */
  refusal(code: number, message: string, next: string | null): Error
}

/** What reads the daemon's words. */
export interface Reader {
  /** A result that can be shown. Throws Misunderstood. */
  shown<M extends ShownMethod>(method: M, result: unknown): Result<M>
  /** A JSON-RPC error object as an error of this client. */
  refusal(error: unknown): Error
}

/** Called with each whole current value of an event. */
export interface Listeners {
  readonly 'usage.changed'?: (value: Summary) => void
  readonly 'status.changed'?: (value: Status) => void
  readonly 'pairing.changed'?: (value: Pairing) => void
  readonly 'displays.changed'?: (value: DisplayPairingShown) => void
  readonly 'transfers.changed'?: (value: TransferList) => void
  readonly 'logins.changed'?: (value: LoginList) => void
  readonly 'audit.added'?: (value: AuditList) => void
}
