// The one way into devices for the rest of the daemon: who is paired, what they spent, how to pair with more.
import type { DeviceRow, Spent } from '../../contract/devices.ts'
import type { Check } from '../../contract/doctor.ts'
import type { Identity } from '../../contract/identity.ts'
import type { Params, Result } from '../../contract/methods.ts'
import type { Comparison, Direction, Paired, Pairing } from '../../contract/pairing.ts'
import type { Right } from '../../contract/right-words.ts'
import type { Sharing } from '../../contract/sharing.ts'
import type { UsageAnswer, WireQuota } from '../../contract/wire.ts'
import type { Totals } from '../tallies/totals.ts'
import type { Answered, Question } from './asking.ts'
import type { Place } from './bound-call.ts'
import type { Relayed } from './distant-call.ts'
import type { FoundDevice } from './finding.ts'
import type { Offer } from './transfers/desk.ts'
import type { Fetched } from './transfers/fetching.ts'

export type { Relayed } from './distant-call.ts'

/** What is known of a device, without what it spent. */
export type DeviceFacts = Omit<DeviceRow, 'today' | 'month' | 'all'>

/** Another device and the totals that it last told. */
export interface Remote {
  readonly facts: DeviceFacts
  readonly totals: Totals
}

export interface Invited {
  readonly id: string
  readonly code: string
  readonly expiresAt: string
  readonly port: number
  /** `host:port` each. */
  readonly addresses: string[]
}

export interface Devices {
  /** Opens the listener where it should be open, and goes to the other devices. */
  start(): Promise<void>
  /** Ends every connection, closes the listener and writes what is not written yet. */
  stop(): Promise<void>
  /** This device. */
  self(): DeviceFacts
  /** This device, then the others by name. */
  list(): DeviceFacts[]
  /** Every other device whose totals are known or expected. */
  remotes(): readonly Remote[]
  /** Windows that other devices told of, each with when it told. */
  quotas(): { readonly device: string; readonly asOf: number; readonly quotas: readonly WireQuota[] }[]
  identity(): Identity
  /** Where the identity could not be read, tries again, and goes on with it. Never throws. */
  mend(): Promise<void>
  adoptIdentity(): Promise<Identity>
  renewIdentity(): Promise<Identity>
  /** Other devices on the local network, the one seen last first; hints, which anybody there can make up. */
  found(): readonly FoundDevice[]
  /** Asks the network anew who is there; `found` knows more a second later. */
  look(): Promise<void>
  sharing(): Sharing
  /** Throws TallyError portTaken, clonedIdentity or stateUnwritable. */
  share(mode: Sharing['mode'], seconds: number | undefined): Promise<Sharing>
  invite(direction: Direction): Promise<Invited>
  join(address: string, code: string, direction: Direction): Promise<Paired>
  /** Resolves when there is a number to compare. */
  compare(address: string, direction: Direction): Promise<Comparison>
  cancelInvitation(): boolean
  pairing(): Pairing
  /** Throws TallyError noSuchDevice, nameTaken, setByConfig or stateUnwritable. */
  rename(device: string, name: string): Promise<{ id: string | null; name: string }>
  /** Throws TallyError noSuchDevice or stateUnwritable. */
  unpair(device: string): Promise<Paired>
  /** Not answered any more, and not told. Throws TallyError noSuchDevice or stateUnwritable. */
  block(device: string): Promise<Paired>
  /** A stranger again. Throws TallyError noSuchDevice or stateUnwritable. */
  unblock(device: string): Promise<Paired>
  /** Unpaired, and its history dropped. Throws TallyError noSuchDevice or stateUnwritable. */
  forget(device: string): Promise<Paired>
  /** The first one's history counts as the second one's, and its trust ends. Throws TallyError noSuchDevice, invalidParams or stateUnwritable. */
  merge(old: string, young: string): Promise<{ from: Paired; into: Paired }>
  /** Throws TallyError noSuchDevice or stateUnwritable. */
  grant(device: string, right: Right): Promise<Paired>
  /** At once. Throws TallyError noSuchDevice or stateUnwritable. */
  ungrant(device: string, right: Right): Promise<Paired>
  /**
   * Asks a paired device that gave this one a right, and checks the shape of what it answers. Throws TallyError noSuchDevice,
   * notGranted, unreachable, or what that device refused it with.
   */
  ask<M extends Relayed>(device: string, method: M, params: Params<M>): Promise<Result<M>>
  /**
   * Asks a tallyd that need not be paired, known by its certificate, with ours. Throws TallyError unreachable, notTallyd,
   * invalidParams, or what `identity` throws.
   */
  askBound(place: Place, question: Question): Promise<Answered>
  /** Opens the listener and offers it until it is closed. The code is null where it is for a paired device. Throws TallyError portTaken, clonedIdentity or stateUnwritable. */
  offerTransfer(
    offer: Offer,
  ): Promise<Omit<Invited, 'id' | 'code' | 'expiresAt'> & { readonly code: string | null }>
  closeTransfer(id: string): void
  /** A sealed line to whoever shows `code` there. Throws TallyError invalidParams, unreachable, notTallyd, wrongCode, notInvited, transferFailed or deviceBlocked. */
  fetchByCode(address: string, code: string): Promise<Fetched>
  /** A sealed line to a paired device that offered a transfer. Throws TallyError noSuchDevice, unreachable or transferFailed. */
  fetchFrom(id: string, transfer: string): Promise<Fetched>
  /** A paired device that can be sent something. Throws TallyError noSuchDevice or notGranted. */
  receiverOf(device: string): Paired
  /** What a paired device is called here; null where it is not paired. */
  called(id: string): string | null
  /** What a device would receive that asked for everything. */
  preview(device: string | undefined): Promise<UsageAnswer>
  /**
   * The way to one device, now, step by step. Throws TallyError noSuchDevice, identityUnreadable or clonedIdentity.
   */
  trial(device: string): Promise<Check[]>
  /** `thorough` is for who asks; the daemon's own looks are quick. */
  checks(thorough: boolean): Promise<Check[]>
}

/** Nothing was spent. */
export const NOTHING: Spent = { calls: 0, tokens: 0, costUSD: 0 }
