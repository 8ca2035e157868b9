// `tallyctl doctor`: one line a check, and under what is wrong what to do about it; of one device, one line a step. With
// --report it writes a file for a bug report instead, see report.ts.
import type { Status } from '../../contract/daemon.ts'
import type { ShownCheck } from '../../contract/doctor.ts'
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
  const { checks, isRunning } = await allChecks(at)
  const exit = await shown(checks, asked, at)
  // Said on stderr, with the exit status of every command that finds no daemon.
  if (!isRunning) throw new TallyError('noDaemon')
  return exit
}

export interface Examined {
  readonly checks: readonly ShownCheck[]
  readonly isRunning: boolean
  readonly status: Status | null
}

/** The daemon's checks, or what can be seen of it from outside; then what only the client can see. Throws where it runs and does not answer. */
export async function allChecks(at: Surrounding): Promise<Examined> {
  const result = await at.daemon.call('doctor.run', {}).catch((error: unknown) => {
    if (isNoDaemon(error)) return null
    throw error
  })
  if (result === null) return { checks: await outsideChecks(at), isRunning: false, status: null }
  const { statusIfRunning } = await import('./daemon-process.ts')
  const status = await statusIfRunning(at).catch(() => null)
  const checks = [...result.checks, ...(await clientChecks(at, status, result.checks))]
  return { checks, isRunning: true, status }
}

/** Without a daemon, or with one that does not answer. */
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
