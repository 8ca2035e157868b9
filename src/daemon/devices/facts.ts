// What is known of each device without what it spent: from the roster, its copy, and the link to it if there is one.
import type { DeviceFacts } from './devices.ts'
import type { Link } from './link.ts'
import { unpairedThere } from './problems.ts'
import type { Member } from './roster.ts'

/** `told` is when the device last told something, in Unix milliseconds; null if never. */
export function factsOf(member: Member, told: number | null, link: Link | undefined): DeviceFacts {
  const { id, name, state, direction, address } = member
  const asOf = told === null ? null : new Date(told).toISOString()
  const freshness = link?.live ? 'live' : asOf === null ? 'never' : 'cached'
  const problem = member.unpairedThere ? unpairedThere(member.unpairedAt) : (link?.problem ?? null)
  return { id, name, self: false, state, direction, freshness, asOf, problem, address }
}

/** `id` is null while the identity cannot be read. */
export function selfFacts(id: string | null, name: string): DeviceFacts {
  return {
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
}
