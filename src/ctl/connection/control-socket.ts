// The way to the daemon of this user on this machine: the control socket, which only its owner can open.
import { connect } from 'node:net'
import type { ClientOptions } from 'ws'
import { TallyError } from '../../contract/errors.ts'
import type { Paths } from '../../contract/paths.ts'
import { tooLong } from '../../contract/run-folder.ts'
import { Daemon } from './daemon.ts'
import { Elsewhere, Refusal } from './errors.ts'
import { post } from './http.ts'
import { cutOff, NoAnswer, unreachable } from './no-answer.ts'
import type { Way } from './way.ts'

/** How many connections the daemon holds (docs/control-socket.md); a further one it closes. */
const CONNECTIONS = 32
const HANDSHAKE_MS = 10_000
const LONGEST_MESSAGE = 64 * 1024 * 1024
/** RFC 6455 §7.4.1: the endpoint is going away. */
const GOING_AWAY = 1001
const HAS_ENDED = 'tallyd has ended'
/** Codes of a connection that was taken and then cut. */
const CUT = ['ECONNRESET', 'EPIPE']

/** The daemon of the instance at these paths. */
export function ownDaemon(paths: Paths): Daemon {
  return new Daemon(controlSocket(paths))
}

function controlSocket(paths: Paths): Way {
  const path = paths.socket
  return {
    url: null,
    async ask(message, timeoutMs) {
      checkSocketPath(paths)
      const answer = await post(path, JSON.stringify(message), timeoutMs).catch(async (error: unknown) => {
        if (!(error instanceof NoAnswer)) throw error
        throw error.why === 'absent' ? await absence(paths) : described(error, path)
      })
      try {
        return JSON.parse(answer.body)
      } catch {
        throw new TallyError('internalError', `tallyd gave HTTP ${answer.status} without JSON`)
      }
    },
    async open() {
      checkSocketPath(paths)
      const { WebSocket } = await import('ws')
      // A connection of our own instead of a ws+unix: address, in which spaces and colons of the path are lost.
      const options: ClientOptions = {
        createConnection: (() => connect({ path })) as NonNullable<ClientOptions['createConnection']>,
        handshakeTimeout: HANDSHAKE_MS,
        maxPayload: LONGEST_MESSAGE,
        perMessageDeflate: false,
      }
      return new WebSocket('ws://tallyd/rpc', options)
    },
    async broken(error) {
      if (CUT.includes(error.code ?? '')) return ending(await cutOff(path), path)
      const isSystem = error.code !== undefined && /^E[A-Z]+$/.test(error.code)
      const why = isSystem ? unreachable(error) : new NoAnswer('garbled', error.message)
      return why.why === 'absent' ? absence(paths) : described(why, path)
    },
    async closed(code) {
      if (code === GOING_AWAY) return new TallyError('noDaemon', HAS_ENDED)
      return ending(await cutOff(path), path)
    },
    refusal: (code, message, next) => new Refusal(code, message, next),
  }
}

/** Refuses a socket path that Node would truncate silently, and then connect to another one. */
export function checkSocketPath(paths: Pick<Paths, 'socket' | 'state' | 'run'>): void {
  const long = tooLong(paths)
  if (long !== null) throw new TallyError('badHome', long.says, long.next)
}

/** What it means that nobody listens: nobody runs, or one whose socket is in another run folder. */
async function absence(paths: Paths): Promise<TallyError> {
  const { holderElsewhere } = await import('../../contract/state-holder.ts')
  const holder = holderElsewhere(paths)
  return holder === null ? new TallyError('noDaemon') : new Elsewhere(holder)
}

/** What it means that a connection that was taken is there no more. */
function ending(why: NoAnswer, path: string): TallyError {
  return why.why === 'absent' ? new TallyError('noDaemon', HAS_ENDED) : described(why, path)
}

/** The error of the table for a missing answer. */
export function described(error: NoAnswer, path: string): TallyError {
  switch (error.why) {
    case 'absent':
      return new TallyError('noDaemon')
    case 'busy':
    case 'cut':
      return new TallyError(
        'tooMany',
        'tallyd runs, but closed the connection without an answer',
        `it holds ${CONNECTIONS} at once: end another client, for example tallyctl watch, and try again`,
      )
    case 'forbidden':
      return new TallyError(
        'notAllowed',
        `${path} cannot be opened (${error.message})`,
        'run this as the user who started tallyd',
      )
    case 'unreachable':
      return new TallyError('internalError', `${path} cannot be reached (${error.message})`)
    case 'late':
      return new TallyError('timedOut', `tallyd gave ${error.message}`)
    case 'garbled':
      return new TallyError('internalError', `tallyd gave ${error.message}`)
  }
}
