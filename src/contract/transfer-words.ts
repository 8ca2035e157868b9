// Bounds, states and endings of transfers, as plain values: without TypeBox, because programs bundle them.
import { TallyError } from './errors.ts'

export const TRANSFER = {
  /** Of everything that one transfer carries, in bytes of JSON. */
  bytes: 1024 * 1024,
  /** Secrets and configurations together. */
  items: 64,
  /** How long a sender waits for the receiver if nothing else is said, and at most, in seconds. */
  waitsSeconds: 60,
  longestWaitSeconds: 3_600,
  /** How long the receiver's owner may look at what came, in milliseconds. */
  reviewMs: 10 * 60_000,
  /** Transfers of one device that are open at once. */
  open: 8,
  /** Between two paired devices in one direction: more would take the place of all others. */
  openOfOne: 2,
  /** Those that are over stay to be seen for so many. */
  ended: 16,
} as const

/** Where a transfer stands; docs/transfer.md draws it. */
export const TRANSFER_STATES = [
  'offered',
  'accepted',
  'reviewed',
  'committed',
  'declined',
  'expired',
  'failed',
] as const

export type TransferState = (typeof TRANSFER_STATES)[number]

/** Why a transfer ended without being committed: the stable word, and what it means as a clause. */
export const TRANSFER_ENDS = {
  declined: 'the receiver said no',
  cancelledBySender: 'the sender took it back',
  cancelledByReceiver: 'the receiver broke it off',
  expired: 'nobody took it in time',
  noAnswer: 'the receiver did not finish in time',
  burnt: 'the code was tried too often',
  replaced: 'another code was shown since',
  closed: 'the connection to the other side ended',
  /** The receiver ended, or was killed, before anything was saved. */
  lost: 'the receiver lost it before anything was saved',
  /** The receiver was saving when the connection ended. */
  unknown: 'the connection ended while it was being saved: look there what is saved',
  unreadable: 'what came is not what can be sent',
  full: 'it could not be saved there',
  stopped: 'tallyd was stopped',
} as const satisfies Readonly<Record<string, string>>

export type TransferEnd = keyof typeof TRANSFER_ENDS

export const TRANSFER_END_WORDS = Object.keys(TRANSFER_ENDS) as TransferEnd[]

/** What may be done with one item that came. */
export const CHOICES = ['save', 'reuse', 'replace', 'rename', 'skip'] as const

export type Choice = (typeof CHOICES)[number]

export const NEW_CODE = 'ask its sender for a new code'

/** No code is open at that address, or not the one that was typed before. */
export function nothingOffered(where: string): TallyError {
  return TallyError.saying('notInvited', `${where} sends nothing now, or its code is used up`, NEW_CODE)
}
