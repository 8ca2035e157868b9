// Reads log folders into a ledger the way the index does: found by their source, read by LogReader. The indexer scans lines, the daemon
// parses them; unless a test asks for one of both, they are scanned.
import { placesOf, survey } from '../../../src/daemon/usage/index/catalogue.ts'
import { type LogFile, rewind } from '../../../src/daemon/usage/index/log-file.ts'
import { LogReader } from '../../../src/daemon/usage/index/reader.ts'
import { Ledger } from '../../../src/daemon/usage/ledger/ledger.ts'
import { Scanner } from '../../../src/daemon/usage/sources/scanner.ts'
import { sourceOf } from '../../../src/daemon/usage/sources/sources.ts'

/** Later than every time in the fixtures, earlier than those that are in the future. */
export const NOW = Date.parse('2026-11-20T12:00:00Z')

/** As the indexer reads, and as the daemon does that follows its logs. */
export const scanning = new LogReader(new Scanner())
export const parsing = new LogReader()

interface ReadOptions {
  readonly now?: number
  /** Called behind each piece that was read. */
  readonly onChunk?: () => void
  readonly reader?: LogReader
}

/** Every log below `home`, unread, in the order of their paths. */
export function logsBelow(home: string, env: Readonly<Record<string, string>> = {}): LogFile[] {
  const places = placesOf({ env, home, platform: 'linux' }, {})
  const { changed } = survey(places, new Map(), NOW)
  return changed.sort((x, y) => (x.path < y.path ? -1 : 1))
}

/** Reads `file` on from where it was left. */
export function readOn(
  file: LogFile,
  ledger: Ledger,
  { now = NOW, onChunk = () => undefined, reader = scanning }: ReadOptions = {},
): void {
  const { agent } = file
  for (const _ of reader.read(file, { source: sourceOf(agent), now, sink: ledger.sinkOf(agent) })) onChunk()
}

/** A ledger that was told `files` from their beginnings, in this order. */
export function ledgerOf(files: readonly LogFile[], options: ReadOptions = {}): Ledger {
  const ledger = new Ledger()
  for (const file of files) {
    rewind(file)
    readOn(file, ledger, options)
  }
  return ledger
}

/** The same as the indexer does it: every file read apart, then merged, the totals made at the end. */
export function mergedOf(files: readonly LogFile[]): Ledger {
  const whole = new Ledger()
  whole.registerOnly()
  for (const file of files) {
    const part = new Ledger()
    part.registerOnly()
    rewind(file)
    readOn(file, part)
    whole.merge(part)
  }
  whole.recount()
  return whole
}

/** Why lines were rejected, and how many. */
export function rejectedIn(files: readonly LogFile[]): Record<string, number> {
  const reasons: Record<string, number> = {}
  for (const { rejected } of files) {
    for (const [reason, { lines }] of Object.entries(rejected ?? {}))
      reasons[reason] = (reasons[reason] ?? 0) + lines
  }
  return reasons
}
