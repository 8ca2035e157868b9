// `tallyctl statusline`: what Claude Code runs for its status line. Reads the JSON that it is given, tells tallyd of the windows in it, and
// prints this session, today on all devices, and the windows.
import { spawnSync } from 'node:child_process'
import { readSync } from 'node:fs'
import { isatty } from 'node:tty'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Observed, Quota } from '../../contract/quotas.ts'
import type { Summary } from '../../contract/usage.ts'
import { isNoDaemon, isPassing } from '../connection/errors.ts'
import { counted } from '../terminal/figures.ts'
import { shownMoney } from '../terminal/shown-money.ts'
import { windowWords } from '../terminal/window-words.ts'
import type { Command, Surrounding } from './command.ts'
import { timeZone } from './zone.ts'

/** Bytes of what Claude Code writes; really it is about 2 kB. */
const LARGEST = 1 << 20
/** How long tallyd may take, and the command of --then, in milliseconds: a status line that waits is in the way. */
const [PATIENCE_MS, THEN_MS] = [2_000, 5_000]

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
  if (then !== undefined) await at.screen.raw(outputOf(then, input))
  const answered = await askTallyd(told, at)
  if (asked.has('json')) await at.screen.json({ ...told, ...answered })
  else await at.screen.answer(lineOf(told, answered, Date.now()))
  return EXIT.ok
}

interface Answered {
  /** Null while tallyd does not run. */
  readonly today: Summary | null
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
      return { today, quotas }
    }
    const [today, { quotas }] = await at.daemon.callAll(
      [
        { method: 'usage.summary', params },
        { method: 'quotas.list', params: {} },
      ],
      PATIENCE_MS,
    )
    return { today, quotas }
  } catch (error) {
    if (!isNoDaemon(error) && !isPassing(error)) throw error
    return { today: null, quotas: [] }
  }
}

/** `session $1.20   today $18.42 on 3 devices   5 h 63 %, resets 17:30   week 41 %, resets Mon`. */
export function lineOf({ sessionUSD, windows }: Told, { today, quotas }: Answered, now: number): string {
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
    today === null ? 'tallyd is not running' : todayWords(today),
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
    // A pipe that was closed at once, on some systems.
    if ((error as NodeJS.ErrnoException).code === 'EOF') return 0
    throw error
  }
}

/** What the command prints, with a line feed at its end; nothing where it fails. */
function outputOf(command: string, input: string): string {
  const { stdout } = spawnSync(command, {
    shell: true,
    input,
    timeout: THEN_MS,
    maxBuffer: LARGEST,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const text = (stdout ?? '').replace(/\n+$/, '')
  return text === '' ? '' : `${text}\n`
}
