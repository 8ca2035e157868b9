// The links to all paired devices that give something.
import type { UsageAnswer } from '../../contract/wire.ts'
import type { Identity } from '../identity/identity.ts'
import type { Copies } from './copies.ts'
import { Link } from './link.ts'

import type { Member, Roster } from './roster.ts'

export interface LinksContext {
  readonly roster: Roster
  readonly copies: Copies
  /** Where the device was found on the network, if it was. */
  readonly found: (id: string) => readonly string[]
  readonly now: () => number
  /** The device says that it has unpaired this one. */
  readonly unpaired: (id: string) => void
  /** What shows itself at its address has another certificate than the pinned one. */
  readonly pinFailed: (id: string) => void
  /** Numbers of another device changed. */
  readonly told: (id: string, answer: UsageAnswer) => void
  /** A device wants to send something. */
  readonly offered: (id: string, transfer: string) => void
  /** Freshness or a problem changed. */
  readonly changed: () => void
}

export class Links {
  readonly #context: LinksContext
  readonly #links = new Map<string, Link>()

  constructor(context: LinksContext) {
    this.#context = context
  }

  /** Brings the links in step with the roster: one for each device that gives something. */
  async settle(identity: Identity): Promise<void> {
    const wanted = new Map(this.#context.roster.paired.map((member) => [member.id, member]))
    for (const id of this.#links.keys()) if (wanted.get(id)?.token == null) this.drop(id)
    for (const member of wanted.values()) {
      if (member.token === null || this.#links.has(member.id)) continue
      await this.#context.copies.load(member.id)
      const link = new Link(this.#linkContext(member, identity))
      this.#links.set(member.id, link)
      link.start()
    }
  }

  /** It was just seen: there is no use in waiting longer. */
  wake(id: string): void {
    this.#links.get(id)?.start()
  }

  /** It was found at another address. */
  moved(id: string): void {
    this.#links.get(id)?.moved()
  }

  /** Time has jumped. */
  woken(): void {
    for (const link of this.#links.values()) link.woken()
  }

  drop(id: string): void {
    this.#links.get(id)?.stop()
    this.#links.delete(id)
  }

  stop(): void {
    for (const id of [...this.#links.keys()]) this.drop(id)
  }

  of(id: string): Link | undefined {
    return this.#links.get(id)
  }

  #linkContext({ id, certificatePem }: Member, identity: Identity) {
    const { roster, copies, found, now, unpaired, pinFailed, told, offered, changed } = this.#context
    return {
      identity,
      now,
      changed: () => {
        if (this.#links.get(id)?.problem?.code === 'wrongCertificate') pinFailed(id)
        changed()
      },
      pin: { id, certificatePem },
      random: Math.random,
      addresses: () => [...new Set([...found(id), ...[roster.byId(id)?.address ?? []].flat()])],
      token: () => roster.byId(id)?.token ?? null,
      cursor: () => copies.of(id)?.cursor ?? undefined,
      unpaired: () => unpaired(id),
      offered: (transfer: string) => offered(id, transfer),
      take: (answer: UsageAnswer) => {
        // What was under way when its trust ended, or when it was merged, comes too late.
        if (roster.byId(id)?.state !== 'paired') return null
        const outcome = copies.of(id)?.apply(answer, now())
        if (outcome?.kind === 'refused') return outcome.says
        if (outcome?.kind !== 'applied') return null
        copies.changed(id)
        told(id, answer)
        return null
      },
      current: () => {
        copies.of(id)?.confirm(now())
        copies.confirmed(id)
      },
    }
  }
}
