// The other tallyd as a login asks it: RFC 8628, RFC 7009 and JSON-RPC over mutual TLS. The way there is passed in; what comes back is
// doubted.
import { isUtf8 } from 'node:buffer'
import {
  type Begun,
  begunIn,
  CLIENT_ID,
  DEVICE_CODE_GRANT,
  errorIn,
  handedOutIn,
  type Polled,
  type Told,
} from '../../contract/device-grant.ts'
import { TallyError } from '../../contract/errors.ts'
import { printable } from '../../contract/printable.ts'
import { isToken } from '../tokens/token.ts'

/** Where it listens, and the fingerprint of the certificate that it has to present. */
export interface Issuer {
  readonly device: string
  readonly address: string
}

/** Asks it one thing with our certificate, or throws TallyError unreachable, notTallyd or invalidParams. */
export type Ask = (
  issuer: Issuer,
  question: {
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly most: number
  },
) => Promise<{ readonly status: number; readonly body: Buffer; readonly retryAfter?: number }>

export interface Wish {
  readonly scopes: readonly string[]
  readonly label: string
  readonly takeover: boolean
}

/** What a JSON-RPC call came to, as the other side put it. */
export interface Answer {
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string }
}

/** Bytes of an answer of OAuth, and of a method. */
const LONGEST_ANSWER = 64 * 1024
const LONGEST_RESULT = 16 * 1024 * 1024
/** Characters of a sentence from there. */
const LONGEST_SENTENCE = 300

/** RFC 8628 §3.1. Throws TallyError. */
export async function askForCode(ask: Ask, issuer: Issuer, wish: Wish): Promise<Begun> {
  const { status, told, retryAfter } = await post(ask, issuer, '/oauth/device_authorization', {
    label: wish.label,
    ...(wish.scopes.length === 0 ? {} : { scope: wish.scopes.join(' ') }),
    ...(wish.takeover ? { takeover: 'true' } : {}),
  })
  const { address } = issuer
  if (status === 429) throw tooMany(address, retryAfter)
  if (status === 503) {
    const says = `${address} gives no codes: its web listener is closed, so nobody could say yes`
    throw TallyError.saying('notAllowed', says, 'there, run: tallyctl doctor')
  }
  if (status !== 200) {
    const says = `${address} refused the request (${errorIn(told) ?? `HTTP ${status}`})`
    throw TallyError.saying('notAllowed', says, 'there, run: tallyctl doctor')
  }
  const begun = begunIn(told)
  if ('unusable' in begun) throw new TallyError('notTallyd', `${address} gave no usable ${begun.unusable}`)
  return begun
}

/** RFC 8628 §3.4, once. Never throws: no answer, or none that can be used, is `temporarily_unavailable`. */
export async function askForToken(ask: Ask, issuer: Issuer, deviceCode: string): Promise<Polled> {
  try {
    const form = { grant_type: DEVICE_CODE_GRANT, device_code: deviceCode }
    const { status, told, retryAfter } = await post(ask, issuer, '/oauth/token', form)
    if (status === 200) {
      const handedOut = handedOutIn(told)
      if (handedOut !== null && isToken(handedOut.token)) return handedOut
      return { error: 'unusable_token' }
    }
    const error = status === 429 || status >= 500 ? null : errorIn(told)
    return { error: error ?? 'temporarily_unavailable', ...(retryAfter === undefined ? {} : { retryAfter }) }
  } catch {
    return { error: 'temporarily_unavailable' }
  }
}

/** Why something was not to be had of the other side. */
export interface Problem {
  readonly code: string
  readonly says: string
}

/** RFC 7009: revokes a token; one that is not known there is revoked. Null where it is, else why it may still be valid. Never throws. */
export async function giveBack(ask: Ask, issuer: Issuer, token: string): Promise<Problem | null> {
  return post(ask, issuer, '/oauth/revoke', { token }).then(
    ({ status }) =>
      status === 200 ? null : { code: 'unreachable', says: `${issuer.address} gave HTTP ${status}` },
    problemOf,
  )
}

export function problemOf(error: unknown): Problem {
  if (error instanceof TallyError) return { code: error.error, says: error.message }
  return { code: 'unreachable', says: 'no answer' }
}

/** Calls a method there. Throws TallyError unauthorized, unreachable, notTallyd, tooMany. */
export async function callThere(
  ask: Ask,
  issuer: Issuer,
  token: string,
  call: { readonly method: string; readonly params?: unknown },
): Promise<Answer> {
  const { status, body, retryAfter } = await ask(issuer, {
    path: '/v1/rpc',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...call }),
    most: LONGEST_RESULT,
  })
  if (status === 401) throw new TallyError('unauthorized', issuer.address)
  if (status === 429) throw tooMany(issuer.address, retryAfter)
  const { result, error } = objectIn(body)
  if (error === undefined && result !== undefined && status === 200) return { result }
  const { code, message } = (error ?? {}) as Told
  if (Number.isInteger(code) && typeof message === 'string') {
    return {
      error: { code: code as number, message: printable(message, ' ').slice(0, LONGEST_SENTENCE) },
    }
  }
  throw new TallyError('notTallyd', `${issuer.address} gave HTTP ${status} without JSON-RPC`)
}

async function post(ask: Ask, issuer: Issuer, path: string, fields: Readonly<Record<string, string>>) {
  const { status, body, retryAfter } = await ask(issuer, {
    path,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ client_id: CLIENT_ID, ...fields }).toString(),
    most: LONGEST_ANSWER,
  })
  return { status, told: objectIn(body), retryAfter }
}

/** The JSON object of an answer; an empty one where there is none. */
function objectIn(body: Buffer): Told {
  try {
    const value: unknown = isUtf8(body) ? JSON.parse(body.toString()) : null
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Told
  } catch {
    // The status says it.
  }
  return {}
}

function tooMany(address: string, retryAfter: number | undefined): TallyError {
  const wait = retryAfter === undefined ? 'later' : `in ${Math.ceil(retryAfter / 60)} min`
  return TallyError.saying('tooMany', `${address} takes no more from this address now`, `try again ${wait}`)
}
