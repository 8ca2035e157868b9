// The audit log: what happened to trust, one JSON line each, appended and synced in a queue so that nobody waits for the disk.
// docs/audit.md says what its chain of hashes shows and what it cannot.
import type { AuditEntry, Verified } from '../../contract/audit.ts'
import type { AuditKind } from '../../contract/audit-words.ts'
import { TallyError } from '../../contract/errors.ts'
import { printable } from '../../contract/printable.ts'
import { type Head, NO_HEAD, sealed, verify } from './audit-chain.ts'
import { type AuditFile, type AuditPaths, append, mendEnd, readFiles } from './audit-files.ts'
import { Floods, type Happening, type Subject } from './audit-floods.ts'
import type { Incidents } from './incidents.ts'
import type { Log } from './log.ts'

export interface Audit {
  /** Never throws and never waits. Nothing secret may be given: what is given is written. */
  record(what: AuditKind, subject?: Partial<Subject>, detail?: string): void
  /** The newest, oldest first. Throws TallyError stateUnreadable. */
  list(wanted: {
    since?: number | undefined
    after?: number | undefined
    limit: number
  }): Promise<AuditEntry[]>
  /** Reads everything; `kept` is a head that was kept elsewhere. Throws TallyError stateUnreadable. */
  verify(kept: Head | null): Promise<Verified>
  /** The newest that were written since the start, oldest first. */
  newest(): readonly AuditEntry[]
  /** Reads where the log ends, mends a torn line, and begins to write. Never throws. */
  load(): Promise<void>
  /** Writes what is not written yet; what is recorded after it is lost. Never throws. */
  close(): Promise<void>
}

export interface AuditContext {
  readonly paths: AuditPaths
  readonly incidents: Incidents
  readonly log: Log
  /** Unix milliseconds. */
  readonly now: () => number
  readonly onAdded: () => void
  /** Largest size of one file in bytes; for tests. */
  readonly cap?: number
}

/** Two files of this size stay under a megabyte. */
const FILE_CAP = 480_000
/** Entries that wait while the disk refuses; what comes then is counted as lost. */
const WAITING_CAP = 1_000
const NEWEST = 50
/** When the disk refused, it is asked again after this long, in milliseconds. */
const RETRY_MS = 30_000
/** Written at once; so bounded in number and size that a batch never fills a file. */
const BATCH = 100
const LONGEST_TEXT = 128

export const UNWRITTEN = 'auditUnwritten'

type Unsealed = Omit<AuditEntry, 'seq'>

export function createAudit(context: AuditContext): Audit {
  return new AuditLog(context)
}

class AuditLog implements Audit {
  readonly #context: AuditContext
  readonly #floods = new Floods((happening) => this.#enqueue(unsealed(happening)))
  readonly #newest: AuditEntry[] = []
  #waiting: Unsealed[] = []
  #lost = 0
  #head: Head = NO_HEAD
  /** Whether `#head` is where the file ends. */
  #isOpen = false
  /** Undefined before `load` and after `close`: nothing is written then. */
  #work: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined

  constructor(context: AuditContext) {
    this.#context = context
  }

