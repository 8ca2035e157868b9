// What of the paths that a sender chose is there on this machine.
import { access } from 'node:fs/promises'

/** A file system that does not answer is not waited for longer, in milliseconds: nothing is said of its paths. */
const LOOK_MS = 1_000

/** Those absolute paths at which there is something. */
export async function existing(paths: readonly string[]): Promise<Set<string>> {
  const looks = paths
    .filter((path) => path.startsWith('/'))
    .map((path) =>
      access(path).then(
        () => [path],
        () => [],
      ),
    )
  const late = new Promise<string[][]>((resolve) => setTimeout(resolve, LOOK_MS, []).unref())
  return new Set((await Promise.race([Promise.all(looks), late])).flat())
}
