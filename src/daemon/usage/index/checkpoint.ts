// The checkpoint: totals, counted calls and the position in every log, in one file that is replaced atomically. A private copy
// stays open: what only counting needs (the register, the sources' memories) rests in it until it is needed.
import { closeSync, constants, copyFileSync, fstatSync, openSync, rmSync } from 'node:fs'
import { copyFile, link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BUCKET_SHAPE, Buckets, TOOL_SHAPE, ToolBuckets } from '../../tallies/buckets.ts'
import { Names } from '../../tallies/names.ts'
import { Ledger } from '../ledger/ledger.ts'
import { CALL_SHAPE, Register, SESSION_SHAPE, TOOL_CALL_SHAPE } from '../ledger/register.ts'
import {
  checkSections,
  columnsIn,
  encode,
  filesIn,
  type Header,
  readBytes,
  readHeader,
} from './checkpoint-format.ts'
import type { LogFile } from './log-file.ts'

export { BrokenCheckpoint } from './checkpoint-format.ts'

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
  readonly #fd: number
  readonly #header: Header

  /** `isPrivate`: what is written into the file later is not read. Throws BrokenCheckpoint, or the system's error. */
  constructor(path: string, isPrivate = false) {
    this.path = path
    this.#fd = isPrivate ? openPrivately(path) : openSync(path, 'r')
    try {
      this.bytes = fstatSync(this.#fd).size
      this.#header = readHeader(this.#fd)
    } catch (error) {
      closeSync(this.#fd)
      throw error
    }
  }

  /** Everything but what may rest, with every byte checked first. Throws BrokenCheckpoint. */
  load(): Held {
    const header = this.#header
    checkSections(this.#fd, header, RESTING)
    const parts = {
      agents: new Names(header.agents),
      models: new Names(header.models),
      tools: new Names(header.tools),
      buckets: new Buckets(columnsIn(this.#fd, header, 'buckets', BUCKET_SHAPE)),
      toolBuckets: new ToolBuckets(columnsIn(this.#fd, header, 'toolBuckets', TOOL_SHAPE)),
    }
    const files = filesIn(this.#fd, header)
    return { ledger: new Ledger(parts, () => this.loadRegister()), files, checkpoint: this }
  }

  /** Throws BrokenCheckpoint. */
  loadRegister(): Register {
    return new Register(
      columnsIn(this.#fd, this.#header, 'calls', CALL_SHAPE),
      columnsIn(this.#fd, this.#header, 'sessions', SESSION_SHAPE),
      columnsIn(this.#fd, this.#header, 'toolCalls', TOOL_CALL_SHAPE),
    )
  }

  memoryAt({ at, bytes }: NonNullable<LogFile['resting']>): unknown {
    return JSON.parse(readBytes(this.#fd, at, bytes).toString())
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/**
 * Opens a copy of the file that no path leads to: a restored backup or a mistake can write over the checkpoint, but not over
 * what rests in here. Where there is no room for a copy, the file itself. Throws the system's error.
 */
function openPrivately(path: string): number {
  const copy = `${path}.${process.pid}.private.new`
  try {
    copyFileSync(path, copy, constants.COPYFILE_FICLONE)
    return openSync(copy, 'r')
  } catch {
    return openSync(path, 'r')
  } finally {
    rmSync(copy, { force: true })
  }
}

/**
 * Opens the checkpoint at `path` and loads it; closes it again if it is broken. Whoever goes on counting for long wants it
 * `isPrivate`. Throws BrokenCheckpoint, SyntaxError, or the system's error.
 */
export function loadCheckpoint(path: string, isPrivate = false): Held {
  const checkpoint = new Checkpoint(path, isPrivate)
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

/**
 * Writes `held` to `path` and keeps the version before as `previous`: temporary file, sync, rename, sync of the folder. The
 * bytes are taken at the call; what changes while it writes is not in it, and stays awake. Afterwards `held` rests in it.
 * Only what the logs still tell whole may be written without `sync`. What `isFrozen` does not change while it is written.
 */
export async function saveCheckpoint(
  path: string,
  previous: string,
  held: Held,
  { sync = true, isPrivate = false, isFrozen = false } = {},
): Promise<void> {
  wakeMemories(held, held.files.values())
  const { parts, memories } = encode(held.ledger, held.files, isFrozen)
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
    await keepPrevious(path, previous)
    await rename(temporary, path)
    if (sync) await syncFolder(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
  const old = held.checkpoint
  held.checkpoint = new Checkpoint(path, isPrivate)
  for (const [name, place] of memories) {
    const file = held.files.get(name)
    if (file === undefined || file.memory !== written.get(name)) continue
    file.memory = null
    file.resting = place
  }
  old?.close()
}

/** The present version becomes the previous one without a moment in which there is none. */
async function keepPrevious(path: string, previous: string): Promise<void> {
  const aside = `${previous}.${process.pid}.new`
  try {
    await link(path, aside)
    await rename(aside, previous)
  } catch (error) {
    await rm(aside, { force: true })
    const { code } = error as NodeJS.ErrnoException
    // Some file systems have no links. The previous version is only replaced by a copy that is whole.
    if (code === 'EPERM' || code === 'EMLINK' || code === 'ENOTSUP') await copyOver(path, previous)
    else if (code !== 'ENOENT') throw error
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
