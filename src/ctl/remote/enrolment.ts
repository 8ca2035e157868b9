// How a token is asked for and given back: RFC 8414 metadata, RFC 8628 device authorization, RFC 7009 revocation, as a public client.
// Whatever the other side answers is checked here before anything of it is shown or kept.
import { TallyError } from '../../contract/errors.ts'
import type { HttpAnswer } from '../connection/answer.ts'
import { tokenIn } from './credentials.ts'
import { objectIn, type Place, request, tooMany } from './request.ts'

const CLIENT_ID = 'tallyctl'
const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const TIMEOUT_MS = 15_000
/** Bytes of any answer in here. */
const LONGEST = 64 * 1024
const LONGEST_WORD = 200

/** Paths on the server, which is the issuer itself: endpoints elsewhere are not taken. */
export interface Endpoints {
  readonly authorization: string
  readonly token: string
  /** Null where it takes none back. */
  readonly revocation: string | null
}

export interface Begun {
  /** Secret. */
  readonly deviceCode: string
  readonly userCode: string
  readonly verificationUri: string
  readonly expiresInMs: number
  readonly intervalMs: number
}

export interface HandedOut {
  /** Secret. */
  readonly token: string
  readonly scopes: readonly string[]
  readonly tokenId: string | null
  readonly member: string | null
}

/** What a poll came to: `pending`, `slow_down`, another error of RFC 8628 §3.5 or RFC 6749 §5.2, or a token. */
export type Polled = HandedOut | { readonly error: string; readonly retryAfter?: number }

/** RFC 8414 §3: where to ask. Throws TallyError notTallyd where the issuer is not who was asked. */
export async function discover(place: Place): Promise<Endpoints> {
  const { url } = place.address
  const answer = await request(
    place,
    { method: 'GET', path: '/.well-known/oauth-authorization-server' },
    { timeoutMs: TIMEOUT_MS, longest: LONGEST },
  )
  if (answer.status === 429) throw tooMany(answer, url)
  if (answer.status !== 200) throw new TallyError('notTallyd', `${url} gave HTTP ${answer.status}`)
  const metadata = objectIn(answer, url)
  // RFC 8414 §3.3: identical, or the metadata must not be used.
  if (metadata['issuer'] !== url) throw wrongIssuer(metadata['issuer'], url)
  const revocation = metadata['revocation_endpoint']
  return {
    authorization: pathOn(metadata['device_authorization_endpoint'], url),
    token: pathOn(metadata['token_endpoint'], url),
    revocation: revocation === undefined ? null : pathOn(revocation, url),
  }
}

/** RFC 8628 §3.1. Throws TallyError. */
export async function begin(
  place: Place,
  { authorization }: Endpoints,
  asked: { readonly scopes: readonly string[]; readonly label: string },
): Promise<Begun> {
  const { url } = place.address
  const answer = await post(place, authorization, {
    client_id: CLIENT_ID,
    label: asked.label,
    ...(asked.scopes.length === 0 ? {} : { scope: asked.scopes.join(' ') }),
  })
  if (answer.status === 429) throw tooMany(answer, url)
  const body = objectIn(answer, url)
  if (answer.status !== 200) throw refused(errorIn(body) ?? `HTTP ${answer.status}`, url)
  const strange = (what: string) => new TallyError('notTallyd', `${url} gave no usable ${what}`)
  const { device_code: deviceCode, user_code: userCode, expires_in: expiresIn, interval = 5 } = body
  if (!isWord(deviceCode)) throw strange('device code')
  if (typeof userCode !== 'string' || !/^[A-Za-z0-9-]{1,32}$/.test(userCode)) throw strange('user code')
  if (!isBetween(expiresIn, 1, 86_400)) throw strange('expires_in')
  if (!isBetween(interval, 0, 3600)) throw strange('interval')
  const verificationUri = `${url}${pathOn(body['verification_uri'], url)}`
  return {
    deviceCode,
    userCode,
    verificationUri,
    expiresInMs: expiresIn * 1000,
    intervalMs: Math.max(1, interval) * 1000,
  }
}

