// What every command gets and gives.
import type { Paths } from '../../contract/paths.ts'
import type { Daemon } from '../connection/daemon.ts'
import type { Screen } from '../terminal/screen.ts'
import type { Asked } from './parse.ts'

export interface Surrounding {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly paths: Paths
  /** Whom to ask: the daemon of this user on this machine, or the one that --host names. */
  readonly daemon: Daemon
  /** The file that runs, without links; the daemon's lies beside it. */
  readonly program: string
  readonly screen: Screen
}

/** Does what was asked, prints it, and returns the exit status. */
export type Command = (asked: Asked, at: Surrounding) => Promise<number>

/** Where the daemon's config file is; null where it is on another machine. */
export function configOf({ daemon, paths }: Surrounding): string | null {
  return daemon.url === null ? paths.config : null
}
