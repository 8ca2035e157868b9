// What the sections of a checkpoint of this version's schema hold. Sections are read straight into the columns that they fill.
import { StringDecoder } from 'node:string_decoder'
import { crc32 } from 'node:zlib'
import { Columns, type Shape } from '../../tallies/columns.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { eachPiece, encodeHeader, type Header, type Part, type Section, sectionOf } from './envelope.ts'
import type { LogFile } from './log-file.ts'
import { BrokenCheckpoint, type StoredBytes } from './stored-bytes.ts'

const FILES_PIECE = 64 << 10
const SECTIONS = ['buckets', 'toolBuckets', 'files', 'memories', 'calls', 'sessions', 'toolCalls'] as const
type SectionName = (typeof SECTIONS)[number]

/** The names that numbers in the columns stand for. */
export interface NameLists {
  readonly agents: string[]
  readonly models: string[]
  readonly tools: string[]
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

export interface EncodeOptions {
  readonly schema: number
  /** It does not change until it is written, and is not copied. */
  readonly isFrozen: boolean
}

/** Everything as it is now. Every memory has to be awake. */
export function encode(
  ledger: Ledger,
  files: ReadonlyMap<string, LogFile>,
  { schema, isFrozen }: EncodeOptions,
): Encoded {
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
  const { agents, models, tools } = ledger
  const names: NameLists = { agents: agents.list, models: models.list, tools: tools.list }
  const header = encodeHeader({ schema, ...names }, sections)
  const memoriesAt = sectionOf(header, 'memories').at
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
export function filesIn(stored: StoredBytes, header: Header): Map<string, LogFile> {
  const section = sectionOf(header, 'files')
  const memories = sectionOf(header, 'memories')
  const files = new Map<string, LogFile>()
  let rest = ''
  const decoder = new StringDecoder('utf8')
  eachPiece(stored, section, FILES_PIECE, (part) => {
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

/** Reads straight into the columns, since a copy on the way would stay in the process as a hole. Throws BrokenCheckpoint. */
export function columnsIn<S extends Shape>(
  stored: StoredBytes,
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
    stored.fill(at + done, part)
    sum = crc32(part, sum)
    done += part.length
  }
  if (sum !== crc) throw new BrokenCheckpoint(`its ${name} are damaged`)
  return table
}
