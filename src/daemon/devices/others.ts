// The other devices as this one knows them, put together for whoever asks: facts, totals, quotas.
import type { Told } from './checks.ts'
import type { Copies } from './copies.ts'
import type { DeviceFacts, Devices, Remote } from './devices.ts'
import { factsOf } from './facts.ts'
import type { Histories } from './histories.ts'
import type { Link } from './link.ts'
import { RemoteList } from './remote-list.ts'
import type { Member, Roster } from './roster.ts'
import { quotaAsTold } from './sanitiser.ts'

export interface OthersContext {
  readonly roster: Roster
  readonly copies: Copies
  readonly histories: Histories
  /** Undefined where there is none now. */
  readonly link: (id: string) => Link | undefined
}

export class Others {
  readonly #context: OthersContext
  readonly #remotes = new RemoteList()

  constructor(context: OthersContext) {
    this.#context = context
  }

  /** By name. */
  list(): DeviceFacts[] {
    return this.#context.roster.members.map((member) => this.#factsOf(member))
  }

  /** See Devices.remotes. */
  remotes(): readonly Remote[] {
    const { roster, histories } = this.#context
    this.#remotes.begin()
    for (const member of roster.members) {
      const facts = this.#factsOf(member)
      for (const totals of histories.of(member)) this.#remotes.put(facts, totals)
    }
    return this.#remotes.end()
  }

  /** See Devices.quotas. */
  quotas(): ReturnType<Devices['quotas']> {
    const { roster, copies } = this.#context
    return roster.paired.flatMap(({ id, name }) => {
      const { asOf, quotas } = copies.of(id) ?? { asOf: null, quotas: [] }
      return asOf === null || quotas.length === 0
        ? []
        : [{ device: name, asOf, quotas: quotas.flatMap(quotaAsTold) }]
    })
  }

  /** What one said of itself; `id` is null where it is this device and its identity cannot be read. */
  told(id: string | null): Told {
    const { copies, link } = this.#context
    return {
      program: (id === null ? null : copies.of(id)?.program) ?? null,
      skewMs: (id === null ? null : link(id)?.skewMs) ?? null,
    }
  }

  #factsOf(member: Member): DeviceFacts {
    const { copies, link } = this.#context
    return factsOf(member, copies.of(member.id)?.asOf ?? null, link(member.id))
  }
}
