// The way to one paired device for doctor: every step by itself and now, so that the first that fails has a name. What the link
// to it does meanwhile is not touched.
import type { Check } from '../../contract/doctor.ts'
import { quoted } from '../../contract/shell-words.ts'
import { WIRE } from '../../contract/wire-bounds.ts'
import type { Identity } from '../identity/identity.ts'
import { hashOf } from '../tokens/token.ts'
import { type Answered, ask, problemOf, Refused, refusalOf, skewOf } from './asking.ts'
import { checkClocks, codeOf } from './checks.ts'
import { DeviceAgent, DialError, dial } from './dial.ts'
import { readAnswer } from './incoming.ts'
import { knockOf } from './knock.ts'
import type { Member } from './roster.ts'
import { readAddress } from './tls.ts'
import { type Attempt, notPaired, nowhere, stepsOf } from './trial-steps.ts'

export interface TrialContext {
  readonly member: Member
  /** Where it shows itself on the network, `host:port` each. */
  readonly found: readonly string[]
  readonly identity: Identity
  /** Of tallyd. */
  readonly ownVersion: string
  /** What is known of it: from where on it would tell what is new, and its version. */
  readonly cursor: string | null
  readonly program: string | null
  /** Unix milliseconds. */
  readonly now: () => number
}

type Connection = Awaited<ReturnType<typeof dial>>

/** A line for each step, up to the first that fails. Never rejects. */
export async function tryDevice(context: TrialContext): Promise<Check[]> {
  const { member, found } = context
  const { name, id, state, address, pairedAt, unpairedAt, unpairedThere } = member
  const steps: Check[] = []
  const since = `${id.slice(0, 8)}, paired since ${pairedAt}`
  if (state !== 'paired') return [notPaired(member.name, state, unpairedAt, unpairedThere === true)]
  steps.push({ level: 'ok', code: 'devicePaired', subject: 'name', says: since })
  const known = address === null ? [] : [address]
  const addresses = [...new Set([...found, ...known])]
  if (addresses.length === 0) return [...steps, nowhere(name)]
  const where = addresses.map(
    (each) => `${each} (${found.includes(each) ? 'seen on the network' : 'as paired'})`,
  )
  steps.push({ level: 'ok', code: 'deviceAddress', subject: 'address', says: where.join(', ') })
  const asked: Promise<Check[]>[] = []
  const attempts = await Promise.all(
    addresses.map(async (each) => {
      const made = await attempt(each, context)
      if (made.connection === null) return made
      // At once: the other side does not wait for whom nothing is asked of, and a dead address takes its time.
      if (asked.length === 0 && member.token !== null) asked.push(askIt(made.connection, context))
      else made.connection.socket.destroy()
      return made
    }),
  )
  steps.push(...stepsOf(attempts, name))
  if (attempts.every(({ connection }) => connection === null)) return steps
  const [answer] = asked
  if (answer === undefined) {
    const says = 'it gets the totals of this device and gives none, so that nothing is asked of it'
    return [...steps, { level: 'ok', code: 'deviceOneWay', subject: 'token', says }]
  }
  return [...steps, ...(await answer)]
}

async function attempt(
  address: string,
  { member, identity, now }: TrialContext,
): Promise<Attempt & { readonly connection: Connection | null }> {
  let isConnected = false
  const onConnected = () => {
    isConnected = true
  }
  try {
    const target = readAddress(address, 0)
    if (target === null) throw new DialError('unreachable', 'it is no address')
    const knock = member.token === null ? null : knockOf(hashOf(member.token))
    const connection = await dial({ ...target, pin: member, knock, onConnected }, { identity, now })
    return { address, isConnected, failure: null, connection }
  } catch (error) {
    const failure = error instanceof DialError ? error : new DialError('unreachable', String(error))
    return { address, isConnected, failure, connection: null }
  }
}

/** Token, version and clock, over the one connection that stands; it is closed afterwards. */
async function askIt({ socket }: Connection, context: TrialContext): Promise<Check[]> {
  const { member, cursor, now } = context
  const agent = new DeviceAgent(() => Promise.resolve({ socket }))
  const path = cursor === null ? '/v1/usage' : `/v1/usage?since=${encodeURIComponent(cursor)}`
  try {
    const headers = { authorization: `Bearer ${member.token}` }
    const answered = await ask(agent, { path, headers, most: WIRE.bytes })
    const program = programOf(answered) ?? context.program
    const says = answered.status === 503 ? 'taken; it is still counting' : 'taken'
    const skewMs = skewOf(answered, now())
    const clock = checkClocks([{ name: member.name, skewMs }])
    const right: Check[] =
      skewMs === null || clock.length > 0
        ? clock
        : [{ level: 'ok', code: 'deviceClock', subject: 'clock', says: 'as ours' }]
    return [
      { level: 'ok', code: 'deviceToken', subject: 'token', says },
      ...right,
      versionOf(program, context.ownVersion),
    ]
  } catch (error) {
    return [refused(error, member.name)]
  } finally {
    agent.destroy()
    socket.destroy()
  }
}

/** Throws Refused where it did not give what was asked for. */
function programOf({ status, body }: Answered): string | null {
  if (status === 204 || status === 503) return null
  if (status !== 200) throw refusalOf(status)
  const read = readAnswer(body)
  if ('answer' in read) return read.answer.program
  const { code, says } = read.refusal
  throw new Refused(code === 'newerVersion' ? 'newerVersion' : 'badAnswer', says)
}

function refused(error: unknown, name: string): Check {
  const { code, says } = problemOf(error)
  const next =
    code === 'newerVersion'
      ? 'update tallyd here'
      : code === 'halfPaired' || code === 'unpairedThere'
        ? `pair again: tallyctl pair ${quoted(name)}`
        : `on ${name}, run: tallyctl --version, and tallyctl doctor`
  const subject = code === 'newerVersion' ? 'version' : 'token'
  return { level: 'broken', code: codeOf(code), subject, says, next }
}

function versionOf(program: string | null, own: string): Check {
  const same = program === own ? 'as here' : `here ${own}`
  const says = program === null ? 'not told yet' : `tallyd ${program}, ${same}`
  return { level: 'ok', code: 'deviceVersion', subject: 'version', says }
}
