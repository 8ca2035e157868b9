// Waits for the owner's yes: RFC 8628 §3.5, with the time and the questions passed in.
import { type Begun, type HandedOut, type Pace, type Polled, paceAfter } from '../../contract/device-grant.ts'
import { TallyError } from '../../contract/errors.ts'
import { duration } from '../terminal/figures.ts'

export interface Clock {
  /** Milliseconds that only ever grow. */
  now(): number
  sleep(ms: number): Promise<void>
}

export interface Waiting {
  readonly begun: Pick<Begun, 'expiresInMs' | 'intervalMs'>
  /** Asks once; throws TallyError where there is no answer. */
  readonly poll: () => Promise<Polled>
  readonly clock: Clock
  /** Told of every question whether there was an answer. */
  readonly answered: (was: boolean) => void
  /** How it is begun again. */
  readonly again: string
}

/** Asks until there is a token. Throws TallyError where there will be none. */
export async function awaitToken({ begun, poll, clock, answered, again }: Waiting): Promise<HandedOut> {
  const deadline = clock.now() + begun.expiresInMs
  let pace: Pace = { interval: begun.intervalMs, pause: begun.intervalMs }
  for (;;) {
    await clock.sleep(Math.min(pace.pause, Math.max(0, deadline - clock.now())))
    const polled = await poll().catch((error: unknown): Polled => {
      if (isPassing(error)) return { error: 'temporarily_unavailable' }
      throw error
    })
    if ('token' in polled) return polled
    answered(polled.error !== 'temporarily_unavailable')
    const next = paceAfter(pace, polled)
    if (next === null) throw outcome(polled.error, begun, again)
    pace = next
    if (clock.now() >= deadline) throw outcome('expired_token', begun, again)
  }
}

/** Whether the next question may be answered. */
function isPassing(error: unknown): boolean {
  return error instanceof TallyError && ['unreachable', 'timedOut', 'tooMany'].includes(error.error)
}

function outcome(error: string, { expiresInMs }: Waiting['begun'], again: string): TallyError {
  switch (error) {
    case 'access_denied':
      return TallyError.saying('notAllowed', 'the request was denied', `if that was a slip, run: ${again}`)
    case 'expired_token':
      return TallyError.saying(
        'timedOut',
        `nobody said yes within ${duration(expiresInMs)}`,
        `for a new code, run: ${again}`,
      )
    case 'invalid_grant':
      return TallyError.saying(
        'notAllowed',
        'the request is not known there any more: tallyd was restarted, or its token was handed out already',
        `run again: ${again}`,
      )
    case 'claimed_by_other':
      return new TallyError('claimedByOther')
    default:
      return TallyError.saying('notAllowed', `the request was refused (${error})`, `run again: ${again}`)
  }
}
