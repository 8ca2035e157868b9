// How a token is asked for and given back: RFC 8414 metadata, RFC 8628 device authorization, RFC 7009 revocation, as a public client.
// Whatever the other side answers is checked here before anything of it is shown or kept.
import {
  begunIn,
  CLIENT_ID,
  DEVICE_CODE_GRANT,
  errorIn,
  handedOutIn,
  type Polled,
  type Begun as RawBegun,
} from '../../contract/device-grant.ts'
import { TallyError } from '../../contract/errors.ts'
import type { HttpAnswer } from '../connection/answer.ts'
import { tokenIn } from './credentials.ts'
import { objectIn, type Place, request, tooMany } from './request.ts'

const TIMEOUT_MS = 15_000
/** Bytes of any answer in here. */
const LONGEST = 64 * 1024

/** Paths on the server, which is the issuer itself: endpoints elsewhere are not taken. */
export interface Endpoints {
  readonly authorization: string
  readonly token: string
  /** Null where it takes none back. */
  readonly revocation: string | null
  /** Where a device gets a token that is bound to its certificate; null where that is closed. */
  readonly bound: Bound | null
}

/** The LAN listener of the server: RFC 8705 §5, and whose certificate it presents. */
export interface Bound {
  /** Fingerprint, 64 hexadecimal digits. */
  readonly device: string
  /** `host:port`. */
  readonly address: string
}

/** What a begun enrolment shows; the address is on the server itself. */
export interface Begun extends RawBegun {
  readonly verificationUri: string
}

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
    bound: boundIn(metadata, url),
  }
}

/** On the same host as `url`: of the alias only the port is taken. */
function boundIn(metadata: Readonly<Record<string, unknown>>, url: string): Bound | null {
  const { tallyd_device: device, mtls_endpoint_aliases: aliases } = metadata
  if (typeof device !== 'string' || !/^[0-9a-f]{64}$/.test(device)) return null
  const alias = (aliases as { readonly token_endpoint?: unknown } | null | undefined)?.token_endpoint
  const at = typeof alias === 'string' && alias.length <= 500 && URL.canParse(alias) ? new URL(alias) : null
  const { hostname } = new URL(url)
  if (at?.protocol !== 'https:' || at.hostname !== hostname) return null
  return { device, address: `${hostname}:${at.port === '' ? 443 : at.port}` }
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
  const begun = begunIn(body)
  if ('unusable' in begun) throw new TallyError('notTallyd', `${url} gave no usable ${begun.unusable}`)
  return { ...begun, verificationUri: `${url}${pathOn(begun.verificationUri, url)}` }
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
  const handedOut = handedOutIn(body)
  if (handedOut === null) throw new TallyError('notTallyd', `${url} gave a token that cannot be used`)
  return { ...handedOut, token: tokenIn(handedOut.token, `the answer of ${url}`) }
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
