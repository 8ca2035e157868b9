// Cold index: everything read for the first time, with the logs in the disk's cache for all contestants alike.
import type { Truth } from '../corpus.ts'
import { type MemoryPeak, watchMemory } from '../process-tree.ts'
import { type Rival, runToEnd, type Totals } from '../rivals.ts'
import { type Spread, spreadOf } from '../statistics.ts'
import type { Tallyd } from '../tallyd.ts'
import { checkTotals } from './correctness.ts'

export interface Cold {
  /** Milliseconds by contestant, measured in turns: ours, theirs, ours, theirs… */
  readonly ms: Readonly<Record<string, Spread>>
  readonly memory: Readonly<Record<string, MemoryPeak>>
  readonly totals: Readonly<Record<string, Totals>>
}

export async function measureCold(
  tallyd: Tallyd,
  rivals: readonly Rival[],
  truth: Truth,
  runs: number,
): Promise<Cold> {
  const totals: Record<string, Totals> = {}
  const memory: Record<string, MemoryPeak> = {}
  // The uncounted first round fills the disk's cache; memory is watched in it, because watching costs time.
  memory['tallyd'] = await indexOnce(tallyd, truth, true).then(({ peak }) => peak!)
  for (const rival of rivals) {
    const { peak, stdout } = await runOnce(rival, tallyd, true)
    memory[rival.name] = peak!
    totals[rival.name] = rival.totals(stdout)
  }
  const ms: Record<string, number[]> = { tallyd: [] }
  for (let run = 0; run < runs; run++) {
    ms['tallyd']!.push((await indexOnce(tallyd, truth, false)).ms)
    for (const rival of rivals) {
      ms[rival.name] ??= []
      ms[rival.name]!.push((await runOnce(rival, tallyd, false)).ms)
    }
  }
  const spreads = Object.entries(ms).map(([name, runs]) => [name, spreadOf(runs)] as const)
  return { ms: Object.fromEntries(spreads), memory, totals }
}

async function indexOnce(tallyd: Tallyd, truth: Truth, watched: boolean) {
  tallyd.forget()
  const begin = performance.now()
  const pid = tallyd.spawn()
  const watch = watched ? watchMemory(pid) : null
  await tallyd.waitUntilReady()
  const ms = performance.now() - begin
  const peak = watch?.stop()
  await checkTotals(tallyd, truth)
  await tallyd.stop()
  return { ms, peak }
}

async function runOnce(rival: Rival, { at }: Tallyd, watched: boolean) {
  rival.forget(at.home)
  let watch: { stop: () => MemoryPeak } | undefined
  const { ms, stdout } = await runToEnd(rival.command, at, (pid) => {
    if (watched) watch = watchMemory(pid)
  })
  return { ms, stdout, peak: watch?.stop() }
}