  record(
    what: AuditKind,
    { id = null, name = null, address = null }: Partial<Subject> = {},
    detail?: string,
  ) {
    const subject = { id: short(id), name: short(name), address: short(address) }
    const happening = { what, subject, detail: short(detail ?? null), at: this.#context.now() }
    this.#floods.take({ ...happening, count: 1, since: null })
  }

  newest(): readonly AuditEntry[] {
    return this.#newest
  }

  async list({ since = 0, after = 0, limit }: Parameters<Audit['list']>[0]): Promise<AuditEntry[]> {
    const files = await this.#read()
    const entries = files.flatMap(({ lines }) => lines.flatMap(({ entry }) => entry ?? []))
    return entries.filter(({ seq, at }) => seq > after && Date.parse(at) >= since).slice(-limit)
  }

  async verify(kept: Head | null): Promise<Verified> {
    return verify(await this.#read(), kept)
  }

  async load(): Promise<void> {
    this.#work = Promise.resolve()
    await this.#write()
  }

  async close(): Promise<void> {
    this.#floods.close()
    clearTimeout(this.#retry)
    const { log } = this.#context
    if (this.#work === undefined) return
    await this.#write()
    this.#work = undefined
    if (this.#waiting.length > 0) log.warn(`${this.#waiting.length} audit entries could not be written`)
  }

  #enqueue(entry: Unsealed): void {
    if (this.#waiting.length < WAITING_CAP) this.#waiting.push(entry)
    else this.#lost += entry.count
    if (this.#retry === undefined) void this.#write()
  }

  /** Writes what waits after what is being written. */
  #write(): Promise<void> {
    if (this.#work === undefined) return Promise.resolve()
    this.#work = this.#work.then(() => this.#writeWaiting()).catch((error) => this.#refused(error))
    return this.#work
  }

  async #writeWaiting(): Promise<void> {
    if (!this.#isOpen) await this.#open()
    this.#isOpen = true
    while (this.#waiting.length > 0) await this.#writeBatch()
  }

  async #writeBatch(): Promise<void> {
    const { paths, cap = FILE_CAP, onAdded, incidents } = this.#context
    const batch = this.#waiting.slice(0, BATCH)
    let head = this.#head
    const entries: AuditEntry[] = []
    const lines: Buffer[] = []
    for (const each of batch) {
      const one = sealed(each, head)
      head = one.head
      entries.push(one.entry)
      lines.push(one.line)
    }
    const bytes = Buffer.concat(lines)
    try {
      await append(paths, bytes, cap)
    } catch (error) {
      // Nobody knows how the file ends now.
      this.#isOpen = false
      throw error
    }
    this.#head = head
    this.#waiting.splice(0, batch.length)
    if (this.#lost > 0) this.#waiting.push(this.#own('auditGapped', `${this.#lost} were not kept`))
    this.#lost = 0
    this.#newest.push(...entries)
    this.#newest.splice(0, Math.max(0, this.#newest.length - NEWEST))
    incidents.resolve(UNWRITTEN, paths.audit)
    onAdded()
  }

  #refused(error: unknown): void {
    const { paths, incidents, log } = this.#context
    const why = error instanceof Error ? error.message : String(error)
    log.debug(`${paths.audit} cannot be written: ${why}`)
    incidents.record({
      code: UNWRITTEN,
      subject: paths.audit,
      says: `${paths.audit} cannot be written (${why}); entries wait in memory`,
      next: 'make room on the disk, or check the permissions of the folder',
    })
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined
      void this.#write()
    }, RETRY_MS).unref()
  }

  /** Finds the head, after mending a last line that a crash cut. */
  async #open(): Promise<void> {
    const { head, mended } = await mendEnd(this.#context.paths)
    this.#head = head
    if (mended !== null) this.#waiting.unshift(this.#own('auditRepaired', mended))
    if (this.#head.seq === 0) this.#waiting.unshift(this.#own('auditBegun', null))
  }

  #own(what: AuditKind, detail: string | null): Unsealed {
    const subject = { id: null, name: null, address: null }
    return unsealed({ what, subject, detail, at: this.#context.now(), count: 1, since: null })
  }

  async #read(): Promise<AuditFile[]> {
    await this.#work
    const reading = readFiles(this.#context.paths)
    // Nothing is appended or rotated while it is read.
    if (this.#work !== undefined) this.#work = reading.then(nothing, nothing)
    try {
      return await reading
    } catch (error) {
      throw new TallyError('stateUnreadable', error instanceof Error ? error.message : String(error))
    }
  }
}

function unsealed({ at, since, ...rest }: Happening): Unsealed {
  const time = (ms: number) => new Date(ms).toISOString()
  return { at: time(at), ...rest, since: since === null ? null : time(since) }
}

/** Names and addresses come from others. */
function short(text: string | null): string | null {
  return text === null ? null : printable(text.slice(0, LONGEST_TEXT), ' ')
}

function nothing(): void {}
