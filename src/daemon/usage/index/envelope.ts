// What a checkpoint of every schema has in common: `TALLYCP1`, a JSON header, then sections, each with its CRC-32. What the header
// names and the sections hold is checkpoint-format.ts; docs/checkpoint.md has the layout.
import { crc32 } from 'node:zlib'
import { BrokenCheckpoint, type StoredBytes } from './stored-bytes.ts'

const MAGIC = 'TALLYCP1'
const PREFIX_BYTES = 16
const LONGEST_HEADER = 64 << 20
const CHECK_PIECE = 256 << 10

/** A section and its place in the whole. */
export interface Section {
  readonly name: string
  readonly rows: number
  readonly at: number
  readonly bytes: number
  readonly crc: number
}

export interface Header {
  readonly schema: number
  readonly sections: readonly Section[]
  /** Whatever else its schema has in the header. */
  readonly [name: string]: unknown
}

/** A section before it has a place. */
export interface Part {
  readonly rows: number
  readonly parts: readonly Buffer[]
}

/** Prefix and header for these sections, in this order, and where each section comes to lie. */
export function encodeHeader(
  header: Readonly<Record<string, unknown>> & { readonly schema: number },
  encoded: Readonly<Record<string, Part>>,
): { bytes: Buffer; sections: Section[] } {
  const relative: Section[] = []
  let at = 0
  for (const [name, { rows, parts }] of Object.entries(encoded)) {
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    const crc = parts.reduce((sum, part) => crc32(part, sum), 0)
    relative.push({ name, rows, at, bytes, crc })
    at += bytes
  }
  // The schema first: it is looked for near the beginning.
  const { schema, ...rest } = header
  const json = Buffer.from(JSON.stringify({ schema, ...rest, sections: relative }))
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.write(MAGIC, 'latin1')
  prefix.writeUInt32LE(json.length, 8)
  prefix.writeUInt32LE(crc32(json), 12)
  const bytes = Buffer.concat([prefix, json])
  return { bytes, sections: relative.map((section) => ({ ...section, at: section.at + bytes.length })) }
}

/** Throws BrokenCheckpoint or SyntaxError. */
export function readHeader(stored: StoredBytes): Header {
  const prefix = readBytes(stored, 0, PREFIX_BYTES)
  if (prefix.toString('latin1', 0, 8) !== MAGIC) throw new BrokenCheckpoint('it is not a checkpoint')
  const length = prefix.readUInt32LE(8)
  if (length > LONGEST_HEADER) throw new BrokenCheckpoint('its header is too long')
  const json = readBytes(stored, PREFIX_BYTES, length)
  if (crc32(json) !== prefix.readUInt32LE(12)) throw new BrokenCheckpoint('its header is damaged')
  const header = JSON.parse(json.toString()) as Header
  const sections = header.sections.map((section) => ({ ...section, at: section.at + PREFIX_BYTES + length }))
  return { ...header, sections }
}

/** Throws BrokenCheckpoint where there is none of that name. */
export function sectionOf({ sections }: Pick<Header, 'sections'>, name: string): Section {
  const section = sections.find((each) => each.name === name)
  if (section === undefined) throw new BrokenCheckpoint(`it has no ${name}`)
  return section
}

/** A section whole, for what has to look at all of it. Throws BrokenCheckpoint. */
export function sectionBytes(stored: StoredBytes, { name, at, bytes, crc }: Section): Buffer {
  if (at + bytes > stored.length) throw new BrokenCheckpoint('it is cut short')
  const whole = readBytes(stored, at, bytes)
  if (crc32(whole) !== crc) throw new BrokenCheckpoint(`its ${name} are damaged`)
  return whole
}

/** Checks what is not loaded now. Throws BrokenCheckpoint. */
export function checkSections(stored: StoredBytes, header: Header, names: readonly string[]): void {
  for (const name of names) eachPiece(stored, sectionOf(header, name), CHECK_PIECE, () => undefined)
}

/** In pieces of one buffer, so that what is not kept costs no memory. Throws BrokenCheckpoint, when all was read, if it is damaged. */
export function eachPiece(
  stored: StoredBytes,
  section: Section,
  size: number,
  take: (part: Buffer) => void,
): void {
  const { name, at, bytes, crc } = section
  const piece = Buffer.allocUnsafeSlow(Math.min(size, bytes))
  let sum = 0
  for (let done = 0; done < bytes; done += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, bytes - done))
    stored.fill(at + done, part)
    sum = crc32(part, sum)
    take(part)
  }
  if (sum !== crc) throw new BrokenCheckpoint(`its ${name} are damaged`)
}

/** Throws BrokenCheckpoint where it ends before. */
export function readBytes(stored: StoredBytes, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  stored.fill(at, bytes)
  return bytes
}
