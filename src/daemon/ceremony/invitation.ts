// An open invitation: one code, few attempts, a short life. Lives in memory only, because a stored verifier of six digits
// can be guessed offline: a restart ends it. Times are milliseconds of a monotonic clock.

export const INVITATION_LIVES_MS = 5 * 60_000
export const ATTEMPT_LIVES_MS = 10_000
export const ATTEMPTS = 3

export interface Invitation {
  /** Six digits. */
  readonly code: string
  readonly expiresAt: number
  readonly attemptsLeft: number
  /** A code works once, however the pairing after it goes. */
  readonly used: boolean
  readonly inFlight: Attempt | null
}

export interface Attempt {
  /** Counts from 1. */
  readonly number: number
  /** After this it is over, whether or not anybody said so. */
  readonly endsAt: number
}

/** Why an invitation takes no attempt now. */
export type Closed = 'used' | 'expired' | 'spent' | 'busy'

/** `random` is a number from 0 to 999,999 of a cryptographic source; it lives for `livesMs`. */
export function openInvitation(random: number, now: number, livesMs = INVITATION_LIVES_MS): Invitation {
  if (!Number.isInteger(random) || random < 0 || random > 999_999)
    throw new RangeError('a code has six digits')
  return {
    code: String(random).padStart(6, '0'),
    expiresAt: now + livesMs,
    attemptsLeft: ATTEMPTS,
    used: false,
    inFlight: null,
  }
}

/** Why it takes no attempt now; null if it does. */
export function closedBecause(invitation: Invitation, now: number): Closed | null {
  if (invitation.used) return 'used'
  if (now >= invitation.expiresAt) return 'expired'
  if (isInFlight(invitation, now)) return 'busy'
  return invitation.attemptsLeft > 0 ? null : 'spent'
}

/** Whether it still matters: it takes attempts, or one is under way. */
export function isLive(invitation: Invitation, now: number): boolean {
  if (invitation.used) return false
  return isInFlight(invitation, now) || (now < invitation.expiresAt && invitation.attemptsLeft > 0)
}

/** Counts an attempt, or says why not: what is refused is not counted, for it gets no answer to learn from. */
export function countAttempt(
  invitation: Invitation,
  now: number,
): { readonly invitation: Invitation; readonly attempt: Attempt } | Closed {
  const closed = closedBecause(invitation, now)
  if (closed !== null) return closed
  const attemptsLeft = invitation.attemptsLeft - 1
  const attempt = { number: ATTEMPTS - attemptsLeft, endsAt: now + ATTEMPT_LIVES_MS }
  return { invitation: { ...invitation, attemptsLeft, inFlight: attempt }, attempt }
}

/** The attempt failed, or its connection ended: the next may come, if any is left. */
export function endAttempt(invitation: Invitation, attempt: Attempt): Invitation {
  return invitation.inFlight?.number === attempt.number ? { ...invitation, inFlight: null } : invitation
}

/** The attempt's confirmation verified. null if that comes too late: then it must not become a pairing. */
export function redeem(invitation: Invitation, attempt: Attempt, now: number): Invitation | null {
  const isOurs = invitation.inFlight?.number === attempt.number
  if (!isOurs || invitation.used || !isInFlight(invitation, now)) return null
  return { ...invitation, used: true, inFlight: null }
}

function isInFlight({ inFlight }: Invitation, now: number): boolean {
  return inFlight !== null && now < inFlight.endsAt
}
