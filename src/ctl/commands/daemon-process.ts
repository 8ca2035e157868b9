// The daemon as a process: whether it runs, and which program it is.
import { dirname, join } from 'node:path'
import type { Status } from '../../contract/daemon.ts'
import { call, isNoDaemon } from '../connection/rpc.ts'
import type { Surrounding } from './command.ts'

/** The status of the daemon that runs, or null. */
export async function statusIfRunning(at: Surrounding): Promise<Status | null> {
  return call(at.paths.socket, 'daemon.status', {}).catch((error: unknown) => {
    if (isNoDaemon(error)) return null
    throw error
  })
}

/** The daemon's program, which is built beside this one. */
export function daemonProgram(program: string): string {
  return join(dirname(program), '..', 'daemon', 'main.js')
}
