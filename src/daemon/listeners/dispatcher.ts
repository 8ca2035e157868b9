// The pipe that every listener puts its bytes through: parse, validate, who asks, may they, call.
// Speaks JSON-RPC 2.0 in text and knows nothing of HTTP or WebSockets.
import { ERRORS, type ErrorName, TallyError } from '../../contract/errors.ts'
import { METHOD_TABLE, type MethodRow } from '../../contract/generated/client.ts'
import { PARAMS } from '../../contract/generated/validators.ts'
import type { MethodName } from '../../contract/methods.ts'
import { problemOf, problemOfSecret } from '../../contract/misfit.ts'
import { covers } from '../../contract/scope-words.ts'
import { isOwners } from '../methods/askers.ts'
import type { AskerIdentity, Call, Handler, Handlers } from '../methods/handlers.ts'
import type { Log } from '../store/log.ts'
import { jsonText } from './json-text.ts'

/** Limits of one message. */
export const LIMITS = {
  /** Requests in a batch. */
  batch: 50,
  /** Milliseconds until a call, and a whole batch, is answered with timedOut. */
  callMs: 30_000,
  /** Characters of a batch's answers; what comes after is answered with tooMany. */
  batchAnswer: 8 * 1024 * 1024,
} as const

export interface Dispatcher {
  /** Answers one message, a request or a batch, as text; undefined when nothing is to be answered. */
  answer(message: string, call: Call): Promise<string | undefined>
}

type Id = string | number | null

interface Request {
  readonly id: Id | undefined
  readonly method: string
  readonly params: unknown
}

interface Context {
  readonly handlers: Handlers
  readonly log: Log
  /** Shorter in tests. */
  readonly callMs?: number
}

export function createDispatcher({ handlers, log, callMs = LIMITS.callMs }: Context): Dispatcher {
  return {
    async answer(message, call) {
      const parsed = parse(message)
      if (parsed === undefined) return failure(null, 'parseError')
      const deadline = performance.now() + callMs
      if (!Array.isArray(parsed)) return one(parsed, call, deadline)
      // JSON-RPC 2.0 §6: an empty batch is one invalid request, answered with one object.
      if (parsed.length === 0) return failure(null, 'invalidRequest', 'the batch is empty')
      if (parsed.length > LIMITS.batch) {
        return failure(null, 'invalidRequest', `a batch holds at most ${LIMITS.batch} requests`)
      }
      return batch(parsed, call, deadline)
    },
  }

  /** One after the other, so that a batch costs the daemon no more at once than a single call. */
  async function batch(requests: readonly unknown[], call: Call, deadline: number) {
    const answers: string[] = []
    let size = 0
    for (const request of requests) {
      const full = size > LIMITS.batchAnswer
      const text = full ? refused(request) : await one(request, call, deadline)
      if (text === undefined) continue
      answers.push(text)
      size += text.length
    }
    return answers.length === 0 ? undefined : `[${answers.join(',')}]`
  }

  async function one(value: unknown, call: Call, deadline: number): Promise<string | undefined> {
    const request = requestOf(value)
    if (request === undefined) return failure(idOf(value) ?? null, 'invalidRequest')
    const text = await answered(request, call, deadline)
    // JSON-RPC 2.0 §4.1: a notification is not answered, not even with an error.
    return request.id === undefined ? undefined : text
  }

  async function answered(request: Request, call: Call, deadline: number): Promise<string> {
    const id = request.id ?? null
    const name = request.method
    if (!isMethod(name)) return failure(id, 'methodNotFound', name.slice(0, 100))
    const params = request.params ?? {}
    const misfit = misfitOf(name, params)
    if (misfit !== undefined) return misfit(id)
    const row: MethodRow = METHOD_TABLE[name]
    if (!mayAsk(row, call.asker)) return failure(id, 'notAllowed', name)
    if (row.needsSubscription === true && call.subscriptions === undefined) {
      return failure(id, 'needsSubscription', name)
    }
    try {
      const handler = handlers[name] as Handler<MethodName>
      const result = await within(deadline, async () => handler(params as never, call))
      return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${jsonText(result)}}`
    } catch (error) {
      if (error instanceof TallyError) return failed(id, error)
      log.error(`${name} failed`, error)
      return failure(id, 'internalError')
    }
  }
}

/** The method names its askers; a token, or a device, needs its scope besides. What names none is not for them. */
function mayAsk({ askers, scope }: MethodRow, asker: AskerIdentity): boolean {
  if (!askers.includes(asker.kind)) return false
  if (isOwners(asker) || scope === 'any') return true
  return scope !== undefined && covers(asker.scopes, scope)
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}

/** JSON-RPC 2.0 §4: the version, a method, and params that are structured if present. */
function requestOf(value: unknown): Request | undefined {
  if (!isRecord(value) || value['jsonrpc'] !== '2.0' || typeof value['method'] !== 'string') return undefined
  const { method, params } = value
  if (params !== undefined && (typeof params !== 'object' || params === null)) return undefined
  const id = idOf(value)
  if (id === undefined && 'id' in value) return undefined
  return { id, method, params }
}

function idOf(value: unknown): Id | undefined {
  if (!isRecord(value)) return undefined
  const id = value['id']
  return typeof id === 'string' || typeof id === 'number' || id === null ? id : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isMethod(name: string): name is MethodName {
  return Object.hasOwn(METHOD_TABLE, name)
}

function misfitOf(name: MethodName, params: unknown): ((id: Id) => string) | undefined {
  if (Array.isArray(params)) {
    const problem = 'parameters go by name, in an object, not by position'
    return (id) => failure(id, 'invalidParams', problem, { path: '', problem })
  }
  const validator = PARAMS[name]
  if (validator(params)) return undefined
  const row: MethodRow = METHOD_TABLE[name]
  const { path, problem } = row.secret === true ? problemOfSecret(validator) : problemOf(validator)
  const next = `see docs/rpc.md#${name}`
  return (id) =>
    failure(id, 'invalidParams', `${path === '' ? '' : `${path}: `}${problem}`, { path, problem, next })
}

function refused(value: unknown): string | undefined {
  const request = requestOf(value)
  if (request === undefined) return failure(idOf(value) ?? null, 'invalidRequest')
  return request.id === undefined ? undefined : failure(request.id, 'tooMany', 'the answers of this batch')
}

/** Throws TallyError timedOut when `work` has not ended by the deadline, on the clock of `performance.now`; the work itself is left to end. */
async function within<T>(deadline: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TallyError('timedOut')), Math.max(0, deadline - performance.now()))
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}

function failed(id: Id, error: TallyError): string {
  return text(id, ERRORS[error.error].code, error.message, { next: error.next })
}

/** One error of the table as the text of an answer. */
export function failure(id: Id, name: ErrorName, detail?: string, data?: Record<string, string>): string {
  const error = new TallyError(name, detail)
  return text(id, ERRORS[name].code, error.message, { next: error.next, ...data })
}

function text(id: Id, code: number, message: string, data: Record<string, string>): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data } })
}
