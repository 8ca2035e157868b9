// One HTTP request to another tallyd. Redirects are not followed: whoever is asked answers, or nobody.
import { TallyError } from '../../contract/errors.ts'
import type { HttpAnswer } from '../connection/answer.ts'
import { exchange } from '../connection/http.ts'
import { NoAnswer } from '../connection/no-answer.ts'
import { duration } from '../terminal/figures.ts'
import type { Address } from './address.ts'
import { reach } from './reach.ts'

/** Whom to ask, and how it is known. */
export interface Place {
  readonly address: Address
  readonly pin: string | null
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly type?: 'application/json' | 'application/x-www-form-urlencoded'
  readonly body?: string
  /** Secret. */
  readonly token?: string
}

export interface Bounds {
  /** From the first packet to the last byte, in milliseconds. */
  readonly timeoutMs: number
  /** Bytes of the answer. */
  readonly longest?: number
}

/** Sends it and resolves to the answer, whatever its status. Throws TallyError. */
export async function request(place: Place, asked: HttpRequest, bounds: Bounds): Promise<HttpAnswer> {
  const { address, pin } = place
  const began = performance.now()
  const socket = await reach(address, pin, bounds.timeoutMs)
  const left = Math.max(1, bounds.timeoutMs - (performance.now() - began))
  return exchange(socket, headOf(address, asked), left, bounds.longest).catch((error: unknown) => {
    throw error instanceof NoAnswer ? described(error, address.url) : error
  })
}

function headOf({ url }: Address, { method, path, type, body, token }: HttpRequest): string {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    'Accept: application/json',
    'Connection: close',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === undefined ? [] : [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

/** The body as a JSON object. Throws TallyError notTallyd. */
export function objectIn({ body, status }: HttpAnswer, url: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>
    }
  } catch {}
  throw new TallyError('notTallyd', `${url} gave HTTP ${status} without a JSON object`)
}

/** What HTTP 429 (RFC 6585 §4) means. */
export function tooMany({ retryAfter }: HttpAnswer, url: string): TallyError {
  const wait = retryAfter === undefined ? 'a while' : duration(retryAfter * 1000)
  return TallyError.saying('tooMany', `${url} takes no more from this address now`, `try again in ${wait}`)
}

function described(error: NoAnswer, url: string): TallyError {
  if (error.why === 'late') return TallyError.saying('timedOut', `${url} gave ${error.message}`, 'try again')
  if (error.why === 'garbled') return new TallyError('notTallyd', `${url} gave ${error.message}`)
  return new TallyError('unreachable', `${url} (${error.message})`)
}
