// What doctor says of who may read and write the files of this instance. The socket and the vault have lines of their own.
import type { Check } from './doctor.ts'
import { quoted } from './shell-words.ts'

export interface FileFacts {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'other'
  /** Permission bits. */
  readonly mode: number
  /** Number of the user that owns it. */
  readonly uid: number
}

export interface PermissionFacts {
  /** Folders and files that nobody else may read: what tallyd writes. */
  readonly own: readonly FileFacts[]
  /** The config file, which others may read but not write; null where there is none. */
  readonly config: FileFacts | null
  /** Our user's number; undefined where the system has none. */
  readonly us: number | undefined
}

const subject = 'permissions'
/** So many are named in one line. */
const SHOWN = 5

export function checkPermissions({ own, config, us }: PermissionFacts): Check[] {
  const all = config === null ? own : [...own, config]
  const odd = own.filter(({ kind }) => kind === 'other')
  const foreign = all.filter(({ uid }) => us !== undefined && uid !== us)
  const exposed = own.filter(({ kind, mode }) => kind !== 'other' && (mode & 0o077) !== 0)
  const checks: Check[] = []
  if (odd.length > 0) {
    const says = `${named(odd)} ${odd.length === 1 ? 'is' : 'are'} neither a file nor a folder`
    const next = `look at what it is, then run: ls -l ${words(odd)}`
    checks.push({ level: 'broken', code: 'fileOdd', subject, says, next })
  }
  if (foreign.length > 0) {
    const says = `${named(foreign)} ${foreign.length === 1 ? 'belongs' : 'belong'} to user ${foreign[0]!.uid}, tallyd runs as ${us}`
    const next = `was it started with sudo once? run: sudo chown ${us} ${words(foreign)}`
    checks.push({ level: 'broken', code: 'fileForeign', subject, says, next })
  }
  if (exposed.length > 0) {
    const says = `${named(exposed)} can be read or written by others (${octal(exposed[0]!.mode)})`
    const next = `see who could read it, then run: chmod go-rwx ${words(exposed)}`
    checks.push({ level: 'broken', code: 'fileExposed', subject, says, next })
  }
  if (config !== null && (config.mode & 0o022) !== 0) {
    const says = `${config.path} can be written by others (${octal(config.mode)})`
    const next = `read it, then run: chmod go-w ${words([config])}`
    checks.push({ level: 'broken', code: 'fileExposed', subject, says, next })
  }
  if (checks.length > 0) return checks
  const files = own.filter(({ kind }) => kind === 'file').length
  const says = `${files} ${files === 1 ? 'file' : 'files'} and their folders, ours alone`
  return [{ level: 'ok', code: 'permissions', subject, says }]
}

function named(files: readonly FileFacts[]): string {
  const [first] = files
  return files.length === 1 ? first!.path : `${first!.path} and ${files.length - 1} more`
}

/** For a shell. */
function words(files: readonly FileFacts[]): string {
  return files
    .slice(0, SHOWN)
    .map(({ path }) => quoted(path))
    .join(' ')
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
