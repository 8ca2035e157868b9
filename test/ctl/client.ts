// Runs tallyctl as a process of its own, as a script would.
import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Paths, pathsOf } from '../../src/contract/paths.ts'
import { isolatedEnv, ROOT } from '../harness/daemon.ts'

/** The compiled client beside these tests; its bundle; the bundle starts daemons. */
export const CLIENT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src', 'ctl', 'main.js')
export const BUNDLE = join(ROOT, 'dist', 'ctl', 'main.js')

export interface Ran {
  readonly exit: number | null
  /** What ended it, where it did not end itself. */
  readonly signal?: NodeJS.Signals
  readonly out: string
  readonly err: string
}

export interface Options {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Where it is run; else where the test is. */
  readonly cwd?: string
  readonly program?: string
  /** The Node that runs it; else the one that runs the test. */
  readonly node?: string
  /** It is killed after that; its exit is null then. */
  readonly timeoutMs?: number
}

/** The paths of an instance whose socket lies at `socket`. */
export function listeningAt(socket: string): Paths {
  const env = { TALLYD_HOME: dirname(socket) }
  return { ...pathsOf({ env, home: '/', platform: process.platform }), socket }
}

/** Runs to the end. */
export async function tallyctl(home: string, words: readonly string[], options: Options = {}): Promise<Ran> {
  const running = started(home, words, options)
  // A client that has ended before it read is no failure of the test.
  running.child.stdin?.on('error', () => undefined)
  running.child.stdin?.end(options.input ?? '')
  return running.ended
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ran>
  out(): string
  err(): string
}

/** Starts it, and leaves it running. */
export function started(
  home: string,
  words: readonly string[],
  { env, program, node, cwd, timeoutMs }: Options = {},
): Running {
  const child = spawn(node ?? process.execPath, [program ?? CLIENT, ...words], {
    env: isolatedEnv(home, { TZ: 'Europe/Berlin', ...env }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' as const }),
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const ended = new Promise<Ran>((resolve) =>
    child.once('close', (exit, signal) =>
      resolve({ exit, out, err, ...(signal === null ? {} : { signal }) }),
    ),
  )
  return { child, ended, out: () => out, err: () => err }
}
