// What can be checked from outside while the daemon does not run: its folders, files and disk, its config file, its last words.
import { accessSync, constants, lstatSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Check } from '../../contract/doctor.ts'
import { unsafeFolder } from '../../contract/folder.ts'
import { diskOf, instanceFiles } from '../../contract/instance-files.ts'
import type { Paths } from '../../contract/paths.ts'
import { checkPermissions } from '../../contract/permission-check.ts'
import { elsewhere, isByRuntimeDir, tooLong } from '../../contract/run-folder.ts'
import { tailOf } from '../terminal/log-tail.ts'
import { clean } from '../terminal/text.ts'

type Environment = Readonly<Record<string, string | undefined>>

const LAST_WORDS = 3
/** How much of the end of the daemon's log is looked at, in bytes. */
const LOG_TAIL = 8 * 1024

/** The checks, in the order in which a start would meet their subjects. */
export async function localChecks(
  paths: Paths,
  env: Environment,
  home: string = homedir(),
): Promise<Check[]> {
  const { own, config: file, largest } = await instanceFiles(paths)
  return [
    ...socketPath(paths),
    ...folders(paths),
    ...checkPermissions({
      own: own.filter(({ kind }) => kind === 'file'),
      config: file,
      us: process.getuid?.(),
    }),
    ...(await diskOf(standing(paths.state), largest)),
    config(paths.config),
    ...logFolders(env, home),
    ...lastWords(paths),
  ]
}

function socketPath(paths: Paths): Check[] {
  const long = tooLong(paths)
  return long === null
    ? []
    : [{ level: 'broken', code: 'socketPathTooLong', subject: 'control socket', ...long }]
}

/** One line each; of a run folder that lies in a state folder which cannot be written nothing more is to be said. */
function folders(paths: Paths): Check[] {
  if (paths.state === paths.run) return [folder(paths.run, 'run folder', paths)]
  const state = folder(paths.state, 'state folder', paths)
  const isWithin = !isByRuntimeDir(paths)
  if (isWithin && state.code === 'stateUnwritable') return [state]
  return [folder(paths.run, 'run folder', paths), state]
}

function folder(path: string, subject: 'run folder' | 'state folder', paths: Paths): Check {
  const code = subject === 'run folder' ? 'runFolder' : 'stateFolder'
  const isThere = exists(path)
  const unsafe = isThere ? unsafeFolder(path) : null
  if (unsafe !== null) {
    const next = unsafe.next ?? 'it must be a real folder that you own, with mode 0700'
    return { level: 'broken', code: `${code}Unsafe`, subject, says: unsafe.says, next }
  }
  const above = standing(path)
  const why = unwritable(above)
  if (why !== null) {
    const isRuntime = path === paths.run && isByRuntimeDir(paths)
    const next = `${isRuntime ? '' : 'mend its permissions, or '}${elsewhere(path, paths)}`
    const says = `${above} cannot be written (${why})${isThere ? '' : `, and ${path} is not there yet`}`
    return { level: 'broken', code: isRuntime ? 'runUnwritable' : 'stateUnwritable', subject, says, next }
  }
  const says = isThere ? `${path}, 0700, ours` : `${path} is not there yet; tallyctl start makes it`
  return { level: 'ok', code, subject, says }
}

/** Why nothing can be made in this folder; null where something can. */
function unwritable(path: string): string | null {
  try {
    if (!statSync(path).isDirectory()) return 'ENOTDIR'
    accessSync(path, constants.W_OK | constants.X_OK)
    return null
  } catch (error) {
    return codeOf(error)
  }
}

/** The folder, or the nearest one above it that is there. */
function standing(path: string): string {
  let folder = path
  while (!exists(folder) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

function config(path: string): Check {
  const subject = 'config'
  try {
    if (!statSync(path).isFile()) throw new Error('it is not a file')
    JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
    const says = `${path} is JSON; whether its keys fit, a running tallyd says`
    return { level: 'ok', code: 'config', subject, says }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return { level: 'ok', code: 'config', subject, says: 'no file, every setting has its default' }
    const why = error instanceof SyntaxError ? `is not JSON (${error.message})` : `cannot be read (${code})`
    return {
      level: 'warning',
      code: 'configUnreadable',
      subject,
      says: `${path} ${why}`,
      next: 'mend it; docs/config.md has an example',
    }
  }
}

// The usual ones; those of the config file are the daemon's to find.
function logFolders(env: Environment, home: string): Check[] {
  const claude = env['CLAUDE_CONFIG_DIR']
    ?.split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
  const roots: [string, string[]][] = [
    [
      'claude-code',
      (claude ?? [join(home, '.claude'), join(home, '.config', 'claude')]).map((each) =>
        join(each, 'projects'),
      ),
    ],
    ['codex', [join(env['CODEX_HOME'] || join(home, '.codex'), 'sessions')]],
  ]
  return roots.map(([agent, folders]) => {
    const found = folders.filter(exists)
    const says = found.length > 0 ? `logs in ${found.join(', ')}` : `no logs in ${folders.join(', ')}`
    const code = found.length > 0 ? 'logFolder' : 'logFolderMissing'
    return { level: 'ok', code, subject: agent, says }
  })
}

// An orderly end removes the lock; a start that failed complains in its last two lines.
function lastWords({ lock, log, logPrevious }: Paths): Check[] {
  // One that began anew says less than what was kept of it.
  const lines = [...linesAtEnd(logPrevious), ...linesAtEnd(log)]
  const died = exists(lock)
  if (!died && !lines.slice(-2).some((line) => line.startsWith('tallyd: '))) return []
  const words = lines.slice(-LAST_WORDS).map(messageIn).join(' / ')
  const how = died ? 'ended without an orderly stop' : 'did not start'
  const said = words === '' ? 'its log is empty' : `its last words: ${words}`
  const [code, says] = [died ? 'endedBadly' : 'notStarted', `it ${how}; ${said}`] as const
  return [{ level: 'warning', code, subject: 'tallyd', says, next: `its log is ${log}` }]
}

function linesAtEnd(path: string): string[] {
  return (tailOf(path, LOG_TAIL) ?? '')
    .trim()
    .split('\n')
    .filter((line) => line !== '')
}

function messageIn(line: string): string {
  try {
    const { msg } = JSON.parse(line) as { msg?: unknown }
    return clean(typeof msg === 'string' ? (msg.split('\n')[0] ?? '') : line)
  } catch {
    return clean(line)
  }
}

function exists(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch {
    return false
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error
    ? String(error.code)
    : error instanceof Error
      ? error.message
      : String(error)
}
