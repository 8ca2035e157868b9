// The checkpoint: totals, counted calls and the position in every log, in one file that is replaced atomically. A private copy
// stays open: what only counting needs (the register, the sources' memories) rests in it until it is needed.
import { copyFile, link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { olderPath } from '../../store/schemas.ts'
import { BUCKET_SHAPE, Buckets, TOOL_SHAPE, ToolBuckets } from '../../tallies/buckets.ts'
import { Names } from '../../tallies/names.ts'
import { Ledger } from '../ledger/ledger.ts'
import { CALL_SHAPE, Register, SESSION_SHAPE, TOOL_CALL_SHAPE } from '../ledger/register.ts'
import { columnsIn, encode, filesIn, type NameLists } from './checkpoint-format.ts'
import { checkSections, type Header, readBytes, readHeader } from './envelope.ts'
import type { LogFile } from './log-file.ts'
import { type CheckpointFormat, FORMAT, readForward } from './older-checkpoint.ts'
import { openBytes, type StoredBytes } from './stored-bytes.ts'

export { BrokenCheckpoint } from './stored-bytes.ts'

interface OpenOptions {
  /** What is written into the file later is not read. */
  readonly isPrivate?: boolean
  /** Another one in tests. */
  readonly format?: CheckpointFormat
}

/** What is counted, and where the resting part of it lies. */
export interface Held {
  readonly ledger: Ledger
  readonly files: Map<string, LogFile>
  checkpoint: Checkpoint | null
}

/** What rests: checked when the checkpoint is opened, loaded when it is needed. */
const RESTING = ['memories', 'calls', 'sessions', 'toolCalls'] as const

/** An open checkpoint. Open, because a file that is deleted or replaced under us can still be read. */
export class Checkpoint {
  readonly path: string
  readonly bytes: number
  /** The schema of the file, where that is an older one which was read forward; else null. */
  readonly from: number | null
  readonly #stored: StoredBytes
  readonly #header: Header

  /** Throws BrokenCheckpoint, SyntaxError, or the system's error. */
  constructor(path: string, { isPrivate = false, format = FORMAT }: OpenOptions = {}) {
    this.path = path
    const file = openBytes(path, isPrivate)
    this.bytes = file.length
    try {
      const header = readHeader(file)
      const isOurs = header.schema === format.schema
      this.from = isOurs ? null : header.schema
      this.#stored = isOurs ? file : readForward(file, header, format)
      this.#header = isOurs ? header : readHeader(this.#stored)
    } catch (error) {
      file.close()
      throw error
    }
    if (this.from !== null) file.close()
  }

  /** Everything but what may rest, with every byte checked first. Throws BrokenCheckpoint. */
  load(): Held {
    const header = this.#header
    const names = header as unknown as NameLists
    checkSections(this.#stored, header, RESTING)
    // What a step made is not taken for whole because its bytes are.
    if (this.from !== null) this.loadRegister()
    const parts = {
      agents: new Names(names.agents),
      models: new Names(names.models),
      tools: new Names(names.tools),
      buckets: new Buckets(columnsIn(this.#stored, header, 'buckets', BUCKET_SHAPE)),
      toolBuckets: new ToolBuckets(columnsIn(this.#stored, header, 'toolBuckets', TOOL_SHAPE)),
    }
    const files = filesIn(this.#stored, header)
    return { ledger: new Ledger(parts, () => this.loadRegister()), files, checkpoint: this }
  }

  /** Throws BrokenCheckpoint. */
  loadRegister(): Register {
    return new Register(
      columnsIn(this.#stored, this.#header, 'calls', CALL_SHAPE),
      columnsIn(this.#stored, this.#header, 'sessions', SESSION_SHAPE),
      columnsIn(this.#stored, this.#header, 'toolCalls', TOOL_CALL_SHAPE),
    )
  }

  memoryAt({ at, bytes }: NonNullable<LogFile['resting']>): unknown {
    return JSON.parse(readBytes(this.#stored, at, bytes).toString())
  }

  close(): void {
    this.#stored.close()
  }
}

/**
 * Opens the checkpoint at `path` and loads it; closes it again if it is broken. Whoever goes on counting for long wants it
 * `isPrivate`. Throws BrokenCheckpoint, SyntaxError, or the system's error.
 */
export function loadCheckpoint(path: string, options: OpenOptions = {}): Held {
  const checkpoint = new Checkpoint(path, options)
  try {
    return checkpoint.load()
  } catch (error) {
    checkpoint.close()
    throw error
  }
}

/** Brings the files' memories back from where they rest. */
export function wakeMemories({ checkpoint }: Held, files: Iterable<LogFile>): void {
  if (checkpoint === null) return
  for (const file of files) {
    if (file.resting === null) continue
    file.memory = checkpoint.memoryAt(file.resting)
    file.resting = null
  }
}

interface SaveOptions extends OpenOptions {
  /** Only what the logs still tell whole may be written without. */
  readonly sync?: boolean
  /** What is held does not change while it is written. */
  readonly isFrozen?: boolean
}

/**
 * Writes `held` to `path` and keeps the version before as `previous`: temporary file, sync, rename, sync of the folder. The
 * bytes are taken at the call; what changes while it writes is not in it, and stays awake. Afterwards `held` rests in it.
 */
export async function saveCheckpoint(
  path: string,
  previous: string,
  held: Held,
  { sync = true, isFrozen = false, ...options }: SaveOptions = {},
): Promise<void> {
  const { schema } = options.format ?? FORMAT
  wakeMemories(held, held.files.values())
  const { parts, memories } = encode(held.ledger, held.files, { schema, isFrozen })
  const written = new Map([...held.files].map(([name, file]) => [name, file.memory]))
  const temporary = `${path}.${process.pid}.new`
  try {
    const handle = await open(temporary, 'w', 0o600)
    try {
      for (const part of parts) await handle.writeFile(part)
      if (sync) await handle.sync()
    } finally {
      await handle.close()
    }
    await keepOlder(path, held.checkpoint)
    await keepAs(path, previous)
    await rename(temporary, path)
    if (sync) await syncFolder(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
  const old = held.checkpoint
  held.checkpoint = new Checkpoint(path, options)
  for (const [name, place] of memories) {
    const file = held.files.get(name)
    if (file === undefined || file.memory !== written.get(name)) continue
    file.memory = null
    file.resting = place
  }
  old?.close()
}

/**
 * What an older tallyd could still read is kept under a name that nothing is written over; once, since what is written now is read
 * next. Where it cannot be kept this throws, and nothing is written.
 */
async function keepOlder(path: string, read: Checkpoint | null): Promise<void> {
  // It was read from the version before where the newest one was lost.
  if (read !== null && read.from !== null) await keepAs(read.path, olderPath(path, read.from))
}

/** The version at `path` gets a second name without a moment in which that names nothing, or half of it. */
async function keepAs(path: string, name: string): Promise<void> {
  const aside = `${name}.${process.pid}.new`
  try {
    await link(path, aside)
    await rename(aside, name)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Some file systems have no links. What was kept before is only replaced by a copy that is whole.
    if (code === 'EPERM' || code === 'EMLINK' || code === 'ENOTSUP') await copyOver(path, name)
    else if (code !== 'ENOENT') throw error
  } finally {
    // Where both are names of one file already, it is still there.
    await rm(aside, { force: true })
  }
}

/** The first checkpoint is its own previous version: one damaged file must not lose what deleted logs told. */
export async function copyIfAbsent(path: string, previous: string): Promise<void> {
  const present = await open(previous, 'r').catch(() => null)
  if (present !== null) return present.close()
  await copyOver(path, previous)
}

async function copyOver(from: string, to: string): Promise<void> {
  const aside = `${to}.${process.pid}.new`
  try {
    await copyFile(from, aside)
    const handle = await open(aside, 'r+')
    await handle.sync().finally(() => handle.close())
    await rename(aside, to)
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
