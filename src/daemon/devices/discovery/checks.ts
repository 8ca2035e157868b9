// What doctor says of discovery: where this device can be found, and where not and since when.
import type { Check } from '../../../contract/doctor.ts'
import type { Station } from './station.ts'

/** What was a flood a while ago is not worth a word, in milliseconds. */
const FLOOD_REMEMBERED_MS = 60_000
/** So many conflicts are more than chance. */
const CONFLICTS_SUSPECT = 5

export interface DiscoveryFacts {
  readonly mode: 'browse' | 'on'
  readonly isSaying: boolean
  readonly stations: readonly Pick<
    Station,
    'name' | 'families' | 'problem' | 'deaf' | 'floodedAt' | 'isHeld'
  >[]
  /** Interfaces that are not used, and why. */
  readonly left: readonly { readonly name: string; readonly why: string }[]
  readonly now: number
  /** How many other devices are seen. */
  readonly others: number
  /** How often lately others had our names. */
  readonly conflicts: number
}

const subject = 'discovery'

export function checkDiscovery(facts: DiscoveryFacts): Check[] {
  const checks = facts.stations.flatMap((station) => checkStation(station, facts.now))
  if (facts.stations.length === 0) checks.push(checkNone(facts))
  if (facts.conflicts >= CONFLICTS_SUSPECT) {
    const says = 'something on the network claims every name that we choose'
    const next = 'pair by address: tallyctl pair HOST:PORT'
    checks.push({ level: 'warning', code: 'discoveryContested', subject, says, next })
  }
  return checks.length > 0
    ? checks
    : [
        {
          level: 'ok',
          code: facts.others === 0 ? 'discoveryAlone' : 'discovery',
          subject,
          says: summary(facts),
        },
      ]
}

function summary({ stations, others, mode, isSaying }: DiscoveryFacts): string {
  const where = stations.map(({ name }) => name).join(', ')
  const seen = `${others} other ${others === 1 ? 'device' : 'devices'} seen`
  const isFound = stations.some(({ isHeld }) => isHeld)
  const says = isFound
    ? 'found by others'
    : mode === 'browse' || !isSaying
      ? 'looking only'
      : 'about to be found'
  return `${says} on ${where}; ${seen}`
}

function checkStation(
  { name, families, problem, deaf, floodedAt }: DiscoveryFacts['stations'][number],
  now: number,
): Check[] {
  if (problem !== null) {
    return [
      {
        level: 'warning',
        code: 'interfaceUnusable',
        subject,
        says: `${name} cannot be used (${problem})`,
        next: 'it is tried again every 3 s',
      },
    ]
  }
  if (deaf !== null) {
    const isPart = deaf.families.length < families.length
    const where = isPart ? `${name} (IPv${deaf.families.join(', IPv')})` : name
    const says = `no answer to our own name on ${where} since ${new Date(deaf.since).toISOString()}`
    const next =
      'the network or a firewall may drop UDP port 5353: pair by address, or list the right interface in the config: discovery.interfaces'
    return [{ level: 'warning', code: 'interfaceDeaf', subject, says, next }]
  }
  if (floodedAt !== null && now - floodedAt < FLOOD_REMEMBERED_MS) {
    const says = `${name} is flooded with multicast DNS; it is left alone for 5 s at a time`
    const next = 'find the sender: tcpdump -ni any udp port 5353'
    return [{ level: 'warning', code: 'interfaceFlooded', subject, says, next }]
  }
  return []
}

function checkNone({ left }: DiscoveryFacts): Check {
  if (left.length === 0) return { level: 'ok', code: 'noNetwork', subject, says: 'no network just now' }
  const names = left.slice(0, 5).map(({ name, why }) => `${name} (${why})`)
  const says = `no interface to be found on; not used: ${names.join(', ')}`
  const next = 'list the right one in the config: discovery.interfaces'
  return { level: 'warning', code: 'interfacesMissing', subject, says, next }
}
