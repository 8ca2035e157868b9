// `tallyctl doctor`: one line a check, and under what is wrong what to do about it; of one device, one line a step. With
// --report it writes a file for a bug report instead, see report.ts.
import type { ShownCheck } from '../../contract/doctor.ts'
import type { LEVELS } from '../../contract/doctor-words.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import { Elsewhere } from '../connection/errors.ts'
import type { Meaning } from '../terminal/screen.ts'
import { clean, padded, width, wrapped } from '../terminal/text.ts'
import type { Command, Surrounding } from './command.ts'
import { allChecks } from './examination.ts'
import type { Asked } from './parse.ts'

// A map, because a newer daemon may know other levels.
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['ok', 'good'],
  ['warning', 'warning'],
  ['broken', 'broken'],
] as const satisfies readonly (readonly [(typeof LEVELS)[number], Meaning])[])

export const doctor: Command = async (asked, at) => {
  if (asked.has('report')) return (await import('./report.ts')).report(asked, at)
  if (asked.value('out') !== undefined)
    throw new TallyError('wrongUsage', '--out is where a report goes, and needs --report')
  const [device] = asked.words
  if (device !== undefined) {
    const { checks } = await at.daemon.call('doctor.device', { device })
    return shown(checks, asked, at)
  }
  const { checks, daemon, absence } = await allChecks(at)
  const exit = await shown(checks, asked, at)
  if (daemon !== 'absent') return exit
  // Said on stderr, with the exit status of every command that finds no daemon.
  if (absence instanceof Elsewhere) throw absence
  const isBroken = checks.some(({ level }) => level === 'broken')
  throw new TallyError(
    'noDaemon',
    undefined,
    isBroken ? 'mend what is broken, then run: tallyctl start' : undefined,
  )
}

async function shown(checks: readonly ShownCheck[], asked: Asked, at: Surrounding): Promise<number> {
  if (asked.has('json')) await at.screen.json({ checks })
  else await show(checks, at)
  return checks.some(({ level }) => level === 'broken') ? EXIT.failed : EXIT.ok
}

async function show(checks: readonly ShownCheck[], { screen }: Surrounding): Promise<void> {
  const subjects = checks.map((check) => clean(check.subject))
  const widest = Math.max(0, ...subjects.map(width))
  const indent = 7 + 2 + widest + 2
  const room = screen.columns === null ? null : Math.max(24, screen.columns - indent)
  for (const [index, { level, says, next }] of checks.entries()) {
    const meaning = MEANINGS.get(level)
    const name = padded(clean(level), 7, 'left')
    const subject = padded(subjects[index] ?? '', widest, 'left')
    const head = `${meaning === undefined ? name : screen.mark(name, meaning)}  ${subject}  `
    const below = next === undefined ? [] : wrapped(screen.typed(clean(next)), room)
    const [first = '', ...rest] = wrapped(screen.typed(clean(says)), room)
    await screen.answer(head + first, ...[...rest, ...below].map((line) => ' '.repeat(indent) + line))
  }
}
