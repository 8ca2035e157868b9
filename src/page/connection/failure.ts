// What went wrong, as the daemon or the browser says it: one sentence, and what to do next.
import { ERRORS, type ErrorName } from '../../contract/errors.ts'

export class Failure extends Error {
  override readonly name = 'Failure'
  /** JSON-RPC code; null where no daemon answered. */
  readonly code: number | null
  readonly next: string
  constructor(message: string, next: string, code: number | null = null) {
    super(message)
    this.next = next
    this.code = code
  }

  is(error: ErrorName): boolean {
    return this.code === ERRORS[error].code
  }
}

/** The failure in a JSON-RPC answer; null where there is none. */
export function failureIn(answer: unknown): Failure | null {
  const error = field(answer, 'error')
  if (error === undefined || error === null) return null
  const code = field(error, 'code')
  const message = field(error, 'message')
  const next = field(field(error, 'data'), 'next')
  return new Failure(
    typeof message === 'string' ? message : ERRORS.internalError.says,
    typeof next === 'string' ? next : ERRORS.internalError.next,
    typeof code === 'number' ? code : null,
  )
}

export function failureOf(error: unknown): Failure {
  return error instanceof Failure
    ? error
    : new Failure('the page failed at this', 'load it again; if that does not help, use tallyctl')
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
