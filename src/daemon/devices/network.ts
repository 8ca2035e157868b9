// Everything of devices that has a socket: the listener, the links, discovery, ceremonies. Built when it is first needed, because
// a device that is alone should not pay for it: 5 MB.

import type { Config } from '../../contract/config.ts'
import { TallyError } from '../../contract/errors.ts'
import type { WireQuota } from '../../contract/wire.ts'
import type { Identity } from '../identity/identity.ts'
import type { Requests } from '../requests/requests.ts'
import type { Audit } from '../store/audit.ts'
import type { Log } from '../store/log.ts'
import type { Totals } from '../tallies/totals.ts'
import type { Copies } from './copies.ts'
import type { Door, OpenListener } from './door.ts'
import { Errands } from './errands.ts'
import { Finding } from './finding.ts'
import type { Histories } from './histories.ts'
import { Knocks } from './knock.ts'
import { Links } from './links.ts'
import { Notices } from './notices.ts'
import { Nudges } from './nudges.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { leaveMark, type OutboxMark } from './outbox-mark.ts'
import { channelOf, Pairing } from './pairing.ts'
import { scopesOf } from './rights.ts'
import type { Roster } from './roster.ts'
import { Sharing } from './sharing.ts'
import { TransferDesk } from './transfers/desk.ts'
import type { Trust } from './trust.ts'
import { TurnedAway } from './turned-away.ts'

export interface NetworkContext {
  readonly config: Config
  readonly log: Log
  readonly roster: Roster
  readonly copies: Copies
  readonly histories: Histories
  readonly trust: Trust
  readonly audit: Pick<Audit, 'record'>
  readonly requests: Requests
  readonly openListener: OpenListener
  /** Throws TallyError identityUnreadable. */
  readonly identity: () => Identity
  readonly ownName: () => string
  readonly totals: () => Totals
  /** Windows of this device's accounts. */
  readonly quotas: () => readonly WireQuota[]
  /** Whether they hold all that the logs told when the daemon started. */
  readonly isComplete: () => boolean
  /** How much others knew at the last stop. */
  readonly mark: OutboxMark | null
  readonly timeZone: () => string
  /** Of tallyd. */
  readonly version: string
  /** Freshness, sharing or a problem changed. */
  readonly changed: () => void
  /** Another device's numbers changed. */
  readonly usageChanged: () => void
  readonly pairingChanged: () => void
  /** A paired device wants to send something. */
  readonly transferOffered: (id: string, transfer: string) => void
  /** Unix milliseconds. */
  readonly now: () => number
}

export class Network {
  readonly outbox: Outbox
  readonly sharing: Sharing
  readonly pairing: Pairing
  readonly finding: Finding
  readonly errands: Errands
  readonly links: Links
  readonly desk: TransferDesk
  readonly turnedAway = new TurnedAway()
  readonly #context: NetworkContext
  readonly #knocks: Knocks
  readonly #notices: Notices
  readonly #nudges: Nudges

  constructor(context: NetworkContext) {
    this.#context = context
    const { roster, copies, histories, trust, audit, config, log, now, identity, ownName } = context
    const { totals, quotas, timeZone, version, mark, isComplete } = context
    this.outbox = createOutbox({ totals, quotas, name: ownName, timeZone, program: version, mark })
    // The totals are still those of the last stop: they show whether others know them.
    if (mark !== null) this.outbox.refresh()
    this.#nudges = new Nudges({ outbox: this.outbox, isComplete })
    this.#knocks = new Knocks(() => roster.paired)
    this.#notices = new Notices({ roster, identity, now })
    this.sharing = new Sharing({
      roster,
      port: config.lan?.port,
      address: config.lan?.address,
      open: context.openListener,
      now,
      changed: () => this.#changed(),
      door: () => this.#door(),
    })
    this.finding = new Finding({
      config,
      roster,
      log,
      now,
      ownName,
      fingerprint: () => usable(identity)?.fingerprint ?? null,
      port: () => this.sharing.port,
      isInviting: () => this.pairing.show().invitation?.state === 'waiting' || this.desk.hasCode,
      moved: (id) => this.links.moved(id),
    })
    this.errands = new Errands({ roster, copies, finding: this.finding, identity, version, now })
    this.links = new Links({
      roster,
      copies,
      now,
      found: (id) => this.finding.addressesOf(id),
      changed: () => this.#changed(),
      told: (id, answer) => {
        histories.told(id, answer)
        context.usageChanged()
      },
      pinFailed: (id) => audit.record('pinFailed', trust.subjectOf(id)),
      unpaired: (id) => void trust.endedThere(id),
      offered: context.transferOffered,
    })
    this.desk = new TransferDesk({
      record: audit.record.bind(audit),
      channel: (peer) => channelOf(identity(), peer),
      changed: () => void this.finding.settle(),
    })
    this.pairing = new Pairing({
      identity,
      sharing: this.sharing,
      requests: context.requests,
      ownName,
      now,
      admit: (peer, settled, address) => trust.admit(peer, settled, address),
      addressOf: (word) => this.errands.addressOf(word),
      mayPair: (id) => this.errands.mayMeet(id),
      record: audit.record.bind(audit),
      changed: () => {
        void this.finding.settle()
        context.pairingChanged()
      },
    })
  }

