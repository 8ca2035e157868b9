// The way to a daemon elsewhere: JSON-RPC over its web listener, with a token.
import type { WebSocket } from 'ws'
import { ERRORS, type ErrorName, TallyError } from '../../contract/errors.ts'
import { METHOD_TABLE } from '../../contract/generated/client.ts'
import { Refusal } from '../connection/errors.ts'
import type { Way } from '../connection/way.ts'
import { reach } from './reach.ts'
import { type Place, request, tooMany } from './request.ts'

const HANDSHAKE_MS = 10_000
const LONGEST_MESSAGE = 64 * 1024 * 1024
/** Characters of a sentence from elsewhere that are shown. */
const LONGEST_SENTENCE = 300
/** The daemon's own code for a WebSocket that nobody may use, or may use no more. */
const UNAUTHORIZED = 4401
/** RFC 6455 §7.4.1: the endpoint is going away. */
const GOING_AWAY = 1001

/** The daemon at `place`; `token` is secret. */
export function webListener(place: Place, token: string): Way {
  const { url } = place.address
  return {
    url,
    async ask(message, timeoutMs) {
      const body = JSON.stringify(message)
      const asked = { method: 'POST', path: '/rpc', type: 'application/json', body, token } as const
      const answer = await request(place, asked, { timeoutMs })
      if (answer.status === 401) throw unauthorized(url)
      if (answer.status === 429) throw tooMany(answer, url)
      try {
        return JSON.parse(answer.body)
      } catch {
        throw new TallyError('notTallyd', `${url} gave HTTP ${answer.status} without JSON`)
      }
    },
    async open() {
      const connection = await reach(place.address, place.pin, HANDSHAKE_MS)
      const { WebSocket } = await import('ws')
      const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/rpc`, {
        // The connection whose key was checked; ws makes none of its own.
        createConnection: () => connection,
        followRedirects: false,
        handshakeTimeout: HANDSHAKE_MS,
        maxPayload: LONGEST_MESSAGE,
        perMessageDeflate: false,
      })
      await greeted(socket, token, url)
      return socket
    },
    broken: async (error) => new TallyError('unreachable', `${url} (${cut(error.message)})`),
    closed: async (code) => ended(code, url),
    refusal: (code, message) => refusal(code, message, url),
  }
}

/** Browsers cannot give a WebSocket a header, so its first message says who asks. */
function greeted(socket: WebSocket, token: string, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => fail(new TallyError('timedOut', `${url} did not answer`)), HANDSHAKE_MS)
    const fail = (error: TallyError): void => {
      clearTimeout(late)
      reject(error)
      socket.terminate()
    }
    const failed = (error: Error): void =>
      fail(new TallyError('unreachable', `${url} (${cut(error.message)})`))
    const closed = (code: number): void => fail(ended(code, url))
    socket.once('open', () => socket.send(JSON.stringify({ authorization: `Bearer ${token}` })))
    socket.on('error', failed)
    socket.on('close', closed)
    socket.once('message', (data) => {
      if (!isGreeting(String(data))) return fail(new TallyError('notTallyd', `${url} greets in another way`))
      clearTimeout(late)
      socket.off('error', failed)
      socket.off('close', closed)
      resolve()
    })
  })
}

function isGreeting(text: string): boolean {
  try {
    const message: unknown = JSON.parse(text)
    return typeof message === 'object' && message !== null && 'authorized' in message
  } catch {
    return false
  }
}

function ended(code: number, url: string): TallyError {
  if (code === UNAUTHORIZED) return unauthorized(url)
  const next = `it may come back: tallyctl whoami --host ${url}`
  if (code === GOING_AWAY) return TallyError.saying('unreachable', `tallyd at ${url} has ended`, next)
  return TallyError.saying('unreachable', `${url} ended the connection`, next)
}

/** No token, or one that was revoked, has expired, or is another daemon's. */
export function unauthorized(url: string): TallyError {
  return TallyError.saying(
    'unauthorized',
    `${url} does not take this token: it was revoked, has expired, or is for another tallyd`,
    `run: tallyctl connect ${url}`,
  )
}

/**
 * What to do next is never taken from elsewhere: it would be the word of another machine that people type into a terminal
 * here.
 */
export function refusal(
  code: number,
  message: string,
  url: string,
  way: 'connect' | 'login' = 'connect',
): Error {
  const name = (Object.keys(ERRORS) as ErrorName[]).find((each) => ERRORS[each].code === code)
  if (name === 'unauthorized') return unauthorized(url)
  if (name === 'notAllowed') return notAllowed(message, url, way)
  const next =
    name === undefined || name === 'internalError' ? 'there, run: tallyctl doctor' : ERRORS[name].next
  return new Refusal(code, cut(message), next)
}

function notAllowed(message: string, url: string, way: 'connect' | 'login'): TallyError {
  const method = Object.entries(METHOD_TABLE).find(([name]) => message.endsWith(name))
  const [name, row] = method ?? []
  const scope = row !== undefined && 'scope' in row && row.scope !== 'any' ? row.scope : undefined
  const says = `the token for ${url} may not ask ${name ?? 'this'}`
  if (row !== undefined && !row.askers.some((asker) => asker === 'token')) {
    return TallyError.saying('notAllowed', says, 'no token may; ask on that device itself, as its owner')
  }
  if (scope === undefined) return TallyError.saying('notAllowed', says, ERRORS.notAllowed.next)
  const next = `for one that may, run: tallyctl ${way} ${url} --scope ${scope}`
  return TallyError.saying('notAllowed', `${says}: it needs ${scope}`, next)
}

function cut(text: string): string {
  return text.length <= LONGEST_SENTENCE ? text : `${text.slice(0, LONGEST_SENTENCE)}…`
}
