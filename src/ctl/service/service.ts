// What a supervisor is asked, and what it tells of its service. systemd and launchd are one file each that keeps to this shape.
import type { TallyError } from '../../contract/errors.ts'

/** `unreachable`: nobody answers who could tell. */
export type ServiceState = 'running' | 'starting' | 'stopped' | 'failed' | 'absent' | 'unreachable'

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
  /** Why nobody answers who could tell or start anything: noSupervisor; null where somebody does. */
  unreachable(): Promise<TallyError | null>
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