/** RFC 8628 §3.4: asks once. Throws TallyError where there is no answer, or none that can be used. */
export async function poll(place: Place, { token: path }: Endpoints, deviceCode: string): Promise<Polled> {
  const { url } = place.address
  const answer = await post(place, path, {
    grant_type: DEVICE_CODE_GRANT,
    device_code: deviceCode,
    client_id: CLIENT_ID,
  })
  const { status, retryAfter } = answer
  if (status === 429 || status >= 500) {
    return { error: 'temporarily_unavailable', ...(retryAfter === undefined ? {} : { retryAfter }) }
  }
  const body = objectIn(answer, url)
  if (status !== 200) return { error: errorIn(body) ?? `HTTP ${status}` }
  const { access_token: token, token_type: type, scope, token_id: tokenId, member } = body
  if (typeof token !== 'string' || String(type).toLowerCase() !== 'bearer') {
    throw new TallyError('notTallyd', `${url} gave a token that cannot be used`)
  }
  return {
    token: tokenIn(token, `the answer of ${url}`),
    scopes: typeof scope === 'string' ? scope.split(' ').filter(isWord) : [],
    tokenId: isWord(tokenId) ? tokenId : null,
    member: typeof member === 'string' && member.length <= LONGEST_WORD ? member : null,
  }
}

/** RFC 7009: gives a token back. Throws TallyError where it may still be valid. */
export async function revoke(place: Place, { revocation }: Endpoints, token: string): Promise<void> {
  const { url } = place.address
  if (revocation === null) throw new TallyError('notTallyd', `${url} takes no token back`)
  const answer = await post(place, revocation, { token, client_id: CLIENT_ID })
  if (answer.status === 429) throw tooMany(answer, url)
  if (answer.status !== 200) throw new TallyError('notTallyd', `${url} gave HTTP ${answer.status}`)
}

function post(place: Place, path: string, fields: Readonly<Record<string, string>>): Promise<HttpAnswer> {
  const body = new URLSearchParams(fields).toString()
  return request(
    place,
    { method: 'POST', path, type: 'application/x-www-form-urlencoded', body },
    { timeoutMs: TIMEOUT_MS, longest: LONGEST },
  )
}

/** The path of an endpoint on `url` itself: a code that is sent elsewhere is somebody else's. */
function pathOn(endpoint: unknown, url: string): string {
  const at =
    typeof endpoint === 'string' && endpoint.length <= 500 && URL.canParse(endpoint)
      ? new URL(endpoint)
      : null
  if (at?.origin !== url || at.username !== '' || at.password !== '') {
    throw new TallyError('notTallyd', `an address that ${url} gives is not its own`)
  }
  return `${at.pathname}${at.search}`
}

function wrongIssuer(issuer: unknown, url: string): TallyError {
  const isOther = typeof issuer === 'string' && issuer.length <= 300 && URL.canParse(issuer)
  const other = isOther ? new URL(issuer).origin : null
  if (other === null || other === 'null' || other === url) {
    return new TallyError('notTallyd', `${url} does not say who it is`)
  }
  return TallyError.saying(
    'notTallyd',
    `what answers at ${url} calls itself ${other}`,
    'there, tallyctl status shows its address: use that one',
  )
}

/** What a refusal to begin means. */
function refused(error: string, url: string): TallyError {
  if (error === 'invalid_client') {
    return TallyError.saying(
      'notAllowed',
      `${url} does not let tallyctl enrol`,
      'there, look at config.web.clients',
    )
  }
  if (error === 'invalid_scope') {
    return TallyError.saying('wrongUsage', `${url} does not know such a scope`, 'ask for less with --scope')
  }
  return TallyError.saying(
    'notAllowed',
    `${url} refused the request (${error})`,
    'there, run: tallyctl doctor',
  )
}

function errorIn(body: Readonly<Record<string, unknown>>): string | null {
  const error = body['error']
  return typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? error : null
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 512 && /^[\x21-\x7e]+$/.test(value)
}

function isBetween(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most
}
