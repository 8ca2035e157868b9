// Names that the asker typed and no log has: a filter by one gives an empty answer, which alone looks like no usage.
import type { SummaryParams } from '../../contract/usage.ts'
import { clean } from '../terminal/text.ts'
import type { Surrounding } from './command.ts'

/** How many names are offered. */
const MOST = 3
/** Less alike than this is no help. */
const LEAST_ALIKE = 0.4

/** Says on stderr which of the models asked for no call ever had. Unknown agents and devices the daemon refuses itself. */
export async function noteUnknown({ models }: SummaryParams, { daemon, screen }: Surrounding): Promise<void> {
  if (models === undefined) return
  const all = await daemon.call('usage.summary', { range: 'all', by: ['model'] })
  const known = new Set(all.rows.map((row) => row.model ?? ''))
  const lines = models.filter((model) => !known.has(model)).map((model) => unknownLine(model, [...known]))
  if (lines.length > 0) await screen.note(...lines.map((line) => screen.typed(line)))
}

function unknownLine(model: string, known: readonly string[]): string {
  const near = nearestNames(model, known).map(clean)
  const next =
    near.length > 0 ? `the nearest: ${near.join(', ')}` : 'all names: tallyctl usage all --by model'
  return `no call has the model ${clean(model)}; ${next}`
}

/** At most three of `names`, the likeliest to have been meant first; those in which `word` stands before all others. */
export function nearestNames(word: string, names: readonly string[]): string[] {
  const wanted = pairsOf(word)
  return names
    .map((name) => ({ name, alike: likeness(word, wanted, name) }))
    .filter(({ alike }) => alike >= LEAST_ALIKE)
    .sort((a, b) => b.alike - a.alike || (a.name < b.name ? -1 : 1))
    .slice(0, MOST)
    .map(({ name }) => name)
}

/**
 * Sørensen–Dice coefficient over pairs of letters, and one more for a name that holds the word: unlike an edit distance
 * it takes time in proportion to the lengths, and names are data from others.
 */
function likeness(word: string, wanted: ReadonlySet<string>, name: string): number {
  const pairs = pairsOf(name)
  let common = 0
  for (const pair of wanted) if (pairs.has(pair)) common++
  const holds = name.toLowerCase().includes(word.toLowerCase()) ? 1 : 0
  return holds + (2 * common) / Math.max(1, wanted.size + pairs.size)
}

function pairsOf(text: string): Set<string> {
  const lower = text.toLowerCase()
  const pairs = new Set<string>()
  for (let at = 0; at + 1 < lower.length; at++) pairs.add(lower.slice(at, at + 2))
  return pairs
}
