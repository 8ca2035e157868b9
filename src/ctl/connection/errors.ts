// What goes wrong when a daemon is asked: its own refusal, an answer that is not understood, and those that may pass.
import { ERRORS, EXIT, TallyError } from '../../contract/errors.ts'
import type { StateHolder } from '../../contract/state-holder.ts'

/** The daemon's own error: its code, its sentence, and what it says to do next. */
export class Refusal extends Error {
  readonly code: number
  readonly next: string
  readonly exit: number
  constructor(code: number, message: string, next: string | null) {
    super(message)
    const row = Object.values(ERRORS).find((each) => each.code === code)
    this.code = code
    this.next = next ?? row?.next ?? ERRORS.internalError.next
    this.exit = row?.exit ?? EXIT.failed
  }
}

/** Nobody listens here, but a daemon has the same state, with its socket in another run folder. */
export class Elsewhere extends TallyError {
  constructor({ pid, run, find }: StateHolder) {
    super('noDaemon', undefined, `run: ${find}; or end it: kill ${pid}`)
    this.message = `nobody answers here, but pid ${pid} has the same state and the run folder ${run}`
  }
}

/** A daemon of another version, or something that is no tallyd: its answer has not the shape that the contract promises. */
export class Misunderstood extends Error {
  /** Asks who that is: `daemon.hello`, within a second. */
  readonly hello: () => Promise<unknown>
  /** Its web address; null for the one of this machine. */
  readonly url: string | null
  constructor(hello: () => Promise<unknown>, url: string | null) {
    super("the daemon's answer cannot be understood")
    this.hello = hello
    this.url = url
  }
}

/** Whether `error` says that nobody answers on the socket. */
export function isNoDaemon(error: unknown): boolean {
  return error instanceof TallyError && error.error === 'noDaemon'
}

/** Whether `error` says that the daemon runs but takes no connection now. */
export function isBusy(error: unknown): boolean {
  return error instanceof TallyError && error.error === 'tooMany'
}

/** Whether asking again may help: the daemon is busy, or took too long. */
export function isPassing(error: unknown): boolean {
  return isBusy(error) || (error instanceof TallyError && error.error === 'timedOut')
}
