// What the answers of RFC 8628 mean to a client: shared by tallyctl, which asks for itself, and the daemon, which asks for the device.
// Whatever the other side says is checked here before anything of it is shown or kept.

/** RFC 8628 §3.4. */
export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
/** Public clients have names and no secrets. */
export const CLIENT_ID = 'tallyctl'
/** RFC 8628 §3.5: slow_down adds this to the interval, for good. */
const SLOWER_MS = 5_000
/** The longest pause between two questions, in milliseconds, however often there was no answer. */
const LONGEST_PAUSE_MS = 60_000
const LONGEST_WORD = 512
const LONGEST_MEMBER = 200
/** More scopes are none of ours. */
const SCOPES_CAP = 32

/** A response's JSON object, whatever it says. */
export type Told = Readonly<Record<string, unknown>>

export interface Begun {
  /** Secret. */
  readonly deviceCode: string
  readonly userCode: string
  /** As it was told: whether it is an address to be shown is the caller's care. */
  readonly verificationUri: unknown
  readonly expiresInMs: number
  readonly intervalMs: number
}

export interface HandedOut {
  /** Secret; whether it can be a token is the caller's care. */
  readonly token: string
  readonly scopes: readonly string[]
  readonly tokenId: string | null
  readonly member: string | null
}

/** What a poll came to: `pending`, `slow_down`, another error of RFC 8628 §3.5 or RFC 6749 §5.2, or a token. */
export type Polled = HandedOut | { readonly error: string; readonly retryAfter?: number }

/** RFC 8628 §3.2; the name of what cannot be used where something cannot. */
export function begunIn(told: Told): Begun | { readonly unusable: string } {
  const { device_code: deviceCode, user_code: userCode, expires_in: expiresIn, interval = 5 } = told
  if (!isWord(deviceCode)) return { unusable: 'device code' }
  if (typeof userCode !== 'string' || !/^[A-Za-z0-9-]{1,32}$/.test(userCode)) return { unusable: 'user code' }
  if (!isBetween(expiresIn, 1, 86_400)) return { unusable: 'expires_in' }
  if (!isBetween(interval, 0, 3600)) return { unusable: 'interval' }
  return {
    deviceCode,
    userCode,
    verificationUri: told['verification_uri'],
    expiresInMs: expiresIn * 1000,
    intervalMs: Math.max(1, interval) * 1000,
  }
}

/** RFC 8628 §3.5 of an answer with HTTP 200; null where the token cannot be used. */
export function handedOutIn(told: Told): HandedOut | null {
  const { access_token: token, token_type: type, scope, token_id: tokenId, member } = told
  if (!isWord(token) || String(type).toLowerCase() !== 'bearer') return null
  const isName = typeof member === 'string' && member !== '' && member.length <= LONGEST_MEMBER
  return {
    token,
    scopes: typeof scope === 'string' ? scope.split(' ').filter(isWord).slice(0, SCOPES_CAP) : [],
    tokenId: isWord(tokenId) ? tokenId : null,
    member: isName ? member : null,
  }
}

/** RFC 6749 §5.2: the error's name, or null for what is none. */
export function errorIn(told: Told): string | null {
  const error = told['error']
  return typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? error : null
}

/** How long to wait before the next question, in milliseconds; `interval` is what the server wants at least. */
export interface Pace {
  readonly interval: number
  readonly pause: number
}

/** RFC 8628 §3.5; null for an error after which there will be no token. */
export function paceAfter(
  { interval, pause }: Pace,
  { error, retryAfter = 0 }: { readonly error: string; readonly retryAfter?: number },
): Pace | null {
  switch (error) {
    case 'authorization_pending':
      return { interval, pause: interval }
    case 'slow_down':
      return { interval: interval + SLOWER_MS, pause: interval + SLOWER_MS }
    case 'temporarily_unavailable':
      // RFC 8628 §3.5: doubling the interval on each connection timeout is recommended.
      return { interval, pause: Math.min(LONGEST_PAUSE_MS, Math.max(2 * pause, 1000 * retryAfter)) }
    default:
      return null
  }
}

/** Visible ASCII without spaces. */
export function isWord(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_WORD && /^[\x21-\x7e]+$/.test(value)
}

function isBetween(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most
}
