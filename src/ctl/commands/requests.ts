// `tallyctl requests` and `tallyctl deny`: what waits for the owner.
import { deviceNamed } from '../../contract/device-named.ts'
import { EXIT } from '../../contract/errors.ts'
import type { EnrolmentRequest, PairingRequest, Request, TransferRequest } from '../../contract/requests.ts'
import { counted, remaining } from '../terminal/figures.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'
import type { Asked } from './parse.ts'
import { isCode } from './user-code.ts'

export const requests: Command = async (asked, at) => {
  const result = await at.daemon.call('requests.list', onOf(asked))
  if (asked.has('json')) {
    await at.screen.json(result)
    return EXIT.ok
  }
  if (result.requests.length === 0) {
    await at.screen.answer('nothing waits')
    return EXIT.ok
  }
  await at.screen.answer(...result.requests.map((request) => requestLine(request, Date.now())))
  await at.screen.note(...howTo(result.requests, asked.value('on')).map((line) => at.screen.typed(line)))
  return EXIT.ok
}

export const deny: Command = async (asked, at) => {
  const [word] = asked.words
  const result = await at.daemon.call('requests.deny', { ...named(word), ...onOf(asked) })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(deniedLine(result.denied))
  return EXIT.ok
}

/** `--on`. */
export function onOf(asked: Asked): { on?: string } {
  const on = asked.value('on')
  return on === undefined ? {} : { on }
}

function named(word: string | undefined): { id?: string; code?: string } {
  if (word === undefined) return {}
  return isCode(word) ? { code: word } : { id: word }
}

/** Nothing that a client claims is put into a line to be copied unless no shell can take it for more than a name. */
function howTo(requests: readonly Request[], on: string | undefined): string[] {
  const enrolments = requests.filter((request) => request.kind === 'enrolment')
  const [only] = enrolments
  const claimed = enrolments.length === 1 && only !== undefined ? clean(only.from.name) : ''
  const there = on === undefined ? '' : ` --on ${/^[\w.-]+$/.test(on) ? on : 'DEVICE'}`
  const name = /^[A-Za-z0-9][A-Za-z0-9 ._-]*$/.test(claimed) ? `"${claimed}"` : 'NAME'
  return [
    ...(requests.some(({ kind }) => kind === 'transfer')
      ? ['to look at what is sent: tallyctl receive   to say no: tallyctl deny ID']
      : []),
    ...(requests.some(({ kind }) => kind === 'pairing')
      ? ['to say yes: tallyctl approve   to say no: tallyctl deny']
      : []),
    ...(enrolments.length > 0
      ? [
          `approve it with the code on its screen: tallyctl approve CODE --new-member ${name}${there}`,
          `to say no: tallyctl deny ID${there}`,
        ]
      : []),
  ]
}

function deniedLine(request: Request): string {
  // Whom this device asked itself is not kept away.
  if (request.kind === 'enrolment') return `denied: ${claimOf(request)}`
  if (request.kind === 'transfer') return `denied: nothing of ${clean(request.from.name)} was saved`
  const away = request.ours ? '' : `; ${clean(request.from.address)} is kept away for 10 minutes`
  return `denied: ${whoIs(request)}${away}`
}

/** `laptop (90be01d7, 192.168.1.31)`; the name is a claim until it is paired. */
export function whoIs({ from }: PairingRequest): string {
  const short = clean(from.id).slice(0, 8)
  const name = clean(from.name)
  return deviceNamed(name === short ? '' : name, short, clean(from.address))
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

/** `claims to be "kitchen display"   192.168.1.40`: a name in quotes ends where it ends. */
export function claimOf({ from }: EnrolmentRequest): string {
  return `claims to be "${clean(from.name).replaceAll('"', "'")}"   ${clean(from.address)}`
}

function enrolmentLine(request: EnrolmentRequest, now: number): string {
  const { id, from, scopes, claimedBy, takeover, expiresAt } = request
  return [
    `${clean(id)}   enrolment`,
    claimOf(request),
    ...(from.id === null ? [] : [`device ${clean(from.id).slice(0, 8)}`]),
    ...(claimedBy === null ? [] : [`claimed by ${clean(claimedBy)}${takeover ? ', to be taken over' : ''}`]),
    `wants ${clean(scopes.join(' '))}`,
    `${remaining(expiresAt, now)} left`,
  ].join('   ')
}

function requestLine(request: Request, now: number): string {
  const { id, expiresAt } = request
  if (request.kind === 'enrolment') return enrolmentLine(request, now)
  if (request.kind === 'transfer') return transferLine(request, now)
  const { digits } = request
  const shown = digits === undefined ? '' : `   ${grouped(clean(digits))}`
  const left = remaining(expiresAt, now)
  const [asks, sees] = asksFor(request)
  const way = request.direction === 'mutual' ? '' : `; ${sees}`
  return `${clean(id)}   ${asks}${way}${shown}   ${left} left`
}

/** `1c0ffee0   laptop wants to send 4 things   50 s left`. */
function transferLine({ id, from, items, expiresAt }: TransferRequest, now: number): string {
  return `${clean(id)}   ${clean(from.name)} wants to send ${counted(items, 'thing')}   ${remaining(expiresAt, now)} left`
}

/** `482 913`. */
export function grouped(digits: string): string {
  return `${digits.slice(0, 3)} ${digits.slice(3)}`
}
