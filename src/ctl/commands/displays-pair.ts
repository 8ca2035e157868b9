// `tallyctl displays pair`: shows six digits and waits until a display sent them, or nobody can any more.
import type { DisplayPairing, DisplayPairingShown } from '../../contract/displays.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Daemon } from '../connection/daemon.ts'
import { clean } from '../terminal/text.ts'
import type { Command, Surrounding } from './command.ts'
import { onlyHere, wishes } from './displays.ts'
import { untilInterrupted } from './interruption.ts'

export const pairDisplay: Command = async (asked, at) => {
  const { daemon, screen } = at
  const member = asked.words[0] ?? 'display'
  const interruption = untilInterrupted()
  const { pairing, code, url } = await daemon.call('displays.pair', { member, ...wishes(asked) })
  if (asked.has('json')) await screen.raw(`${JSON.stringify({ code, url, expiresAt: pairing.expiresAt })}\n`)
  else {
    await screen.answer(`code   ${clean(code.slice(0, 3))} ${clean(code.slice(3))}      for 5 min, one use`)
    await screen.note(`on the display: ${clean(url)}/dashboard/v1/pairing`, ...onlyHere(url), 'waiting…')
  }
  const ended = await Promise.race([interruption.came, outcomeOf(daemon, pairing.id, at)])
  if (ended === null) {
    await daemon.call('displays.cancel', {}).catch(() => undefined)
    await screen.note('the code is taken back')
    return EXIT.failed
  }
  if (ended.state !== 'claimed' || ended.token === null) throw unclaimed(ended)
  const { token } = ended
  if (asked.has('json')) await screen.raw(`${JSON.stringify({ claimed: { token, member: ended.member } })}\n`)
  else await screen.answer(`${clean(ended.member)} has its token (${clean(token)})`)
  return EXIT.ok
}

function unclaimed({ state, attempts }: DisplayPairing): TallyError {
  const next = 'for a new code, run: tallyctl displays pair'
  if (state === 'expired') return new TallyError('timedOut', 'no display sent the code within 5 min', next)
  const why = state === 'burnt' ? `${attempts} wrong codes came` : 'the code was taken back'
  return new TallyError('pairingFailed', why, next)
}

/** Resolves when the window is over; tells of wrong codes meanwhile. */
function outcomeOf(daemon: Daemon, id: string, { screen }: Surrounding): Promise<DisplayPairing> {
  return new Promise((resolve, reject) => {
    let told = 0
    const heard = ({ pairing }: DisplayPairingShown) => {
      if (pairing === null || pairing.id !== id) {
        return reject(new TallyError('pairingFailed', 'another code was shown since'))
      }
      const { state, rejected, attempts } = pairing
      // Values are coalesced: of two wrong codes at once only the second is heard of.
      for (; told < rejected; told++) void screen.note(`rejected (${told + 1}/${attempts})`)
      if (state !== 'waiting') resolve(pairing)
    }
    daemon.listen([{ event: 'displays.changed' }], { 'displays.changed': heard }).catch(reject)
  })
}
