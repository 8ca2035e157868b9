// Shows notifications with the program that the desktop has for it. No shell, and the text is never part of a script.
import { spawn } from 'node:child_process'
import type { Incidents } from '../store/incidents.ts'
import type { Notice } from './notices.ts'

export interface DesktopContext {
  /** As process.platform has it. */
  readonly platform: string
  readonly incidents: Incidents
  /** Milliseconds of a clock that is never set back. */
  readonly ticks: () => number
}

/** So many of one kind within that time: whoever makes requests must not fill a screen. All budgets at once are six. */
const [MOST, WITHIN_MS] = [6, 10 * 60_000]
/** One that hangs, for example without a desktop session, is ended then; in milliseconds. */
const PATIENCE_MS = 10_000

/** The code of every incident about notifications. */
export const DESKTOP_INCIDENT = 'notNotified'

// The text comes in as arguments of the script, so that no quote in it can end a string of the script. The title stands first, and
// is our own words: nothing that begins with a hyphen is taken for an option.
const SCRIPT = ['on run argv', 'display notification (item 2 of argv) with title (item 1 of argv)', 'end run']

/** What is run for a notification. */
export function commandFor(platform: string, { title, body, kind }: Notice): [string, string[]] {
  if (platform === 'darwin') return ['osascript', [...SCRIPT.flatMap((line) => ['-e', line]), title, body]]
  const urgency = kind === 'request' ? 'normal' : 'critical'
  return ['notify-send', ['--app-name=tallyd', `--urgency=${urgency}`, '--', title, body]]
}

export class Desktop {
  readonly #context: DesktopContext
  readonly #shown: Record<Notice['kind'], number[]> = { budget: [], request: [] }
  #isTold = false

  constructor(context: DesktopContext) {
    this.#context = context
  }

  /** Returns at once; whether it was seen nobody can know. Of too many the last one says so, and the rest are left out. */
  show(notice: Notice): void {
    const { platform, ticks } = this.#context
    const recent = this.#shown[notice.kind].filter((at) => ticks() - at < WITHIN_MS)
    if (recent.length >= MOST) return
    this.#shown[notice.kind] = [...recent, ticks()]
    const isLast = recent.length === MOST - 1
    const body = isLast ? `${notice.body} (more within 10 minutes are not shown)` : notice.body
    this.#run(...commandFor(platform, { ...notice, body }))
  }

  #run(program: string, args: readonly string[]): void {
    const child = spawn(program, args, { stdio: 'ignore' })
    child.unref()
    const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS).unref()
    child.once('error', (error: NodeJS.ErrnoException) =>
      this.#failed(program, error.code === 'ENOENT' ? 'it is not installed' : error.message),
    )
    child.once('exit', (code, signal) => {
      clearTimeout(patience)
      if (code === 0) this.#worked(program)
      else this.#failed(program, signal === null ? `it ended with ${code}` : 'it did not end within 10 s')
    })
  }

  /** Once a run: the doctor counts how often an incident came, and every notification would be one. */
  #failed(program: string, why: string): void {
    if (this.#isTold) return
    this.#isTold = true
    this.#context.incidents.record({
      code: DESKTOP_INCIDENT,
      subject: program,
      says: `no notification could be shown: ${program}: ${why}`,
      next:
        program === 'notify-send'
          ? 'install it (libnotify) and see that a desktop runs, or take alerts.desktop out of the config file'
          : 'run tallyd in your own session, or take alerts.desktop out of the config file',
    })
  }

  #worked(program: string): void {
    this.#isTold = false
    this.#context.incidents.resolve(DESKTOP_INCIDENT, program)
  }
}
