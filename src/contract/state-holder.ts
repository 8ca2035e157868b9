// Who has the state of this home where its control socket is in another run folder. The same home with another XDG_RUNTIME_DIR,
// or without, is another socket and the same state; docs/control-socket.md has the locks.
import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { type Paths, pathsOf } from './paths.ts'
import { startOf } from './process.ts'
import { shellWord } from './shell-words.ts'

export interface StateHolder {
  readonly pid: number
  /** Where its socket is. */
  readonly run: string
  /** The command by which `tallyctl` finds it. */
  readonly find: string
}

/**
 * Null where nobody has it, where the socket would be where ours is, and where that cannot be told: Linux shows a process's
 * environment, and elsewhere the run folder does not depend on it.
 */
export function holderElsewhere({ lock, stateLock, run }: Paths): StateHolder | null {
  if (stateLock === lock || process.platform !== 'linux') return null
  try {
    const claim = readlinkSync(stateLock)
    const [number = ''] = claim.slice(`${basename(stateLock)}.`.length).split('.')
    const pid = Number(number)
    if (!Number.isSafeInteger(pid) || pid <= 0) return null
    if (claim !== `${basename(stateLock)}.${pid}.${startOf(pid)}`) return null
    const env = environmentOf(pid)
    const theirs = pathsOf({ env, home: env['HOME'] ?? '', platform: 'linux' }).run
    if (theirs === run) return null
    const runtime = env['XDG_RUNTIME_DIR'] ?? ''
    const find = runtime === '' ? 'unset XDG_RUNTIME_DIR' : `export XDG_RUNTIME_DIR=${shellWord(runtime)}`
    return { pid, run: theirs, find }
  } catch {
    return null
  }
}

/** proc(5): what a process was started with, as NAME=VALUE, each with a NUL after it. */
function environmentOf(pid: number): Record<string, string> {
  const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .filter((pair) => pair.includes('='))
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}
