// `tallyctl requests` and `tallyctl deny`: what waits for the owner.
import { EXIT } from '../../contract/errors.ts'
import type { EnrolmentRequest, PairingRequest, Request } from '../../contract/requests.ts'
import { remaining } from '../terminal/figures.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'

export const requests: Command = async (asked, at) => {
  const result = await at.daemon.call('requests.list', {})
  if (asked.has('json')) {
    await at.screen.json(result)
    return EXIT.ok
  }
  if (result.requests.length === 0) {
    await at.screen.answer('nothing waits')
    return EXIT.ok
  }
  await at.screen.answer(...result.requests.map((request) => requestLine(request, Date.now())))
  await at.screen.note(at.screen.typed('to say yes: tallyctl approve   to say no: tallyctl deny'))
  return EXIT.ok
}

export const deny: Command = async (asked, at) => {
  const [id] = asked.words
  const result = await at.daemon.call('requests.deny', id === undefined ? {} : { id })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(deniedLine(result.denied))
  return EXIT.ok
}

function deniedLine(request: Request): string {
  // Whom this device asked itself is not kept away.
  if (request.kind === 'enrolment') return `denied: ${claimOf(request)}`
  const away = request.ours ? '' : `; ${clean(request.from.address)} is kept away for 10 minutes`
  return `denied: ${whoIs(request)}${away}`
}

/** `laptop (90be01d7, 192.168.1.31)`; the name is a claim until it is paired. */
export function whoIs({ from }: PairingRequest): string {
  const short = clean(from.id).slice(0, 8)
  const name = clean(from.name)
  return name === '' || name === short
    ? `${short}, ${clean(from.address)}`
    : `${name} (${short}, ${clean(from.address)})`
}

const SEES: ReadonlyMap<string, string> = new Map([
  ['mutual', "each sees the other's totals"],
  ['read', 'only this device will see its totals'],
  ['give', "only it will see this device's totals"],
])

/** Who asks, and what each would see: two lines. */
export function asksFor(request: PairingRequest): [string, string] {
  const who = whoIs(request)
  // A newer daemon may know other directions.
  const sees = SEES.get(request.direction) ?? clean(request.direction)
  return [request.ours ? `this device wants to pair with ${who}` : `${who} wants to pair`, sees]
}

/** What a client claims to be, and where it asks from. */
function claimOf({ from }: EnrolmentRequest): string {
  return `claims to be "${clean(from.name)}", ${clean(from.address)}`
}

function requestLine(request: Request, now: number): string {
  const { id, expiresAt } = request
  if (request.kind === 'enrolment') {
    const wants = clean(request.scopes.join(' '))
    return `${clean(id)}   ${claimOf(request)}   wants ${wants}   ${remaining(expiresAt, now)} left`
  }
  const { digits } = request
  const shown = digits === undefined ? '' : `   ${grouped(clean(digits))}`
  const left = remaining(expiresAt, now)
  const [asks, sees] = asksFor(request)
  const way = request.direction === 'mutual' ? '' : `; ${sees}`
  return `${clean(id)}   ${asks}${way}${shown}   ${left} left`
}

/** `482 913`. */
export function grouped(digits: string): string {
  return `${digits.slice(0, 3)} ${digits.slice(3)}`
}
