// Keeps the checkpoint: decides when it is written, survives a disk that is full, and opens it again after whatever happened.
// While it runs, memory and the private copy are the truth: what something else writes over the files is put aside unread.
import { renameSync } from 'node:fs'
import type { Paths } from '../../../contract/paths.ts'
import type { Incidents } from '../../store/incidents.ts'
import { Ledger } from '../ledger/ledger.ts'
import { copyIfAbsent, type Held, loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
import { type CheckpointFormat, FORMAT } from './older-checkpoint.ts'
import { Seal } from './seal.ts'

/** A change waits this long for others, plus a second for each 50 kB the checkpoint has: 16 MB once in 5 minutes. */
const WAIT_MS = 5_000
const LONGEST_WAIT_MS = 300_000
const BYTES_A_SECOND = 50_000
/** A change that the logs no longer tell (a deleted or replaced file) is written at once. */
const URGENT_MS = 20

export interface KeeperContext {
  readonly paths: Paths
  readonly incidents: Incidents
  readonly now: () => number
  /** Gives what is to be written. */
  readonly held: () => Held
  /** Whether the files are another daemon's by now; never where it is left out. */
  readonly isTaken?: (() => boolean) | undefined
  /** Another one in tests. */
  readonly format?: CheckpointFormat | undefined
}

export class Keeper {
  /** Unix ms of the last checkpoint written or read; null if there is none. */
  savedAt: number | null = null
  /** A checkpoint is there that could neither be read nor moved. */
  #refuses = false
  #revision = -1
  #timer: NodeJS.Timeout | null = null
  #dueAt = Number.POSITIVE_INFINITY
  #saving: Promise<void> = Promise.resolve()
  /** Both files as they were when they were read or written last; null before that. */
  #seals: readonly Seal[] | null = null
  readonly #context: KeeperContext

  constructor(context: KeeperContext) {
    this.#context = context
  }

  /** What the newest readable checkpoint holds, or nothing. A damaged one is put aside and doctor says so. */
  open(): Held {
    const { paths, now, format = FORMAT } = this.#context
    for (const path of this.#files) {
      try {
        const held = loadCheckpoint(path, { isPrivate: true, format })
        this.#seal()
        this.savedAt = now()
        this.#revision = held.ledger.revision
        if (path === paths.checkpoint) this.#context.incidents.resolve('checkpointUnreadable')
        if (path !== paths.checkpoint || held.checkpoint?.from !== null) this.changed(true)
        return held
      } catch (error) {
        this.#setAside(path, error)
      }
    }
    return { ledger: new Ledger(), files: new Map(), checkpoint: null }
  }

  get #files(): readonly string[] {
    const { checkpoint, checkpointPrevious } = this.#context.paths
    return [checkpoint, checkpointPrevious]
  }

  #seal(): void {
    this.#seals = this.#files.map((path) => new Seal(path))
  }

  /** Whether the files have to be written again, though nothing was counted: something removed one or wrote over it. */
  get isBereft(): boolean {
    return this.#seals?.some(({ state }) => state !== 'whole') ?? false
  }

  /** Size of the checkpoint in bytes; 0 if there is none. */
  get bytes(): number {
    return this.#context.held().checkpoint?.bytes ?? 0
  }

  /** Something changed; `urgent` where the logs would not tell it again. */
  changed(urgent: boolean): void {
    const wait = urgent
      ? URGENT_MS
      : Math.min(LONGEST_WAIT_MS, WAIT_MS + (this.bytes / BYTES_A_SECOND) * 1000)
    const dueAt = this.#context.now() + wait
    if (dueAt >= this.#dueAt) return
    this.#dueAt = dueAt
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.save(), wait)
    this.#timer.unref()
  }

  /** Writes nothing of what changed so far, since the indexer will; true if something was due. */
  cancel(): boolean {
    const wasDue = this.isDue
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#dueAt = Number.POSITIVE_INFINITY
    return wasDue
  }

  get isDue(): boolean {
    return this.#timer !== null
  }

  /** The indexer's first checkpoint has no version before; makes one when there is time. */
  secure(): void {
    const { checkpoint, checkpointPrevious } = this.#context.paths
    this.#saving = this.#saving
      .then(() => copyIfAbsent(checkpoint, checkpointPrevious))
      .catch(() => undefined)
      .then(() => this.#seal())
  }

  /** Waits for what is being written. */
  settled(): Promise<void> {
    return this.#saving
  }

  /** Writes now what changed. Never throws: what cannot be written is an incident, and is tried again. */
  save(): Promise<void> {
    this.cancel()
    this.#saving = this.#saving.then(() => this.#write())
    return this.#saving
  }

  async #write(): Promise<void> {
    const { paths, incidents, held, now, isTaken, format = FORMAT } = this.#context
    if (isTaken?.() === true) return
    this.#setForeignAside()
    if (this.#refuses) return
    const current = held()
    const { revision } = current.ledger
    try {
      await saveCheckpoint(paths.checkpoint, paths.checkpointPrevious, current, {
        isPrivate: true,
        format,
      })
      await copyIfAbsent(paths.checkpoint, paths.checkpointPrevious)
      this.#seal()
      this.savedAt = now()
      this.#revision = revision
      incidents.resolve('checkpointUnwritable')
      incidents.resolve('indexerFailed')
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      incidents.record({
        code: 'checkpointUnwritable',
        subject: paths.checkpoint,
        says: `the checkpoint could not be written (${code ?? message}); counting goes on in memory`,
        next: 'free disk space or mend the permissions of the state folder',
      })
      this.changed(false)
    }
  }

  /** Lets the register go if the checkpoint knows all of it. */
  rest(): boolean {
    const { ledger, checkpoint } = this.#context.held()
    if (checkpoint === null || !ledger.awake || this.isDue || ledger.revision !== this.#revision) return false
    ledger.rest(() => checkpoint.loadRegister())
    return true
  }

  #setForeignAside(): void {
    for (const [at, seal] of this.#seals?.entries() ?? []) {
      if (seal.state !== 'foreign') continue
      const path = this.#files[at]!
      const kept = this.#putAside(path)
      this.#tell(
        path,
        `something wrote over the checkpoint; ${kept}`,
        'find out what wrote there; nothing is lost',
      )
    }
  }

  #setAside(path: string, error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return
    const kept = this.#putAside(path)
    this.#tell(
      path,
      `the checkpoint could not be read (${code ?? message}); ${kept}`,
      'nothing to do: the version before and the logs were read instead; totals of logs deleted since may be missing',
    )
  }

  /** Whatever the reason, what cannot be read is never written over: it may be readable again tomorrow. Says what was done. */
  #putAside(path: string): string {
    const aside = `${path}.broken-${new Date(this.#context.now()).toISOString().replaceAll(/[:.]/g, '-')}`
    try {
      renameSync(path, aside)
      return `it was put aside as ${aside}`
    } catch (failure) {
      this.#refuses = true
      return `it cannot be put aside (${(failure as NodeJS.ErrnoException).code}), so nothing is written until the next start`
    }
  }

  #tell(path: string, says: string, next: string): void {
    this.#context.incidents.record({ code: 'checkpointUnreadable', subject: path, says, next })
  }
}
