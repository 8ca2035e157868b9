// What starts tallyd with the login and again after a crash: systemd, or launchd. Each is one file that keeps to this shape.
import { TallyError } from '../../contract/errors.ts'
import type { Surrounding } from '../commands/command.ts'
import { Launchd } from './launchd.ts'
import { programs, type Run } from './program.ts'
import { Systemd } from './systemd.ts'

export type ServiceState = 'running' | 'starting' | 'stopped' | 'failed' | 'absent'

/** What `--json` prints. */
export interface Service {
  readonly manager: 'systemd' | 'launchd'
  /** Its name there. */
  readonly unit: string
  /** The file that describes it; null where it is not installed. */
  readonly path: string | null
  readonly state: ServiceState
  /** Of the daemon, while it runs as this service. */
  readonly pid: number | null
}

export interface Supervisor {
  readonly manager: Service['manager']
  readonly unit: string
  /** Where its file is, or would be. */
  readonly path: string
  /** The content of that file for this installation. Throws TallyError serviceRefused where it cannot be written down. */
  text(): string
  /** The file as it is; null where there is none. Throws TallyError serviceRefused where it is not ours. */
  installed(): string | null
  /** Whether what is installed is for this very TALLYD_HOME. */
  isOfThisHome(): boolean
  /** Whether what is installed is not what would be installed now. */
  isOutdated(): boolean
  /** Throws TallyError noSupervisor where nobody answers, serviceRefused where tallyd is supervised in another way already. */
  ready(): Promise<void>
  show(): Promise<Service>
  /** Writes the file, enables it, starts it and returns when it is ready. Throws TallyError; then it is as it was. */
  install(): Promise<void>
  start(): Promise<void>
  restart(): Promise<void>
  /** Stops it and removes all that `install` made. */
  uninstall(): Promise<void>
  /** The words of the program that prints the log. */
  logWords(lines: number, follow: boolean): readonly [string, ...string[]]
  /** Whether it starts with the login. */
  isEnabled(): boolean
  /** Whether it goes on after the last logout; null where that is no question. */
  lingers(): Promise<boolean | null>
  /** Throws TallyError where that is refused. */
  linger(on: boolean): Promise<void>
}

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
