// `tallyctl service logs [-f]`: the log of the service, from the journal or from launchd's file, a line each.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { EXIT, TallyError } from '../../contract/errors.ts'
import { supervisorOf } from '../service/supervisor.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'

const [USUAL, MOST] = [50, 100_000]
/** pino's levels by their numbers. */
const LEVELS: ReadonlyMap<unknown, string> = new Map([
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
])

export const serviceLogs: Command = async (asked, at) => {
  const count = Number(asked.value('lines') ?? USUAL)
  if (!Number.isSafeInteger(count) || count < 1 || count > MOST)
    throw new TallyError('wrongUsage', `--lines ${asked.value('lines')}`, `use a number from 1 to ${MOST}`)
  const supervisor = await supervisorOf(at)
  const [program, ...words] = supervisor.logWords(count, asked.has('follow'))
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...at.env, LC_ALL: 'C.UTF-8' },
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-500)
  })
  let isStopped = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      isStopped = true
      child.kill('SIGTERM')
    })
  }
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(new TallyError('noSupervisor', `${program}: ${error.message}`)))
    child.once('close', (status) => resolve(status))
  })
  // Read below, while lines are printed.
  ended.catch(() => undefined)
  let printed = 0
  for await (const line of createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY })) {
    printed++
    await at.screen.answer(asked.has('json') ? line : logLine(line))
  }
  const status = await ended
  if (status !== 0 && !isStopped) {
    throw new TallyError(
      'internalError',
      `${program} ended with ${status}: ${complaint.trim()}`,
      `run: ${program} ${words.join(' ')}`,
    )
  }
  if (printed === 0 && !isStopped) {
    const next =
      supervisor.manager === 'systemd'
        ? `; where you may not read the journal: sudo ${program} ${words.join(' ')}`
        : ''
    await at.screen.note(`nothing was logged${next}`)
  }
  return EXIT.ok
}

/** `2026-11-20 14:02:11  warn   what happened`, in UTC; what tallyd did not write stands as it is. */
export function logLine(line: string): string {
  try {
    const { level, time, msg, err } = JSON.parse(line) as Record<string, unknown>
    if (typeof msg !== 'string' || typeof time !== 'string') return clean(line)
    const why = (err as { message?: unknown } | undefined)?.message
    const said = typeof why === 'string' ? `${msg}: ${why}` : msg
    return `${clean(time.slice(0, 19).replace('T', ' '))}  ${(LEVELS.get(level) ?? '').padEnd(5)}  ${clean(said)}`
  } catch {
    return clean(line)
  }
}
