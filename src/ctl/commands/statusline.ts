// `tallyctl statusline`: what Claude Code runs for its status line. Reads the JSON that it is given, tells tallyd of the windows in it, and
// prints this session, today on all devices, and the windows.
import { spawn } from 'node:child_process'
import { readSync } from 'node:fs'
import { isatty } from 'node:tty'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Observed, Quota } from '../../contract/quotas.ts'
import { shownMoney } from '../../contract/shown-money.ts'
import type { Summary } from '../../contract/usage.ts'
import { isNoDaemon, isPassing } from '../connection/errors.ts'
import { counted } from '../terminal/figures.ts'
import { windowWords } from '../terminal/window-words.ts'
import type { Command, Surrounding } from './command.ts'
import { timeZone } from './zone.ts'

/** Bytes of what Claude Code writes; really it is about 2 kB. */
const LARGEST = 1 << 20
/** How long tallyd may take, and the command of --then, in milliseconds: a status line that waits is in the way. */
const [PATIENCE_MS, THEN_MS] = [2_000, 5_000]
/** What a command wrote right before it ended is on its way this long, in milliseconds. */
const DRAIN_MS = 10

/** What is looked at of what Claude Code tells; each null where it does not. */
export interface Told {
  readonly sessionUSD: number | null
  readonly windows: Observed['windows']
}

export const statusline: Command = async (asked, at) => {
  if (isatty(0)) {
    throw new TallyError(
      'wrongUsage',
      'it reads what Claude Code writes to its status line',
      'run: tallyctl statusline --help',
    )
  }
  const input = readInput()
  const told = toldIn(input)
  const then = asked.value('then')
  if (then !== undefined) await at.screen.raw(await outputOf(then, input))
  const answered = await askTallyd(told, at)
  const { today, quotas } = answered
  if (asked.has('json')) await at.screen.json({ ...told, today, quotas })
  else await at.screen.answer(lineOf(told, answered, Date.now()))
  return EXIT.ok
}

interface Answered {
  /** Null while tallyd does not answer. */
  readonly today: Summary | null
  /** Whether it runs all the same. */
  readonly isBusy: boolean
  readonly quotas: readonly Quota[]
}

/** Everything in one exchange. A tallyd that is not there is said in the line: a status line must not fail because of it. */
async function askTallyd({ windows }: Told, at: Surrounding): Promise<Answered> {
  const zone = timeZone(undefined, at.env)
  const params = { range: 'today', ...(zone === undefined ? {} : { timeZone: zone }) } as const
  try {
    // What was just told is in the list already.
    if (windows.length > 0) {
      const observed = { agent: 'claude-code', windows: [...windows] } as const
      const [, today, { quotas }] = await at.daemon.callAll(
        [
          { method: 'quotas.observe', params: observed },
          { method: 'usage.summary', params },
          { method: 'quotas.list', params: {} },
        ],
        PATIENCE_MS,
      )
      return { today, quotas, isBusy: false }
    }
    const [today, { quotas }] = await at.daemon.callAll(
      [
        { method: 'usage.summary', params },
        { method: 'quotas.list', params: {} },
      ],
      PATIENCE_MS,
    )
    return { today, quotas, isBusy: false }
  } catch (error) {
    if (!isNoDaemon(error) && !isPassing(error)) throw error
    return { today: null, quotas: [], isBusy: isPassing(error) }
  }
}

/** `session $1.20   today $18.42 on 3 devices   5 h 63 %, resets 17:30   week 41 %, resets Mon`. */
export function lineOf(
  { sessionUSD, windows }: Told,
  { today, quotas, isBusy }: Answered,
  now: number,
): string {
  const session = sessionUSD === null ? [] : [`session ${shownMoney(sessionUSD, today?.display)}`]
  const own = quotas.filter(({ agent }) => agent === 'claude-code')
  const shown =
    own.length > 0
      ? own
      : windows.map(({ windowSeconds, usedPercent, resetAt = null }) => ({
          label: windowSeconds === WEEK ? 'week' : '5 h',
          usedPercent,
          resetAt,
        }))
  return [
    ...session,
    today === null ? (isBusy ? 'tallyd does not answer' : 'tallyd is not running') : todayWords(today),
    ...shown.map((window) => windowWords(window, now)),
  ].join('   ')
}

