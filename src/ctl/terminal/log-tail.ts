// The end of the daemon's log.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'

/** At most so many bytes of it; null where there is no such file. */
export function tailOf(path: string, bytes: number): string | null {
  try {
    // A pipe would be waited for.
    if (!statSync(path).isFile()) return null
    const descriptor = openSync(path, 'r')
    try {
      const { size } = fstatSync(descriptor)
      const tail = Buffer.alloc(Math.min(size, bytes))
      return tail.toString('utf8', 0, readSync(descriptor, tail, 0, tail.length, size - tail.length))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return null
  }
}
