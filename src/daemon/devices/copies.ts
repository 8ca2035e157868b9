// The copies of all other devices and their files. Memory is right at once, the disk follows within half a minute: a crash
// costs nothing but asking again.
import { createHash } from 'node:crypto'
import { lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Low } from 'lowdb'
import type { Paths } from '../../contract/paths.ts'
import { DurableFile } from '../store/durable-file.ts'
import { type Incidents, quarantined } from '../store/incidents.ts'
import type { Log } from '../store/log.ts'
import { Copy } from './copy.ts'
import { COPY_SCHEMA, isStoredCopy, pack, type StoredCopy, unpack } from './copy-file.ts'
import { BUILT_IN_TOOLS, MODEL_WORDS } from './known-words.ts'

export interface CopiesContext {
  readonly paths: Pick<Paths, 'copies'>
  readonly incidents: Incidents
  readonly log: Log
  /** Longest time in milliseconds that the disk is behind; for tests. */
  readonly pauseMs?: number
}

export interface Copies {
  /** The device's copy, read from its file the first time; empty if there is none that can be read. Never throws for a disk. */
  load(id: string): Promise<Copy>
  /** The copy that was loaded. */
  of(id: string): Copy | undefined
  /** The copy was changed and is to be written soon. */
  changed(id: string): void
  /** The copy is as it was, only younger: not worth a write of its own. */
  confirmed(id: string): void
  /** Forgets the copy, in memory and on disk. Throws what removing throws. */
  remove(id: string): Promise<void>
  /** Writes what is not written yet. Never throws; what could not be written is an incident. */
  flush(): Promise<void>
  /** Writes what is not written yet and how old each copy is; nothing is written after it. */
  close(): Promise<void>
}

/** While a copy changes it is written this often, in milliseconds. */
const PAUSE_MS = 30_000
/** When the disk refused, it is asked again after this long, in milliseconds. */
const RETRY_MS = 60_000
/** A copy that was younger at its last write by less than this, in milliseconds, is not written for its age. */
const AGE_MS = 60_000

export const UNWRITTEN = 'copyUnwritten'
export const UNREADABLE = 'copyUnreadable'

interface Entry {
  readonly copy: Copy
  readonly file: DurableFile<OnDisk>
  readonly path: string
  dirty: boolean
  /** As the disk has it. */
  asOf: number | null
  removed: boolean
}

interface OnDisk extends StoredCopy {
  readonly device: string
  /** The rules by which names came in: with others the device has to be asked for everything. */
  readonly rules: string
}

/** Changes with every version whose lists let in other names. */
const RULES = createHash('sha256')
  .update([...MODEL_WORDS, ' ', ...BUILT_IN_TOOLS].join('\n'))
  .digest('hex')
  .slice(0, 16)

export function openCopies(context: CopiesContext): Copies {
  return new CopyFolder(context)
}

class CopyFolder implements Copies {
  readonly #context: CopiesContext
  readonly #entries = new Map<string, Promise<Entry>>()
  readonly #loaded = new Map<string, Entry>()
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  #closed = false

  constructor(context: CopiesContext) {
    this.#context = context
  }

  async load(id: string): Promise<Copy> {
    let entry = this.#entries.get(id)
    if (entry === undefined) {
      entry = this.#read(id)
      this.#entries.set(id, entry)
    }
    return (await entry).copy
  }

  of(id: string): Copy | undefined {
    return this.#loaded.get(id)?.copy
  }

  changed(id: string): void {
    const entry = this.#loaded.get(id)
    if (entry === undefined) return
    entry.dirty = true
    this.#writeIn(this.#context.pauseMs ?? PAUSE_MS)
  }

  confirmed(id: string): void {
    const entry = this.#loaded.get(id)
    if (entry !== undefined && (entry.copy.asOf ?? 0) - (entry.asOf ?? 0) > 60 * AGE_MS) this.changed(id)
  }

