// Why the numbers of a paired device are not live: the stable words and what they say.
import type { Problem } from '../../contract/devices.ts'
import { DialError, type DialFailure } from './dial.ts'

export type ProblemCode =
  | DialFailure
  | 'halfPaired'
  | 'unpairedThere'
  | 'badAnswer'
  | 'newerVersion'
  | 'noAddress'

const SAYS: Readonly<Record<ProblemCode, string>> = {
  unreachable: 'no answer',
  notTallyd: 'what answers there is not tallyd, or a version that does not speak ours',
  wrongCertificate: 'its certificate is not the one we paired with',
  halfPaired: 'it refuses our token: pair again',
  unpairedThere: 'it is not paired with us any more: pair again',
  badAnswer: 'its answer cannot be used',
  newerVersion: 'it runs a newer version of tallyd',
  noAddress: 'its address is not known',
}

/** The problem of a device that unpaired this one at `since`. */
export function unpairedThere(since: string | null): Problem {
  return { code: 'unpairedThere', says: SAYS.unpairedThere, since: since ?? '' }
}

/** What the other side said no with. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: ProblemCode
  constructor(code: ProblemCode, detail?: string) {
    super(detail === undefined ? SAYS[code] : `${SAYS[code]} (${detail})`)
    this.code = code
  }
}

/** What an HTTP status other than success means. */
export function refusalOf(status: number | undefined): Refused {
  if (status === 401 || status === 403) return new Refused('halfPaired')
  if (status === 410) return new Refused('unpairedThere')
  return new Refused('badAnswer', `HTTP ${status ?? 'without a status'}`)
}

export function problemOf(error: unknown): { code: ProblemCode; says: string } {
  if (error instanceof Refused) return { code: error.code, says: error.message }
  if (error instanceof DialError) return { code: error.why, says: SAYS[error.why] }
  return { code: 'unreachable', says: SAYS.unreachable }
}
