// `tallyctl invite`: shows a code and waits until a device was paired with it, or nobody can be any more.
import { deviceNamed } from '../../contract/device-named.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Result } from '../../contract/methods.ts'
import type { Direction, Invitation, Paired } from '../../contract/pairing.ts'
import type { Daemon } from '../connection/daemon.ts'
import { counted } from '../terminal/figures.ts'
import { clean } from '../terminal/text.ts'
import type { Command, Surrounding } from './command.ts'
import { directionOf } from './direction.ts'
import { untilInterrupted } from './interruption.ts'

export const invite: Command = async (asked, at) => {
  const { daemon } = at
  const direction: Direction = directionOf(asked)
  const interruption = untilInterrupted()
  const { invited } = await daemon.call('pairing.invite', { direction })
  const { code, expiresAt } = invited
  if (asked.has('json')) await at.screen.raw(`${JSON.stringify({ code, expiresAt })}\n`)
  else {
    await at.screen.answer(`code   ${code.slice(0, 3)} ${code.slice(3)}      for 5 min, one use`)
    await at.screen.note(...howTo(invited).map((line) => at.screen.typed(line)), 'waiting…')
  }
  const outcome = await Promise.race([interruption.came, ended(daemon, invited.id, at)])
  if (outcome === null) {
    await daemon.call('pairing.cancel', {}).catch(() => undefined)
    await at.screen.note('the code is taken back')
    return EXIT.failed
  }
  const { paired } = outcome
  if (outcome.state !== 'paired' || paired === null) throw unpaired(outcome)
  if (asked.has('json')) await at.screen.raw(`${JSON.stringify({ paired })}\n`)
  else await at.screen.answer(pairedLine(paired))
  return EXIT.ok
}

/** `paired with laptop (90be01d7)`. */
export function pairedLine({ name, id }: Paired): string {
  return `paired with ${deviceNamed(clean(name), clean(id))}`
}

function howTo({ addresses }: Result<'pairing.invite'>['invited']): string[] {
  const [first, ...others] = addresses.map(clean)
  // Link-local addresses alone mean nothing on another device; there the list of those that are found is shown.
  if (first === undefined) return ['on the other device, run: tallyctl pair --code']
  const more = others.length === 0 ? [] : [`or, in place of that address: ${others.slice(0, 3).join(', ')}`]
  return [`on the other device, run: tallyctl pair ${first} --code`, ...more]
}

function unpaired({ state, wrongFrom }: Invitation): TallyError {
  const next = 'for a new code, run: tallyctl invite'
  if (state === 'expired') return new TallyError('timedOut', 'nobody used the code within 5 min', next)
  if (state === 'burnt') {
    const from = wrongFrom.length === 0 ? '' : `, by ${wrongFrom.map(clean).join(', ')}`
    return new TallyError('pairingFailed', `the code was tried too often${from}`, next)
  }
  return new TallyError('pairingFailed', 'the code was taken back', next)
}

/** Resolves when the invitation is over; tells of wrong codes meanwhile. */
function ended(daemon: Daemon, id: string, at: Surrounding): Promise<Invitation> {
  return new Promise((resolve, reject) => {
    let told = 0
    const heard = ({ invitation }: { invitation: Invitation | null }) => {
      if (invitation === null || invitation.id !== id) {
        return reject(new TallyError('pairingFailed', 'another code was shown since'))
      }
      const { state, attemptsLeft, failed, wrongFrom } = invitation
      if (state !== 'waiting') return resolve(invitation)
      // An attempt is counted before it is known whether its code is the right one: only what failed is told.
      if (failed > told) {
        told = failed
        void at.screen.note(wrongCodeLine(wrongFrom, attemptsLeft))
      }
    }
    daemon.listen([{ event: 'pairing.changed' }], { 'pairing.changed': heard }).catch(reject)
  })
}

function wrongCodeLine(from: readonly string[], left: number): string {
  // The list has every address once: of several it does not say which one it was this time.
  const where = from.length === 0 ? '' : ` from ${from.map(clean).join(' or ')}`
  return `a wrong code came${where}; ${counted(left, 'attempt')} left`
}
