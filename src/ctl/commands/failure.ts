// Any error as the one sentence and the exit status that a person or a script gets.
import { ERRORS, type ErrorName, EXIT, TallyError } from '../../contract/errors.ts'
import { Misunderstood, Refusal } from '../connection/errors.ts'
import { clean } from '../terminal/text.ts'
import { type CommandName, helpOf } from './table.ts'
import { versionOf } from './version.ts'

export interface Failure {
  /** `says; next`, in lower case, without a final stop. */
  readonly sentence: string
  readonly exit: number
}

/** Errors whose details are whole sentences: before these the table's own sentence says nothing more. */
const DETAIL_SAYS_ALL: readonly ErrorName[] = [
  'wrongUsage',
  'badHome',
  'stateUnwritable',
  'timedOut',
  'noDaemon',
  'notAllowed',
  'tooMany',
  'internalError',
  'serviceRefused',
  'noSupervisor',
  'newerState',
]

/** The failure of `command`; a command line that cannot be read ends in that command's help. */
export function failureOf(error: unknown, command: CommandName): Failure {
  if (error instanceof TallyError) {
    const { exit } = ERRORS[error.error]
    const next = error.error === 'wrongUsage' ? withHelp(error.next, command) : error.next
    return sentence(saysOf(error), next, exit)
  }
  if (error instanceof Refusal) return sentence(error.message, error.next, error.exit)
  const says = error instanceof Error ? error.message : String(error)
  return sentence(`tallyctl failed: ${says}`, ERRORS.internalError.next, EXIT.failed)
}

const LONGEST_VERSION = 40

/** The same error; of an answer that could not be understood it says which versions do not go together. */
export async function explained(error: unknown, program: string): Promise<unknown> {
  if (!(error instanceof Misunderstood)) return error
  const hello = await error.hello().catch(() => null)
  const version = (hello as { version?: unknown } | null)?.version
  const isKnown = typeof version === 'string' && version.length <= LONGEST_VERSION
  const versions = `daemon ${isKnown ? version : 'of an unknown version'}, client ${versionOf(program)}`
  return new TallyError(
    'internalError',
    `${error.message} (${versions})`,
    error.url === null
      ? 'restart it: tallyctl stop && tallyctl start'
      : `install the same version at ${error.url} and here`,
  )
}

/** What an error says, without the sentence of the table where its details say all. */
export function saysOf({ error, message }: TallyError): string {
  const prefix = `${ERRORS[error].says}: `
  return DETAIL_SAYS_ALL.includes(error) && message.startsWith(prefix)
    ? message.slice(prefix.length)
    : message
}

function withHelp(next: string, command: CommandName): string {
  if (next.endsWith(' --help')) {
    return next === ERRORS.wrongUsage.next ? helpOf(command) : next
  }
  // One command to run is enough.
  return /\btallyctl /.test(next) ? next : `${next}; ${helpOf(command)}`
}

function sentence(says: string, next: string, exit: number): Failure {
  return { sentence: clean(`${says.replace(/\.$/, '')}; ${next}`.replace(/\s+/g, ' ')), exit }
}
