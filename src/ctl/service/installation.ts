// What a service's file has to name of this installation: the Node, the daemon's program, folders and settings. And what makes an
// installation one that a service cannot be built on.
import { accessSync, constants, realpathSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, sep } from 'node:path'
import { TallyError } from '../../contract/errors.ts'
import type { Surrounding } from '../commands/command.ts'
import { daemonProgram } from '../commands/daemon-process.ts'

export interface Installation {
  readonly node: string
  readonly daemon: string
  /** Settings of this shell that the daemon has to have too; it is started without the shell. */
  readonly env: Readonly<Record<string, string>>
  /** Folders that the daemon writes to. */
  readonly writable: readonly string[]
  /** The daemon's log where there is no journal. */
  readonly log: string
}

/** What says where things lie, and where logs are looked for. No secrets are among them. */
const SETTINGS = [
  'TALLYD_HOME',
  'TALLYD_LOG',
  'XDG_CONFIG_HOME',
  'XDG_STATE_HOME',
  'CLAUDE_CONFIG_DIR',
  'CODEX_HOME',
] as const

/** Where a Node lies that outlives its own upgrades, as links or as the file itself. */
const LASTING_NODES = [
  '/usr/bin/node',
  '/usr/local/bin/node',
  '/opt/homebrew/bin/node',
  '/opt/local/bin/node',
]

/** Part of the path of a Node that a version manager keeps, and who that is. */
const VERSION_MANAGERS: readonly (readonly [RegExp, string])[] = [
  [/\/\.?nvm\/versions\//, 'nvm'],
  [/\/fnm(?:_multishells)?\//, 'fnm'],
  [/\/\.?volta\//, 'volta'],
  [/\/\.?asdf\/installs\//, 'asdf'],
  [/\/mise\/installs\//, 'mise'],
  [/\/\.?rtx\/installs\//, 'rtx'],
  [/\/n\/versions\/node\//, 'n'],
  [/\/\.nodenv\/versions\//, 'nodenv'],
  [/\/\.?nvs\/node\//, 'nvs'],
  [/\/\.nodebrew\//, 'nodebrew'],
  [/\/Cellar\/node(?:@\d+)?\//, 'Homebrew'],
]

/** Throws TallyError serviceRefused. */
export function installationOf(
  at: Pick<Surrounding, 'env' | 'paths' | 'program'>,
  execPath = process.execPath,
): Installation {
  const node = lastingNode(execPath)
  const daemon = daemonProgram(at.program)
  refuse(node, daemon, at)
  const env: Record<string, string> = {}
  for (const name of SETTINGS) {
    const value = at.env[name]
    if (value !== undefined && value !== '') env[name] = value
  }
  // A supervisor takes the home from the system's list of users.
  const home = at.env['HOME'] ?? ''
  if (home !== '' && home !== userInfo().homedir) env['HOME'] = home
  const { state, run, log } = at.paths
  return { node, daemon, env, log, writable: state === run ? [state] : [state, run] }
}

/** The version manager that keeps this Node; null where none does. */
export function versionManagerOf(node: string): string | null {
  return VERSION_MANAGERS.find(([pattern]) => pattern.test(node))?.[1] ?? null
}

/** What to do about a Node that a version manager may take away. */
export function versionManagerWarning(node: string): string | null {
  const manager = versionManagerOf(node)
  if (manager === null) return null
  return `the service runs the Node of ${manager}, ${node}: when that version is removed it does not start any more; then run: tallyctl service install`
}

/** The same Node under a name that stays, where there is one. */
function lastingNode(execPath: string): string {
  return LASTING_NODES.find((path) => realPath(path) === realPath(execPath)) ?? execPath
}

function refuse(node: string, daemon: string, at: Pick<Surrounding, 'env'>): void {
  if (/[\\/]_npx[\\/]/.test(daemon)) {
    throw new TallyError(
      'serviceRefused',
      `${daemon} lies in npx's cache, which npm empties`,
      'install it first, see docs/quick-start.md, then run: tallyctl service install',
    )
  }
  const home = at.env['TALLYD_HOME']
  for (const path of [node, daemon, ...(home === undefined || home === '' ? [] : [home])]) {
    const folder = temporaryFolderOf(path, at.env['TMPDIR'])
    if (folder === null) continue
    throw new TallyError(
      'serviceRefused',
      `${path} lies in ${folder}, which is emptied`,
      'install tallyd where it stays, see docs/quick-start.md, then run: tallyctl service install',
    )
  }
  try {
    accessSync(daemon, constants.R_OK)
  } catch {
    throw new TallyError(
      'serviceRefused',
      `${daemon} cannot be read`,
      'from a clone: npm run build, then try again',
    )
  }
}

function temporaryFolderOf(path: string, named: string | undefined): string | null {
  const folders = [
    '/tmp',
    '/var/tmp',
    '/dev/shm',
    '/private/tmp',
    '/var/folders',
    '/private/var/folders',
    tmpdir(),
    named ?? '',
  ]
  const real = [path, realPath(path)]
  return folders.find((folder) => folder !== '' && real.some((each) => each.startsWith(folder + sep))) ?? null
}

/** As far as it is there. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return dirname(path) === path ? path : path
  }
}
