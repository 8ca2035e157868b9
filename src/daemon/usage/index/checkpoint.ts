// The checkpoint: totals, counted calls and the position in every log, in one file that is replaced atomically. Each
// section carries its CRC-32. What only counting needs (the register, the sources' memories) stays on disk until then.
import { closeSync, openSync, readSync } from 'node:fs'
import { copyFile, link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { crc32 } from 'node:zlib'
import { BUCKET_SHAPE, Buckets, TOOL_SHAPE, ToolBuckets } from '../ledger/buckets.ts'
import { Columns, type Shape } from '../ledger/columns.ts'
import { Ledger } from '../ledger/ledger.ts'
import { Names } from '../ledger/names.ts'
import { CALL_SHAPE, Register, SESSION_SHAPE, TOOL_CALL_SHAPE } from '../ledger/register.ts'
import type { LogFile } from './log-file.ts'

const MAGIC = 'TALLYCP1'
const SCHEMA = 1
const PREFIX_BYTES = 16
const SECTIONS = ['buckets', 'toolBuckets', 'files', 'memories', 'calls', 'sessions', 'toolCalls'] as const
type SectionName = (typeof SECTIONS)[number]

interface Section {
  readonly name: SectionName
  readonly rows: number
  readonly at: number
  readonly bytes: number
  readonly crc: number
}

interface Header {
  readonly schema: number
  readonly agents: string[]
  readonly models: string[]
  readonly tools: string[]
  readonly sections: Section[]
}

export interface Held {
  readonly ledger: Ledger
  readonly files: Map<string, LogFile>
}

type StoredFile = [
  path: string,
  agent: string,
  ino: number,
  size: number,
  mtimeMs: number,
  offset: number,
  mark: number,
  lines: number,
  rejected: LogFile['rejected'],
  newestAt: number,
  memoryAt: number,
  memoryBytes: number,
]

/** The checkpoint is not what was written. */
export class BrokenCheckpoint extends Error {
  override readonly name = 'BrokenCheckpoint'
}

/** Reads the checkpoint at `path` and checks every byte. Throws BrokenCheckpoint, or the system's error. */
export function loadCheckpoint(path: string): Held {
  const fd = openSync(path, 'r')
  try {
    const header = readHeader(fd)
    checkSections(fd, header.sections)
    const ledger = new Ledger(
      {
        agents: new Names(header.agents),
        models: new Names(header.models),
        tools: new Names(header.tools),
        buckets: new Buckets(columnsIn(fd, header, 'buckets', BUCKET_SHAPE)),
        toolBuckets: new ToolBuckets(columnsIn(fd, header, 'toolBuckets', TOOL_SHAPE)),
      },
      () => loadRegister(path),
    )
    return { ledger, files: filesIn(fd, sectionOf(header, 'files'), sectionOf(header, 'memories')) }
  } finally {
    closeSync(fd)
  }
}

/** The register as of the checkpoint at `path`. */
export function loadRegister(path: string): Register {
  const fd = openSync(path, 'r')
  try {
    const header = readHeader(fd)
    return new Register(
      columnsIn(fd, header, 'calls', CALL_SHAPE),
      columnsIn(fd, header, 'sessions', SESSION_SHAPE),
      columnsIn(fd, header, 'toolCalls', TOOL_CALL_SHAPE),
    )
  } finally {
    closeSync(fd)
  }
}

/** Brings the files' resting memories back from the checkpoint at `path`. */
export function wakeMemories(path: string, files: Iterable<LogFile>): void {
  const resting = [...files].filter((file) => file.resting !== null)
  if (resting.length === 0) return
  const fd = openSync(path, 'r')
  try {
    for (const file of resting) {
      file.memory = JSON.parse(readBytes(fd, file.resting!.at, file.resting!.bytes).toString())
      file.resting = null
    }
  } finally {
    closeSync(fd)
  }
}

/**
 * Writes `held` to `path` and keeps the version before as `previous`: temporary file, sync, rename, sync of the folder. The
 * bytes are taken at the call; what changes while it writes is not in it. Afterwards `settle` lets memories rest in it.
 */
export async function saveCheckpoint(
  path: string,
  previous: string,
  held: Held,
): Promise<{ settle(): void; bytes: number }> {
  const { bytes, settle } = encode(held, path)
  const temporary = `${path}.${process.pid}.new`
  try {
    const handle = await open(temporary, 'w', 0o600)
    try {
      for (const part of bytes) await handle.writeFile(part)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await keepPrevious(path, previous)
    await rename(temporary, path)
    await syncFolder(dirname(path))
    await copyIfAbsent(path, previous)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
  return { settle, bytes: bytes.reduce((sum, part) => sum + part.length, 0) }
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
    if (code === 'EPERM' || code === 'EMLINK' || code === 'ENOTSUP') await copyFile(path, previous)
    else if (code !== 'ENOENT') throw error
  }
}

/** The first checkpoint is its own previous version: one damaged file must not lose what deleted logs told. */
async function copyIfAbsent(path: string, previous: string): Promise<void> {
  const aside = `${previous}.${process.pid}.new`
  const present = await open(previous, 'r').catch(() => null)
  if (present !== null) return present.close()
  await copyFile(path, aside)
  await rename(aside, previous)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function encode(held: Held, path: string): { bytes: Buffer[]; settle(): void } {
  const { ledger, files } = held
  const { calls, sessions, toolCalls } = ledger.register
  wakeMemories(path, files.values())
  const memories = encodeMemories(files)
  const parts: Record<SectionName, { rows: number; bytes: Buffer }> = {
    buckets: { rows: ledger.buckets.table.length, bytes: joined(ledger.buckets.table.toBuffers()) },
    toolBuckets: {
      rows: ledger.toolBuckets.table.length,
      bytes: joined(ledger.toolBuckets.table.toBuffers()),
    },
    files: { rows: files.size, bytes: encodeFiles(files, memories.places) },
    memories: { rows: files.size, bytes: memories.bytes },
    calls: { rows: calls.table.length, bytes: joined(calls.table.toBuffers()) },
    sessions: { rows: sessions.table.length, bytes: joined(sessions.table.toBuffers()) },
    toolCalls: { rows: toolCalls.table.length, bytes: joined(toolCalls.table.toBuffers()) },
  }
  const header = encodeHeader(ledger, parts)
  const memoriesAt = header.sections.find(({ name }) => name === 'memories')!.at
  const read = new Map([...files].map(([name, file]) => [name, file.offset]))
  const settle = () => {
    for (const [name, { at, bytes }] of memories.places) {
      const file = files.get(name)
      if (file === undefined || file.offset !== read.get(name)) continue
      file.memory = null
      file.resting = { at: memoriesAt + at, bytes }
    }
  }
  return { bytes: [header.bytes, ...SECTIONS.map((name) => parts[name].bytes)], settle }
}

function encodeMemories(files: Held['files']): {
  bytes: Buffer
  places: Map<string, { at: number; bytes: number }>
} {
  const places = new Map<string, { at: number; bytes: number }>()
  const parts: Buffer[] = []
  let at = 0
  for (const file of files.values()) {
    if (file.memory === null) continue
    const part = Buffer.from(JSON.stringify(file.memory))
    places.set(file.path, { at, bytes: part.length })
    parts.push(part)
    at += part.length
  }
  return { bytes: Buffer.concat(parts), places }
}

function encodeFiles(files: Held['files'], places: Map<string, { at: number; bytes: number }>): Buffer {
  const rows = [...files.values()].map((file): StoredFile => {
    const { path, agent, ino, size, mtimeMs, offset, mark, lines, rejected, newestAt } = file
    const place = places.get(path) ?? { at: 0, bytes: 0 }
    return [path, agent, ino, size, mtimeMs, offset, mark, lines, rejected, newestAt, place.at, place.bytes]
  })
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}

/** One file a line, read in pieces: parsed as a whole, the section would need many times its size for a moment. */
function filesIn(fd: number, section: Section, memories: Section): Map<string, LogFile> {
  const files = new Map<string, LogFile>()
  const piece = Buffer.allocUnsafeSlow(64 << 10)
  let rest = ''
  const decoder = new StringDecoder('utf8')
  for (let done = 0; done < section.bytes; done += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, section.bytes - done))
    fill(fd, section.at + done, part)
    const lines = (rest + decoder.write(part)).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      const file = fileIn(JSON.parse(line) as StoredFile, memories)
      files.set(file.path, file)
    }
  }
  return files
}

