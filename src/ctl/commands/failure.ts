// Any error as the one sentence and the exit status that a person or a script gets.
import { ERRORS, EXIT, TallyError } from '../../contract/errors.ts'
import { Refusal } from '../connection/rpc.ts'
import { clean } from '../terminal/text.ts'

export interface Failure {
  /** `says; next`, in lower case, without a final stop. */
  readonly sentence: string
  readonly exit: number
}

export function failureOf(error: unknown): Failure {
  if (error instanceof TallyError) return sentence(error.message, error.next, ERRORS[error.error].exit)
  if (error instanceof Refusal) return sentence(error.message, error.next, error.exit)
  const says = error instanceof Error ? error.message : String(error)
  return sentence(`${ERRORS.internalError.says}: ${says}`, ERRORS.internalError.next, EXIT.failed)
}

function sentence(says: string, next: string, exit: number): Failure {
  return { sentence: clean(`${says.replace(/\.$/, '')}; ${next}`.replace(/\s+/g, ' ')), exit }
}
