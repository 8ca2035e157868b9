// The audit log as lines: how an entry is written, how each holds the hash of the one before, and whether a text of them is
// intact. Pure; files are audit.ts's matter.
import { createHash } from 'node:crypto'
import type { AuditEntry, Verified } from '../../contract/audit.ts'

/** The newest entry: its number, and SHA-256 over its line's exact bytes, without the line's end. */
export interface Head {
  readonly seq: number
  readonly hash: string
}

/** Before the first entry of all. */
export const NO_HEAD: Head = { seq: 0, hash: '0'.repeat(64) }

export interface Line {
  /** Without the line's end. */
  readonly bytes: Buffer
  /** Null where it is no entry. */
  readonly entry: AuditEntry | null
  /** Hash that it says the one before has. */
  readonly before: string | null
}

/** One line with its end, and the head that it makes. */
export function sealed(
  entry: Omit<AuditEntry, 'seq'>,
  head: Head,
): { line: Buffer; entry: AuditEntry; head: Head } {
  const numbered = { seq: head.seq + 1, ...entry }
  const bytes = Buffer.from(JSON.stringify({ ...numbered, before: head.hash }))
  return {
    line: Buffer.concat([bytes, Buffer.from('\n')]),
    entry: numbered,
    head: { seq: numbered.seq, hash: hashOf(bytes) },
  }
}

/** Whole lines, and what stands after the last line's end. */
export function linesIn(text: Buffer): { lines: Line[]; rest: Buffer } {
  const lines: Line[] = []
  let at = 0
  for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, at)) {
    lines.push(readLine(text.subarray(at, end)))
    at = end + 1
  }
  return { lines, rest: text.subarray(at) }
}

export function readLine(bytes: Buffer): Line {
  try {
    const { before, ...entry } = JSON.parse(bytes.toString()) as AuditEntry & { before: unknown }
    if (isEntry(entry) && typeof before === 'string') return { bytes, entry, before }
  } catch {}
  return { bytes, entry: null, before: null }
}

/** The head that lines end in, whatever is wrong with those before. */
export function headOf(lines: readonly Line[]): Head {
  const last = lines.at(-1)
  if (last === undefined) return NO_HEAD
  const known = lines.findLastIndex(({ entry }) => entry !== null)
  const seq = (lines[known]?.entry?.seq ?? 0) + (lines.length - 1 - known)
  return { seq, hash: hashOf(last.bytes) }
}

/** Checks the chain over files in their order. `kept` is a head of earlier that somebody kept elsewhere. */
export function verify(
  files: readonly { readonly path: string; readonly lines: readonly Line[]; readonly rest: Buffer }[],
  kept: Head | null,
): Verified {
  const problems: Verified['problems'] = []
  let before: Head | null = null
  let first: number | null = null
  let entries = 0
  let found: Verified['kept'] = kept === null ? null : 'missing'
  for (const { path, lines, rest } of files) {
    for (const [index, line] of lines.entries()) {
      const says = complaint(line, before)
      if (says !== null) problems.push({ file: path, line: index + 1, says })
      const seq: number = line.entry?.seq ?? (before?.seq ?? 0) + 1
      first ??= seq
      before = { seq, hash: hashOf(line.bytes) }
      entries++
      if (kept !== null && kept.seq === seq && kept.hash === before.hash) found = 'found'
    }
    if (rest.length > 0) problems.push({ file: path, line: lines.length + 1, says: 'the line has no end' })
  }
  if (found === 'missing' && first !== null && kept!.seq < first) found = 'tooOld'
  const intact = problems.length === 0 && found !== 'missing'
  return { intact, entries, first, head: before, kept: found, problems: problems.slice(0, 100) }
}

function complaint({ entry, before: told }: Line, before: Head | null): string | null {
  if (entry === null) return 'it is no entry'
  if (before === null) {
    return entry.seq === 1 && told !== NO_HEAD.hash ? 'the first entry names one before it' : null
  }
  if (entry.seq !== before.seq + 1) return `entry ${entry.seq} follows entry ${before.seq}`
  if (told !== before.hash)
    return `the entry before it, ${before.seq}, is not the one that it was written after`
  return null
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function isEntry(value: unknown): value is AuditEntry {
  if (typeof value !== 'object' || value === null) return false
  const { seq, at, what, subject, detail, count, since } = value as Record<string, unknown>
  const isTextOrNull = (each: unknown) => each === null || typeof each === 'string'
  if (typeof subject !== 'object' || subject === null) return false
  const { id, name, address } = subject as Record<string, unknown>
  return (
    Number.isSafeInteger(seq) &&
    (seq as number) > 0 &&
    typeof at === 'string' &&
    !Number.isNaN(Date.parse(at)) &&
    typeof what === 'string' &&
    Number.isSafeInteger(count) &&
    (count as number) > 0 &&
    [id, name, address, detail, since].every(isTextOrNull)
  )
}
