// The bytes of a checkpoint: `TALLYCP1`, a JSON header, then sections, each with its CRC-32. docs/checkpoint.md has the
// layout. Sections are read straight into the columns that they fill.
import { readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { crc32 } from 'node:zlib'
import { SCHEMAS } from '../../store/schemas.ts'
import { Columns, type Shape } from '../../tallies/columns.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { LogFile } from './log-file.ts'

const MAGIC = 'TALLYCP1'
const SCHEMA = SCHEMAS.checkpoint
const PREFIX_BYTES = 16
const FILES_PIECE = 64 << 10
const CHECK_PIECE = 256 << 10
const SECTIONS = ['buckets', 'toolBuckets', 'files', 'memories', 'calls', 'sessions', 'toolCalls'] as const
type SectionName = (typeof SECTIONS)[number]

interface Section {
  readonly name: SectionName
  readonly rows: number
  readonly at: number
  readonly bytes: number
  readonly crc: number
}

export interface Header {
  readonly schema: number
  readonly agents: string[]
  readonly models: string[]
  readonly tools: string[]
  readonly sections: Section[]
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
  recheckAt: number,
  memoryAt: number,
  memoryBytes: number,
]

/** The checkpoint is not what was written. */
export class BrokenCheckpoint extends Error {
  override readonly name = 'BrokenCheckpoint'
}

/** A section before it has a place. */
interface Part {
  readonly rows: number
  readonly parts: readonly Buffer[]
}

interface Table {
  readonly length: number
  toBuffers(): Buffer[]
}

/** Where each file's memory lies, relative to its section. */
type Places = ReadonlyMap<string, { readonly at: number; readonly bytes: number }>

export interface Encoded {
  readonly parts: readonly Buffer[]
  readonly bytes: number
  /** Where each file's memory lies in the whole. */
  readonly memories: Places
}

/**
 * Everything as it is now. Every memory has to be awake. What `isFrozen` does not change until it is written, and is not copied.
 */
export function encode(ledger: Ledger, files: ReadonlyMap<string, LogFile>, isFrozen = false): Encoded {
  const { calls, sessions, toolCalls } = ledger.register
  const memories = encodeMemories(files)
  const { buckets, toolBuckets } = ledger
  const encodeColumns = (table: Table): Part => ({
    rows: table.length,
    parts: isFrozen ? table.toBuffers() : [Buffer.concat(table.toBuffers())],
  })
  const sections: Record<SectionName, Part> = {
    buckets: encodeColumns(buckets.table),
    toolBuckets: encodeColumns(toolBuckets.table),
    files: { rows: files.size, parts: [encodeFiles(files, memories.places)] },
    memories: { rows: files.size, parts: [memories.bytes] },
    calls: encodeColumns(calls.table),
    sessions: encodeColumns(sessions.table),
    toolCalls: encodeColumns(toolCalls.table),
  }
  const header = encodeHeader(ledger, sections)
  const memoriesAt = header.sections.find(({ name }) => name === 'memories')!.at
  const parts = [header.bytes, ...SECTIONS.flatMap((name) => sections[name].parts)]
  return {
    parts,
    bytes: parts.reduce((sum, part) => sum + part.length, 0),
    memories: new Map(
      [...memories.places].map(([path, { at, bytes }]) => [path, { at: memoriesAt + at, bytes }]),
    ),
  }
}

function encodeMemories(files: ReadonlyMap<string, LogFile>): {
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

function encodeFiles(files: ReadonlyMap<string, LogFile>, places: Places): Buffer {
  const rows = [...files.values()].map((file): StoredFile => {
    const { path, agent, ino, size, mtimeMs, offset, mark, lines, rejected, newestAt, recheckAt } = file
    const place = places.get(path) ?? { at: 0, bytes: 0 }
    return [
      path,
      agent,
      ino,
      size,
      mtimeMs,
      offset,
      mark,
      lines,
      rejected,
      newestAt,
      recheckAt,
      place.at,
      place.bytes,
    ]
  })
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}

/**
 * One file a line, read in pieces: parsed as a whole, the section would need many times its size for a moment. Throws
 * SyntaxError or BrokenCheckpoint if it is damaged.
 */
export function filesIn(fd: number, header: Header): Map<string, LogFile> {
  const section = sectionOf(header, 'files')
  const memories = sectionOf(header, 'memories')
  const files = new Map<string, LogFile>()
  let rest = ''
  const decoder = new StringDecoder('utf8')
  eachPiece(fd, section, FILES_PIECE, (part) => {
    const lines = (rest + decoder.write(part)).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      const file = fileIn(JSON.parse(line) as StoredFile, memories)
      files.set(file.path, file)
    }
  })
  return files
}

function fileIn(row: StoredFile, memories: Section): LogFile {
  const [path, agent, ino, size, mtimeMs, offset, mark, lines, rejected, newestAt, recheckAt, at, bytes] = row
  const resting = bytes === 0 ? null : { at: memories.at + at, bytes }
  const memory = null
  return {
    path,
    agent,
    ino,
    size,
    mtimeMs,
    offset,
    mark,
    lines,
    rejected,
    newestAt,
    recheckAt,
    memory,
    resting,
  }
}

/** `TALLYCP1`, the header's length and CRC-32 (unsigned 32 bits, little-endian), the header as JSON. */
function encodeHeader(
  ledger: Ledger,
  encoded: Record<SectionName, Part>,
): { bytes: Buffer; sections: Section[] } {
  const relative: Section[] = []
  let at = 0
  for (const name of SECTIONS) {
    const { rows, parts } = encoded[name]
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    const crc = parts.reduce((sum, part) => crc32(part, sum), 0)
    relative.push({ name, rows, at, bytes, crc })
    at += bytes
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

export function readHeader(fd: number): Header {
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

export function sectionOf(header: Header, name: SectionName): Section {
  const section = header.sections.find((each) => each.name === name)
  if (section === undefined) throw new BrokenCheckpoint(`it has no ${name}`)
  return section
}

/** Checks what is not loaded now. Throws BrokenCheckpoint. */
export function checkSections(fd: number, header: Header, names: readonly SectionName[]): void {
  for (const name of names) eachPiece(fd, sectionOf(header, name), CHECK_PIECE, () => undefined)
}

/** In pieces of one buffer, so that what is not kept costs no memory. Throws BrokenCheckpoint, when all was read, if it is damaged. */
function eachPiece(fd: number, section: Section, size: number, take: (part: Buffer) => void): void {
  const { name, at, bytes, crc } = section
  const piece = Buffer.allocUnsafeSlow(Math.min(size, bytes))
  let sum = 0
  for (let done = 0; done < bytes; done += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, bytes - done))
    fill(fd, at + done, part)
    sum = crc32(part, sum)
    take(part)
  }
  if (sum !== crc) throw new BrokenCheckpoint(`its ${name} are damaged`)
}

/** Reads straight into the columns, since a copy on the way would stay in the process as a hole. Throws BrokenCheckpoint. */
export function columnsIn<S extends Shape>(
  fd: number,
  header: Header,
  name: SectionName,
  shape: S,
): Columns<S> {
  const { rows, at, bytes, crc } = sectionOf(header, name)
  const table = Columns.ofRows(shape, rows)
  const parts = table.toBuffers()
  if (parts.reduce((sum, part) => sum + part.length, 0) !== bytes)
    throw new BrokenCheckpoint(`its ${name} do not fit`)
  let done = 0
  let sum = 0
  for (const part of parts) {
    fill(fd, at + done, part)
    sum = crc32(part, sum)
    done += part.length
  }
  if (sum !== crc) throw new BrokenCheckpoint(`its ${name} are damaged`)
  return table
}

export function readBytes(fd: number, at: number, length: number): Buffer {
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
