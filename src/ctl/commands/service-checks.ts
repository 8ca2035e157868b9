// What `tallyctl doctor` says of the service: whether it is installed, how it is, and what would keep it from starting again.
import type { Check } from '../../contract/doctor.ts'
import type { CheckCode } from '../../contract/doctor-words.ts'
import { TallyError } from '../../contract/errors.ts'
import { installationOf, versionManagerWarning } from '../service/installation.ts'
import type { Supervisor } from '../service/service.ts'
import { supervisorInCharge, supervisorOf } from '../service/supervisor.ts'
import type { Surrounding } from './command.ts'
import { statusIfRunning } from './daemon-process.ts'
import { saysOf } from './failure.ts'

const subject = 'service'
/** How long the daemon may take to say its number, in milliseconds. */
const PATIENCE_MS = 5_000
const INSTALL = 'run: tallyctl service install'

/** Never throws. */
export async function serviceChecks(
  at: Surrounding,
  supervisor: Supervisor | null = supervisorInCharge(at),
): Promise<Check[]> {
  if (supervisor === null) return [{ level: 'ok', code: 'serviceAbsent', subject, says: await absent(at) }]
  try {
    return await checksOf(supervisor, at)
  } catch (error) {
    const says = error instanceof Error ? error.message : String(error)
    return [{ level: 'warning', code: 'serviceUnknown', subject, says, next: INSTALL }]
  }
}

/** What can be done about it depends on whether anybody would start it. */
async function absent(at: Surrounding): Promise<string> {
  const why = await supervisorOf(at).then(
    (supervisor) => supervisor.unreachable(),
    (error: unknown) => error,
  )
  if (why === null) return 'not installed; tallyctl service install starts tallyd with your login'
  const says = why instanceof TallyError ? saysOf(why) : String(why)
  return `not installed, and cannot be: ${says}; docs/service.md#without-systemd-and-launchd says what starts tallyd with your login then`
}

async function checksOf(supervisor: Supervisor, at: Surrounding): Promise<Check[]> {
  const { manager, state, pid } = await supervisor.show()
  const why = state === 'unreachable' ? await supervisor.unreachable() : null
  if (why !== null)
    return [{ level: 'warning', code: 'serviceUnknown', subject, says: saysOf(why), next: why.next }]
  const running = await statusIfRunning(at, PATIENCE_MS).catch(() => null)
  const warnings: Check[] = []
  const warn = (code: CheckCode, says: string, next: string) =>
    warnings.push({ level: 'warning', code, subject, says, next })
  if (state !== 'running')
    warn(
      'serviceStopped',
      `${manager} says that it is ${state}`,
      'run: tallyctl service restart; why: tallyctl service logs',
    )
  if (running !== null && state === 'running' && pid !== null && running.pid !== pid)
    warn(
      'serviceOfAnother',
      `what answers is another tallyd (pid ${running.pid}), not the service's (pid ${pid})`,
      `run: tallyctl stop, then ${INSTALL.slice(5)}`,
    )
  if (!supervisor.isEnabled()) warn('serviceDisabled', 'it does not start with your login', INSTALL)
  if (supervisor.isOutdated())
    warn('serviceOutdated', `${supervisor.path} is not of this installation or this version`, INSTALL)
  const managed = versionManagerWarning(installationOf(at).node)
  if (managed !== null)
    warn(
      'serviceNode',
      managed,
      'a Node of the system outlives its upgrades; or install the service again after each',
    )
  if (warnings.length > 0) return warnings
  const lingers = await supervisor.lingers()
  const start = lingers === true ? 'with the machine' : 'with your login'
  return [
    { level: 'ok', code: 'service', subject, says: `${manager}, pid ${pid ?? 'unknown'}; starts ${start}` },
  ]
}
