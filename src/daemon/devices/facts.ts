// What is known of each device without what it spent: from the roster, its copy, and the link to it if there is one.
import type { DeviceFacts } from './devices.ts'
import type { Link } from './link.ts'
import { unpairedThere } from './problems.ts'
import { rightsOf } from './rights.ts'
import type { Member } from './roster.ts'

interface Known {
  readonly told: number | null
  readonly live: boolean
  readonly linkProblem: DeviceFacts['problem']
  readonly facts: DeviceFacts
}

const known = new WeakMap<Member, Known>()

/**
 * `told` is when the device last told something, in Unix milliseconds; null if never. The same object as long as nothing changed:
 * with every question the facts of all devices are asked for.
 */
export function factsOf(member: Member, told: number | null, link: Link | undefined): DeviceFacts {
  const [live, linkProblem] = [link?.live ?? false, link?.problem ?? null]
  const before = known.get(member)
  if (before?.told === told && before.live === live && before.linkProblem === linkProblem) return before.facts
  const { id, name, state, direction, address } = member
  const asOf = told === null ? null : new Date(told).toISOString()
  const freshness = live ? 'live' : asOf === null ? 'never' : 'cached'
  const problem = member.unpairedThere ? unpairedThere(member.unpairedAt) : linkProblem
  const rights = rightsOf(member)
  const facts: DeviceFacts = {
    id,
    name,
    self: false,
    state,
    direction,
    freshness,
    asOf,
    problem,
    address,
    ...(rights.length === 0 ? {} : { rights }),
  }
  known.set(member, { told, live, linkProblem, facts })
  return facts
}

let self: DeviceFacts | undefined

/** `id` is null while the identity cannot be read. The same object as long as nothing changed. */
export function selfFacts(id: string | null, name: string): DeviceFacts {
  if (self?.id === id && self.name === name) return self
  self = {
    id,
    name,
    self: true,
    state: 'self',
    direction: null,
    freshness: 'live',
    asOf: null,
    problem: null,
    address: null,
  }
  return self
}
