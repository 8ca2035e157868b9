// Runs tallyctl on a terminal of its own, made by util-linux' `script`, which Debian always has.
import { spawn, spawnSync } from 'node:child_process'
import { endOf, isolatedEnv, type Teardown, until } from '../harness/daemon.ts'
import { CLIENT } from './client.ts'

/** Why there is no terminal for tests here; false if there is. For `skip`. */
export const NO_TERMINAL =
  /util-linux/.test(String(spawnSync('script', ['--version']).stdout)) === false &&
  "needs a terminal: there is no util-linux' script here"

export const CTRL_C = '\x03'

export interface OnTerminal {
  /** Everything that stood on the terminal so far, escape sequences included. */
  seen(): string
  /** Resolves when it says that. */
  says(what: string | RegExp): Promise<void>
  /** Presses keys; `\r` is Enter. */
  type(keys: string): void
  /** Its exit status, once it ended by itself. */
  readonly ended: Promise<number | null>
}

/** What stands on the terminal before and after: how the terminal is set. */
export const SETTING = /^setting ([0-9a-f:]+)\r$/gm

/** Starts `tallyctl` with these words on a terminal that is 80 columns wide. */
export function onTerminal(t: Teardown, home: string, words: readonly string[]): OnTerminal {
  const run = [process.execPath, CLIENT, ...words].map(quoted).join(' ')
  const setting = 'echo setting $(stty -g)'
  // The shell gets Ctrl-C too, and lives on.
  const command = `trap : INT; stty cols 80; ${setting}; ${run}; status=$?; ${setting}; exit $status`
  const options = ['--quiet', '--return', '--flush', '--command', command, '/dev/null']
  const child = spawn('script', options, {
    env: isolatedEnv(home, { TERM: 'xterm', SHELL: '/bin/sh', NO_COLOR: '1' }),
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
  }
  child.stdin.on('error', () => undefined)
  const ended = endOf(child)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    seen: () => text,
    says: (what) =>
      until(
        () => (typeof what === 'string' ? text.includes(what) : what.test(text)),
        `it says ${what}`,
        30_000,
      ).catch((error: Error) => {
        throw new Error(`${error.message}: ${JSON.stringify(text)}`)
      }),
    type: (keys) => void child.stdin.write(keys),
    ended: ended.then(({ code }) => code),
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
