// The daemon as a command sees it: asked in JSON-RPC 2.0, wherever it is. How a question gets there is the way's business:
// control-socket.ts here, remote/web-listener.ts elsewhere.
import { ERRORS, TallyError } from '../../contract/errors.ts'
import type { Subscribe } from '../../contract/events.ts'
import type { Params, Result } from '../../contract/methods.ts'
import { Misunderstood } from './errors.ts'
import { SHAPES, type ShownMethod } from './shapes.ts'
import type { Listeners, Reader, Way } from './way.ts'

/** How long the daemon may take for one question, in milliseconds. */
const PATIENCE_MS = 30_000
/** How long one that is not understood gets to say its version, in milliseconds. */
const HELLO_MS = 1000

interface Question<M extends ShownMethod = ShownMethod> {
  readonly method: M
  readonly params: Params<M>
}

interface Reply {
  readonly id?: unknown
  readonly result?: unknown
  readonly error?: unknown
}

export class Daemon implements Reader {
  readonly #way: Way

  constructor(way: Way) {
    this.#way = way
  }

  /** Its web address; null for the daemon of this user on this machine, whose owner the asker is. */
  get url(): string | null {
    return this.#way.url
  }

  /**
   * Calls one method. Throws Refusal, TallyError where no daemon answers, and Misunderstood where the result has another
   * shape than the contract's.
   */
  async call<M extends ShownMethod>(
    method: M,
    params: Params<M>,
    timeoutMs = PATIENCE_MS,
  ): Promise<Result<M>> {
    return this.shown(method, await this.callAny(method, params, timeoutMs))
  }

  /** Calls a method that this client may not know; the result is whatever the daemon says. */
  async callAny(method: string, params: unknown, timeoutMs = PATIENCE_MS): Promise<unknown> {
    return this.#resultOf(await this.#way.ask({ jsonrpc: '2.0', id: 1, method, params }, timeoutMs))
  }

  /** Calls several methods in one batch, in one exchange; the results stand in the order of the questions. */
  async callAll<const Q extends readonly Question[]>(
    questions: Q,
    timeoutMs = PATIENCE_MS,
  ): Promise<{ -readonly [I in keyof Q]: Result<Q[I]['method']> }> {
    const batch = questions.map((question, id) => ({ jsonrpc: '2.0', id, ...question }))
    const replies = await this.#way.ask(batch, timeoutMs)
    if (!Array.isArray(replies)) {
      // One error instead of a list is about the whole batch.
      this.#resultOf(replies)
      throw new TallyError('internalError', 'tallyd did not answer a batch with a list')
    }
    const byId = new Map((replies as (Reply | null)[]).map((reply) => [reply?.id, reply]))
    return questions.map(({ method }, id) => this.shown(method, this.#resultOf(byId.get(id)))) as {
      -readonly [I in keyof Q]: Result<Q[I]['method']>
    }
  }

  /**
   * Subscribes and calls `listeners` with each value until the daemon ends. Never resolves: throws Refusal where a subscription is
   * refused, and TallyError where the daemon is not there, ends, or is busy.
   */
  async listen(subscriptions: readonly Subscribe[], listeners: Listeners): Promise<never> {
    const { listen } = await import('./subscription.ts')
    return listen(this.#way, this, subscriptions, listeners)
  }

  /** A result that can be shown. Throws Misunderstood. */
  shown<M extends ShownMethod>(method: M, result: unknown): Result<M> {
    if (!SHAPES[method](result))
      throw new Misunderstood(() => this.callAny('daemon.hello', {}, HELLO_MS), this.url)
    return result as Result<M>
  }

  /** A JSON-RPC error object as an error of this client. */
  refusal(error: unknown): Error {
    const { code, message, data } = (typeof error === 'object' ? error : {}) as Readonly<
      Record<string, unknown>
    >
    return this.#way.refusal(
      typeof code === 'number' ? code : ERRORS.internalError.code,
      typeof message === 'string' ? message : ERRORS.internalError.says,
      nextIn(data),
    )
  }

  #resultOf(reply: unknown): unknown {
    if (typeof reply !== 'object' || reply === null) {
      throw new TallyError('internalError', 'tallyd gave an answer without a result')
    }
    const { error, result } = reply as Reply
    if (error !== undefined && error !== null) throw this.refusal(error)
    if (result === undefined) throw new TallyError('internalError', 'tallyd gave an answer without a result')
    return result
  }
}

function nextIn(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || !('next' in data)) return null
  return typeof data.next === 'string' ? data.next : null
}
