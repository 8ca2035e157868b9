// Changes to everything that a daemon keeps, many things at once and each of them by one change at a time, so that it is known what has to
// be so after a kill: what was answered last, or what was just being asked.
import type { Random } from '../../bench/corpus/random.ts'
import type { MethodName, Params, Result } from '../../src/contract/methods.ts'
import { enrol } from './enrolment.ts'

/** A call of a daemon that may die at any moment. */
export type Call = <M extends MethodName>(method: M, ...params: [Params<M>?]) => Promise<Result<M>>

/** What the next change makes of one thing; null: it is not there any more. */
export interface Change {
  readonly after: string | null
  readonly ask: () => Promise<unknown>
}

export interface LaneContext {
  readonly call: Call
  readonly webPort: number
  readonly random: Random
  /** Another number at every call. */
  readonly next: () => number
  /** Ids of tokens, by label. */
  readonly ids: ReadonlyMap<string, string>
}

/** The next change of a thing that is now so; null where it is not there. */
export type Lane = (now: string | null) => Change

const [MEMBERS, TOKENS, SECRETS, CONFIGS] = [6, 8, 5, 3]
const HOLDER = 'holder'
export const ENROLLED = 'enrolled'

/** One for each thing, by its name as `keptOf` has it. */
export function lanesOf(context: LaneContext): Map<string, Lane> {
  const several = (count: number, noun: string, lane: (context: LaneContext, name: string) => Lane) =>
    Array.from({ length: count }, (_, at): [string, Lane] => [
      `${noun} ${at}`,
      lane(context, `${noun} ${at}`),
    ])
  return new Map([
    ...several(MEMBERS, 'member', memberLane),
    ...several(TOKENS, 'token', tokenLane),
    ...several(SECRETS, 'secret', secretLane),
    ...several(CONFIGS, 'config', configLane),
    ['sharing', sharingLane(context)],
    ['name', nameLane(context)],
    [ENROLLED, enrolledLane(context)],
  ])
}

/** Everything that `lanesOf` changes, as the daemon tells it, and the ids of tokens by label. */
export async function keptOf(call: Call): Promise<{ kept: Map<string, string>; ids: Map<string, string> }> {
  const kept = new Map<string, string>()
  const ids = new Map<string, string>()
  for (const { name } of (await call('members.list')).members) {
    if (name.startsWith('member ')) kept.set(name, 'there')
  }
  for (const { id, label, member } of (await call('tokens.list')).tokens) {
    if (ids.has(label)) throw new Error(`two tokens are called ${label}`)
    ids.set(label, id)
    kept.set(member === ENROLLED ? ENROLLED : label, 'there')
  }
  for (const { name } of (await call('secrets.list')).secrets) {
    const { secret } = await call('secrets.show', { name, reveal: true })
    kept.set(name, (secret as { fields?: { apiKey?: string } }).fields?.apiKey ?? 'no value')
  }
  for (const { name, path } of (await call('configs.list')).configs) kept.set(name, path)
  kept.set('sharing', (await call('sharing.show')).sharing.mode)
  const { devices } = await call('devices.list', { timeZone: 'UTC' })
  kept.set('name', devices.find(({ self }) => self)?.name ?? 'no name')
  return { kept, ids }
}

function memberLane({ call }: LaneContext, name: string): Lane {
  return (now) =>
    now === null
      ? { after: 'there', ask: () => call('members.add', { name }) }
      : { after: null, ask: () => call('members.remove', { member: name }) }
}

function tokenLane({ call, ids }: LaneContext, label: string): Lane {
  return (now) =>
    now === null
      ? {
          after: 'there',
          ask: () => call('tokens.create', { member: HOLDER, scopes: ['dashboard:read'], label }),
        }
      : {
          after: null,
          // Its id may be of this run.
          async ask() {
            const { tokens } = ids.has(label) ? { tokens: [] } : await call('tokens.list')
            const id = ids.get(label) ?? tokens.find((token) => token.label === label)!.id
            await call('tokens.revoke', { id })
          },
        }
}

function secretLane({ call, random, next }: LaneContext, name: string): Lane {
  return (now) => {
    const apiKey = `${next()} ${'x'.repeat(random.integer(0, 3_000))}`
    if (now === null) {
      return {
        after: apiKey,
        ask: () => call('secrets.add', { name, secret: { type: 'api-key', fields: { apiKey } } }),
      }
    }
    return random.chance(0.3)
      ? { after: null, ask: () => call('secrets.remove', { name }) }
      : { after: apiKey, ask: () => call('secrets.edit', { name, fields: { apiKey } }) }
  }
}

function configLane({ call, next }: LaneContext, name: string): Lane {
  return (now) => {
    if (now !== null) return { after: null, ask: () => call('configs.remove', { name }) }
    const path = `/srv/${next()}`
    const config = { type: 'database', name, description: '', path, links: {} } as const
    return { after: path, ask: () => call('configs.add', { config }) }
  }
}

function sharingLane({ call }: LaneContext): Lane {
  return (now) => {
    const mode = now === 'always' ? 'off' : 'always'
    return { after: mode, ask: () => call('sharing.set', { mode }) }
  }
}

function nameLane({ call, next }: LaneContext): Lane {
  return () => {
    const name = `desk ${next()}`
    return { after: name, ask: () => call('devices.rename', { device: 'self', name }) }
  }
}

function enrolledLane({ call, webPort }: LaneContext): Lane {
  return (now) =>
    now === null
      ? { after: 'there', ask: () => enrol(call, webPort, ENROLLED) }
      : { after: null, ask: () => call('members.remove', { member: ENROLLED }) }
}
