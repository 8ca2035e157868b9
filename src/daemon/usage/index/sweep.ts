// What a process left behind that was killed while it wrote a checkpoint.
import { readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Removes it. Only for who holds the instance's lock, and before an indexer is started. */
export function sweep(checkpoint: string): void {
  let names: string[] = []
  try {
    names = readdirSync(dirname(checkpoint))
  } catch {
    // A state folder that cannot be made or read: whoever writes there says so.
  }
  for (const name of names) {
    if (/^checkpoint\..*\.new$/.test(name)) rmSync(join(dirname(checkpoint), name), { force: true })
  }
}