  async remove(id: string): Promise<void> {
    const entry = await this.#entries.get(id)
    this.#entries.delete(id)
    this.#loaded.delete(id)
    if (entry !== undefined) entry.removed = true
    await this.#writing
    const { copies } = this.#context.paths
    const own = basename(this.#pathOf(id), '.json')
    const names = await readdir(copies).catch(ifThere<string[]>([]))
    for (const name of names.filter((each) => each.startsWith(`${own}.`)))
      await rm(join(copies, name), { force: true })
    this.#context.incidents.resolve(UNWRITTEN, this.#pathOf(id))
    this.#context.incidents.resolve(UNREADABLE, this.#pathOf(id))
  }

  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.then(() => this.#writeAll())
    return this.#writing
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const entry of this.#loaded.values()) {
      if ((entry.copy.asOf ?? 0) - (entry.asOf ?? 0) > AGE_MS) entry.dirty = true
    }
    await this.flush()
  }

  #writeIn(ms: number): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => void this.flush(), ms).unref()
  }

  async #read(id: string): Promise<Entry> {
    const path = this.#pathOf(id)
    const { incidents } = this.#context
    const file = new DurableFile<OnDisk>({
      path,
      schema: COPY_SCHEMA,
      check: (data): data is OnDisk => isStoredCopy(data) && (data as OnDisk).device === id,
      onQuarantine: (quarantine) => incidents.record(quarantined(quarantine)),
    })
    let copy = new Copy()
    try {
      // lowdb holds what it read as long as it lives: it lives for one reading.
      const low = new Low<OnDisk | null>(file as unknown as DurableFile<OnDisk | null>, null)
      await low.read()
      if (low.data !== null) copy = copyIn(low.data)
      incidents.resolve(UNREADABLE, path)
    } catch (error) {
      incidents.record({
        code: UNREADABLE,
        subject: path,
        says: `${path} cannot be read (${messageOf(error)}); the device is asked for everything again`,
        next: 'check the permissions of the folder and the disk',
      })
    }
    const entry = { copy, file, path, dirty: false, asOf: copy.asOf, removed: false }
    this.#loaded.set(id, entry)
    return entry
  }

  async #writeAll(): Promise<void> {
    let failed = false
    for (const [id, entry] of this.#loaded) {
      if (entry.dirty && !entry.removed) failed = !(await this.#write(id, entry)) || failed
    }
    if (failed) this.#writeIn(Math.max(RETRY_MS, this.#context.pauseMs ?? PAUSE_MS))
  }

  async #write(id: string, entry: Entry): Promise<boolean> {
    const { incidents, log, paths } = this.#context
    entry.dirty = false
    try {
      await makeFolder(paths.copies)
      const packed: OnDisk = { device: id, rules: RULES, ...pack(entry.copy) }
      await new Low<OnDisk>(entry.file, packed).write()
      entry.asOf = packed.asOf
      incidents.resolve(UNWRITTEN, entry.path)
      return true
    } catch (error) {
      entry.dirty = true
      log.debug(`${entry.path} cannot be written: ${messageOf(error)}`)
      incidents.record({
        code: UNWRITTEN,
        subject: entry.path,
        says: `${entry.path} cannot be written (${messageOf(error)}); after a restart the device is asked for everything again`,
        next: 'make room on the disk, or check the permissions of the folder',
      })
      return false
    }
  }

  /** An id is a fingerprint; anything else could name a file elsewhere. */
  #pathOf(id: string): string {
    if (!/^[0-9a-f]{64}$/.test(id)) throw new RangeError('a device id is 64 hexadecimal digits')
    return join(this.#context.paths.copies, `${id}.json`)
  }
}

function copyIn({ device: _, rules, ...stored }: OnDisk): Copy {
  return unpack(rules === RULES ? stored : { ...stored, cursor: null })
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' || !(await lstat(path)).isDirectory()) throw error
  })
}

function ifThere<T>(otherwise: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return otherwise
    throw error
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
