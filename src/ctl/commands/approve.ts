// `tallyctl approve`: shows one pairing, asks, says yes, and waits for what becomes of it; approve-enrolment.ts has the clients.
import { PAIRING_NEXT } from '../../contract/ceremony-words.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Comparison, Paired, Pairing } from '../../contract/pairing.ts'
import type { PairingRequest } from '../../contract/requests.ts'
import type { Daemon } from '../connection/daemon.ts'
import { canAsk, confirmed } from '../terminal/prompt.ts'
import { clean } from '../terminal/text.ts'
import { approveEnrolment, isEnrolment } from './approve-enrolment.ts'
import type { Command, Surrounding } from './command.ts'
import { pairedLine } from './invite.ts'
import type { Asked } from './parse.ts'
import { asksFor, grouped } from './requests.ts'

export const approve: Command = async (asked, at) => {
  if (isEnrolment(asked)) return approveEnrolment(asked, at)
  const request = await chosen(asked, at)
  const { digits } = request
  if (digits === undefined) throw new TallyError('noSuchRequest', clean(request.kind))
  const given = digitsOf(asked)
  if (given === undefined) {
    if (!canAsk()) throw new TallyError('needsDigits')
    await at.screen.note(...asksFor(request), `its screen must show:   ${grouped(clean(digits))}`)
  }
  const { id, ours } = request
  const paired = await (given === undefined
    ? decideAsked({ id, digits, ours }, at)
    : decide(request.id, given, at))
  if (asked.has('json')) await at.screen.json({ paired })
  else await at.screen.answer(pairedLine(paired))
  return EXIT.ok
}

/** `--digits`, without spaces. */
export function digitsOf(asked: Asked): string | undefined {
  const digits = asked.value('digits')?.replaceAll(/[\s-]/g, '')
  if (digits === undefined || /^\d{6}$/.test(digits)) return digits
  throw new TallyError('wrongUsage', '--digits takes six digits')
}

/**
 * Asks whether the numbers are the same, says yes or no, and waits as `decide` does. The question ends with the request: when
 * the other side said no, or the time is over. Throws what went wrong.
 */
export async function decideAsked(
  { id, digits, ours }: { readonly id: string; readonly digits: string; readonly ours: boolean },
  at: Surrounding,
): Promise<Paired> {
  const { daemon } = at
  const outcome = outcomeOf(daemon, id)
  const over = new AbortController()
  const reply = confirmed('is it the same?', over.signal)
  for (const each of [outcome, reply]) each.catch(() => undefined)
  try {
    const first = await Promise.race([reply, outcome])
    if (typeof first !== 'boolean') return pairedIn(first)
    if (first) return await decide(id, digits, at, outcome)
  } finally {
    over.abort()
  }
  await daemon.call('requests.deny', { id })
  if (ours) throw new TallyError('pairingFailed', 'you said no', 'to begin again, run: tallyctl pair')
  throw new TallyError(
    'pairingFailed',
    'you said no; its address is kept away for 10 minutes',
    'to pair with it sooner, run here: tallyctl pair',
  )
}

/** Says yes with these digits and waits until both sides have, or one has not. Throws what went wrong. */
export async function decide(
  id: string,
  digits: string,
  at: Surrounding,
  outcome = outcomeOf(at.daemon, id),
): Promise<Paired> {
  const { daemon } = at
  // Nobody may wait for it if saying yes fails.
  outcome.catch(() => undefined)
  await daemon.call('requests.approve', { id, digits })
  await at.screen.note('waiting for the other side…')
  return pairedIn(await outcome)
}

/** Waits until somebody else has said yes to this request, on both sides. Throws what went wrong. */
export async function awaited(id: string, at: Surrounding): Promise<Paired> {
  return pairedIn(await outcomeOf(at.daemon, id))
}

function pairedIn({ paired, why }: Comparison): Paired {
  if (paired !== null) return paired
  throw new TallyError('pairingFailed', reasons[why ?? ''] ?? clean(why ?? ''), PAIRING_NEXT[why ?? ''])
}

const reasons: Readonly<Record<string, string>> = {
  declined: 'somebody said no, on the other device or here in another terminal',
  timedOut: 'it took longer than 60 s',
  closed: 'the connection to the other side ended',
  wrongDigits: 'the numbers are not the same: something may be between the two devices',
}

/** Resolves when the comparison with this request is over. */
function outcomeOf(daemon: Daemon, id: string): Promise<Comparison> {
  return new Promise((resolve, reject) => {
    const heard = ({ comparison }: Pairing) => {
      if (comparison === null || comparison.id !== id) {
        reject(new TallyError('pairingFailed', 'the request is over', PAIRING_NEXT['timedOut']))
      } else if (comparison.state !== 'waiting') resolve(comparison)
    }
    daemon.listen([{ event: 'pairing.changed' }], { 'pairing.changed': heard }).catch(reject)
  })
}

async function chosen(asked: Asked, at: Surrounding): Promise<PairingRequest> {
  const { requests } = await at.daemon.call('requests.list', {})
  const [id] = asked.words
  const found = requests.filter((request) => id === undefined || request.id === id)
  const [only] = found
  if (found.length === 1 && only?.kind === 'enrolment') throw new TallyError('needsUserCode')
  if (found.length === 1 && only?.kind === 'transfer') throw new TallyError('needsReview')
  if (found.length === 1 && only?.kind === 'pairing') return only
  if (found.length === 0) throw new TallyError('noSuchRequest', id === undefined ? 'nothing waits' : id)
  throw new TallyError('noSuchRequest', `${found.length} wait: name one`, 'run: tallyctl requests')
}
