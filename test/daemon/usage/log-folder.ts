// Reads log folders into a ledger the way the index does: found by their source, read by LogReader.
import { placesOf, survey } from '../../../src/daemon/usage/index/catalogue.ts'
import { type LogFile, rewind } from '../../../src/daemon/usage/index/log-file.ts'
import { LogReader } from '../../../src/daemon/usage/index/reader.ts'
import { Ledger } from '../../../src/daemon/usage/ledger/ledger.ts'
import { sourceOf } from '../../../src/daemon/usage/sources/sources.ts'

/** Later than every time in the fixtures, earlier than those that are in the future. */
export const NOW = Date.parse('2026-11-20T12:00:00Z')

/** Every log below `home`, unread, in the order of their paths. */
export function logsBelow(home: string, env: Readonly<Record<string, string>> = {}): LogFile[] {
  const places = placesOf({ env, home, platform: 'linux' }, {})
  const { changed } = survey(places, new Map(), NOW)
  return changed.sort((x, y) => (x.path < y.path ? -1 : 1))
}

/** Reads `file` on from where it was left; `onChunk` is called behind each piece that was read. */
export function readOn(
  file: LogFile,
  ledger: Ledger,
  now = NOW,
  onChunk: () => void = () => undefined,
  source = sourceOf(file.agent),
): void {
  const context = { source, now, sink: ledger.sinkOf(file.agent) }
  for (const _ of new LogReader().read(file, context)) onChunk()
}

/** A ledger that was told `files` from their beginnings, in this order. */
export function ledgerOf(files: readonly LogFile[]): Ledger {
  const ledger = new Ledger()
  for (const file of files) {
    rewind(file)
    readOn(file, ledger)
  }
  return ledger
}

/** The same with every line parsed, also those that are usually read from their bytes: the parsers have to know each rule too. */
export function parsedOf(files: readonly LogFile[]): Ledger {
  const ledger = new Ledger()
  for (const file of files) {
    rewind(file)
    const { scan: _, ...parsing } = sourceOf(file.agent)
    readOn(file, ledger, NOW, undefined, parsing)
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