function fileIn(row: StoredFile, memories: Section): LogFile {
  const [path, agent, ino, size, mtimeMs, offset, mark, lines, rejected, newestAt, at, bytes] = row
  const resting = bytes === 0 ? null : { at: memories.at + at, bytes }
  const memory = null
  return { path, agent, ino, size, mtimeMs, offset, mark, lines, rejected, newestAt, memory, resting }
}

/** `TALLYCP1`, the header's length and CRC-32 (unsigned 32 bits, little-endian), the header as JSON. */
function encodeHeader(
  ledger: Ledger,
  parts: Record<SectionName, { rows: number; bytes: Buffer }>,
): { bytes: Buffer; sections: Section[] } {
  const relative: Section[] = []
  let at = 0
  for (const name of SECTIONS) {
    const { rows, bytes } = parts[name]
    relative.push({ name, rows, at, bytes: bytes.length, crc: crc32(bytes) })
    at += bytes.length
  }
  const { agents, models, tools } = ledger
  const json = Buffer.from(
    JSON.stringify({
      schema: SCHEMA,
      agents: agents.list,
      models: models.list,
      tools: tools.list,
      sections: relative,
    }),
  )
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.write(MAGIC, 'latin1')
  prefix.writeUInt32LE(json.length, 8)
  prefix.writeUInt32LE(crc32(json), 12)
  const bytes = Buffer.concat([prefix, json])
  return { bytes, sections: relative.map((section) => ({ ...section, at: section.at + bytes.length })) }
}

