// Why the numbers of a paired device are not live: the stable words and what they say. Without sockets, because these are shown
// where nobody is paired too.
import type { Problem } from '../../contract/devices.ts'
import type { DialFailure } from './dial.ts'

export type ProblemCode =
  | DialFailure
  | 'halfPaired'
  | 'unpairedThere'
  | 'badAnswer'
  | 'newerVersion'
  | 'noAddress'

export const SAYS: Readonly<Record<ProblemCode, string>> = {
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
