// What starts tallyd with the login and again after a crash: systemd, or launchd.
import { TallyError } from '../../contract/errors.ts'
import type { Surrounding } from '../commands/command.ts'
import { Launchd } from './launchd.ts'
import { programs, type Run } from './program.ts'
import type { Supervisor } from './service.ts'
import { Systemd } from './systemd.ts'

/** The supervisor that has a service of this very home; null where none has. Asks nobody. */
export function supervisorInCharge(at: Surrounding, run: Run = programs(at.env)): Supervisor | null {
  try {
    const known = process.platform === 'darwin' ? new Launchd(at, run) : new Systemd(at, run)
    return known.isOfThisHome() ? known : null
  } catch {
    // A file of somebody else.
    return null
  }
}

/** The supervisor of this machine. Throws TallyError noSupervisor, with what to run instead. */
export async function supervisorOf(at: Surrounding, run: Run = programs(at.env)): Promise<Supervisor> {
  if (process.platform === 'darwin') return new Launchd(at, run)
  if (process.platform === 'linux' && !(await run(['systemctl', '--version'])).isMissing)
    return new Systemd(at, run)
  throw new TallyError(
    'noSupervisor',
    process.platform === 'linux' ? 'there is no systemd' : `${process.platform} has none that is known here`,
    'run tallyctl start with your login, for example from ~/.profile: tallyctl start >/dev/null; docs/service.md has more',
  )
}
