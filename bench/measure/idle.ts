// What a daemon costs that has nothing to do, beside a Node that has nothing to do.
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { processorSeconds, proportionalMemory, residentMemory, treeOf } from '../process-tree.ts'
import { environment } from '../surroundings.ts'
import type { Tallyd } from '../tallyd.ts'

export interface Idle {
  readonly residentBytes: number
  readonly proportionalBytes: number
  readonly processes: number
  /** Share of one core over the idle time. /proc counts in hundredths of a second. */
  readonly coreShare: number
  /** The same over as long again: what is done once after a start is over by then. */
  readonly laterShare: number
}

/** Restarts the daemon on its index and leaves it alone for `seconds`. */
export async function measureIdleDaemon(tallyd: Tallyd, seconds: number): Promise<Idle> {
  const pid = tallyd.spawn()
  await tallyd.waitUntilReady()
  const idle = await leaveAlone(pid, seconds)
  await tallyd.stop()
  return idle
}

/** The same for a Node that only stays alive; `idleScript` does that. */
export async function measureIdleNode(
  { at }: Tallyd,
  node: string,
  idleScript: string,
  seconds: number,
): Promise<Idle> {
  const child = spawn(node, [idleScript], { env: environment(at), stdio: 'ignore' })
  if (child.pid === undefined) throw new Error(`${node} did not start`)
  const idle = await leaveAlone(child.pid, seconds)
  child.kill()
  return idle
}

// The first seconds after a start are not idleness: they get as long as the processor needs to settle.
async function leaveAlone(pid: number, seconds: number): Promise<Idle> {
  await sleep(Math.min(5, seconds) * 1000)
  const coreShare = await shareOf(pid, seconds)
  const laterShare = await shareOf(pid, seconds)
  const pids = treeOf(pid)
  return {
    residentBytes: residentMemory(pids),
    proportionalBytes: proportionalMemory(pids),
    processes: pids.length,
    coreShare,
    laterShare,
  }
}

async function shareOf(pid: number, seconds: number): Promise<number> {
  const [began, before] = [performance.now(), processorSeconds(treeOf(pid))]
  await sleep(seconds * 1000)
  return (processorSeconds(treeOf(pid)) - before) / ((performance.now() - began) / 1000)
}
