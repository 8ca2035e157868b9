// Waits for the owner's yes: RFC 8628 §3.5, with the time and the questions passed in.
import { TallyError } from '../../contract/errors.ts'
import { duration } from '../terminal/figures.ts'
import type { Begun, HandedOut, Polled } from './enrolment.ts'

/** RFC 8628 §3.5: slow_down adds this to the interval, for good. */
const SLOWER_MS = 5_000
/** The longest pause between two questions, in milliseconds, however often there was no answer. */
const LONGEST_PAUSE_MS = 60_000

export interface Clock {
  /** Milliseconds that only ever grow. */
  now(): number
  sleep(ms: number): Promise<void>
}

export interface Waiting {
  readonly begun: Begun
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
  let interval = begun.intervalMs
  let pause = interval
  for (;;) {
    await clock.sleep(Math.min(pause, Math.max(0, deadline - clock.now())))
    const polled = await poll().catch((error: unknown): Polled => {
      if (isPassing(error)) return { error: 'temporarily_unavailable' }
      throw error
    })
    if ('token' in polled) return polled
    answered(polled.error !== 'temporarily_unavailable')
    switch (polled.error) {
      case 'authorization_pending':
        pause = interval
        break
      case 'slow_down':
        interval += SLOWER_MS
        pause = interval
        break
      case 'temporarily_unavailable':
        // RFC 8628 §3.5: doubling the interval on each connection timeout is recommended.
        pause = Math.min(LONGEST_PAUSE_MS, Math.max(2 * pause, 1000 * (polled.retryAfter ?? 0)))
        break
      default:
        throw outcome(polled.error, begun, again)
    }
    if (clock.now() >= deadline) throw outcome('expired_token', begun, again)
  }
}

/** Whether the next question may be answered. */
function isPassing(error: unknown): boolean {
  return error instanceof TallyError && ['unreachable', 'timedOut', 'tooMany'].includes(error.error)
}

function outcome(error: string, { expiresInMs }: Begun, again: string): TallyError {
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
