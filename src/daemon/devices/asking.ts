// Asks a paired device for something, within bounds of size, time and speed.
import { request } from 'node:http'
import { type DeviceAgent, DialError } from './dial.ts'
import { type ProblemCode, SAYS } from './problems.ts'

/** An answer may take this long, in milliseconds, and longer for each byte of it at this speed, in bytes a second. */
const ANSWER_MS = 10_000
const SLOWEST = 64 * 1024

/** How long an answer of so many bytes may take, in milliseconds. */
export function patienceMs(bytes: number): number {
  return ANSWER_MS + (bytes / SLOWEST) * 1000
}

/** What is asked over a connection; POST where there is a body. */
export interface Question {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Bytes that the answer may have. */
  readonly most: number
}

export interface Answered {
  readonly status: number
  readonly body: Buffer
  /** Seconds (RFC 9110 §10.2.3); dates are not read. */
  readonly retryAfter?: number
  /** What the clock there said, in Unix milliseconds, to the second (RFC 9110 §6.6.1). */
  readonly date?: number
}

/** One request; rejects past the bounds of time and size. */
export function ask(agent: DeviceAgent, { path, headers, body, most }: Question): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const parts: Buffer[] = []
    let bytes = 0
    const watch = setInterval(() => {
      if (performance.now() - began > patienceMs(bytes))
        asked.destroy(new Refused('badAnswer', 'it comes too slowly'))
    }, 1_000)
    const method = body === undefined ? 'GET' : 'POST'
    const asked = request({ agent, host: 'device', method, path, headers }, (response) => {
      response.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes <= most) parts.push(part)
        else asked.destroy(new Refused('badAnswer', `more than ${most} bytes`))
      })
      response.on('error', reject)
      response.on('end', () => {
        const wait = response.headers['retry-after'] ?? ''
        const date = Date.parse(response.headers.date ?? '')
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(parts),
          ...(/^\d{1,6}$/.test(wait) ? { retryAfter: Number(wait) } : {}),
          ...(Number.isNaN(date) ? {} : { date }),
        })
      })
    })
    asked.on('error', reject)
    asked.on('close', () => clearInterval(watch))
    asked.end(body)
  })
}

/** How far the clock there is ahead of ours, in milliseconds: a date is cut to the second, so that half of one is added. */
export function skewOf({ date }: Answered, now: number): number | null {
  return date === undefined ? null : date + 500 - now
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
