// Why there is no answer: whether nobody listens, or somebody who has no time for us, is told apart here.
import { connect } from 'node:net'

/**
 * Nobody listens (`absent`); somebody does, but closed the connection without a byte (`busy`; `cut` while that is not
 * known yet); it may not be opened, or cannot be for another reason; it took too long; what came is not HTTP.
 */
export class NoAnswer extends Error {
  readonly why: 'absent' | 'busy' | 'cut' | 'forbidden' | 'unreachable' | 'late' | 'garbled'
  constructor(why: NoAnswer['why'], detail: string) {
    super(detail)
    this.why = why
  }
}

/** Nothing is there, nobody listens on what is there, it is no socket, or its path leads through a file. */
const ABSENT = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR']
const FORBIDDEN = ['EACCES', 'EPERM']
/** Linux says EAGAIN where more connections wait to be taken than the listener lets wait. */
const BUSY = ['EAGAIN']

/** What it means that no connection came about. */
export function unreachable(error: NodeJS.ErrnoException): NoAnswer {
  const code = error.code ?? error.message
  if (ABSENT.includes(code)) return new NoAnswer('absent', code)
  if (FORBIDDEN.includes(code)) return new NoAnswer('forbidden', code)
  return new NoAnswer(BUSY.includes(code) ? 'busy' : 'unreachable', code)
}

/** How long one who is ending gets to let go of the socket, in milliseconds. */
const MOMENT_MS = 50

/**
 * What it means that a connection was cut before an answer: `busy` if somebody still listens on the socket at `path`
 * a moment later, else `absent`: it was ending.
 */
export async function cutOff(path: string): Promise<NoAnswer> {
  await new Promise((resolve) => setTimeout(resolve, MOMENT_MS))
  return new Promise((resolve) => {
    const socket = connect({ path })
    const end = (outcome: NoAnswer): void => {
      socket.destroy()
      resolve(outcome)
    }
    socket.once('connect', () => end(new NoAnswer('busy', 'closed without an answer')))
    socket.on('error', (error: NodeJS.ErrnoException) => end(unreachable(error)))
  })
}
