// Runs another program: no shell, a time after which it is ended, and so much of what it says that it can be told.
import { execFile } from 'node:child_process'

/** How a program ended. */
export interface Ran {
  /** Exit status; null where it was ended, or could not be started. */
  readonly status: number | null
  readonly out: string
  readonly err: string
  /** Whether there is such a program. */
  readonly isMissing: boolean
}

/** Runs `words`; never throws. */
export type Run = (words: readonly [string, ...string[]], patienceMs?: number) => Promise<Ran>

/** Longest run and largest output that is kept, in milliseconds and bytes. */
const PATIENCE_MS = 30_000
const LARGEST = 1024 * 1024

export function programs(env: Readonly<Record<string, string | undefined>>): Run {
  // In the language of the machine nothing could be understood.
  const own = { ...env, LC_ALL: 'C.UTF-8', SYSTEMD_PAGER: '', SYSTEMD_COLORS: '0' }
  return ([program, ...words], patienceMs = PATIENCE_MS) =>
    new Promise((resolve) => {
      const options = { env: own, timeout: patienceMs, killSignal: 'SIGKILL', maxBuffer: LARGEST } as const
      const child = execFile(program, words, options, (error, out, err) => {
        const code = (error as NodeJS.ErrnoException | null)?.code as unknown
        const status = error === null ? 0 : typeof code === 'number' ? code : null
        resolve({ status, out, err, isMissing: code === 'ENOENT' })
      })
      child.stdin?.end()
    })
}

/** The last lines of what a program complained of, as a part of a sentence. */
export function complaintOf({ err, out, status }: Ran): string {
  const said = (err.trim() || out.trim()).split('\n').slice(-2).join(' / ').slice(0, 500)
  return said === '' ? `it ended with ${status ?? 'a signal'}` : said
}
