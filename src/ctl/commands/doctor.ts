// `tallyctl doctor`: one line a check, and under what is wrong what to do about it; of one device, one line a step. With
// --report it writes a file for a bug report instead, see report.ts.
import type { Status } from '../../contract/daemon.ts'
import type { Check, ShownCheck } from '../../contract/doctor.ts'
import type { LEVELS } from '../../contract/doctor-words.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
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
  const { checks, daemon } = await allChecks(at)
  const exit = await shown(checks, asked, at)
  // Said on stderr, with the exit status of every command that finds no daemon.
  if (daemon === 'absent') throw new TallyError('noDaemon')
  return exit
}

export interface Examined {
  readonly checks: readonly ShownCheck[]
  /** `silent`: it runs, and did not answer in time. */
  readonly daemon: 'running' | 'absent' | 'silent'
  readonly status: Status | null
}

/** The daemon's checks, or what can be seen of it from outside; then what only the client can see. Throws what a busy daemon throws. */
export async function allChecks(at: Surrounding): Promise<Examined> {
  try {
    const { checks: found } = await at.daemon.call('doctor.run', {})
    const { statusIfRunning } = await import('./daemon-process.ts')
    const status = await statusIfRunning(at).catch(() => null)
    return {
      checks: [...found, ...(await clientChecks(at, status, found))],
      daemon: 'running',
      status,
    }
  } catch (error) {
    const isSilent = error instanceof TallyError && error.error === 'timedOut'
    if (!isSilent && !isNoDaemon(error)) throw error
    const outside = await outsideChecks(at)
    return {
      checks: isSilent ? [NO_ANSWER, ...outside] : outside,
      daemon: isSilent ? 'silent' : 'absent',
      status: null,
    }
  }
}

const NO_ANSWER: Check = {
  level: 'broken',
  code: 'noAnswer',
  subject: 'tallyd',
  says: 'it runs, but does not answer',
  next: 'run: tallyctl stop, then tallyctl start; its log says what it did: tallyctl paths log',
}

/** What needs no answer of the daemon. */
export async function outsideChecks(at: Surrounding): Promise<ShownCheck[]> {
  const { localChecks } = await import('./local-checks.ts')
  return [...(await localChecks(at.paths, at.env)), ...(await clientChecks(at, null, []))]
}

/** The daemon cannot see its own service, the firewall or the shell's PATH: it is shut in. */
async function clientChecks(
  at: Surrounding,
  status: Status | null,
  found: readonly ShownCheck[],
): Promise<ShownCheck[]> {
  const [
    { firewallChecks },
    { checkVersions, programsOnPath },
    { serviceChecks },
    { programs },
    { versionOf },
  ] = await Promise.all([
    import('./firewall-checks.ts'),
    import('./version-checks.ts'),
    import('./service-checks.ts'),
    import('../service/program.ts'),
    import('./version.ts'),
  ])
  const service = await serviceChecks(at)
  return [
    ...(await firewallChecks(status, found, programs(at.env))),
    ...checkVersions({
      own: versionOf(at.program),
      daemon: status?.version ?? null,
      isService: service.every(({ code }) => code !== 'serviceAbsent'),
      onPath: programsOnPath(at.env['PATH']),
    }),
    ...service,
  ]
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
