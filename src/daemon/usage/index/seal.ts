// Tells whether a file is still the one that was written or read, without reading it again.
import { statSync } from 'node:fs'

/** What has become of a sealed file: `foreign` if something else stands at its path, or was written into it. */
export type SealState = 'whole' | 'foreign' | 'absent'

/** Remembers a file by inode, size and time of change, as it is now. */
export class Seal {
  readonly #path: string
  readonly #mark: string | null

  constructor(path: string) {
    this.#path = path
    this.#mark = markOf(path)
  }

  get state(): SealState {
    const mark = markOf(this.#path)
    if (mark === null) return 'absent'
    return mark === this.#mark ? 'whole' : 'foreign'
  }
}

/** Null if nothing can be seen there. */
function markOf(path: string): string | null {
  try {
    const { ino, size, mtimeMs } = statSync(path)
    return `${ino} ${size} ${mtimeMs}`
  } catch {
    return null
  }
}
