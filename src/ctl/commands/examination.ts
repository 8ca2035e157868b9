// One examination: what the daemon finds, or where it is silent or absent what can be seen of it from outside; then what only the
// client can see. `tallyctl doctor` prints it, and a report counts it.
import type { Status } from '../../contract/daemon.ts'
import type { Check, ShownCheck } from '../../contract/doctor.ts'
import { TallyError } from '../../contract/errors.ts'
import { Elsewhere, isNoDaemon } from '../connection/errors.ts'
import type { Surrounding } from './command.ts'

export interface Examined {
  readonly checks: readonly ShownCheck[]
  /** `silent`: it runs, and did not answer in time. */
  readonly daemon: 'running' | 'absent' | 'silent'
  readonly status: Status | null
  /** Why it is absent. */
  readonly absence?: TallyError
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
    if (!(error instanceof TallyError)) throw error
    const isSilent = error.error === 'timedOut'
    const isTooLong = error.error === 'badHome'
    if (!isSilent && !isTooLong && !isNoDaemon(error)) throw error
    const outside = await outsideChecks(at)
    if (isSilent) return { checks: [NO_ANSWER, ...outside], daemon: 'silent', status: null }
    const first = error instanceof Elsewhere ? [elsewhereCheck(error)] : []
    return { checks: [...first, ...outside], daemon: 'absent', status: null, absence: error }
  }
}

function elsewhereCheck({ message, next }: Elsewhere): Check {
  return { level: 'broken', code: 'otherRunFolder', subject: 'tallyd', says: message, next }
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
