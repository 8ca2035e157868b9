// The benchmarks' results as a person reads them.
import type { Again } from './measure/again.ts'
import type { Cold } from './measure/cold.ts'
import { distance } from './measure/correctness.ts'
import type { Idle } from './measure/idle.ts'
import type { Restart } from './measure/restart.ts'
import type { Weight } from './measure/weight.ts'
import type { Widgets } from './measure/widgets.ts'
import type { Totals } from './rivals.ts'
import { type Latencies, ratioOf, type Spread } from './statistics.ts'

export interface SizeResult {
  readonly corpus: { readonly files: number; readonly bytes: number; readonly truth: Totals }
  readonly cold: Cold
  readonly again: Again
  readonly append: Latencies
  readonly restart: Restart
  /** By contestant and Node's version. */
  readonly idle: Readonly<Record<string, Idle>>
}

const MB = 1e6
const number = (value: number, digits = 1) => value.toFixed(digits)

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('   ')
  return all.map(line).join('\n')
}

const spreadCells = ({ min, median, max }: Spread, divisor = 1) =>
  [min, median, max].map((value) => number(value / divisor))

/** Name, times, p50, p99 and the longest. */
export function latencyRow(name: string, { count, p50, p99, max }: Latencies): string[] {
  return [name, String(count), ...[p50, p99, max].map((value) => number(value, 2))]
}

/** Name, min, median, max, and ours divided by theirs: of the medians, and pairwise. */
export function ratioRow(name: string, ours: Spread, theirs: Spread): string[] {
  const { ofMedians, pairwise } = ratioOf(ours, theirs)
  const pairs = `${number(pairwise.min, 2)}-${number(pairwise.max, 2)}`
  return [
    name,
    ...[ours.min, ours.median, ours.max].map((value) => number(value, 0)),
    number(ofMedians, 2),
    pairs,
  ]
}

function coldTable({ ms, memory }: Cold): string {
  const ours = ms['tallyd']!
  const rows = Object.entries(ms).map(([name, spread]) => {
    const ratio = ratioOf(ours, spread)
    const pairs = `${number(ratio.pairwise.min, 2)}-${number(ratio.pairwise.max, 2)}`
    const peak = memory[name]!
    const memoryCells = [number(peak.peakBytes / MB, 0), number(peak.highWaterBytes / MB, 0)]
    return [name, ...spreadCells(spread), number(ratio.ofMedians, 2), pairs, ...memoryCells]
  })
  const head = [
    'cold index, ms',
    'min',
    'median',
    'max',
    'ours/theirs',
    'pairwise',
    'peak MB',
    'high water MB',
  ]
  return table(head, rows)
}

function distanceTable({ totals }: Cold, truth: Totals): string {
  const rows = Object.entries(totals).map(([name, found]) => [
    name,
    ...Object.values(distance(found, truth)).map((percent) => (percent === null ? '-' : number(percent, 2))),
  ])
  const head = ['away from the truth, %', 'calls', 'input', 'output', 'cache read', 'cache write', 'money']
  return table(head, [['tallyd (checked exactly)', '0', '0', '0', '0', '0', '0.00'], ...rows])
}

function againTable({ ms }: Again): string {
  const ours = ms['tallyctl usage']!
  const rows = Object.entries(ms).map(([name, spread]) => [
    name,
    ...spreadCells(spread),
    number(ours.median / spread.median, 2),
  ])
  return table(['the same question again, ms', 'min', 'median', 'max', 'ours/theirs'], rows)
}

function latencyTable({ socket }: Again, append: Latencies): string {
  const rows = Object.entries({ ...socket, 'append to notification': append }).map(([name, found]) =>
    latencyRow(name, found),
  )
  return table(['over the open socket, ms', 'times', 'p50', 'p99', 'max'], rows)
}

function restartTable(
  { readyMs, readBytes, checkpointBytes, emptyReadBytes }: Restart,
  logBytes: number,
): string {
  const rows = [
    ['ready, ms', ...spreadCells(readyMs)],
    ['bytes read, MB', ...spreadCells(readBytes, MB)],
  ]
  // It is read twice: to copy it, and from the copy (docs/decisions/0002-checkpoint-rests-open.md). Less than nothing is left where the file system shares blocks, and copying reads none.
  const rest = readBytes.median - 2 * checkpointBytes - emptyReadBytes
  return `${table(['restart on the index', 'min', 'median', 'max'], rows)}
of these bytes the checkpoint is twice ${number(checkpointBytes / MB)} MB, a daemon on an empty home reads ${number(emptyReadBytes / MB)} MB; left: ${number(rest / MB, 2)} of ${number(logBytes / MB, 0)} MB of logs`
}

function idleTable(idle: SizeResult['idle']): string {
  const rows = Object.entries(idle).map(([name, at]) => {
    const node = idle[`empty Node ${name.split(' ').at(-1)}`]!
    return [
      name,
      number(at.residentBytes / MB),
      number(at.proportionalBytes / MB),
      number(at.residentBytes / node.residentBytes, 2),
      number(at.coreShare * 100, 3),
      number(at.laterShare * 100, 3),
      String(at.processes),
    ]
  })
  return table(['idle', 'resident MB', 'PSS MB', 'x empty', '% of a core', 'later', 'processes'], rows)
}

/** What status bars cost. */
export function widgetsReport({ get, quiet, append }: Widgets): string {
  const latencies = (all: Readonly<Record<string, Latencies>>) =>
    Object.entries(all).map(([name, found]) => latencyRow(name, found))
  const costs = Object.entries(quiet.processor).map(([count, seconds]) => [
    `${count} follow`,
    number(seconds * 1000, 0),
    number((seconds / quiet.seconds) * 100, 3),
  ])
  return [
    table(['GET /widgets/waybar, ms', 'times', 'p50', 'p99', 'max'], latencies(get)),
    table([`nothing changes for ${quiet.seconds} s`, 'processor ms', '% of a core'], costs),
    table(['append to notification, ms', 'times', 'p50', 'p99', 'max'], latencies(append)),
  ].join('\n\n')
}

export function weightReport({ resident, readyMs, commandMs }: Weight): string {
  const node = resident['empty Node']!
  const sizes = Object.entries(resident).map(([name, bytes]) => [
    name,
    number(bytes / MB, 1),
    number(bytes / node, 2),
  ])
  const rows = (all: Readonly<Record<string, Spread>>) =>
    Object.entries(all).map(([name, spread]) => ratioRow(name, spread, all['empty Node']!))
  const columns = ['min', 'median', 'max', 'x empty Node', 'pairwise']
  return [
    table(['resident', 'MB', 'x empty Node'], sizes),
    table(['until ready, ms', ...columns], rows(readyMs)),
    table(['a whole process, ms', ...columns], rows(commandMs)),
  ].join('\n\n')
}

/** Everything measured on one corpus. */
export function reportOf(name: string, result: SizeResult): string {
  const { corpus, cold, again, append, restart, idle } = result
  return [
    `${name}: ${corpus.files} files, ${number(corpus.bytes / MB, 0)} MB`,
    coldTable(cold),
    distanceTable(cold, corpus.truth),
    againTable(again),
    latencyTable(again, append),
    restartTable(restart, corpus.bytes),
    idleTable(idle),
  ].join('\n\n')
}
