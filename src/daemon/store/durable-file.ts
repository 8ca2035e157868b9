// A lowdb adapter that survives power cuts and full disks: a new version is written beside the old one, synced,
// and takes its place in one step; the version before is kept; an unreadable one is put aside, never overwritten.
import { constants } from 'node:fs'
import { copyFile, link, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Adapter } from 'lowdb'
import { olderPath, stepsFrom } from './schemas.ts'

/** What happened to a file that is unreadable, or that is missing though the version before it is there. */
export interface Quarantine {
  readonly path: string
  /** Where it lies now; null where it was missing. */
  readonly broken: string | null
  /** What was wrong with it. */
  readonly why: string
  /** Whether the version before it could be used. */
  readonly previousUsed: boolean
}

export interface DurableFileContext<T> {
  readonly path: string
  /** Version of the shape; a file that names another one is not ours to read. */
  readonly schema: number
  /** How older shapes become newer ones: under each number that a file may still have, the step to the number after it. */
  readonly older?: Readonly<Record<number, (data: unknown) => unknown>>
  readonly check: (data: unknown) => data is T
  readonly onQuarantine: (quarantine: Quarantine) => void
  /** Each version is stored twice, and none before it is kept: for what must not come back, e.g. trust that was ended. */
  readonly twice?: boolean
}

/** Broken versions that are kept for a look. */
const BROKEN_KEPT = 3

export class DurableFile<T> implements Adapter<T> {
  readonly #at: DurableFileContext<T>
  readonly #previous: string
  #queue: Promise<void> = Promise.resolve()
  /** The schema of what is on the disk, while that is an older one which has no copy yet. */
  #older: number | null = null

  constructor(context: DurableFileContext<T>) {
    this.#at = context
    this.#previous = context.path.replace(/(\.json)?$/, '.previous.json')
  }

  /** The newest version that can be read; null if there is none. Throws on EACCES and EIO: those may pass. */
  async read(): Promise<T | null> {
    const { path, onQuarantine } = this.#at
    const newest = await this.#load(path)
    if ('data' in newest) {
      if (newest.from !== undefined) await this.#upgrade(newest.data, newest.from)
      return newest.data
    }
    const before = await this.#load(this.#previous)
    const previousUsed = 'data' in before
    if (newest.why !== undefined) {
      onQuarantine({ path, broken: await putAside(path), why: newest.why, previousUsed })
    }
    if (previousUsed) {
      if (newest.why === undefined) onQuarantine({ path, broken: null, why: 'it is missing', previousUsed })
      // So that it is said once. Where the disk refuses, the next change tries again.
      await this.write(before.data).catch(() => undefined)
      return before.data
    }
    if (before.why !== undefined) {
      const broken = await putAside(this.#previous)
      onQuarantine({ path: this.#previous, broken, why: before.why, previousUsed: false })
    }
    return null
  }

  /** The version before the newest, and nothing is changed; null where it cannot be used. Throws on EACCES and EIO. */
  async before(): Promise<T | null> {
    const before = await this.#load(this.#previous)
    return 'data' in before ? before.data : null
  }

  /** The newest has its shape and yet is not whole, as only its reader can tell: it is put aside, and `before` takes its place. */
  async giveUp(why: string, before: T): Promise<void> {
    const { path, onQuarantine } = this.#at
    onQuarantine({ path, broken: await putAside(path), why, previousUsed: true })
    await this.write(before)
  }

  /** Resolves when the disk has it; until then, and when it throws, the version before stands. */
  write(data: T): Promise<void> {
    const text = JSON.stringify({ schema: this.#at.schema, data })
    const written = this.#queue.then(() => this.#replace(text))
    this.#queue = written.catch(() => undefined)
    return written
  }

  async #load(path: string): Promise<{ data: T; from?: number } | { why: string | undefined }> {
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return { why: undefined }
      throw error
    }
    try {
      const envelope: unknown = JSON.parse(text)
      if (typeof envelope !== 'object' || envelope === null) return { why: 'it is not an object' }
      const { schema, data } = envelope as { schema?: unknown; data?: unknown }
      const { schema: ours, older = {} } = this.#at
      const steps = stepsFrom(schema, ours, older)
      if (steps === null) return { why: `its schema is ${JSON.stringify(schema)}, not ${ours}` }
      const made = steps.reduce((shape, step) => step(shape), data)
      if (!this.#at.check(made)) return { why: 'its shape is wrong' }
      return steps.length === 0 ? { data: made } : { data: made, from: schema as number }
    } catch (error) {
      if (text === '') return { why: 'it is empty' }
      // A step to a newer shape throws where the older one is not what it should be.
      return { why: error instanceof SyntaxError ? 'it is not JSON' : 'its shape is wrong' }
    }
  }

  /** Writes the new shape; where the disk refuses, the next change tries again. */
  async #upgrade(data: T, from: number): Promise<void> {
    this.#older = from
    await this.write(data).catch(() => undefined)
  }

  async #replace(text: string): Promise<void> {
    const { path } = this.#at
    const fresh = `${path}.new`
    try {
      await store(fresh, text)
      // Nothing is written over what an older tallyd could still read before there is a copy of it.
      if (this.#older !== null) await keep(path, olderPath(path, this.#older))
      this.#older = null
      // Before the newest: a crash between the two leaves in the second place what was not acknowledged yet.
      if (this.#at.twice === true) await this.#second(text)
      else await keep(path, this.#previous)
      await rename(fresh, path)
    } catch (error) {
      await rm(fresh, { force: true }).catch(() => undefined)
      throw error
    }
    await syncFolder(dirname(path))
  }

  /** A file of its own, not a second name: what spoils the one leaves the other. */
  async #second(text: string): Promise<void> {
    const fresh = `${this.#previous}.new`
    try {
      await store(fresh, text)
      await rename(fresh, this.#previous)
    } catch (error) {
      await rm(fresh, { force: true }).catch(() => undefined)
      throw error
    }
  }
}

/** A file that was not there before, readable by nobody else; resolves when the disk has its content. */
async function store(path: string, text: string): Promise<void> {
  await rm(path, { force: true })
  const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Gives the file a second name, in one step, so that there is a previous version at every moment. */
async function keep(path: string, previous: string): Promise<void> {
  const fresh = `${previous}.new`
  await rm(fresh, { force: true })
  try {
    await link(path, fresh)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    // File systems without hard links.
    await copyFile(path, fresh)
  }
  await rename(fresh, previous)
}

async function putAside(path: string): Promise<string> {
  const prefix = `${path}.broken-`
  const broken = `${prefix}${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  await rename(path, broken)
  const all = (await readdir(dirname(path))).filter((name) => name.startsWith(basename(prefix))).sort()
  for (const name of all.slice(0, -BROKEN_KEPT)) await rm(join(dirname(path), name), { force: true })
  return broken
}

/** Makes names that were given or taken in this folder outlive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