  /** Brings listener, links, discovery and notices in step with the roster. */
  async settle(): Promise<void> {
    await this.sharing.settle()
    const identity = usable(this.#context.identity)
    if (identity !== null) await this.links.settle(identity)
    this.#notices.settle()
    this.tellOthers()
    this.#changed()
  }

  /** No connection of that device stays. */
  part(id: string): void {
    this.sharing.cut(id)
    this.links.drop(id)
  }

  /** Neither we nor that device go on with what was agreed before: both connect again, with what holds now. */
  renew(id: string): void {
    this.sharing.cutGranted(id)
    this.links.drop(id)
  }

  /** Opens everything anew, for another identity. */
  async reopen(): Promise<void> {
    this.links.stop()
    await this.sharing.reopen()
    await this.settle()
  }

  /** This device's totals may have changed: the others hear of it soon. */
  readonly tellOthers = (): void => this.#nudges.changed()

  /** Time has jumped: links are tried at once, a window that is over is closed. Discovery notices by itself. */
  readonly woken = (): void => {
    this.links.woken()
    this.sharing.woken()
  }

  /** Closes everything, and leaves at `markPath` how much others know, for the next start. */
  async stop(markPath: string): Promise<void> {
    this.#nudges.stop()
    // First: others are to hear of it while the rest is being closed.
    const goodbye = this.finding.stop()
    this.pairing.stop()
    this.#notices.stop()
    this.links.stop()
    await goodbye
    await this.sharing.stop()
    const left = this.#context.isComplete() ? this.outbox.mark() : null
    if (left !== null) await leaveMark(markPath, left)
  }

  #changed(): void {
    void this.finding.settle()
    this.#context.changed()
  }

  /** Throws TallyError while this device may not be reached. */
  #door(): Door {
    const { roster, trust, audit, now } = this.#context
    const identity = this.#context.identity()
    if (identity.cloned) throw new TallyError('clonedIdentity')
    return {
      identity,
      now,
      knocker: (serverName) => this.#knocks.whose(serverName),
      standing: (id) => roster.standing(id),
      admit: ({ fingerprint }, token) => {
        const member = roster.authenticated(fingerprint, token)
        if (member !== undefined) this.links.wake(member.id)
        return member?.id ?? null
      },
      rights(id) {
        const member = roster.byId(id)
        return member === undefined
          ? { name: '', scopes: [] }
          : { name: member.name, scopes: scopesOf(member) }
      },
      usage: (_id, since) => (this.#context.isComplete() ? this.outbox.answer(since) : 'notYet'),
      watch: (id, tell, offer) => {
        const ends = [this.#nudges.listen(tell), this.desk.listen(id, offer)]
        return () => {
          for (const end of ends) end()
        }
      },
      transfer: (socket, device, wanted) => void this.desk.answer(socket, device, wanted),
      unpaired: async ({ fingerprint }) => {
        const wasPaired = roster.byId(fingerprint)?.state === 'paired'
        if (wasPaired) await trust.endedThere(fingerprint)
        return wasPaired
      },
      ceremony: (peer, line) => void this.pairing.answer(peer, line),
      onRefused: (why, { host, id }) => {
        if (id !== undefined && this.pairing.isSettling(id)) return
        this.turnedAway.count(why, host, now())
        audit.record('refused', { ...(id === undefined ? {} : trust.subjectOf(id)), address: host }, why)
      },
    }
  }
}

function usable(identity: () => Identity): Identity | null {
  try {
    const known = identity()
    return known.cloned ? null : known
  } catch {
    return null
  }
}
