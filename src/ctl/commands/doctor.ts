// `tallyctl doctor`: one line a check, and under what is wrong what to do about it.
import type { Check } from '../../contract/doctor.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Result } from '../../contract/methods.ts'
import { isNoDaemon } from '../connection/errors.ts'
import type { Meaning } from '../terminal/screen.ts'
import { clean, padded, width, wrapped } from '../terminal/text.ts'
import type { Command, Surrounding } from './command.ts'
import type { Asked } from './parse.ts'

// A map, because a newer daemon may know other levels.
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['ok', 'good'],
  ['warning', 'warning'],
  ['broken', 'broken'],
] as const satisfies readonly (readonly [Check['level'], Meaning])[])

export const doctor: Command = async (asked, at) => {
  const result = await at.daemon.call('doctor.run', {}).catch((error: unknown) => {
    if (isNoDaemon(error)) return null
    throw error
  })
  if (result === null) {
    const { localChecks } = await import('./local-checks.ts')
    const checks = [...localChecks(at.paths, at.env), ...(await serviceChecks(at))]
    await show({ checks }, asked, at)
    // Said on stderr, with the exit status of every command that finds no daemon.
    throw new TallyError('noDaemon')
  }
  const checks = [...result.checks, ...(await serviceChecks(at))]
  await show({ checks }, asked, at)
  return checks.some((check) => check.level === 'broken') ? EXIT.failed : EXIT.ok
}

/** The daemon cannot see its own service: it is shut in. */
async function serviceChecks(at: Surrounding): Promise<Check[]> {
  return (await import('./service-checks.ts')).serviceChecks(at)
}

async function show(result: Result<'doctor.run'>, asked: Asked, at: Surrounding): Promise<void> {
  if (asked.has('json')) await at.screen.json(result)
  else {
    const subjects = result.checks.map((check) => clean(check.subject))
    const widest = Math.max(0, ...subjects.map(width))
    const { columns } = at.screen
    for (const [index, { level, says, next }] of result.checks.entries()) {
      const indent = 7 + 2 + widest + 2
      const room = columns === null ? null : Math.max(24, columns - indent)
      const meaning = MEANINGS.get(level)
      const name = padded(clean(level), 7, 'left')
      const subject = padded(subjects[index] ?? '', widest, 'left')
      const head = `${meaning === undefined ? name : at.screen.mark(name, meaning)}  ${subject}  `
      const below = next === undefined ? [] : wrapped(at.screen.typed(clean(next)), room)
      const [first = '', ...rest] = wrapped(at.screen.typed(clean(says)), room)
      await at.screen.answer(head + first, ...[...rest, ...below].map((line) => ' '.repeat(indent) + line))
    }
  }
}