function todayWords({ total, devices, display }: Summary): string {
  const spent = shownMoney(total.calls === 0 ? 0 : total.costUSD, display)
  return `today ${spent}${devices.length > 1 ? ` on ${counted(devices.length, 'device')}` : ''}`
}

const [FIVE_HOURS, WEEK] = [18_000, 604_800]

/** The windows that Claude Code tells, by the names that it has for them. */
const WINDOWS = [
  { name: 'five_hour', windowSeconds: FIVE_HOURS },
  { name: 'seven_day', windowSeconds: WEEK },
] as const

/** Throws TallyError wrongUsage for what is not a JSON object. */
export function toldIn(input: string): Told {
  let value: unknown
  try {
    value = JSON.parse(input)
  } catch {
    value = null
  }
  if (!isFields(value)) {
    throw new TallyError(
      'wrongUsage',
      'what it reads is not the JSON of a status line',
      'run: tallyctl statusline --help',
    )
  }
  const cost = numberIn(fieldsIn(value, 'cost')?.['total_cost_usd'])
  const limits = fieldsIn(value, 'rate_limits')
  return {
    sessionUSD: cost,
    windows: WINDOWS.flatMap(({ name, windowSeconds }) => {
      const window = fieldsIn(limits, name)
      const usedPercent = numberIn(window?.['used_percentage'])
      const at = numberIn(window?.['resets_at'])
      if (usedPercent === null || usedPercent > 1_000) return []
      // A time of day that a Date can hold.
      const isTime = at !== null && at < 8.64e12
      return [
        { windowSeconds, usedPercent, ...(isTime ? { resetAt: new Date(at * 1_000).toISOString() } : {}) },
      ]
    }),
  }
}

type Fields = Readonly<Record<string, unknown>>

function fieldsIn(value: Fields | null, key: string): Fields | null {
  const inner = value?.[key]
  return isFields(inner) ? inner : null
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function numberIn(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null
}

/** Standard input to its end. Throws TallyError wrongUsage for more than 1 MiB. */
function readInput(): string {
  const parts: Buffer[] = []
  let size = 0
  for (;;) {
    const part = Buffer.allocUnsafe(64 << 10)
    const read = readSome(part)
    if (read === 0) return Buffer.concat(parts).toString('utf8')
    size += read
    if (size > LARGEST) {
      throw new TallyError(
        'wrongUsage',
        'what it reads is larger than 1 MiB',
        'run: tallyctl statusline --help',
      )
    }
    parts.push(part.subarray(0, read))
  }
}

function readSome(part: Buffer): number {
  try {
    return readSync(0, part)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // A pipe that was closed at once, on some systems.
    if (code === 'EOF') return 0
    throw new TallyError(
      'wrongUsage',
      `what it reads cannot be read (${code})`,
      'run: tallyctl statusline --help',
    )
  }
}

/**
 * What the command prints until its shell ends, with a line feed at its end; nothing where it takes too long. It has a process group of
 * its own, which ends with it: a slow script must not leave something behind at every redraw.
 */
function outputOf(command: string, input: string): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(command, { shell: true, detached: true, stdio: ['pipe', 'pipe', 'ignore'] })
    const parts: Buffer[] = []
    let size = 0
    const end = (isWhole: boolean) => {
      clearTimeout(late)
      endGroup(child.pid)
      child.stdout.destroy()
      const text = isWhole && size <= LARGEST ? Buffer.concat(parts).toString('utf8').replace(/\n+$/, '') : ''
      resolve(text === '' ? '' : `${text}\n`)
    }
    const late = setTimeout(() => end(false), THEN_MS)
    child.stdout.on('data', (part: Buffer) => {
      size += part.length
      if (size <= LARGEST) parts.push(part)
    })
    child.once('error', () => end(false))
    // Whoever it left in the background may hold the pipe for ever: what came until then is what there is.
    child.once('exit', (code) => setImmediate(() => setTimeout(() => end(code !== null), DRAIN_MS)))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
