// JSON-RPC 2.0 to the daemon: the only way in which a command asks it something.
import { ERRORS, EXIT, TallyError } from '../../contract/errors.ts'
import type { Params, Result } from '../../contract/methods.ts'
import { longestSocketPath } from '../../contract/paths.ts'
import { post } from './http.ts'
import { NoAnswer } from './no-answer.ts'
import { SHAPES, type ShownMethod } from './shapes.ts'

/** How long the daemon may take for one question, in milliseconds. */
const PATIENCE_MS = 30_000

/** How many connections the daemon holds (docs/control-socket.md); a further one it closes. */
const CONNECTIONS = 32

/** The daemon's own error: its code, its sentence, and what it says to do next. */
export class Refusal extends Error {
  readonly code: number
  readonly next: string
  readonly exit: number
  constructor(code: number, message: string, data: unknown) {
    super(message)
    const row = Object.values(ERRORS).find((each) => each.code === code)
    this.code = code
    this.next = nextIn(data) ?? row?.next ?? ERRORS.internalError.next
    this.exit = row?.exit ?? EXIT.failed
  }
}

/** A daemon of another version, or something that is no tallyd: its answer has not the shape that the contract promises. */
export class Misunderstood extends Error {
  readonly socket: string
  constructor(socket: string) {
    super("the daemon's answer cannot be understood")
    this.socket = socket
  }
}

interface Question<M extends ShownMethod = ShownMethod> {
  readonly method: M
  readonly params: Params<M>
}

interface Reply {
  readonly id?: unknown
  readonly result?: unknown
  readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly data?: unknown }
}

/**
 * Calls one method on the socket at `path`. Throws Refusal, TallyError where no daemon answers, and Misunderstood where
 * the result has another shape than the contract's.
 */
export async function call<M extends ShownMethod>(
  path: string,
  method: M,
  params: Params<M>,
  timeoutMs = PATIENCE_MS,
): Promise<Result<M>> {
  return shown(path, method, await callAny(path, method, params, timeoutMs))
}

/** Calls a method that this client may not know; the result is whatever the daemon says. */
export async function callAny(
  path: string,
  method: string,
  params: unknown,
  timeoutMs = PATIENCE_MS,
): Promise<unknown> {
  return resultOf((await ask(path, { jsonrpc: '2.0', id: 1, method, params }, timeoutMs)) as Reply)
}

/** Calls several methods in one batch, in one exchange; the results stand in the order of the questions. */
export async function callAll<const Q extends readonly Question[]>(
  path: string,
  questions: Q,
): Promise<{ -readonly [I in keyof Q]: Result<Q[I]['method']> }> {
  const batch = questions.map((question, id) => ({ jsonrpc: '2.0', id, ...question }))
  const replies = await ask(path, batch, PATIENCE_MS)
  if (!Array.isArray(replies))
    throw new TallyError('internalError', 'tallyd did not answer a batch with a list')
  const byId = new Map((replies as (Reply | null)[]).map((reply) => [reply?.id, reply]))
  return questions.map(({ method }, id) => shown(path, method, resultOf(byId.get(id)))) as {
    -readonly [I in keyof Q]: Result<Q[I]['method']>
  }
}

/** A result that can be shown. Throws Misunderstood. */
export function shown<M extends ShownMethod>(path: string, method: M, result: unknown): Result<M> {
  if (!SHAPES[method](result)) throw new Misunderstood(path)
  return result as Result<M>
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

/** Refuses a socket path that Node would truncate silently, and then connect to another one. */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path)
  const longest = longestSocketPath(process.platform)
  if (bytes > longest) {
    throw new TallyError(
      'badHome',
      `${path} has ${bytes} bytes, at most ${longest} work`,
      'set a shorter TALLYD_HOME',
    )
  }
}

async function ask(path: string, message: unknown, timeoutMs: number): Promise<unknown> {
  checkSocketPath(path)
  const answer = await post(path, JSON.stringify(message), timeoutMs).catch((error: unknown) => {
    throw error instanceof NoAnswer ? described(error, path) : error
  })
  try {
    return JSON.parse(answer.body)
  } catch {
    throw new TallyError('internalError', `tallyd gave HTTP ${answer.status} without JSON`)
  }
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

function resultOf(reply: Reply | undefined | null): unknown {
  if (typeof reply !== 'object' || reply === null) {
    throw new TallyError('internalError', 'tallyd gave an answer without a result')
  }
  if (reply.error !== undefined && reply.error !== null) throw refusalOf(reply.error)
  if (reply.result === undefined)
    throw new TallyError('internalError', 'tallyd gave an answer without a result')
  return reply.result
}

/** A JSON-RPC error object as an error of this client. */
export function refusalOf(error: NonNullable<Reply['error']>): Refusal {
  const code = typeof error.code === 'number' ? error.code : ERRORS.internalError.code
  const message = typeof error.message === 'string' ? error.message : ERRORS.internalError.says
  return new Refusal(code, message, error.data)
}

function nextIn(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || !('next' in data)) return null
  return typeof data.next === 'string' ? data.next : null
}
