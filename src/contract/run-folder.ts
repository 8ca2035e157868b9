// Where the run folder lies, and what to set so that it lies elsewhere. The daemon refuses by these rules, and the client explains
// by them.
import { dirname } from 'node:path'
import { longestSocketPath, type Paths } from './paths.ts'

type Folders = Pick<Paths, 'state' | 'run'>

/** Whether XDG_RUNTIME_DIR says where it is. */
export function isByRuntimeDir({ state, run }: Folders): boolean {
  return run !== state && dirname(run) !== state
}

/** What to do so that `folder`, of these, is another one. */
export function elsewhere(folder: string, folders: Folders): string {
  return folder === folders.run && isByRuntimeDir(folders)
    ? 'unset XDG_RUNTIME_DIR, or let it name a folder of yours'
    : 'choose another TALLYD_HOME'
}

/** Why the socket cannot have its path, which Node would truncate silently; null where it can. */
export function tooLong(
  paths: Pick<Paths, 'socket' | 'state' | 'run'>,
  platform: string = process.platform,
): { readonly says: string; readonly next: string } | null {
  const [bytes, longest] = [Buffer.byteLength(paths.socket), longestSocketPath(platform)]
  if (bytes <= longest) return null
  const names = isByRuntimeDir(paths) ? 'XDG_RUNTIME_DIR or TALLYD_HOME' : 'TALLYD_HOME'
  return {
    says: `the path ${paths.socket} has ${bytes} bytes, a socket's may have ${longest}`,
    next: `set ${names} to a folder with a shorter path`,
  }
}