function readHeader(fd: number): Header {
  const prefix = readBytes(fd, 0, PREFIX_BYTES)
  if (prefix.toString('latin1', 0, 8) !== MAGIC) throw new BrokenCheckpoint('it is not a checkpoint')
  const length = prefix.readUInt32LE(8)
  if (length > 64 << 20) throw new BrokenCheckpoint('its header is too long')
  const json = readBytes(fd, PREFIX_BYTES, length)
  if (crc32(json) !== prefix.readUInt32LE(12)) throw new BrokenCheckpoint('its header is damaged')
  const header = JSON.parse(json.toString()) as Header
  if (header.schema !== SCHEMA) throw new BrokenCheckpoint(`it is of schema ${header.schema}, not ${SCHEMA}`)
  const sections = header.sections.map((section) => ({ ...section, at: section.at + PREFIX_BYTES + length }))
  return { ...header, sections }
}

function sectionOf(header: Header, name: SectionName): Section {
  const section = header.sections.find((each) => each.name === name)
  if (section === undefined) throw new BrokenCheckpoint(`it has no ${name}`)
  return section
}

/** In pieces of one buffer, so that checking what is not kept costs no memory. */
function checkSections(fd: number, sections: readonly Section[]): void {
  const piece = Buffer.allocUnsafeSlow(256 << 10)
  for (const { name, at, bytes, crc } of sections) {
    let sum = 0
    for (let done = 0; done < bytes; done += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, bytes - done))
      fill(fd, at + done, part)
      sum = crc32(part, sum)
    }
    if (sum !== crc) throw new BrokenCheckpoint(`its ${name} are damaged`)
  }
}

/** Reads straight into the columns: a copy on the way would stay in the process as a hole. */
function columnsIn<S extends Shape>(fd: number, header: Header, name: SectionName, shape: S): Columns<S> {
  const { rows, at, bytes } = sectionOf(header, name)
  const table = Columns.ofRows(shape, rows)
  const parts = table.toBuffers()
  if (parts.reduce((sum, part) => sum + part.length, 0) !== bytes)
    throw new BrokenCheckpoint(`its ${name} do not fit`)
  let done = 0
  for (const part of parts) {
    fill(fd, at + done, part)
    done += part.length
  }
  return table
}

function readBytes(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  fill(fd, at, bytes)
  return bytes
}

function fill(fd: number, at: number, bytes: Buffer): void {
  let done = 0
  while (done < bytes.length) {
    const read = readSync(fd, bytes, done, bytes.length - done, at + done)
    if (read === 0) throw new BrokenCheckpoint('it is cut short')
    done += read
  }
}

/** One buffer of its own: the columns go on changing while it is written. */
function joined(parts: Buffer[]): Buffer {
  return Buffer.concat(parts)
}
