// Notices that two devices hold the same logs (a synced or migrated home, WSL and Windows side by side): then everything in
// them counts twice. Buckets of different work are never alike in time, model and all sums, so that a few alike are proof.
import { setImmediate as turn } from 'node:timers/promises'
import type { Check } from '../../contract/doctor.ts'
import { quoted } from '../../contract/shell-words.ts'
import type { Summary } from '../../contract/usage.ts'
import type { Totals } from '../tallies/totals.ts'
import type { Share } from './question.ts'
import { keyOf } from './unnamed.ts'

export type SameLogsFound = NonNullable<Summary['sameLogs']>

/** So many buckets in common are no accident. */
const MANY = 10
/** Buckets that are compared; of more, every second, fourth, … is, chosen by what is in them. */
const SAMPLE = 65_536
/** What grew a little is looked at again after this long, in milliseconds. */
const AGAIN_MS = 10 * 60_000
const PAIRS_CAP = 20

interface Pair {
  readonly keys: readonly [string, string]
  buckets: number
}

export class SameLogs {
  readonly #shares: () => readonly Share[]
  readonly #ticks: () => number
  #pairs: readonly Pair[] = []
  #looking: Promise<void> | null = null
  #lookedAt = Number.NEGATIVE_INFINITY
  #rows = 0
  /** Those that were compared last. */
  #seen = new WeakSet<Totals['buckets']>()

  /** `ticks`: milliseconds of a clock that nobody sets. */
  constructor(shares: () => readonly Share[], ticks: () => number = () => performance.now()) {
    this.#shares = shares
    this.#ticks = ticks
  }

  /** What was found last, of the devices in `shares`. Cheap. */
  among(shares: readonly Share[]): SameLogsFound {
    if (this.#pairs.length === 0) return []
    const names = new Map(shares.map(({ device }) => [keyOf(device), device.name]))
    return this.#pairs.flatMap(({ keys, buckets }) => {
      const [one, other] = keys.map((key) => names.get(key))
      return one === undefined || other === undefined ? [] : [{ devices: [one, other], buckets }]
    })
  }

  /** Looks if there are histories that were not compared yet, or if it was long ago. */
  async settle(): Promise<void> {
    const shares = this.#shares()
    if (shares.length < 2) return
    const rows = rowsOf(shares)
    const isNew = shares.some(({ totals }) => !this.#seen.has(totals.buckets)) || rows > this.#rows * 1.1
    if (isNew) await this.look()
    else if (rows !== this.#rows && this.#ticks() - this.#lookedAt > AGAIN_MS) void this.look()
  }

  /** Compares all histories, in small steps. */
  look(): Promise<void> {
    this.#looking ??= this.#compare().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  /** For doctor: looks now. */
  async checks(): Promise<Check[]> {
    const shares = this.#shares()
    if (shares.length < 2) return []
    await this.look()
    const found = this.among(shares)
    const subject = 'same logs'
    if (found.length === 0)
      return [{ level: 'ok', code: 'sameLogs', subject, says: 'no two devices hold the same' }]
    const self = shares.find(({ device }) => device.self)?.device.name
    return found.map((same) => ({ level: 'warning', code: 'sameLogsFound', subject, ...inWords(same, self) }))
  }

  async #compare(): Promise<void> {
    const shares = this.#shares()
    const { marksOf } = await import('./marks.ts')
    const rows = rowsOf(shares)
    const every = 2 ** Math.max(0, Math.ceil(Math.log2(rows / SAMPLE)))
    const holders = new Map<number, string>()
    const pairs = new Map<string, Pair>()
    for (const { device, totals } of shares) {
      const key = keyOf(device)
      for (const marks of marksOf(totals, every)) {
        for (const mark of marks) {
          const holder = holders.get(mark)
          if (holder === undefined) holders.set(mark, key)
          else if (holder !== key) count(pairs, [holder, key], every)
        }
        await turn()
      }
    }
    this.#pairs = [...pairs.values()]
      .filter(({ buckets }) => buckets >= MANY)
      .sort((x, y) => y.buckets - x.buckets)
      .slice(0, PAIRS_CAP)
    this.#lookedAt = this.#ticks()
    this.#rows = rows
    this.#seen = new WeakSet(shares.map(({ totals }) => totals.buckets))
  }
}

/** One sentence and what to do, for `tallyctl doctor`. */
function inWords(
  { devices: [one = '', other = ''], buckets }: SameLogsFound[number],
  self: string | undefined,
) {
  const gone = one === self ? other : one
  const end = [one, other].includes(self ?? '')
    ? `if ${gone} is gone, run: tallyctl devices forget ${quoted(gone)}`
    : `if one of them is gone, run: tallyctl devices merge OLD NEW`
  return {
    says: `${one} and ${other} hold ${buckets} identical buckets: the same logs are counted on both`,
    next: `leave the folder out on one of them (docs/config.md); ${end}`,
  }
}

function count(pairs: Map<string, Pair>, keys: readonly [string, string], by: number): void {
  const name = keys.join()
  const known = pairs.get(name)
  if (known === undefined) pairs.set(name, { keys, buckets: by })
  else known.buckets += by
}

function rowsOf(shares: readonly Share[]): number {
  return shares.reduce((sum, { totals }) => sum + totals.buckets.table.length, 0)
}
